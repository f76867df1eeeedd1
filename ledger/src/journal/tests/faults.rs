//! Writes and syncs that fail: poisoned for good, nothing acknowledged later, a restart goes on.

use super::*;
use crate::storage::{Fault, FaultPlan, Operation};

const OPTIONS: JournalOptions = JournalOptions {
    segment_bytes: 8192,
    bounds: Bounds { write_bytes_max: 1024, writes_in_flight: 3 },
    ledger_id: LEDGER_ID,
};

/// Appends until something fails; gives back what was acknowledged by then, and the error.
fn until_it_fails(writer: &mut JournalWriter<SimDisk>, book: &mut Book) -> (u64, Option<Error>) {
    let mut acknowledged = book.last();
    for _ in 0..60 {
        book.append(writer, 1, 500).unwrap();
        match writer.pump() {
            Ok(progress) => acknowledged = progress.durable_through,
            Err(error) => return (acknowledged.max(writer.durable_through()), Some(error)),
        }
    }
    (acknowledged, None)
}

#[test]
fn a_failed_write_or_sync_poisons_the_writer_for_good_and_reads_go_on() {
    let operations = [
        Operation::Submit,
        Operation::Complete,
        Operation::Create,
        Operation::Preallocate,
        Operation::Sync,
        Operation::SyncDir,
    ];
    for operation in operations {
        for fault in [Fault::Io, Fault::NoSpace] {
            let disk = SimDisk::new(2);
            let mut book = Book::default();
            let (mut writer, _) = open(&disk, OPTIONS).unwrap();
            book.append(&mut writer, 3, 100).unwrap();
            writer.drain().unwrap();
            disk.set_faults(FaultPlan::new().nth(operation, 2, fault));
            let (acknowledged, error) = until_it_fails(&mut writer, &mut book);
            match (operation, fault) {
                (Operation::Submit, Fault::NoSpace) => {
                    assert!(error.is_none());
                    continue;
                }
                _ => assert!(matches!(error, Some(Error::Io { .. })), "{operation:?} {fault:?}: {error:?}"),
            }
            disk.set_faults(FaultPlan::new());
            let changes = disk.changes();
            for _ in 0..3 {
                assert!(matches!(writer.pump(), Err(Error::Poisoned { .. })));
                assert!(matches!(writer.watermark(), Err(Error::Poisoned { .. })));
                assert!(matches!(writer.drain(), Err(Error::Poisoned { .. })));
                assert!(matches!(book.clone().append(&mut writer, 1, 1), Err(Error::Poisoned { .. })));
            }
            let reader = writer.reader();
            assert!(matches!(writer.close(), Err(Error::Poisoned { .. })));
            assert_eq!(disk.changes(), changes, "nothing is tried again");
            assert_eq!(reader.durable_through(), acknowledged);
            book.assert_read(&reader, 1);
            assert_whole(&disk.kill(1), OPTIONS, &mut book.clone(), acknowledged);
            assert_whole(&disk.crash(1), OPTIONS, &mut book, acknowledged);
        }
    }
}

#[test]
fn what_landed_before_the_failure_is_still_told() {
    let disk = SimDisk::new(2);
    let mut book = Book::default();
    let (mut writer, _) = open(&disk, OPTIONS).unwrap();
    disk.complete_by_hand();
    for _ in 0..3 {
        book.append(&mut writer, 1, 100).unwrap();
        writer.pump().unwrap();
    }
    let tickets = disk.in_flight();
    disk.fail(tickets[2], Fault::Io);
    disk.release(tickets[0]);
    assert!(matches!(writer.pump(), Err(Error::Io { operation: "write", .. })));
    assert_eq!(writer.durable_through(), 1);
    disk.release(tickets[1]);
    assert!(writer.pump().is_err());
    assert_eq!((writer.durable_through(), writer.reader().durable_through()), (1, 1), "nothing after a failure");
}

#[test]
fn a_full_disk_stops_the_writer_and_a_restart_goes_on_once_there_is_room() {
    let disk = SimDisk::new(2);
    let mut book = Book::default();
    let (mut writer, _) = open(&disk, OPTIONS).unwrap();
    disk.set_capacity(5 * 8192);
    let (acknowledged, error) = until_it_fails(&mut writer, &mut book);
    let Some(Error::Io { source, .. }) = error else { panic!("{error:?}") };
    assert_eq!(source.kind(), std::io::ErrorKind::StorageFull);
    assert!(acknowledged > 3);
    drop(writer);
    let killed = disk.kill(1);
    let before = killed.files();
    assert!(matches!(open(&killed, OPTIONS).map(|_| ()), Err(Error::Io { .. })), "no room to rewrite the tail");
    let kept: Vec<String> = killed.files().into_iter().filter(|path| before.contains(path)).collect();
    assert_eq!(kept, before);
    killed.set_capacity(u64::MAX);
    assert_whole(&killed, OPTIONS, &mut book, acknowledged);
}

#[test]
fn a_close_frame_that_only_the_page_cache_has_is_not_relied_on() {
    // The writer died while its close frame was on the way. Going on behind it must survive a power cut.
    let mut taken_for_clean = 0;
    for seed in 0..300 {
        let disk = SimDisk::new(seed);
        let mut book = Book::default();
        let (mut writer, _) = open(&disk, OPTIONS).unwrap();
        book.append(&mut writer, 2, 300).unwrap();
        writer.drain().unwrap();
        disk.crash_after(disk.changes() + 1);
        assert!(writer.close().is_err());
        let killed = disk.kill(seed);
        let (mut writer, recovered) = open(&killed, OPTIONS).unwrap();
        taken_for_clean += u32::from(recovered.clean);
        assert_eq!(recovered.last_sequence, 2);
        book.cut(2);
        book.append(&mut writer, 1, 300).unwrap();
        writer.drain().unwrap();
        assert_whole(&killed.crash(seed), OPTIONS, &mut book, 3);
    }
    assert!(taken_for_clean > 30, "{taken_for_clean}");
}

#[test]
fn after_a_failed_sync_the_tail_is_written_anew_before_it_is_trusted() {
    // Writes whose sync failed stay in the page cache; what follows them must not stand behind a hole.
    for seed in 0..300 {
        let disk = SimDisk::new(seed);
        let mut book = Book::default();
        let (mut writer, _) = open(&disk, OPTIONS).unwrap();
        disk.set_faults(FaultPlan::new().nth(Operation::Complete, 2 + seed % 5, Fault::Io));
        let (acknowledged, _) = until_it_fails(&mut writer, &mut book);
        drop(writer);
        let killed = disk.kill(seed);
        let (mut writer, recovered) = open(&killed, OPTIONS).unwrap();
        assert!(recovered.rewritten && recovered.last_sequence >= acknowledged);
        book.cut(recovered.last_sequence);
        book.append(&mut writer, 1, 300).unwrap();
        let acknowledged = writer.drain().unwrap().durable_through;
        assert_whole(&killed.crash(seed), OPTIONS, &mut book, acknowledged);
    }
}

#[test]
fn a_fault_at_every_change_never_loses_what_was_acknowledged() {
    for at in 1..120 {
        for fault in [Fault::Io, Fault::NoSpace, Fault::Short, Fault::Interrupted] {
            let disk = SimDisk::with_faults(at, FaultPlan::new().at_change(at, fault));
            let mut book = Book::default();
            let mut acknowledged = 0;
            if let Ok((mut writer, _)) = open(&disk, OPTIONS) {
                acknowledged = until_it_fails(&mut writer, &mut book).0;
            }
            disk.set_faults(FaultPlan::new());
            assert_whole(&disk.kill(at), OPTIONS, &mut book.clone(), acknowledged);
            assert_whole(&disk.crash(at), OPTIONS, &mut book, acknowledged);
        }
    }
}

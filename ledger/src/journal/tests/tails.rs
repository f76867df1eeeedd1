//! Torn tail or corruption: each clause of the rule, and frames that must not come back.

use super::super::judge::{Proof, Tail, judge};
use super::super::segment::SegmentHeader;
use super::*;
use crate::storage::{Fault, FaultPlan, Operation};

const BLOCK: u64 = 512;

fn header(write_bytes_max: u32, writes_in_flight: u16) -> SegmentHeader {
    SegmentHeader {
        crc: 0,
        ledger_id: LEDGER_ID,
        ordinal: 1,
        first_sequence: 1,
        epoch: 1,
        recorded_at_us: 0,
        previous_hash: [0; 32],
        previous_offset: 0,
        file_bytes: 1 << 20,
        block_bytes: BLOCK as u32,
        bounds: Bounds { write_bytes_max, writes_in_flight },
    }
    .sealed()
}

#[test]
fn bytes_that_may_have_been_in_flight_are_a_torn_tail_and_one_more_block_is_damage() {
    let header = header(1024, 3);
    for (bytes, torn) in [(0, true), (512, true), (3072, true), (3584, false)] {
        let tail = Tail { from: 4096, end: 4096 + bytes, ..Tail::default() };
        let verdict = judge(&tail, &header, 10, &Witnesses::none());
        assert_eq!(verdict.is_ok(), torn, "{bytes}");
        if let Err(reason) = verdict {
            assert_eq!(reason, "sequences from 10 on; 3584 bytes cannot have been in flight, at most 3072 can");
        }
    }
}

#[test]
fn whoever_swears_that_they_were_durable_makes_them_damage() {
    let header = header(1024, 3);
    let torn = Tail { from: 4096, end: 5120, ..Tail::default() };
    let proven = Tail { proof: Some(Proof { offset: 4608, durable_through: 12 }), ..torn };
    let reason = judge(&proven, &header, 10, &Witnesses::none()).unwrap_err();
    assert_eq!(reason, "sequences 10 to 12; the write at byte 4608 proves that they were durable");

    let mut witnesses = Witnesses::none();
    witnesses.add(9, "checkpoint/9.ckpt");
    assert_eq!(judge(&torn, &header, 10, &witnesses), Ok(()));
    witnesses.add(10, "journal/0000000001.idx");
    let reason = judge(&torn, &header, 10, &witnesses).unwrap_err();
    assert_eq!(reason, "sequences 10 to 10; journal/0000000001.idx proves that they were durable");
    let nothing = Tail { from: 4096, end: 4096, ..Tail::default() };
    assert!(judge(&nothing, &header, 10, &witnesses).is_err(), "zeros may have been bytes");
}

/// A disk with several writes in flight, of which `landed` completed: a hole, and valid writes behind it.
fn holed(landed: &[usize]) -> (SimDisk, JournalOptions, Book, u64) {
    let options = small(1 << 16, 2048, 4);
    let disk = SimDisk::new(5);
    let mut book = Book::default();
    let (mut writer, _) = open(&disk, options).unwrap();
    for _ in 0..3 {
        book.append(&mut writer, 1, 1500).unwrap();
        writer.drain().unwrap();
    }
    let acknowledged = book.last();
    disk.complete_by_hand();
    for _ in 0..4 {
        book.append(&mut writer, 1, 1500).unwrap();
        writer.pump().unwrap();
    }
    let tickets = disk.in_flight();
    assert_eq!(tickets.len(), 4);
    for place in landed {
        disk.release(tickets[*place]);
    }
    (disk, options, book, acknowledged)
}

/// A crash of `disk` in which nothing but completed writes is left.
fn bare(disk: &SimDisk) -> SimDisk {
    let settled = |seed| {
        let image = disk.crash(seed);
        let bytes: usize = image.files().iter().map(|path| nonzero(&image.contents(path).unwrap())).sum();
        (bytes, seed)
    };
    let (_, seed) = (0..64).map(settled).min().unwrap();
    disk.crash(seed)
}

fn nonzero(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte != 0).count()
}

#[test]
fn valid_writes_behind_a_hole_are_cut_kept_aside_and_reported() {
    let (disk, options, book, acknowledged) = holed(&[1, 3]);
    let disk = bare(&disk);
    let before = disk.contents("journal/0000000001.seg").unwrap();
    let mut kept = book.clone();
    let recovered = assert_whole(&disk, options, &mut kept, acknowledged);
    assert_eq!(recovered.last_sequence, acknowledged);
    assert!(!recovered.clean && recovered.rewritten);
    let [cut] = &recovered.cuts[..] else { panic!("{recovered:?}") };
    assert_eq!((cut.first_sequence, cut.last_sequence), (4, 7));
    assert_eq!((&*cut.path, &*cut.kept_as), ("journal/0000000001.seg", "journal/0000000001.cut-2"));
    assert_eq!(cut.check, "zeros, and bytes behind them");
    let kept = disk.contents(&cut.kept_as).unwrap();
    assert_eq!(kept, before[cut.offset as usize..][..cut.bytes as usize]);
}

#[test]
fn writes_in_flight_that_landed_in_front_of_the_hole_are_kept() {
    let (disk, options, mut book, acknowledged) = holed(&[0, 1, 3]);
    let recovered = assert_whole(&bare(&disk), options, &mut book, acknowledged);
    assert_eq!(recovered.last_sequence, acknowledged + 2);
}

#[test]
fn a_hole_that_a_later_write_swears_to_is_damage() {
    let (disk, options, ..) = holed(&[0, 1, 2, 3]);
    let disk = bare(&disk);
    let mut bytes = disk.contents("journal/0000000001.seg").unwrap();
    let third = {
        // Frames 1 to 3 were durable when the writes in flight were built; the third one is wiped out.
        let reader = open(&disk.crash(0), options).unwrap().0.reader();
        reader.frame_of(3, &mut Vec::new()).unwrap().offset() as usize - 64
    };
    let length = u32::from_le_bytes(bytes[third + 4..][..4].try_into().unwrap()) as usize;
    bytes[third..third + length].fill(0);
    let files = disk.files();
    disk.put("journal/0000000001.seg", &bytes);
    let Err(Error::Corrupt { path, offset, check }) = open(&disk, options).map(|_| ()) else { panic!() };
    assert_eq!((&*path, offset), ("journal/0000000001.seg", third as u64));
    assert!(check.contains("sequences 3 to 3; the write at byte"), "{check}");
    assert_eq!(disk.files(), files, "a refusal changes nothing");
    assert_eq!(disk.contents("journal/0000000001.seg").unwrap(), bytes);
    assert!(JournalReader::open(Arc::new(disk)).is_err());
}

#[test]
fn stale_writes_behind_an_old_hole_do_not_come_back() {
    // The hole is filled in a later epoch, and the stale writes turn up again behind it, where the next one is due:
    // as if recovery had gone on in place, or the space had been used before.
    let (disk, options, mut book, acknowledged) = holed(&[1, 2, 3]);
    let disk = bare(&disk);
    let path = "journal/0000000001.seg";
    let stale = disk.contents(path).unwrap();
    let (mut writer, recovered) = open(&disk, options).unwrap();
    assert_eq!(recovered.last_sequence, acknowledged);
    book.cut(acknowledged);
    let used = |bytes: &[u8]| bytes.iter().rposition(|byte| *byte != 0).unwrap() / BLOCK as usize * BLOCK as usize;
    let mut met = 0;
    loop {
        let fresh = disk.contents(path).unwrap();
        let end = used(&fresh) + BLOCK as usize;
        if end > used(&stale) {
            break;
        }
        let mut bytes = fresh.clone();
        bytes[end..].copy_from_slice(&stale[end..]);
        met += u32::from(bytes[end..end + 8] != [0; 8]);
        let damaged = disk.crash(0);
        damaged.put(path, &bytes);
        let (writer_after, recovered) = open(&damaged, options).unwrap();
        assert_eq!(recovered.last_sequence, book.last());
        book.assert_read(&writer_after.reader(), 1);
        book.append(&mut writer, 1, 30).unwrap();
        writer.drain().unwrap();
    }
    assert!(met > 0, "a stale write stood where the next one was due");
}

#[test]
fn a_valid_write_of_an_older_epoch_or_of_another_predecessor_is_not_part_of_the_journal() {
    use super::super::chain::Chain;
    use super::super::write::WriteHeader;
    let header = header(4096, 4);
    let mut chain = Chain::begin(&header);
    chain.epoch = 5;
    let write = WriteHeader {
        crc: 1,
        bytes: 512,
        frames: 2,
        frames_crc: 3,
        predecessor_crc: header.crc,
        first_sequence: 1,
        last_sequence: 1,
        durable_through: 0,
        epoch: 5,
        offset: 512,
        durable_offset: 512,
    };
    assert_eq!(chain.admits(&write), Ok(()));
    let wrong = [
        WriteHeader { epoch: 4, ..write },
        WriteHeader { predecessor_crc: header.crc ^ 1, ..write },
        WriteHeader { first_sequence: 2, last_sequence: 2, ..write },
        WriteHeader { durable_through: 1, ..write },
        WriteHeader { durable_offset: 1024, ..write },
        WriteHeader { durable_offset: 0, ..write },
    ];
    for write in wrong {
        assert!(chain.admits(&write).is_err(), "{write:?}");
    }
    chain.closed = true;
    assert!(chain.admits(&write).is_err());
    assert_eq!(chain.admits(&WriteHeader { epoch: 6, ..write }), Ok(()));
}

#[test]
fn a_write_of_another_segment_or_at_another_place_is_not_valid() {
    use super::super::write::WriteHeader;
    let (disk, ..) = holed(&[0]);
    let bytes = disk.contents("journal/0000000001.seg").unwrap();
    let seed = u32::from_le_bytes(bytes[8..12].try_into().unwrap());
    let write = &bytes[512..];
    assert!(WriteHeader::parse(write, seed, 512).is_ok());
    assert!(WriteHeader::parse(write, seed, 1024).is_err());
    assert!(WriteHeader::parse(write, seed ^ 1, 512).is_err());
}

#[test]
fn after_an_idle_moment_the_watermark_leaves_no_doubt() {
    let options = small(1 << 16, 2048, 4);
    let disk = SimDisk::new(5);
    let mut book = Book::default();
    let (mut writer, _) = open(&disk, options).unwrap();
    book.append(&mut writer, 1, 1500).unwrap();
    writer.drain().unwrap();
    let offset = writer.reader().frame_of(1, &mut Vec::new()).unwrap().offset() as usize;
    for watermark in [false, true] {
        if watermark {
            writer.watermark().unwrap();
            writer.drain().unwrap();
        }
        let damaged = disk.crash(0);
        let mut bytes = disk.contents("journal/0000000001.seg").unwrap();
        bytes[offset] ^= 1;
        damaged.put("journal/0000000001.seg", &bytes);
        assert_eq!(open(&damaged, options).is_err(), watermark);
    }
}

#[test]
fn a_footer_whose_write_failed_may_come_up_after_the_next_recovery_was_interrupted() {
    let options = small(4096, 1024, 2);
    for nth in 1..16 {
        // One completion after the other fails, those of footers and headers among them.
        let disk = SimDisk::new(nth);
        let mut book = Book::default();
        let (mut writer, _) = open(&disk, options).unwrap();
        disk.set_faults(FaultPlan::new().nth(Operation::Complete, nth, Fault::Io));
        while book.append(&mut writer, 1, 600).and_then(|()| writer.drain()).is_ok() {}
        let acknowledged = writer.durable_through();
        for cut in 1..5 {
            for seed in 0..16 {
                let killed = disk.kill(seed);
                killed.crash_after(killed.changes() + cut);
                drop(open(&killed, options));
                assert_whole(&killed.crash(seed), options, &mut book.clone(), acknowledged);
            }
        }
    }
}

//! The writer: what it submits, when it acknowledges, what it refuses.

use super::super::{FRAME_BYTES_MAX, FRAME_ENTRIES_MAX, segment};
use super::*;
use std::time::Duration;

#[test]
fn what_is_appended_reads_back_in_sequence() {
    let disk = SimDisk::new(1);
    let (mut writer, recovered) = open(&disk, small(1 << 16, 8192, 4)).unwrap();
    assert!(recovered.created && recovered.clean && recovered.last_sequence == 0);
    let mut book = Book::default();
    for count in [1, 3, 1, 100, 2] {
        book.append(&mut writer, count, 200).unwrap();
    }
    assert_eq!(writer.reader().durable_through(), 0);
    let progress = writer.drain().unwrap();
    assert_eq!(progress.durable_through, 107);
    book.assert_read(&writer.reader(), 1);
    book.assert_read(&writer.reader(), 50);
    for sequence in 1..=107 {
        book.assert_point_read(&writer.reader(), sequence);
    }
}

#[test]
fn nothing_is_submitted_before_pump_and_nothing_is_acknowledged_before_it_is_durable() {
    let disk = SimDisk::new(1);
    let (mut writer, _) = open(&disk, small(1 << 16, 4096, 4)).unwrap();
    disk.complete_by_hand();
    let mut book = Book::default();
    book.append(&mut writer, 1, 100).unwrap();
    assert!(disk.in_flight().is_empty());
    assert!(writer.queued_bytes() > 0);
    assert_eq!(writer.pump().unwrap().durable_through, 0);
    assert_eq!((disk.in_flight().len(), writer.queued_bytes()), (1, 0));
    disk.release(disk.in_flight()[0]);
    assert_eq!(writer.pump().unwrap().durable_through, 1);
    assert!(writer.is_quiet());
}

#[test]
fn completions_out_of_order_are_acknowledged_in_order() {
    let disk = SimDisk::new(1);
    let (mut writer, _) = open(&disk, small(1 << 16, 4096, 4)).unwrap();
    disk.complete_by_hand();
    let mut book = Book::default();
    for _ in 0..4 {
        book.append(&mut writer, 1, 100).unwrap();
        writer.pump().unwrap();
    }
    let tickets = disk.in_flight();
    assert_eq!(tickets.len(), 4);
    for (released, durable) in [(3, 0), (1, 0), (0, 2), (2, 4)] {
        disk.release(tickets[released]);
        assert_eq!(writer.pump().unwrap().durable_through, durable);
        assert_eq!(writer.reader().durable_through(), durable);
    }
}

#[test]
fn whatever_waits_joins_the_next_write() {
    let disk = SimDisk::new(1);
    let (mut writer, _) = open(&disk, small(1 << 16, 4096, 2)).unwrap();
    disk.complete_by_hand();
    let mut book = Book::default();
    for _ in 0..12 {
        book.append(&mut writer, 1, 100).unwrap();
        writer.pump().unwrap();
    }
    assert_eq!(disk.in_flight().len(), 2);
    disk.release(disk.in_flight()[0]);
    writer.pump().unwrap();
    assert_eq!(disk.in_flight().len(), 2);
    assert_eq!(writer.queued_bytes(), 0, "the ten that waited left in one write");
}

#[test]
fn a_write_holds_at_most_its_bound_and_a_larger_frame_goes_alone() {
    let disk = SimDisk::new(1);
    let options = small(1 << 20, 4096, 4);
    let (mut writer, _) = open(&disk, options).unwrap();
    let mut book = Book::default();
    for bytes in [100, 3000, 3000, 9000, 100, 15_000, 4000, 40_000, 10] {
        book.append(&mut writer, 1, bytes).unwrap();
    }
    writer.drain().unwrap();
    book.assert_read(&writer.reader(), 1);
    let report = verify(&Arc::new(disk.clone()), &Witnesses::none()).unwrap();
    assert_eq!(report.findings, vec![]);
    drop(writer);
    assert_whole(&disk.crash(1), options, &mut book, 9);
}

#[test]
fn a_frame_larger_than_a_segment_gets_a_segment_of_its_own_size() {
    let disk = SimDisk::new(1);
    let options = small(4096, 1024, 2);
    let (mut writer, _) = open(&disk, options).unwrap();
    let mut book = Book::default();
    for count in [1, 200, 1, 1] {
        book.append(&mut writer, count, 2000).unwrap();
    }
    let progress = writer.drain().unwrap();
    assert!(progress.sealed.len() >= 2, "{progress:?}");
    book.assert_read(&writer.reader(), 1);
    drop(writer);
    assert_whole(&disk.crash(1), options, &mut book, book_last(&progress));
}

fn book_last(progress: &super::super::Progress) -> u64 {
    progress.durable_through
}

#[test]
fn the_largest_frame_is_taken_and_a_larger_one_refused() {
    let disk = SimDisk::new(1);
    let options = small(1 << 16, 1 << 16, 2);
    let (mut writer, _) = open(&disk, options).unwrap();
    let payload = vec![7; FRAME_BYTES_MAX - 36];
    let entry = Entry { kind: 1, schema: 1, payload: &payload };
    writer.append(FrameInput { first_sequence: 1, recorded_at_us: 0, entries: &[entry] }).unwrap();
    let many = vec![Entry { kind: 1, schema: 1, payload: b"x" }; FRAME_ENTRIES_MAX];
    writer.append(FrameInput { first_sequence: 2, recorded_at_us: 0, entries: &many }).unwrap();
    writer.drain().unwrap();
    let (reader, mut into) = (writer.reader(), Vec::new());
    assert_eq!(reader.frame_of(1, &mut into).unwrap().entries().next().unwrap().payload, payload);
    assert_eq!(reader.frame_of(9000, &mut into).unwrap().entry_of(9000).unwrap().payload, b"x");
    assert_eq!(reader.durable_through(), 1 + FRAME_ENTRIES_MAX as u64);

    let next = writer.next_sequence();
    let larger = vec![7; FRAME_BYTES_MAX - 35];
    let entry = Entry { kind: 1, schema: 1, payload: &larger };
    let more = vec![Entry { kind: 1, schema: 1, payload: b"" }; FRAME_ENTRIES_MAX + 1];
    for entries in [&[entry][..], &more, &[]] {
        let refused = writer.append(FrameInput { first_sequence: next, recorded_at_us: 0, entries });
        assert!(matches!(refused, Err(Error::Config(_))));
    }
    assert_eq!(writer.next_sequence(), next);
    writer.close().unwrap();
}

#[test]
fn a_commit_out_of_sequence_or_recorded_earlier_is_refused_and_nothing_is_taken() {
    let disk = SimDisk::new(1);
    let (mut writer, _) = open(&disk, small(1 << 16, 4096, 2)).unwrap();
    let entries = &[Entry { kind: 1, schema: 1, payload: b"x" }];
    writer.append(FrameInput { first_sequence: 1, recorded_at_us: 10, entries }).unwrap();
    for (first_sequence, recorded_at_us) in [(1, 10), (3, 10), (0, 10), (2, 9)] {
        let refused = writer.append(FrameInput { first_sequence, recorded_at_us, entries });
        assert!(matches!(refused, Err(Error::Contradiction(_))), "{first_sequence} at {recorded_at_us}");
    }
    writer.append(FrameInput { first_sequence: 2, recorded_at_us: 10, entries }).unwrap();
    assert_eq!(writer.drain().unwrap().durable_through, 2);
}

#[test]
fn rotation_seals_a_segment_before_the_next_one_begins() {
    let disk = SimDisk::new(1);
    let options = small(4096, 1024, 4);
    let (mut writer, _) = open(&disk, options).unwrap();
    disk.complete_by_hand();
    let mut book = Book::default();
    for _ in 0..40 {
        book.append(&mut writer, 1, 400).unwrap();
    }
    let mut sealed = Vec::new();
    while !writer.is_quiet() {
        sealed.extend(writer.pump().unwrap().sealed);
        let flying = disk.in_flight();
        assert!(flying.len() <= 4);
        if let Some(last) = flying.last() {
            disk.release(*last);
        }
        writer.wait(Duration::from_millis(1));
    }
    assert!(sealed.len() > 3);
    let mut next = 1;
    for (ordinal, segment) in (1..).zip(&sealed) {
        assert_eq!((segment.ordinal, segment.first_sequence), (ordinal, next));
        next = segment.last_sequence + 1;
        let (first, last) = writer.reader().segment_range(ordinal).unwrap();
        assert_eq!((first, last), (segment.first_sequence, Some(segment.last_sequence)));
    }
    book.assert_read(&writer.reader(), 1);
}

#[test]
fn a_watermark_is_written_only_when_the_journal_does_not_say_so_already() {
    let disk = SimDisk::new(1);
    let options = small(1 << 16, 4096, 4);
    let (mut writer, _) = open(&disk, options).unwrap();
    let submissions = |disk: &SimDisk| disk.changes();
    let before = submissions(&disk);
    writer.watermark().unwrap();
    assert!(writer.is_quiet(), "nothing is new");
    let mut book = Book::default();
    book.append(&mut writer, 1, 100).unwrap();
    writer.watermark().unwrap();
    writer.drain().unwrap();
    let follower = JournalReader::open(Arc::new(disk.clone())).unwrap();
    assert_eq!(follower.durable_through(), 0, "nobody else can know yet");
    writer.watermark().unwrap();
    assert!(!writer.is_quiet());
    writer.drain().unwrap();
    assert_eq!(follower.follow().unwrap(), 1);
    let after = submissions(&disk);
    writer.watermark().unwrap();
    writer.drain().unwrap();
    assert_eq!(submissions(&disk), after);
    assert!(after > before);
}

#[test]
fn every_opening_takes_an_epoch_of_its_own_before_anything_else() {
    let disk = SimDisk::new(1);
    let options = small(1 << 16, 4096, 4);
    for epoch in 1..6 {
        let (writer, recovered) = open(&disk, options).unwrap();
        assert_eq!((recovered.epoch, writer.epoch()), (epoch, epoch));
        if epoch % 2 == 0 {
            writer.close().unwrap();
        }
    }
}

#[test]
fn a_closed_journal_goes_on_in_the_same_segment() {
    let disk = SimDisk::new(1);
    let options = small(1 << 16, 4096, 4);
    let mut book = Book::default();
    for _ in 0..3 {
        let (mut writer, _) = open(&disk, options).unwrap();
        book.append(&mut writer, 2, 100).unwrap();
        writer.close().unwrap();
    }
    let begun = disk.files().iter().filter(|path| disk.contents(path).unwrap().starts_with(b"LEDGRSEG")).count();
    assert_eq!(begun, 1);
    let reader = JournalReader::open(Arc::new(disk.clone())).unwrap();
    book.assert_read(&reader, 1);
    let mut frames = reader.frames(1);
    let mut epochs = Vec::new();
    while frames.next().unwrap().is_some() {
        epochs.push(frames.epoch());
    }
    assert_eq!(epochs, [Some(1), Some(2), Some(3)]);
}

#[test]
fn a_journal_moves_between_devices_with_other_blocks() {
    let disk = SimDisk::new(1);
    let options = small(1 << 16, 8192, 4);
    let mut book = Book::default();
    for block in [512, 4096, 512, 8192, 1024, 512] {
        disk.set_block_bytes(block);
        for clean in [true, false] {
            let (mut writer, recovered) = open(&disk, options).unwrap();
            assert_eq!(recovered.last_sequence, book.last());
            book.append(&mut writer, 2, 1000).unwrap();
            if clean {
                writer.close().unwrap();
            } else {
                writer.drain().unwrap();
            }
        }
    }
    let last = book.last();
    assert_whole(&disk, options, &mut book, last);
}

#[test]
fn options_out_of_bounds_are_refused() {
    let disk = SimDisk::new(1);
    for options in [small(4095, 4096, 4), small(1 << 32, 4096, 4), small(4096, 4096, 0), small(4096, 100, 1)] {
        assert!(matches!(open(&disk, options), Err(Error::Config(_))));
    }
    assert!(disk.files().is_empty());
}

#[test]
fn one_entry_of_150_bytes_costs_36_bytes_more() {
    assert_eq!(super::super::FRAME_HEADER_BYTES + super::super::ENTRY_HEADER_BYTES, 36);
    assert_eq!(segment::path_of(7), "journal/0000000007.seg");
}

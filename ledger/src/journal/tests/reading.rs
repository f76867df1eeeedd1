//! Readers: beside the writer, in another process, by place, and while the files change under them.

use super::super::{Places, segment};
use super::*;
use crate::storage::{FileStorage, IoMode};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[test]
fn frames_go_on_where_they_ended_once_more_is_durable() {
    let disk = SimDisk::new(1);
    let options = small(4096, 1024, 3);
    let mut book = Book::default();
    let (mut writer, _) = open(&disk, options).unwrap();
    let reader = writer.reader();
    let mut frames = reader.frames(1);
    assert!(frames.next().unwrap().is_none());
    for _ in 0..30 {
        book.append(&mut writer, 2, 400).unwrap();
        assert!(frames.next().unwrap().is_none(), "it is not durable yet");
        writer.drain().unwrap();
        let frame = frames.next().unwrap().unwrap();
        book.commits.last().unwrap().assert_is(&frame);
        assert!(frames.next().unwrap().is_none());
    }
}

#[test]
fn a_reader_in_another_process_sees_only_what_the_journal_swears_to() {
    let disk = SimDisk::new(1);
    let options = small(1 << 16, 4096, 4);
    let storage = Arc::new(disk.clone());
    let mut book = Book::default();
    let (mut writer, _) = open(&disk, options).unwrap();
    let follower = JournalReader::open(storage.clone()).unwrap();
    assert_eq!(follower.durable_through(), 0);
    disk.complete_by_hand();
    for _ in 0..3 {
        book.append(&mut writer, 1, 100).unwrap();
        writer.pump().unwrap();
    }
    let tickets = disk.in_flight();
    disk.release(tickets[0]);
    disk.release(tickets[2]);
    writer.pump().unwrap();
    assert_eq!(follower.follow().unwrap(), 0, "the first is durable, but nothing says so");
    book.append(&mut writer, 1, 100).unwrap();
    writer.pump().unwrap();
    assert_eq!(follower.follow().unwrap(), 0, "behind a hole nothing is trusted");
    disk.release(tickets[1]);
    disk.release(*disk.in_flight().last().unwrap());
    writer.pump().unwrap();
    assert_eq!(follower.follow().unwrap(), 1, "the fourth write says that the first is durable");
    book.assert_read(&follower, 1);
    writer.watermark().unwrap();
    writer.pump().unwrap();
    disk.release(disk.in_flight()[0]);
    assert_eq!(follower.follow().unwrap(), 4);
    book.assert_read(&follower, 1);
    assert_eq!(JournalReader::open(storage).unwrap().durable_through(), 4);
}

#[test]
fn a_reader_in_another_process_follows_through_rotations_and_reopenings() {
    let disk = SimDisk::new(1);
    let options = small(4096, 1024, 2);
    let mut book = Book::default();
    let (first, _) = open(&disk, options).unwrap();
    drop(first);
    let follower = JournalReader::open(Arc::new(disk.clone())).unwrap();
    let mut frames = follower.frames(1);
    let mut seen = 0;
    for round in 0..12 {
        let (mut writer, recovered) = open(&disk, options).unwrap();
        book.cut(recovered.last_sequence);
        for _ in 0..4 {
            book.append(&mut writer, 1, 500).unwrap();
            writer.drain().unwrap();
            assert!(follower.follow().unwrap() <= writer.durable_through());
            while let Some(frame) = frames.next().unwrap() {
                book.commits[seen].assert_is(&frame);
                seen += 1;
            }
        }
        if round % 3 == 0 {
            writer.close().unwrap();
            assert_eq!(follower.follow().unwrap(), book.last());
        }
        // Otherwise the next opening rewrites the segment into another file under the same name.
    }
    assert!(follower.segment_count() > 5);
    assert!(seen as u64 > book.last() - 5);
    book.assert_read(&follower, 1);
}

#[test]
fn bytes_behind_what_is_durable_are_no_business_of_a_reader_in_another_process() {
    let disk = SimDisk::new(1);
    let options = small(1 << 16, 2048, 4);
    let mut book = Book::default();
    let (mut writer, _) = open(&disk, options).unwrap();
    book.append(&mut writer, 2, 300).unwrap();
    writer.drain().unwrap();
    writer.watermark().unwrap();
    writer.drain().unwrap();
    let path = segment::path_of(1);
    let clean = disk.contents(&path).unwrap();
    let end = clean.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    for (from, length) in [(0, 512), (0, 3000), (4096, 512), (1024, 30_000)] {
        let mut bytes = clean.clone();
        bytes[end.next_multiple_of(512) + from..][..length].fill(0xa5);
        let image = disk.crash(0);
        image.put(&path, &bytes);
        let reader = JournalReader::open(Arc::new(image)).unwrap();
        assert_eq!(reader.durable_through(), 2);
        book.assert_read(&reader, 1);
    }
}

#[test]
fn a_journal_that_does_not_exist_yet_is_empty_to_a_reader() {
    let disk = SimDisk::new(1);
    let reader = JournalReader::open(Arc::new(disk.clone())).unwrap();
    assert_eq!((reader.durable_through(), reader.ledger_id(), reader.segment_count()), (0, None, 0));
    assert!(reader.frames(1).next().unwrap().is_none());
    assert!(matches!(reader.frame_of(1, &mut Vec::new()), Err(Error::Config(_))));
    let (mut writer, _) = open(&disk, small(1 << 16, 4096, 4)).unwrap();
    let mut book = Book::default();
    book.append(&mut writer, 1, 10).unwrap();
    writer.close().unwrap();
    let mut frames = reader.frames(1);
    assert_eq!(reader.follow().unwrap(), 1);
    assert_eq!(frames.next().unwrap().unwrap().first_sequence(), 1);
    assert_eq!(reader.ledger_id(), Some(LEDGER_ID));
}

#[test]
fn every_sequence_is_found_with_places_without_them_and_with_wrong_ones() {
    let disk = SimDisk::new(1);
    let options = small(1 << 15, 8192, 3);
    let mut book = Book::default();
    let (mut writer, _) = open(&disk, options).unwrap();
    let mut rng = Rng(4);
    for _ in 0..300 {
        book.append(&mut writer, 1 + rng.below(4), 400).unwrap();
        if rng.one_in(3) {
            writer.pump().unwrap();
        }
    }
    writer.close().unwrap();
    let reader = JournalReader::open(Arc::new(disk)).unwrap();
    assert!(reader.segment_count() > 3);
    assert_eq!(reader.ledger_id(), Some(LEDGER_ID));
    let every = |reader: &JournalReader<SimDisk>| {
        for sequence in 1..=book.last() {
            book.assert_point_read(reader, sequence);
        }
    };
    every(&reader);
    for ordinal in 1..reader.segment_count() {
        let (first, last) = reader.segment_range(ordinal).unwrap();
        let right = reader.places_of(ordinal).unwrap();
        assert!(!right.pairs().is_empty());
        let count = right.pairs().len() as u64;
        let bytes = 1 << 15;
        assert!(count <= bytes / 4096 + 1, "{count} places in {bytes} bytes");
        let off = |(delta, offset): &(u32, u32)| (*delta, offset + 3);
        let late = |(delta, offset): &(u32, u32)| (delta.saturating_sub(2), *offset);
        for wrong in [right.pairs().iter().map(off).collect(), right.pairs().iter().map(late).collect(), vec![]] {
            reader.set_places(ordinal, Places::from_pairs(first, wrong));
            for sequence in first..=last.unwrap() {
                book.assert_point_read(&reader, sequence);
            }
        }
        reader.set_places(ordinal, Places::from_pairs(first, vec![(0, u32::MAX)]));
        book.assert_read(&reader, first + 1);
        assert_eq!(reader.places_of(ordinal).unwrap().pairs().len(), 1);
        book.assert_point_read(&reader, first);
    }
    for from in [1, 2, 77, 300, book.last(), book.last() + 1] {
        book.assert_read(&reader, from);
    }
    for absent in [0, book.last() + 1, u64::MAX] {
        assert!(matches!(reader.frame_of(absent, &mut Vec::new()), Err(Error::Config(_))));
    }
}

#[test]
fn damage_is_named_by_whoever_reads_it() {
    let disk = SimDisk::new(1);
    let options = small(4096, 1024, 3);
    let mut book = Book::default();
    let (mut writer, _) = open(&disk, options).unwrap();
    for _ in 0..20 {
        book.append(&mut writer, 1, 400).unwrap();
        writer.drain().unwrap();
    }
    writer.close().unwrap();
    let reader = JournalReader::open(Arc::new(disk.clone())).unwrap();
    let place = reader.frame_of(2, &mut Vec::new()).unwrap().offset();
    let path = segment::path_of(1);
    let mut bytes = disk.contents(&path).unwrap();
    bytes[place as usize + 30] ^= 4;
    disk.put(&path, &bytes);
    let reader = JournalReader::open(Arc::new(disk)).unwrap();
    for _ in 0..2 {
        let Err(Error::Corrupt { path: named, offset, check }) = reader.frame_of(2, &mut Vec::new()) else { panic!() };
        assert_eq!((named, offset), (path.clone(), place));
        assert!(check.starts_with("a frame's checksum does not match; sequences 2 to"), "{check}");
    }
    let mut frames = reader.frames(1);
    assert!(frames.next().unwrap().is_some());
    for _ in 0..2 {
        assert!(matches!(frames.next(), Err(Error::Corrupt { offset, .. }) if offset == place));
    }
    drop(frames);
    book.assert_point_read(&reader, book.last());
}

/// A writer, a filler, a reader beside it and one "in another process", on real files and real threads.
#[test]
fn on_real_files_readers_and_a_filler_run_beside_the_writer() {
    for mode in [IoMode::Direct, IoMode::Buffered] {
        let folder = tempfile::tempdir().unwrap();
        let options = small(1 << 16, 1 << 14, 4);
        let storage = Arc::new(FileStorage::create(folder.path(), mode, 4).unwrap());
        let (mut writer, _) = open_for_append(storage.clone(), options, &Witnesses::none()).unwrap();
        let mut book = Book::default();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let (mut filler, reader) = (writer.filler(), writer.reader());
            let done = &done;
            scope.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    filler.step().unwrap();
                    std::thread::sleep(Duration::from_micros(200));
                }
            });
            scope.spawn(move || {
                let mut frames = reader.frames(1);
                let mut next = 1;
                while !done.load(Ordering::Relaxed) || next <= reader.durable_through() {
                    while let Some(frame) = frames.next().unwrap() {
                        assert_eq!(frame.first_sequence(), next);
                        next = frame.last_sequence() + 1;
                        let at = 1 + next / 2;
                        let mut into = Vec::new();
                        assert!(reader.frame_of(at.min(next - 1), &mut into).is_ok());
                    }
                    std::thread::sleep(Duration::from_micros(100));
                }
            });
            let path = folder.path();
            scope.spawn(move || {
                let storage = Arc::new(FileStorage::open(path, mode, 1).unwrap());
                let follower = JournalReader::open(storage).unwrap();
                let mut frames = follower.frames(1);
                let mut next = 1;
                while !done.load(Ordering::Relaxed) {
                    follower.follow().unwrap();
                    while let Some(frame) = frames.next().unwrap() {
                        assert_eq!(frame.first_sequence(), next);
                        next = frame.last_sequence() + 1;
                    }
                    std::thread::sleep(Duration::from_micros(100));
                }
            });
            for round in 0..400 {
                book.append(&mut writer, 1 + round % 3, 1200).unwrap();
                writer.pump().unwrap();
                if round % 100 == 0 {
                    writer.drain().unwrap();
                }
            }
            writer.drain().unwrap();
            done.store(true, Ordering::Relaxed);
        });
        assert!(writer.reader().segment_count() > 4);
        book.assert_read(&writer.reader(), 1);
        drop(writer);
        let (writer, recovered) = open_for_append(storage.clone(), options, &Witnesses::none()).unwrap();
        assert_eq!((recovered.last_sequence, recovered.clean), (book.last(), false));
        writer.close().unwrap();
        let report = verify(&storage, &Witnesses::none()).unwrap();
        assert_eq!((report.findings, report.tail, report.last_sequence), (vec![], None, book.last()));
    }
}

#[test]
fn a_footer_that_was_seen_and_then_lost_does_not_mislead_a_reader() {
    // The writer dies while its footer is on the way; the next one goes on in the footer's place.
    let options = small(8192, 2048, 1);
    let (first, second) = (segment::path_of(1), segment::path_of(2));
    let mut met = 0;
    for commits in 6..14 {
        let disk = SimDisk::new(1);
        let mut book = Book::default();
        let (mut writer, _) = open(&disk, options).unwrap();
        for _ in 0..commits {
            book.append(&mut writer, 1, 300).unwrap();
            writer.drain().unwrap();
        }
        if writer.reader().segment_count() > 1 {
            break;
        }
        let before = disk.crash(0);
        book.clone().append(&mut writer, 4, 900).unwrap();
        writer.drain().unwrap();
        if writer.reader().segment_count() == 1 {
            continue;
        }
        disk.take(&segment::path_of(3));
        disk.put(&second, &[0; 8192]);
        let follower = JournalReader::open(Arc::new(disk.clone())).unwrap();
        assert_eq!(follower.durable_through(), book.last(), "the footer says so");

        let (mut writer, recovered) = open(&before, options).unwrap();
        book.cut(recovered.last_sequence);
        book.append(&mut writer, 2, 20).unwrap();
        writer.close().unwrap();
        met += u32::from(before.contents(&second).is_none());
        disk.put(&first, &before.contents(&first).unwrap());
        match before.contents(&second) {
            Some(bytes) => disk.put(&second, &bytes),
            None => disk.take(&second),
        }
        assert_eq!(follower.follow().unwrap(), book.last());
        book.assert_read(&follower, 1);
    }
    assert!(met > 0);
}

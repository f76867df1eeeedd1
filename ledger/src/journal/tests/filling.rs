//! Space made ahead: never in the writer's way, and never needed.

use super::super::FillStep;
use super::*;
use crate::storage::{Fault, FaultPlan, Operation};

/// Steps until there is nothing to do; gives back how many did something.
fn fill(filler: &mut super::super::Filler<SimDisk>) -> u32 {
    let mut worked = 0;
    while filler.step().unwrap() == FillStep::Worked {
        worked += 1;
    }
    worked
}

#[test]
fn the_next_segment_is_made_ahead_and_rotation_finds_it() {
    let disk = SimDisk::new(1);
    let options = small(8192, 1024, 2);
    let (mut writer, _) = open(&disk, options).unwrap();
    let mut filler = writer.filler();
    assert_eq!(disk.files(), ["journal/0000000001.seg"]);
    assert!(fill(&mut filler) >= 2);
    assert_eq!(disk.files(), ["journal/0000000001.seg", "journal/0000000002.seg"]);
    let count = |operation| disk.operations().iter().find(|(seen, _)| *seen == operation).map_or(0, |(_, n)| *n);
    let before = (count(Operation::Create), count(Operation::SyncDir));
    let mut book = Book::default();
    while writer.reader().segment_count() < 2 {
        book.append(&mut writer, 1, 500).unwrap();
        writer.drain().unwrap();
    }
    assert_eq!((count(Operation::Create), count(Operation::SyncDir)), before, "nothing was left to make");
    book.assert_read(&writer.reader(), 1);
}

#[test]
fn it_zeroes_ahead_of_the_writer_and_yields_while_callers_wait() {
    let disk = SimDisk::new(1);
    let options = JournalOptions { segment_bytes: 8 << 20, ..small(8 << 20, 1024, 2) };
    let (mut writer, _) = open(&disk, options).unwrap();
    let mut filler = writer.filler();
    fill(&mut filler);
    let written = || disk.operations().iter().find(|(seen, _)| *seen == Operation::Write).map_or(0, |(_, n)| *n);
    assert_eq!(written(), 16, "eight mebibytes of this segment less the margin, and eight of the next");
    let mut book = Book::default();
    disk.complete_by_hand();
    book.append(&mut writer, 1, 100).unwrap();
    writer.pump().unwrap();
    assert_eq!(filler.step().unwrap(), FillStep::Yielded);
    while !writer.is_quiet() {
        for ticket in disk.in_flight() {
            assert!(disk.release(ticket));
        }
        writer.pump().unwrap();
    }
    book.assert_read(&writer.reader(), 1);

    let disk = SimDisk::new(1);
    let (mut writer, _) = open(&disk, options).unwrap();
    let mut filler = writer.filler();
    disk.complete_by_hand();
    Book::default().append(&mut writer, 1, 100).unwrap();
    writer.pump().unwrap();
    assert_eq!(filler.step().unwrap(), FillStep::Worked, "the next file is made even so");
    assert_eq!(filler.step().unwrap(), FillStep::Yielded);
}

#[test]
fn its_failed_sync_stops_the_writer_too() {
    for operation in [Operation::Write, Operation::Sync] {
        let disk = SimDisk::new(1);
        let options = small(8192, 1024, 2);
        let (mut writer, _) = open(&disk, options).unwrap();
        let mut book = Book::default();
        book.append(&mut writer, 1, 100).unwrap();
        writer.drain().unwrap();
        let mut filler = writer.filler();
        filler.step().unwrap();
        disk.set_faults(FaultPlan::new().nth(operation, 1, Fault::Io));
        assert!(filler.step().is_err());
        assert_eq!(filler.step().unwrap(), FillStep::Done, "it is not tried again");
        assert!(matches!(writer.pump(), Err(Error::Poisoned { .. })));
        assert_whole(&disk.kill(1), options, &mut book, 1);
    }
}

#[test]
fn a_file_that_could_not_be_made_ahead_is_made_when_it_is_needed() {
    let disk = SimDisk::new(1);
    let options = small(8192, 1024, 2);
    let (mut writer, _) = open(&disk, options).unwrap();
    let mut filler = writer.filler();
    disk.set_faults(FaultPlan::new().nth(Operation::Preallocate, 1, Fault::NoSpace));
    assert!(matches!(filler.step(), Err(Error::Io { .. })));
    let mut book = Book::default();
    for _ in 0..40 {
        book.append(&mut writer, 1, 500).unwrap();
        writer.drain().unwrap();
    }
    assert!(writer.reader().segment_count() > 2);
    drop(writer);
    assert_whole(&disk.crash(1), options, &mut book, 40);
}

#[test]
fn a_file_made_ahead_whose_sync_failed_stops_the_writer_with_the_same_error() {
    for operation in [Operation::Sync, Operation::SyncDir] {
        let disk = SimDisk::new(1);
        let options = small(8192, 1024, 2);
        let (mut writer, _) = open(&disk, options).unwrap();
        let mut filler = writer.filler();
        disk.set_faults(FaultPlan::new().nth(operation, 1, Fault::NoSpace));
        let first = filler.step().unwrap_err();
        assert!(first.to_string().starts_with("sync journal"), "{first}");
        let mut book = Book::default();
        let stopped = (0..40).find_map(|_| book.append(&mut writer, 1, 500).err().or_else(|| writer.drain().err()));
        let stopped = stopped.unwrap();
        let source = |error: &Error| std::error::Error::source(error).map(ToString::to_string);
        assert_eq!((stopped.to_string(), source(&stopped)), (first.to_string(), source(&first)));
    }
}

#[test]
fn the_writer_waits_for_a_claim_that_it_reaches() {
    use super::super::ahead::Ahead;
    use std::time::Duration;
    let disk = SimDisk::new(1);
    let ahead = Ahead::new(Arc::new(disk), 8192, 1024);
    ahead.enter(1, 512, 8192);
    assert!(ahead.advance(1024));
    ahead.wait(Duration::from_millis(1));
    assert_eq!(ahead.note(true), None);
}

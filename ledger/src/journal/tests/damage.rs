//! Damaged bytes, missing and swapped files: found, located, and never a silent loss.

use super::super::{salvage, verify};
use super::*;

/// Segments that are complete and one that is begun; two epochs; a watermark at the end, and a file made ahead.
fn journal(closed: bool) -> (SimDisk, JournalOptions, Book) {
    let options = small(4096, 1024, 2);
    let disk = SimDisk::new(3);
    let mut book = Book::default();
    for life in 0..2 {
        let (mut writer, recovered) = open(&disk, options).unwrap();
        book.cut(recovered.last_sequence);
        for _ in 0..4 {
            book.append(&mut writer, 2, 300).unwrap();
            writer.drain().unwrap();
        }
        writer.watermark().unwrap();
        writer.drain().unwrap();
        writer.filler().step().unwrap();
        if life < 1 || closed {
            writer.close().unwrap();
        }
    }
    (disk.crash(0), options, book)
}

fn flipped(disk: &SimDisk, path: &str, at: usize, with: u8) -> SimDisk {
    let other = disk.crash(0);
    let mut bytes = disk.contents(path).unwrap();
    bytes[at] ^= with;
    other.put(path, &bytes);
    other
}

/// What is read is right as far as it goes; gives back how far.
fn readable(disk: &SimDisk, book: &Book) -> Result<u64, Error> {
    let reader = JournalReader::open(Arc::new(disk.clone()))?;
    let mut frames = reader.frames(1);
    let mut last = 0;
    for commit in &book.commits {
        match frames.next()? {
            Some(frame) => commit.assert_is(&frame),
            None => break,
        }
        last = commit.last();
    }
    assert_eq!(last, reader.durable_through());
    Ok(last)
}

#[test]
fn no_flipped_byte_is_ever_silent() {
    for closed in [true, false] {
        let (disk, options, book) = journal(closed);
        let mut refused = 0;
        for path in disk.files() {
            for at in 0..disk.contents(&path).unwrap().len() {
                let damaged = flipped(&disk, &path, at, 1 << (at % 8));
                let place = format!("{path} byte {at}, closed: {closed}");

                let report = verify(&Arc::new(damaged.clone()), &Witnesses::none());
                let report = report.unwrap_or_else(|error| panic!("{place}: {error:?}"));
                assert!(!report.findings.is_empty() || report.tail.is_some(), "verify is silent: {place}");
                let named = report.findings.iter().map(|finding| (&finding.path, finding.offset));
                let named = named.chain(report.tail.iter().map(|tail| (&tail.path, tail.offset)));
                assert!(named.into_iter().any(|(named, offset)| *named == path && offset <= at as u64), "{place}");

                match readable(&damaged, &book) {
                    Ok(last) if last == book.last() => {}
                    // Without the watermark, nobody but the writer that is gone knew of the last commit.
                    Ok(last) => assert!(!closed && last + 2 == book.last(), "{place}: reads end at {last}"),
                    Err(Error::Corrupt { path: named, offset, .. }) => {
                        assert!(named == path && offset <= at as u64, "{place}: named {named} byte {offset}");
                    }
                    Err(error) => panic!("{place}: {error:?}"),
                }

                match open(&damaged, options) {
                    Ok((writer, recovered)) => {
                        assert_eq!(recovered.last_sequence, book.last(), "{place}: {recovered:?}");
                        drop(writer);
                    }
                    Err(Error::Corrupt { path: named, offset, .. }) => {
                        refused += 1;
                        assert!(named == path && offset <= at as u64, "{place}: named {named} byte {offset}");
                    }
                    Err(error) => panic!("{place}: {error:?}"),
                }
            }
        }
        assert!(refused > 2000, "{refused}");
    }
}

#[test]
fn a_zeroed_sector_is_found_wherever_it_lies() {
    let (disk, options, book) = journal(false);
    for path in disk.files() {
        let whole = disk.contents(&path).unwrap();
        for sector in 0..whole.len() / 512 {
            let mut bytes = whole.clone();
            bytes[sector * 512..][..512].fill(0);
            if bytes == whole {
                continue;
            }
            let damaged = disk.crash(0);
            damaged.put(&path, &bytes);
            let report = verify(&Arc::new(damaged.clone()), &Witnesses::none()).unwrap();
            match open(&damaged, options) {
                Ok((_, recovered)) => assert_eq!(recovered.last_sequence, book.last(), "{path} sector {sector}"),
                Err(error) => {
                    assert!(matches!(error, Error::Corrupt { .. }), "{error:?}");
                    assert!(!report.findings.is_empty(), "{path} sector {sector}");
                }
            }
        }
    }
}

#[test]
fn a_file_that_was_cut_short_is_refused() {
    let (disk, options, book) = journal(false);
    for path in disk.files() {
        let whole = disk.contents(&path).unwrap();
        for length in (0..whole.len()).step_by(256) {
            let damaged = disk.crash(0);
            damaged.put(&path, &whole[..length]);
            match open(&damaged, options) {
                Ok((_, recovered)) => {
                    assert_eq!(recovered.last_sequence, book.last());
                    assert!(whole.iter().all(|byte| *byte == 0), "{path} cut to {length}");
                }
                Err(error) => assert!(matches!(error, Error::Corrupt { .. }), "{error:?}"),
            }
        }
    }
}

#[test]
fn a_missing_segment_is_refused_and_named() {
    let (disk, options, book) = journal(false);
    let begun: Vec<String> = disk.files().into_iter().filter(|path| disk.contents(path).unwrap()[0] != 0).collect();
    assert!(begun.len() >= 3);
    for path in &begun {
        let damaged = disk.crash(0);
        damaged.take(path);
        let refused = open(&damaged, options).map(|_| ());
        assert!(matches!(&refused, Err(Error::Corrupt { path: named, .. }) if named == path), "{path}: {refused:?}");
        let report = verify(&Arc::new(damaged.clone()), &Witnesses::none()).unwrap();
        assert!(!report.findings.is_empty());
    }
    let all_gone = disk.crash(0);
    disk.files().iter().for_each(|path| all_gone.take(path));
    let mut witnesses = Witnesses::none();
    witnesses.add(book.last(), "checkpoint/17.ckpt");
    let refused = open_for_append(Arc::new(all_gone), options, &witnesses).map(|_| ());
    assert!(matches!(&refused, Err(Error::Rollback(why)) if why.contains("17.ckpt")), "{refused:?}");
}

#[test]
fn a_swapped_old_or_foreign_segment_is_refused() {
    let (disk, options, _) = journal(false);
    let paths = disk.files();
    let swapped = disk.crash(0);
    swapped.put(&paths[0], &disk.contents(&paths[1]).unwrap());
    swapped.put(&paths[1], &disk.contents(&paths[0]).unwrap());
    assert!(matches!(open(&swapped, options).map(|_| ()), Err(Error::Corrupt { .. })));

    let other = SimDisk::new(9);
    let foreign = JournalOptions { ledger_id: [9; 16], ..options };
    let mut book = Book { life: 77, ..Book::default() };
    let (mut writer, _) = open(&other, foreign).unwrap();
    for _ in 0..8 {
        book.append(&mut writer, 2, 300).unwrap();
        writer.drain().unwrap();
    }
    for path in &paths[..2] {
        let damaged = disk.crash(0);
        damaged.put(path, &other.contents(path).unwrap());
        let refused = open(&damaged, options).map(|_| ());
        assert!(matches!(&refused, Err(Error::Corrupt { path: named, .. }) if named == path), "{refused:?}");
        assert!(!verify(&Arc::new(damaged), &Witnesses::none()).unwrap().findings.is_empty());
    }
    assert!(matches!(open(&disk.crash(0), foreign).map(|_| ()), Err(Error::Contradiction(_))));
}

#[test]
fn another_history_of_the_same_ledger_does_not_fit_in() {
    let options = small(4096, 1024, 2);
    let history = |life| {
        let disk = SimDisk::new(3);
        let mut book = Book { life, ..Book::default() };
        let (mut writer, _) = open(&disk, options).unwrap();
        for _ in 0..8 {
            book.append(&mut writer, 2, 300).unwrap();
            writer.drain().unwrap();
        }
        writer.close().unwrap();
        disk
    };
    let (one, other) = (history(1), history(2));
    one.put("journal/0000000001.seg", &other.contents("journal/0000000001.seg").unwrap());
    let refused = open(&one, options).map(|_| ());
    assert!(matches!(&refused, Err(Error::Corrupt { path, .. }) if path.ends_with("1.seg")), "{refused:?}");
    let findings = verify(&Arc::new(one), &Witnesses::none()).unwrap().findings;
    assert!(findings.iter().any(|finding| finding.check.contains("does not follow")), "{findings:?}");
}

#[test]
fn a_journal_shorter_than_a_witness_swears_to_is_refused() {
    let (disk, options, book) = journal(true);
    for (swears_to, fits) in [(0, true), (book.last(), true), (book.last() + 1, false)] {
        let mut witnesses = Witnesses::none();
        witnesses.add(swears_to, "checkpoint/16.ckpt");
        witnesses.add(1, "an older one");
        let disk = Arc::new(disk.crash(0));
        let report = verify(&disk, &witnesses).unwrap();
        assert_eq!(report.findings.is_empty(), fits);
        let opened = open_for_append(disk, options, &witnesses).map(|_| ());
        assert_eq!(opened.is_ok(), fits);
        if let Err(error) = opened {
            assert!(matches!(error, Error::Rollback(_)), "{error:?}");
            assert!(error.to_string().contains("checkpoint/16.ckpt proves that event 17"), "{error}");
            assert!(!report.findings[0].damaged, "what is there is sound");
        }
    }
}

#[test]
fn a_newer_format_is_refused_with_its_number() {
    let (disk, options, _) = journal(true);
    let path = "journal/0000000001.seg";
    let mut bytes = disk.contents(path).unwrap();
    bytes[12] = 2;
    let crc = super::super::fields::crc32(0, &bytes[12..128]);
    bytes[8..12].copy_from_slice(&crc.to_le_bytes());
    disk.put(path, &bytes);
    let refused = open(&disk, options).map(|_| ());
    assert!(matches!(&refused, Err(Error::Version { needed, .. }) if needed == "journal format 2"), "{refused:?}");
    assert!(matches!(JournalReader::open(Arc::new(disk.clone())).map(|_| ()), Err(Error::Version { .. })));
    assert!(matches!(verify(&Arc::new(disk), &Witnesses::none()), Err(Error::Version { .. })));
}

#[test]
fn salvage_reads_what_is_left_and_says_what_is_missing() {
    let (disk, _, book) = journal(true);
    let path = "journal/0000000001.seg";
    let mut bytes = disk.contents(path).unwrap();
    let place = 1024 + 64 + 28 + 20;
    bytes[place] ^= 0x10;
    disk.put(path, &bytes);
    let mut left = Vec::new();
    let report = salvage(&Arc::new(disk), &Witnesses::none(), &mut |frame| {
        let commit = book.commits.iter().find(|commit| commit.first == frame.first_sequence()).unwrap();
        commit.assert_is(&frame);
        left.push(commit.first);
    })
    .unwrap();
    let missing: Vec<u64> =
        book.commits.iter().map(|commit| commit.first).filter(|first| !left.contains(first)).collect();
    assert_eq!(missing, [1]);
    assert_eq!(report.findings.len(), 1, "{:?}", report.findings);
    let finding = &report.findings[0];
    assert_eq!((&*finding.path, finding.sequences), (path, Some((1, 2))));
    assert!(finding.offset >= 1024 && finding.offset <= place as u64);
}

#[test]
fn rot_in_several_places_is_reported_at_each_of_them() {
    let (disk, _, book) = journal(true);
    let mut places = Vec::new();
    for path in disk.files().into_iter().filter(|path| disk.contents(path).unwrap()[0] != 0) {
        let mut bytes = disk.contents(&path).unwrap();
        bytes[1024 + 100] ^= 1;
        places.push(path.clone());
        disk.put(&path, &bytes);
    }
    let report = verify(&Arc::new(disk), &Witnesses::none()).unwrap();
    let named: Vec<&String> = report.findings.iter().map(|finding| &finding.path).collect();
    assert!(places.iter().all(|path| named.contains(&path)), "{:?}", report.findings);
    assert!(report.findings.iter().all(|finding| finding.sequences.is_none_or(|(_, last)| last <= book.last())));
}

use std::sync::Arc;

use super::*;
use crate::model::Timestamp;
use crate::storage::{Fault, FaultPlan, PlantedBug, SimDisk};

/// The page that says where everything stands.
const PAGE: &str = include_str!("../../../docs/files.md");

/// Holds the page's table under `heading` against the bytes of a structure: its fields follow each other, fill it, and
/// stand where `values` (one for each row, in order) are found.
pub(crate) fn assert_documented(heading: &str, bytes: &[u8], values: &[&[u8]]) {
    let section = PAGE.split("\n### ").find(|section| section.starts_with(heading));
    let section = section.unwrap_or_else(|| panic!("no section {heading}"));
    let rows: Vec<Vec<&str>> = section
        .lines()
        .skip_while(|line| !line.starts_with("| first byte"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    assert_eq!(rows.len(), values.len(), "{heading}: rows");
    let mut at = 0;
    for (row, value) in rows.iter().zip(values) {
        assert_eq!(row[1], at.to_string(), "{heading}: first byte of {}", row[3]);
        let length: usize = row[2].parse().unwrap();
        assert_eq!(&bytes[at..at + length], *value, "{heading}: {}", row[3]);
        at += length;
    }
    assert_eq!(at, bytes.len(), "{heading}: bytes");
}

/// The bytes of the first record of a section, as they stand in the file.
pub(crate) fn first_record(file: &[u8], number: u16) -> Vec<u8> {
    let table = file[112..].chunks_exact(24).take_while(|entry| entry[..2] != [0, 0]);
    let entry = table.into_iter().find(|entry| entry[..2] == number.to_le_bytes()).unwrap();
    let bytes = u32::from_le_bytes(array(entry, 4)) as usize;
    let offset = u64::from_le_bytes(array(entry, 16)) as usize;
    file[offset..offset + bytes].to_vec()
}

#[test]
fn the_header_and_its_table_stand_where_the_page_says() {
    let (_, file) = written();
    let length = (file.len() as u64).to_le_bytes();
    let crc = crc32fast::hash(&file[..4092]).to_le_bytes();
    let table = file[112..1648].to_vec();
    let values: [&[u8]; 16] = [
        b"LDGRTEST",
        &[3, 0],
        &[0; 2],
        &[128, 0, 0, 0],
        &LEDGER.to_bytes(),
        &7u64.to_le_bytes(),
        &3u64.to_le_bytes(),
        &9u64.to_le_bytes(),
        &99i64.to_le_bytes(),
        &[5; 32],
        &length,
        &[3, 0],
        &[0; 6],
        &table,
        &[0; 2444],
        &crc,
    ];
    assert_documented("Header", &file[..HEADER_BYTES], &values);
    let last: [&[u8]; 5] =
        [&[5, 0], &[1, 0], &124u32.to_le_bytes(), &3u64.to_le_bytes(), &(4096u64 + 3 * 128).to_le_bytes()];
    assert_documented("Entry of the section table", &table[48..72], &last);
}

#[test]
fn a_page_s_crc_is_what_the_page_of_the_documentation_says() {
    let (_, file) = written();
    let mut covered = file[..96].to_vec();
    covered.extend_from_slice(&5u16.to_le_bytes());
    covered.extend_from_slice(&2u64.to_le_bytes());
    let page = &file[HEADER_BYTES + 5 * 128..];
    covered.extend_from_slice(&page[..124]);
    assert_eq!(crc32fast::hash(&covered).to_le_bytes(), page[124..]);
}

const KIND: Kind = Kind { magic: *b"LDGRTEST", version: 3, page_bytes: 128, sections: &[1, 2, 5] };
const LEDGER: LedgerId = LedgerId(0x77);
const PATH: &str = "things/0007.thing";

/// A small file's content: three sections of 8, 24 and 124 bytes a record, the second one empty.
type Content = Vec<(u16, usize, Vec<Vec<u8>>)>;

fn identity(last: u64) -> Identity {
    Identity {
        ledger: LEDGER,
        subject: 7,
        first: Sequence(3),
        last: Sequence(last),
        recorded_at: Timestamp(99),
        source: [5; 32],
    }
}

fn content(salt: u8) -> Content {
    let records = |bytes: usize, count: u8| (0..count).map(|nth| vec![nth ^ salt; bytes]).collect();
    vec![(1, 8, records(8, 31)), (2, 24, Vec::new()), (5, 124, records(124, 3))]
}

fn write(disk: &SimDisk, last: u64, content: &Content) -> Result<(), Error> {
    let mut file = FileWriter::create(disk, PATH, &KIND, identity(last))?;
    for (number, bytes, records) in content {
        file.section(*number, true, *bytes as u32)?;
        records.iter().try_for_each(|record| file.record(record))?;
    }
    file.finish()
}

/// The last sequence and the content at [`PATH`], or why there is none.
fn read(disk: &SimDisk) -> Result<(u64, Content), String> {
    let handles = Arc::new(Handles::new(Arc::new(disk.clone()), 4));
    let file = match PagedFile::open(&handles, PATH, &KIND, LEDGER, Some(7)).map_err(|error| error.to_string())? {
        Opened::Usable(file) => file,
        Opened::Unusable(why) => return Err(why.to_string()),
        Opened::Missing => return Err("missing".to_owned()),
    };
    let mut content = Content::new();
    for (number, bytes) in [(1, 8), (2, 24), (5, 124)] {
        let section = file.section(number, bytes).map_err(|reason| reason.to_string())?;
        let mut records = Vec::new();
        let mut runs = file.all(&section);
        while let Some(run) = runs.next().map_err(|error| error.to_string())? {
            records.extend(run.map(<[u8]>::to_vec));
        }
        content.push((number, bytes, records));
    }
    Ok((file.identity().last.0, content))
}

fn written() -> (SimDisk, Vec<u8>) {
    let disk = SimDisk::new(1);
    write(&disk, 9, &content(0)).unwrap();
    let bytes = disk.contents(PATH).unwrap();
    (disk, bytes)
}

#[test]
fn what_was_written_reads_back_and_is_the_same_every_time() {
    let (disk, bytes) = written();
    assert_eq!(read(&disk), Ok((9, content(0))));
    write(&disk, 9, &content(0)).unwrap();
    assert_eq!(disk.contents(PATH).unwrap(), bytes);
    assert_eq!(disk.files(), [PATH]);
}

#[test]
fn single_pages_hold_the_records_that_their_places_say() {
    let (disk, _) = written();
    let handles = Arc::new(Handles::new(Arc::new(disk), 4));
    let file = PagedFile::open(&handles, PATH, &KIND, LEDGER, Some(7)).unwrap().usable().unwrap();
    let section = file.section(1, 8).unwrap();
    assert_eq!((file.records_a_page(&section), file.pages(&section)), (15, 3));
    let mut pages = Pages::new(&file, section);
    assert_eq!(pages.load(2).unwrap(), [30; 8]);
    for nth in (0..31u8).rev() {
        assert_eq!(pages.record(u64::from(nth)).unwrap(), [nth; 8]);
    }
    assert!(matches!(pages.load(3), Err(Error::Corrupt { .. })), "no page is read beyond its section");
}

#[test]
fn no_flipped_byte_is_ever_taken_for_an_answer() {
    let (disk, bytes) = written();
    for at in 0..bytes.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] ^= flip;
            disk.put(PATH, &damaged);
            assert!(read(&disk).is_err(), "byte {at} flipped by {flip:#x}");
        }
    }
}

#[test]
fn no_other_length_is_ever_taken_for_the_file() {
    let (disk, bytes) = written();
    for length in (0..bytes.len()).chain([bytes.len() + 1, bytes.len() + 128]) {
        let mut other = bytes.clone();
        other.resize(length, 0);
        disk.put(PATH, &other);
        assert!(read(&disk).is_err(), "{length} bytes");
    }
}

#[test]
fn a_page_of_another_place_or_another_file_is_found_out() {
    let (disk, bytes) = written();
    let page = |nth: usize| HEADER_BYTES + nth * 128..HEADER_BYTES + (nth + 1) * 128;
    let mut swapped = bytes.clone();
    swapped[page(0)].copy_from_slice(&bytes[page(1)]);
    disk.put(PATH, &swapped);
    assert!(read(&disk).is_err());

    write(&disk, 10, &content(0)).unwrap();
    let later = disk.contents(PATH).unwrap();
    assert_eq!(later.len(), bytes.len());
    for nth in 0..6 {
        let mut mixed = later.clone();
        mixed[page(nth)].copy_from_slice(&bytes[page(nth)]);
        disk.put(PATH, &mixed);
        assert!(read(&disk).is_err(), "page {nth}");
    }
}

#[test]
fn a_file_of_another_ledger_or_another_name_is_not_usable() {
    let (disk, _) = written();
    let handles = Arc::new(Handles::new(Arc::new(disk), 4));
    let reason = |ledger, subject| match PagedFile::open(&handles, PATH, &KIND, ledger, subject).unwrap() {
        Opened::Unusable(why) => why.reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(reason(LedgerId(0x78), Some(7)), Reason::Ledger);
    assert!(matches!(reason(LEDGER, Some(8)), Reason::Subject(_)));
}

#[test]
fn a_newer_format_is_an_error_and_a_flipped_version_is_not_a_newer_format() {
    let (disk, bytes) = written();
    let newer = Kind { version: 4, ..KIND };
    FileWriter::create(&disk, PATH, &newer, identity(9)).unwrap().finish().unwrap();
    let handles = Arc::new(Handles::new(Arc::new(disk.clone()), 4));
    let opened = PagedFile::open(&handles, PATH, &KIND, LEDGER, Some(7));
    assert!(matches!(opened, Err(Error::Version { .. })), "{opened:?}");

    let mut flipped = bytes;
    flipped[8] = 4;
    disk.put(PATH, &flipped);
    let opened = PagedFile::open(&handles, PATH, &KIND, LEDGER, Some(7)).unwrap();
    assert!(matches!(opened, Opened::Unusable(Unusable { reason: Reason::HeaderCrc, .. })));
}

#[test]
fn an_unknown_section_is_passed_over_unless_it_must_be_understood() {
    for (must_understand, usable) in [(false, true), (true, false)] {
        let disk = SimDisk::new(1);
        let mut file = FileWriter::create(&disk, PATH, &KIND, identity(9)).unwrap();
        file.section(9, must_understand, 16).unwrap();
        file.record(&[1; 16]).unwrap();
        file.finish().unwrap();
        let handles = Arc::new(Handles::new(Arc::new(disk), 4));
        let opened = PagedFile::open(&handles, PATH, &KIND, LEDGER, Some(7)).unwrap();
        assert_eq!(opened.usable().is_some(), usable);
    }
}

/// What may stand at [`PATH`] when writing stopped in the middle.
fn is_old_or_new(found: &Result<(u64, Content), String>) -> bool {
    *found == Ok((9, content(0))) || *found == Ok((10, content(1)))
}

#[test]
fn a_crash_at_any_operation_leaves_the_old_file_or_the_new_one() {
    let changes = {
        let (disk, _) = written();
        let before = disk.changes();
        write(&disk, 10, &content(1)).unwrap();
        disk.changes() - before
    };
    assert!(changes > 5);
    for stop in 0..=changes {
        let (disk, _) = written();
        disk.crash_after(disk.changes() + stop);
        let finished = write(&disk, 10, &content(1)).is_ok();
        for seed in 0..40 {
            let after = disk.crash(seed);
            let found = read(&after);
            assert!(is_old_or_new(&found), "stopped after {stop}, seed {seed}: {found:?}");
            assert!(!finished || found == Ok((10, content(1))), "finished, and lost by seed {seed}");
            sweep(&after, "things").unwrap();
            assert_eq!(after.files(), [PATH]);
            write(&after, 10, &content(1)).unwrap();
            assert_eq!(read(&after), Ok((10, content(1))));
        }
    }
}

#[test]
fn forgetting_to_sync_the_file_or_its_folder_would_be_found() {
    for bug in [PlantedBug::IgnoreSync, PlantedBug::IgnoreSyncDir] {
        let (disk, _) = written();
        disk.plant(bug);
        write(&disk, 10, &content(1)).unwrap();
        let lost = (0..200).any(|seed| read(&disk.crash(seed)) != Ok((10, content(1))));
        assert!(lost, "{bug:?}");
    }
}

#[test]
fn a_failing_disk_leaves_the_old_file_and_says_so() {
    for fault in [Fault::Io, Fault::NoSpace, Fault::Short] {
        for nth in 1..12 {
            let (disk, _) = written();
            disk.set_faults(FaultPlan::new().at_change(disk.changes() + nth, fault));
            let result = write(&disk, 10, &content(1));
            let found = read(&disk);
            assert!(is_old_or_new(&found), "{fault:?} at {nth}: {found:?}");
            assert!(result.is_err() || found == Ok((10, content(1))));
        }
    }
}

#[test]
fn headers_alone_bear_witness_and_only_for_their_own_ledger() {
    let (disk, bytes) = written();
    disk.put("things/0009.thing", &bytes[..100]);
    let sworn = witnesses(&disk, "things", ".thing", &KIND, LEDGER, 8).unwrap();
    assert_eq!(sworn, [Witness { path: PATH.to_owned(), durable_through: Sequence(9) }]);
    assert!(witnesses(&disk, "things", ".thing", &KIND, LedgerId(1), 8).unwrap().is_empty());
    assert!(witnesses(&disk, "nowhere", ".thing", &KIND, LEDGER, 8).unwrap().is_empty());
}

#[test]
fn only_so_many_files_stay_open_and_all_can_be_read() {
    let disk = SimDisk::new(1);
    for nth in 0..5u8 {
        disk.put(&format!("{nth}"), &[nth]);
    }
    let handles = Handles::new(Arc::new(disk), 2);
    for nth in [0u8, 1, 2, 0, 4, 3, 3, 1] {
        let file = handles.get(&Arc::from(format!("{nth}"))).unwrap();
        let mut byte = [9];
        handles.storage().read_at(&file, 0, &mut byte).unwrap();
        assert_eq!(byte, [nth]);
    }
}

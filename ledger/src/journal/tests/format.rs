//! `docs/format.md` says what the code does: its tables against the constants.

use super::super::fields::Field;
use super::super::frame::{
    ENTRY_FIELDS, ENTRY_HEADER_BYTES, FRAME_BYTES_MAX, FRAME_ENTRIES_MAX, FRAME_FIELDS, FRAME_HEADER_BYTES, FrameKind,
    PADDING_FIELDS, PADDING_HEADER_BYTES,
};
use super::super::segment::{FOOTER_FIELDS, FOOTER_MARK_BYTES, FORMAT_VERSION, HEADER_BYTES, HEADER_FIELDS, MAGIC};
use super::super::write::{WRITE_FIELDS, WRITE_HEADER_BYTES, WRITE_MARK};
use super::*;

fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/format.md");
    std::fs::read_to_string(path).unwrap()
}

fn cells(line: &str) -> Vec<String> {
    line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

/// The rows of the table behind a marker: field, at, bytes, content.
fn table(page: &str, name: &str) -> Vec<Vec<String>> {
    let marker = format!("<!-- table: {name} -->");
    let after = page.split(&marker).nth(1).unwrap_or_else(|| panic!("no table {name}"));
    after.lines().skip(1).skip(2).take_while(|line| line.starts_with('|')).map(cells).collect()
}

#[test]
fn the_tables_are_those_of_the_code() {
    let page = page();
    let tables: [(&str, &[Field], usize); 6] = [
        ("segment header", HEADER_FIELDS, HEADER_BYTES),
        ("write", WRITE_FIELDS, WRITE_HEADER_BYTES),
        ("frame", FRAME_FIELDS, FRAME_HEADER_BYTES),
        ("entry", ENTRY_FIELDS, ENTRY_HEADER_BYTES),
        ("footer", FOOTER_FIELDS, HEADER_BYTES),
        ("padding", PADDING_FIELDS, PADDING_HEADER_BYTES),
    ];
    for (name, fields, bytes) in tables {
        let rows: Vec<(String, usize, usize)> = table(&page, name)
            .into_iter()
            .map(|row| (row[0].clone(), row[1].parse().unwrap(), row[2].parse().unwrap()))
            .collect();
        let coded: Vec<_> = fields.iter().map(|field| (field.name.to_owned(), field.at, field.bytes)).collect();
        assert_eq!(rows, coded, "{name}");
        let mut end = 0;
        for field in fields {
            assert_eq!(field.at, end, "{name}: {} leaves a gap", field.name);
            end = field.end();
        }
        assert_eq!(end, bytes, "{name}");
    }
}

#[test]
fn the_numbers_in_the_text_are_those_of_the_code() {
    let page = page();
    for mark in [&MAGIC[..], &WRITE_MARK, &FOOTER_MARK_BYTES] {
        assert!(page.contains(&format!("`{}`", std::str::from_utf8(mark).unwrap())));
    }
    assert!(page.contains(&format!("Format version {FORMAT_VERSION}.")));
    assert_eq!((FRAME_BYTES_MAX, FRAME_ENTRIES_MAX, PADDING_HEADER_BYTES), (8_388_608, 16_384, 12));
    assert!(page.contains("8,388,608 bytes long") && page.contains("1 to 16,384 in a commit"));
    for (kind, name) in [
        (FrameKind::Commit, "commit"),
        (FrameKind::Watermark, "watermark"),
        (FrameKind::Close, "close"),
        (FrameKind::Open, "open"),
        (FrameKind::Padding, "padding"),
    ] {
        assert!(page.contains(&format!("| {} | {name} |", kind as u8)), "{name}");
    }
}

/// The first segment of a fixed journal, by the bytes of the page and not by the code that wrote them.
#[test]
fn a_journal_can_be_read_with_the_page_alone() {
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    let disk = SimDisk::new(1);
    let (mut writer, _) = open(&disk, small(1 << 16, 4096, 4)).unwrap();
    let entries = [&b"first"[..], b"second"].map(|payload| Entry { kind: 258, schema: 3, payload });
    writer.append(FrameInput { first_sequence: 1, recorded_at_us: 77, entries: &entries }).unwrap();
    writer.close().unwrap();
    let bytes = disk.contents("journal/0000000001.seg").unwrap();
    assert_eq!(&bytes[..8], b"LEDGRSEG");
    assert_eq!(&bytes[16..32], &LEDGER_ID);
    let (ledger_seed, segment_seed) = (crc32fast::hash(&LEDGER_ID), number(&bytes[8..12]) as u32);
    assert_eq!(crc32fast::hash(&bytes[12..128]), segment_seed);
    let continued = |seed, bytes: &[u8]| {
        let mut hasher = crc32fast::Hasher::new_with_initial(seed);
        hasher.update(bytes);
        hasher.finalize()
    };
    let block = number(&bytes[104..108]) as usize;
    let (mut at, mut predecessor, mut kinds, mut payloads) = (block, segment_seed, Vec::new(), Vec::new());
    while bytes[at..at + 64].iter().any(|byte| *byte != 0) {
        let write = &bytes[at..at + number(&bytes[at + 4..at + 8]) as usize];
        assert_eq!(&write[8..12], b"WRIT");
        assert_eq!(continued(segment_seed, &write[4..64]), number(&write[..4]) as u32);
        assert_eq!(number(&write[20..24]) as u32, predecessor);
        assert_eq!((number(&write[56..60]) as usize, number(&write[48..56])), (at, 1));
        predecessor = number(&write[..4]) as u32;
        let (mut inside, mut crcs) = (64, Vec::new());
        while inside < write.len() {
            let frame = &write[inside..inside + number(&write[inside + 4..inside + 8]) as usize];
            assert_eq!(continued(ledger_seed, &frame[4..]), number(&frame[..4]) as u32);
            crcs.extend_from_slice(&frame[..4]);
            kinds.push(frame[8]);
            let mut entry = 28;
            for _ in 0..number(&frame[10..12]) {
                let length = number(&frame[entry + 4..entry + 8]) as usize;
                payloads.push((number(&frame[entry..entry + 2]), frame[entry + 8..entry + 8 + length].to_vec()));
                entry += 8 + length;
            }
            inside += frame.len();
        }
        assert_eq!(
            (number(&write[12..16]) as usize, continued(0, &crcs)),
            (crcs.len() / 4, number(&write[16..20]) as u32)
        );
        at += write.len();
    }
    assert_eq!(kinds, [4, 5, 1, 5, 3, 5]);
    assert_eq!(payloads, [(258, b"first".to_vec()), (258, b"second".to_vec())]);
}

#[test]
fn the_bytes_of_format_1_never_change() {
    use sha2::{Digest, Sha256};
    let options = small(4096, 1024, 2);
    let disk = SimDisk::new(1);
    let mut book = Book::default();
    for _ in 0..2 {
        let (mut writer, recovered) = open(&disk, options).unwrap();
        book.cut(recovered.last_sequence);
        for count in [1, 3, 2] {
            book.append(&mut writer, count, 400).unwrap();
            writer.drain().unwrap();
        }
        writer.watermark().unwrap();
        writer.close().unwrap();
    }
    let mut hash = Sha256::new();
    for path in disk.files() {
        hash.update(disk.contents(&path).unwrap());
    }
    let hash: [u8; 32] = hash.finalize().into();
    let golden = 0xdf8f_b569_2b0c_0472_4417_a5d9_1ec3_7c4e_u128;
    assert_eq!(u128::from_be_bytes(hash[..16].try_into().unwrap()), golden);
}

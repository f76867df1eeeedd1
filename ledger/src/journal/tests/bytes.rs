//! Frames, writes, headers and footers as bytes: what is encoded is read back, anything else is refused.

use super::super::chain::Chain;
use super::super::frame::{self, FrameKind};
use super::super::segment::{self, Footer, HeaderFault, SegmentHeader};
use super::super::write::{self, Draft, Scratch, WriteHeader};
use super::*;
use crate::storage::WriteBuffer;

fn header() -> SegmentHeader {
    SegmentHeader {
        crc: 0,
        ledger_id: LEDGER_ID,
        ordinal: 3,
        first_sequence: 41,
        epoch: 7,
        recorded_at_us: 1_562_000_000_000_000,
        previous_hash: [5; 32],
        previous_offset: 8192,
        file_bytes: 1 << 20,
        block_bytes: 512,
        bounds: Bounds { write_bytes_max: 4096, writes_in_flight: 4 },
    }
    .sealed()
}

const SEED: u32 = 0x5eed;

/// A write of three commits and its header.
fn a_write() -> (WriteHeader, Vec<u8>) {
    let mut draft = Draft::new(WriteBuffer::with_capacity(4096), Scratch::default(), 41);
    for (first_sequence, payloads) in [(41, vec![&b"one"[..]]), (42, vec![b"two", b"", b"four"]), (45, vec![b"five"])] {
        let entries: Vec<Entry<'_>> =
            payloads.into_iter().map(|payload| Entry { kind: 9, schema: 2, payload }).collect();
        let input = FrameInput { first_sequence, recorded_at_us: 1_562_000_000_000_001, entries: &entries };
        draft.commit(&input, input.frame_bytes().unwrap(), SEED);
    }
    let (header, buffer, _) = draft.finish(&Chain::begin(&header()), 7, SEED, 512);
    (header, buffer.as_slice().to_vec())
}

#[test]
fn a_write_reads_back_and_is_padded_to_the_block() {
    let (written, bytes) = a_write();
    assert_eq!((bytes.len(), written.frames), (512, 4));
    let parsed = WriteHeader::parse(&bytes, header().crc, 512).unwrap();
    assert_eq!(parsed, written);
    assert_eq!((parsed.first_sequence, parsed.last_sequence, parsed.durable_through), (41, 45, 40));
    let mut kinds = Vec::new();
    let summary = write::check_frames(&parsed, &bytes, SEED, 0, |frame, _| kinds.push(frame.kind)).unwrap();
    assert_eq!(kinds, [FrameKind::Commit, FrameKind::Commit, FrameKind::Commit, FrameKind::Padding]);
    assert_eq!((summary.commits, summary.recorded_at_us), (3, 1_562_000_000_000_001));
    assert!(write::check_frames(&parsed, &bytes, SEED, 1_562_000_000_000_002, |_, _| ()).is_err());
}

#[test]
fn every_flipped_bit_of_a_write_fails_a_check() {
    let (_, bytes) = a_write();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let valid = WriteHeader::parse(&flipped, header().crc, 512)
            .is_ok_and(|header| write::check_frames(&header, &flipped, SEED, 0, |_, _| ()).is_ok());
        assert!(!valid, "bit {bit}");
    }
}

#[test]
fn padding_ends_on_the_block_and_is_never_too_short_for_its_header() {
    for block in [512, 4096] {
        for used in block - 40..block + 40 {
            let padding = frame::padding_bytes(used, block);
            assert_eq!((used + padding) % block, 0);
            assert!(padding == 0 || padding >= frame::PADDING_HEADER_BYTES);
            assert!(padding < block + frame::PADDING_HEADER_BYTES);
        }
    }
}

#[test]
fn a_segment_header_reads_back_and_every_flipped_bit_of_it_fails_a_check() {
    let header = header();
    let mut block = header.encode().to_vec();
    block.resize(512, 0);
    assert_eq!(SegmentHeader::parse(&block), Ok(header));
    for bit in 0..block.len() * 8 {
        let mut flipped = block.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(matches!(SegmentHeader::parse(&flipped), Err(HeaderFault::Damaged(_))), "bit {bit}");
    }
    assert_eq!(SegmentHeader::parse(&[0; 512]), Err(HeaderFault::Zeros));
    assert_eq!(SegmentHeader::parse(&[]), Err(HeaderFault::Zeros));
}

#[test]
fn a_footer_reads_back_and_every_flipped_bit_of_it_fails_a_check() {
    let chain = Chain::begin(&header());
    let footer = chain.footer();
    let block = footer.encode(chain.seed, 512);
    assert_eq!(Footer::parse(&block, chain.seed, 512), Ok(footer));
    assert!(chain.sealed_by(&footer));
    for bit in 0..block.len() * 8 {
        let mut flipped = block.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(Footer::parse(&flipped, chain.seed, 512).is_err(), "bit {bit}");
    }
    assert!(Footer::parse(&block, chain.seed ^ 1, 512).is_err(), "it belongs to one segment");
    let other = Footer { writes: 1, ..footer };
    assert!(!chain.sealed_by(&other));
}

#[test]
fn any_bytes_at_all_are_refused_without_a_panic() {
    let mut rng = Rng(11);
    let (_, valid) = a_write();
    for round in 0..20_000 {
        let mut bytes: Vec<u8> = if round % 2 == 0 {
            (0..rng.below(200)).map(|_| rng.next() as u8).collect()
        } else {
            let mut bytes = valid.clone();
            for _ in 0..=rng.below(4) {
                let at = rng.below(bytes.len() as u64) as usize;
                bytes[at] = rng.next() as u8;
            }
            bytes.truncate(rng.below(513) as usize);
            bytes
        };
        let _ = SegmentHeader::parse(&bytes);
        let _ = Footer::parse(&bytes, SEED, 512);
        // Also with a right CRC: a length or a count may still lie.
        if bytes.len() >= frame::PADDING_HEADER_BYTES {
            let length = (rng.below(bytes.len() as u64 + 20) as u32).to_le_bytes();
            bytes[4..8].copy_from_slice(&length);
            let covered = (u32::from_le_bytes(length) as usize).clamp(4, bytes.len());
            let crc = super::super::fields::crc32(SEED, &bytes[4..covered]);
            bytes[..4].copy_from_slice(&crc.to_le_bytes());
            let _ = frame::check(&bytes, SEED);
        }
        if bytes.len() >= write::WRITE_HEADER_BYTES {
            let crc = super::super::fields::crc32(SEED, &bytes[4..64]);
            bytes[..4].copy_from_slice(&crc.to_le_bytes());
            if let Ok(header) = WriteHeader::parse(&bytes, SEED, 512) {
                let _ = Chain::begin(&self::header()).admits(&header);
                let _ = write::check_frames(&header, &bytes, SEED, 0, |_, _| ());
            }
        }
    }
}

#[test]
fn segments_are_named_by_their_ordinal() {
    assert_eq!(segment::path_of(1), "journal/0000000001.seg");
    assert_eq!(segment::ordinal_of("0000000042.seg"), Some(42));
    assert_eq!(segment::ordinal_of("12345678901.seg"), Some(12_345_678_901));
    for other in ["0000000000.seg", "42.seg", "00000000042.seg", "0000000042.idx", "0000000042.new", "+000000042.seg"] {
        assert_eq!(segment::ordinal_of(other), None, "{other}");
    }
}

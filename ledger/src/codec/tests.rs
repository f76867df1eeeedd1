//! Sizes, golden files and round trips of every payload.

use std::path::PathBuf;

use proptest::prelude::*;

use super::{CodecError, Layout, content_hash, decode, encode, layout_of, samples, v1};
use crate::command::{Action, Command, CommandContext, TopUp};
use crate::event::Event;
use crate::model::{AccountId, AccountRef, CommandId, Timestamp};

fn round_trip(event: &Event) -> (Layout, Vec<u8>, Event) {
    let mut payload = Vec::new();
    let layout = encode(event, &mut payload).unwrap();
    let back = decode(layout, &payload, event.sequence, event.recorded_at).unwrap();
    (layout, payload, back)
}

#[test]
fn every_event_reads_back_as_it_was_written() {
    for event in samples::events() {
        let (_, _, back) = round_trip(&event);
        assert_eq!(back, event);
    }
}

#[test]
fn the_archived_sizes_are_the_released_ones() {
    let released = [
        (1, 92),
        (2, 48),
        (3, 51),
        (4, 53),
        (5, 45),
        (100, 105),
        (101, 65),
        (200, 101),
        (201, 101),
        (202, 109),
        (203, 101),
        (204, 69),
        (205, 53),
        (300, 109),
        (301, 133),
        (302, 117),
        (303, 117),
        (400, 73),
        (401, 83),
        (402, 81),
        (403, 74),
        (404, 97),
        (405, 70),
        (406, 99),
        (410, 86),
        (411, 66),
    ];
    assert_eq!(v1::sizes(), released);
}

#[test]
fn a_transfer_with_the_ordinary_context_stays_small() {
    for event in samples::events() {
        let (layout, payload, _) = round_trip(&event);
        if layout.kind == super::kind::TRANSFERRED {
            let bound = match &event.header.context {
                None => 101,
                Some(context) if context.notes.is_none() => 171,
                Some(_) => continue,
            };
            assert!(payload.len() <= bound, "{} bytes", payload.len());
        }
    }
}

fn golden_path(layout: Layout, variant: usize) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden/events")
        .join(format!("{:03}-{}-{variant}.bin", layout.kind, layout.schema))
}

/// Files of released payloads must open for ever. A missing one is written when `LEDGER_WRITE_GOLDEN` is set, never replaced.
#[test]
fn golden_payloads_decode_and_are_written_the_same() {
    for (number, event) in samples::events().into_iter().enumerate() {
        let mut payload = Vec::new();
        let layout = encode(&event, &mut payload).unwrap();
        let path = golden_path(layout, number % 3);
        if std::env::var_os("LEDGER_WRITE_GOLDEN").is_some() && !path.exists() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &payload).unwrap();
        }
        let golden = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(decode(layout, &golden, event.sequence, event.recorded_at).unwrap(), event, "{}", path.display());
        assert_eq!(payload, golden, "{}", path.display());
    }
}

/// A later version's event, far larger than any so far.
#[derive(rkyv::Archive, rkyv::Serialize)]
struct LargerThanAnySoFar {
    text: [u8; 4096],
    list: Vec<u64>,
    number: u64,
}

#[test]
fn a_larger_event_can_be_added_without_touching_a_released_one() {
    let later = LargerThanAnySoFar { text: [7; 4096], list: (0..500).collect(), number: 9 };
    let payload = rkyv::api::high::to_bytes_in::<_, rkyv::rancor::Error>(&later, Vec::new()).unwrap();
    let archived = rkyv::access::<ArchivedLargerThanAnySoFar, rkyv::rancor::Error>(&payload).unwrap();
    assert_eq!((archived.number.to_native(), archived.list.len(), archived.text[0]), (9, 500, 7));

    let layout = Layout { kind: 60_000, schema: 1 };
    assert_eq!(decode(layout, &payload, crate::model::Sequence(1), Timestamp(0)), Err(CodecError::Unknown(layout)));
    golden_payloads_decode_and_are_written_the_same();
    the_archived_sizes_are_the_released_ones();
}

#[test]
fn a_newer_schema_of_a_known_type_is_unknown_not_damaged() {
    for event in samples::events() {
        let mut payload = Vec::new();
        let layout = Layout { schema: 2, ..encode(&event, &mut payload).unwrap() };
        assert_eq!(decode(layout, &payload, event.sequence, event.recorded_at), Err(CodecError::Unknown(layout)));
    }
}

#[test]
fn a_shortened_payload_is_invalid() {
    for event in samples::events() {
        let (layout, payload, _) = round_trip(&event);
        for end in 0..payload.len().min(40) {
            let result = decode(layout, &payload[..end], event.sequence, event.recorded_at);
            assert!(matches!(result, Err(CodecError::Invalid { .. })), "{layout:?} cut to {end}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]
    #[test]
    fn damaged_payloads_never_panic(which in 0usize..78, at in 0usize..400, bits in 1u8..=255, cut in 0usize..400) {
        let event = &samples::events()[which];
        let (layout, mut payload, _) = round_trip(event);
        let place = at % payload.len();
        payload[place] ^= bits;
        payload.truncate(payload.len().max(cut));
        let _answer_or_refusal = decode(layout, &payload, event.sequence, event.recorded_at);
    }

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), which in 0usize..26) {
        let layout = layout_of(&samples::bodies()[which]);
        let _answer_or_refusal = decode(layout, &bytes, crate::model::Sequence(1), Timestamp(0));
    }
}

fn top_up() -> Command {
    Command {
        id: CommandId(1),
        at: None,
        effective: None,
        actor: None,
        cause: None,
        context: CommandContext::default(),
        action: Action::TopUp(TopUp {
            account: AccountRef::Id(AccountId(5)),
            funding: AccountRef::Code("funding:credit-card".parse().unwrap()),
            amount_minor: 30_000,
            currency: "JPY".parse().unwrap(),
        }),
    }
}

#[test]
fn the_content_hash_is_the_released_one_and_leaves_out_id_and_time() {
    let mut scratch = Vec::new();
    let command = top_up();
    let hash = content_hash(&command, &mut scratch);
    assert_eq!(hash, RELEASED_TOP_UP_HASH, "{hash:#x}");
    let repeated = Command { id: CommandId(2), at: Some(Timestamp(5)), ..command.clone() };
    assert_eq!(content_hash(&repeated, &mut scratch), hash);
    let mut other = command.clone();
    other.context.country = Some("CN".parse().unwrap());
    assert_ne!(content_hash(&other, &mut scratch), hash);
    let explicit = Command { effective: Some(crate::model::Date(18_080)), ..command };
    assert_ne!(content_hash(&explicit, &mut scratch), hash);
}

const RELEASED_TOP_UP_HASH: u64 = 0xd431_99ac_662d_4876;

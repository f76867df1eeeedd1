use proptest::prelude::*;

use super::*;
use crate::error::Error;
use crate::rebuildable::HEADER_BYTES;

#[test]
fn every_command_id_is_found_and_no_other() {
    for count in [1, 2, 203, 204, 205, 409, 5_000, 40_000] {
        let events = made(count, 1_000, count, 500);
        let (_disk, sidecar) = sidecar(9, &events);
        for event in events.iter().step_by(1 + count as usize / 3_000) {
            assert_eq!(sidecar.find_command(event.id).unwrap(), Some(event.sequence));
        }
        for stranger in made(count + 7, 1, 500, 9) {
            assert_eq!(sidecar.find_command(stranger.id).unwrap(), None);
        }
    }
}

#[test]
fn events_that_answer_no_command_have_no_id_in_their_sidecar() {
    let mut events = made(4, 1_000, 3_000, 50);
    for nobodys in events.iter_mut().step_by(3) {
        nobodys.id = CommandId(0);
    }
    let (_disk, one) = sidecar(9, &events);
    for event in events.iter().filter(|event| !event.id.is_nil()) {
        assert_eq!(one.find_command(event.id).unwrap(), Some(event.sequence));
    }
    events.iter_mut().for_each(|event| event.id = CommandId(0));
    let (_disk, none) = sidecar(9, &events);
    for sidecar in [one, none] {
        assert_eq!(sidecar.find_command(CommandId(0)).unwrap(), None);
        let mut found = Vec::new();
        sidecar.account_sequences(AccountNumber(3), Sequence(1_000)..=Sequence(3_999), 9, &mut found).unwrap();
        assert_eq!(found, naive_history(&events, AccountNumber(3), 1_000, 3_999, 9));
        assert_eq!(
            sidecar.frame_before(Sequence(3_999)).unwrap().map(|place| place.sequence > Sequence(3_900)),
            Some(true)
        );
    }
}

#[test]
fn ids_that_follow_each_other_are_found_like_any_other() {
    let mut events = made(1, 1, 3_000, 50);
    for (nth, event) in (0u128..).zip(&mut events) {
        event.id = CommandId(0x0190_0000_0000 << 80 | nth);
    }
    let (_disk, sidecar) = sidecar(1, &events);
    assert!(events.iter().all(|event| sidecar.find_command(event.id).unwrap() == Some(event.sequence)));
    assert_eq!(sidecar.find_command(CommandId((0x0190_0000_0000 << 80) + 3_000)).unwrap(), None);
}

fn naive_history(events: &[Made], account: AccountNumber, from: u64, to: u64, max: usize) -> Vec<Place> {
    let touches = |event: &&Made| event.accounts.contains(&account) && (from..=to).contains(&event.sequence.0);
    let place = |event: &Made| Place { sequence: event.sequence, frame_offset: event.frame_offset };
    events.iter().rev().filter(touches).take(max).map(place).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn an_account_s_events_are_those_that_touch_it_newest_first(
        seed in any::<u64>(), count in 1u64..4_000, accounts in 1u32..1_500,
        questions in prop::collection::vec((0u32..1_600, 0u64..4_500, 0u64..4_500, 0usize..600), 1..30),
    ) {
        let events = made(seed, 501, count, accounts);
        let (_disk, sidecar) = sidecar(2, &events);
        for (account, from, length, max) in questions {
            for account in [AccountNumber(account), AccountNumber(3)] {
                let (from, to) = (from + 400, from + 400 + length);
                let mut found = Vec::new();
                sidecar.account_sequences(account, Sequence(from)..=Sequence(to), max, &mut found).unwrap();
                prop_assert_eq!(found, naive_history(&events, account, from, to, max));
            }
        }
    }

    #[test]
    fn the_noted_frame_before_a_sequence_is_at_most_sixteen_frames_away(seed in any::<u64>(), count in 1u64..3_000) {
        let events = made(seed, 77, count, 10);
        let (_disk, sidecar) = sidecar(2, &events);
        let noted = sidecar.frames().unwrap();
        prop_assert_eq!(noted[0], Place { sequence: Sequence(77), frame_offset: events[0].frame_offset });
        for event in &events {
            let place = sidecar.frame_before(event.sequence).unwrap().unwrap();
            prop_assert!(noted.contains(&place));
            prop_assert_eq!(events[(place.sequence.0 - 77) as usize].frame_offset, place.frame_offset);
            let between = &events[(place.sequence.0 - 77) as usize..=(event.sequence.0 - 77) as usize];
            let mut frames: Vec<_> = between.iter().map(|event| event.frame_offset).collect();
            frames.dedup();
            prop_assert!(frames.len() as u64 <= FRAMES_STEP);
        }
        prop_assert_eq!(sidecar.frame_before(Sequence(76)).unwrap(), None);
        prop_assert_eq!(sidecar.frame_before(Sequence(77 + count)).unwrap(), None);
    }
}

#[test]
fn a_sidecar_made_again_is_the_same_byte_for_byte() {
    let events = made(5, 1, 2_000, 100);
    let (first, _) = sidecar(1, &events);
    let (second, _) = sidecar(1, &events);
    assert_eq!(first.contents(&path(1)), second.contents(&path(1)));
}

#[test]
fn a_sidecar_of_another_history_or_segment_is_not_usable() {
    let events = made(5, 10, 100, 100);
    let (disk, sidecar) = sidecar(4, &events);
    let right = facts(4, 10, 100);
    assert_eq!(sidecar.identity().last, Sequence(109));
    let others = [
        SegmentFacts { source: [4; 32], ..right },
        SegmentFacts { first: Sequence(9), ..right },
        SegmentFacts { last: Sequence(110), ..right },
        SegmentFacts { ledger: LedgerId(1), ..right },
    ];
    for other in others {
        assert!(matches!(open(&disk, &other), Opened::Unusable(_)), "{other:?}");
    }
    disk.put(&path(5), &disk.contents(&path(4)).unwrap());
    assert!(matches!(open(&disk, &SegmentFacts { ordinal: 5, ..right }), Opened::Unusable(_)));
    assert!(matches!(open(&disk, &SegmentFacts { ordinal: 6, ..right }), Opened::Missing));
}

#[test]
fn events_that_do_not_make_up_the_segment_make_no_sidecar() {
    let disk = SimDisk::new(1);
    let mut builder = SidecarBuilder::new(facts(1, 10, 2));
    assert!(matches!(builder.event(Sequence(11), Some(CommandId(1)), [], 0), Err(Error::Contradiction(_))));
    builder.event(Sequence(10), Some(CommandId(1)), [], 0).unwrap();
    assert!(matches!(builder.event(Sequence(11), Some(CommandId(2)), [], 1 << 32), Err(Error::Config(_))));
    assert!(matches!(builder.write(&disk), Err(Error::Contradiction(_))));
    assert!(disk.files().is_empty());
}

#[test]
fn no_flipped_byte_ever_gives_a_wrong_answer() {
    let events = made(3, 1, 300, 40);
    let (disk, _) = sidecar(1, &events);
    let facts = facts(1, 1, 300);
    let bytes = disk.contents(&path(1)).unwrap();
    let step = |at: usize| if at < HEADER_BYTES { 5 } else { 37 };
    let mut at = 0;
    let (mut refused, mut answered) = (0, 0);
    while at < bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        disk.put(&path(1), &damaged);
        at += step(at);
        let Opened::Usable(sidecar) = open(&disk, &facts) else {
            refused += 1;
            continue;
        };
        assert!(sidecar.verify().is_err(), "a flip at {at} was not seen");
        for event in events.iter().step_by(23) {
            match sidecar.find_command(event.id) {
                Ok(found) => assert_eq!(found, Some(event.sequence)),
                Err(error) => assert!(matches!(error, Error::Corrupt { .. })),
            }
            let mut found = Vec::new();
            let account = event.accounts[0];
            if sidecar.account_sequences(account, Sequence(1)..=Sequence(300), 999, &mut found).is_ok() {
                assert_eq!(found, naive_history(&events, account, 1, 300, 999));
                answered += 1;
            }
        }
    }
    assert!(refused > 0 && answered > 0);
}

#[test]
fn a_segment_without_accounts_has_a_sidecar_too() {
    let mut events = made(3, 1, 20, 40);
    events.iter_mut().for_each(|event| event.accounts.clear());
    let (_disk, sidecar) = sidecar(1, &events);
    let mut found = Vec::new();
    sidecar.account_sequences(AccountNumber(3), Sequence(1)..=Sequence(20), 9, &mut found).unwrap();
    assert!(found.is_empty());
    assert_eq!(sidecar.find_command(events[19].id).unwrap(), Some(Sequence(20)));
}

#[test]
fn records_stand_where_the_page_says() {
    use crate::rebuildable::tests::{assert_documented, first_record};

    let event =
        Made { sequence: Sequence(12), id: CommandId(77), accounts: vec![AccountNumber(5)], frame_offset: 4096 };
    let earlier = Made { sequence: Sequence(11), id: CommandId(76), accounts: Vec::new(), frame_offset: 512 };
    let (disk, _) = sidecar(3, &[earlier, event]);
    let file = disk.contents(&path(3)).unwrap();
    let seed = (LEDGER.0 >> 64) as u64 ^ LEDGER.0 as u64;
    let hash = |id: u128| xxhash_rust::xxh3::xxh3_128_with_seed(&id.to_be_bytes(), seed);
    let (first, number) = if (hash(76) as u64) < hash(77) as u64 { (76u128, 0u32) } else { (77, 1) };
    assert_documented("Sidecar section 1", &first_record(&file, IDS), &[&first.to_be_bytes(), &number.to_le_bytes()]);
    assert_documented("Sidecar section 2", &first_record(&file, FENCES), &[&[0; 4]]);
    let rows = |id| (0..7).fold(0u64, |bits, n| bits | 1 << ((hash(id) >> 64 >> (6 * n)) % 64));
    let block = (rows(76) | rows(77)).to_le_bytes();
    assert_documented("Sidecar section 3", &first_record(&file, LANE), &[&block]);
    let noted: [&[u8]; 2] = [&0u32.to_le_bytes(), &512u32.to_le_bytes()];
    assert_documented("Sidecar section 4", &first_record(&file, FRAMES), &noted);
    let account: [&[u8]; 2] = [&5u32.to_le_bytes(), &0u32.to_le_bytes()];
    assert_documented("Sidecar section 5", &first_record(&file, ACCOUNTS), &account);
    let touch: [&[u8]; 2] = [&1u32.to_le_bytes(), &4096u32.to_le_bytes()];
    assert_documented("Sidecar section 6", &first_record(&file, TOUCHES), &touch);
}

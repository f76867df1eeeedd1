use std::collections::HashMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::error::Error;

#[test]
fn a_damaged_sidecar_is_an_error_and_never_a_new_id() {
    let events = made(8, 1, 500, 5);
    let (disk, sidecar) = sidecar(1, &events);
    let lane = sidecar.lane().unwrap();
    let sealed = SealedIds::new(LEDGER).with(Arc::new(sidecar), &lane);
    let mut bytes = disk.contents(&path(1)).unwrap();
    bytes[4096..4096 + 4096 * 3].fill(0);
    disk.put(&path(1), &bytes);
    let mut ids = CommandIds::with_sealed(sealed);
    ids.insert(CommandId(5), Sequence(501));
    let answers: Vec<_> = events.iter().map(|event| ids.lookup(event.id)).collect();
    assert!(answers.iter().all(|answer| matches!(answer, Err(Error::Corrupt { .. }))));
    assert_eq!(ids.lookup(CommandId(5)).unwrap(), Some(Sequence(501)));
}

#[test]
fn memory_lets_go_of_what_sidecars_hold() {
    let disk = SimDisk::new(1);
    let mut ids = CommandIds::new(LEDGER);
    let mut sealed = SealedIds::new(LEDGER);
    let mut all = Vec::new();
    for ordinal in 1..=6u64 {
        let first = (ordinal - 1) * 20_000 + 1;
        let events = made(ordinal, first, 20_000, 5);
        for event in &events {
            ids.insert(event.id, event.sequence);
        }
        let facts = facts(ordinal, first, 20_000);
        write(&disk, facts, &events);
        let sidecar = Arc::new(open(&disk, &facts).usable().unwrap());
        let lane = sidecar.lane().unwrap();
        sealed = sealed.with(sidecar, &lane);
        ids.seal(sealed.clone(), facts.last);
        all.extend(events);
    }
    assert!(ids.recent().len() <= 40_000, "{} ids in memory", ids.recent().len());
    ids.touch(&all.iter().take(64).map(|event| event.id).collect::<Vec<_>>());
    for event in all.iter().step_by(7) {
        assert_eq!(ids.lookup(event.id).unwrap(), Some(event.sequence));
    }
}

#[derive(Debug, Clone)]
enum Step {
    Insert(u8),
    Remove,
    Lookup(u64),
    Seal,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (1u8..80).prop_map(Step::Insert),
        2 => Just(Step::Remove),
        6 => any::<u64>().prop_map(Step::Lookup),
        1 => Just(Step::Seal),
    ];
    prop::collection::vec(step, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn lookups_agree_with_a_plain_map_through_undo_and_sealing(steps in steps(), seed in any::<u64>()) {
        let disk = SimDisk::new(1);
        let mut random = random(seed);
        let mut ids = CommandIds::new(LEDGER);
        let mut model: HashMap<CommandId, Sequence> = HashMap::new();
        let mut unsealed: Vec<Made> = Vec::new();
        let mut all: Vec<CommandId> = Vec::new();
        let (mut next, mut ordinal) = (1, 1);
        for step in steps {
            match step {
                Step::Insert(count) => for _ in 0..count {
                    let id = CommandId(u128::from(random()) << 3);
                    ids.insert(id, Sequence(next));
                    model.insert(id, Sequence(next));
                    unsealed.push(Made { sequence: Sequence(next), id, accounts: Vec::new(), frame_offset: next * 100 });
                    all.push(id);
                    next += 1;
                },
                Step::Remove => if let Some(event) = unsealed.pop() {
                    ids.remove(event.id);
                    model.remove(&event.id);
                    next -= 1;
                },
                Step::Lookup(chance) => {
                    let stranger = CommandId(u128::from(chance));
                    prop_assert_eq!(ids.lookup(stranger).unwrap(), model.get(&stranger).copied());
                    if !all.is_empty() {
                        let id = all[chance as usize % all.len()];
                        prop_assert_eq!(ids.lookup(id).unwrap(), model.get(&id).copied());
                    }
                }
                Step::Seal => if !unsealed.is_empty() {
                    let facts = facts(ordinal, unsealed[0].sequence.0, unsealed.len() as u64);
                    write(&disk, facts, &unsealed);
                    let sidecar = Arc::new(open(&disk, &facts).usable().unwrap());
                    let lane = sidecar.lane().unwrap();
                    let sealed = ids.sealed().with(sidecar, &lane);
                    ids.seal(sealed, facts.last);
                    unsealed.clear();
                    ordinal += 1;
                },
            }
        }
        for id in all {
            prop_assert_eq!(ids.lookup(id).unwrap(), model.get(&id).copied());
        }
    }
}

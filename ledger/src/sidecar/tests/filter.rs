use std::sync::Arc;

use super::*;

/// Sidecars of segments of these sizes, one behind the other, and their events.
fn sealed(sizes: &[u64]) -> (SealedIds<SimDisk>, Vec<Made>) {
    let disk = SimDisk::new(1);
    let mut sealed = SealedIds::new(LEDGER);
    let mut all = Vec::new();
    for (ordinal, &count) in (1..).zip(sizes) {
        let first = all.len() as u64 + 1;
        let events = made(ordinal, first, count, 20);
        let facts = facts(ordinal, first, count);
        write(&disk, facts, &events);
        let sidecar = Arc::new(open(&disk, &facts).usable().unwrap());
        let lane = sidecar.lane().unwrap();
        sealed = sealed.with(sidecar, &lane);
        all.extend(events);
    }
    (sealed, all)
}

#[test]
fn no_id_is_ever_missed_whatever_the_sizes_of_the_segments() {
    for sizes in [&[300; 20][..], &[1, 5, 2_000, 3, 900, 2_100, 40, 1, 1, 1, 1_900, 7_000]] {
        let (sealed, events) = sealed(sizes);
        assert_eq!(sealed.through(), events.last().unwrap().sequence);
        for event in &events {
            assert_eq!(sealed.get(event.id).unwrap(), Some(event.sequence));
        }
    }
}

#[test]
fn few_strangers_pass_the_filter() {
    // Just above a power of two of blocks, and just below one: the emptiest lanes and the fullest.
    for (count, percent_max) in [(4_100, 1.0), (8_190, 4.0)] {
        let (sealed, _) = sealed(&[count; 8]);
        let strangers = made(99, 1, 50_000, 9);
        let passed: u32 = strangers.iter().map(|stranger| sealed.candidates(stranger.id)).sum();
        let percent = f64::from(passed) * 100.0 / strangers.len() as f64;
        assert!(percent < percent_max, "{count} ids a segment, eight segments: {percent} %");
        assert!(strangers.iter().take(2_000).all(|stranger| sealed.get(stranger.id).unwrap().is_none()));
    }
}

#[test]
fn eight_segments_of_one_size_share_a_group() {
    let (eight, _) = sealed(&[1_000; 8]);
    let (nine, _) = sealed(&[1_000; 9]);
    let blocks = Lane::new(1_000).blocks().len();
    assert_eq!(eight.filter_bytes(), blocks * 64);
    assert_eq!(nine.filter_bytes(), 2 * blocks * 64);
    assert!((16.0..=32.0).contains(&(blocks as f64 * 64.0 / 1_000.0)), "bits an id");
}

#[test]
fn an_older_view_stays_as_it_was_and_a_sidecar_made_again_takes_its_place() {
    let disk = SimDisk::new(1);
    let (first, second) = (made(1, 1, 50, 5), made(2, 51, 50, 5));
    let open = |ordinal, from, events: &[Made]| {
        let facts = facts(ordinal, from, 50);
        write(&disk, facts, events);
        let sidecar = Arc::new(open(&disk, &facts).usable().unwrap());
        let lane = sidecar.lane().unwrap();
        (sidecar, lane)
    };
    let (sidecar, lane) = open(1, 1, &first);
    let older = SealedIds::new(LEDGER).with(sidecar, &lane);
    let (sidecar, lane) = open(2, 51, &second);
    let newer = older.with(sidecar, &lane);
    assert!(second.iter().all(|event| older.get(event.id).unwrap().is_none()));
    assert!(second.iter().all(|event| newer.get(event.id).unwrap() == Some(event.sequence)));
    let (sidecar, lane) = open(1, 1, &first);
    let again = newer.with(sidecar, &lane);
    assert_eq!(again.sidecars().count(), 2);
    assert_eq!(again.filter_bytes(), newer.filter_bytes());
    assert!(first.iter().all(|event| again.get(event.id).unwrap() == Some(event.sequence)));
}

#[test]
fn what_is_behind_a_missing_sidecar_is_not_counted_as_sealed() {
    let disk = SimDisk::new(1);
    let mut sealed = SealedIds::new(LEDGER);
    for (ordinal, first) in [(1, 1), (3, 101), (2, 51)] {
        let facts = facts(ordinal, first, 50);
        write(&disk, facts, &made(ordinal, first, 50, 5));
        let sidecar = Arc::new(open(&disk, &facts).usable().unwrap());
        let lane = sidecar.lane().unwrap();
        sealed = sealed.with(sidecar, &lane);
        let through = if ordinal == 2 { 150 } else { 50 };
        assert_eq!(sealed.through(), Sequence(through));
    }
}

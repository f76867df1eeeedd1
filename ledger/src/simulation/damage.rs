//! Damage to a ledger at rest: found and refused, or harmless; never believed.

use std::sync::Arc;

use super::run::Run;
use crate::checkpoint;
use crate::engine::recover::{self, Opened};
use crate::error::{Error, ErrorKind};
use crate::journal::Bounds;
use crate::model::{Date, Sequence};
use crate::reader::Reader;
use crate::storage::SimDisk;
use crate::verification::verify_on;

/// What a device loses at once.
const SECTOR_BYTES: usize = 512;

impl Run {
    /// Damages copies of a ledger that was closed, so that all of it is sworn to, and opens them.
    pub(super) fn damage(&mut self) {
        for _ in 0..self.rng.below(3) {
            let kind = self.rng.choose([".seg", ".idx", ".ckpt", ".cls"]);
            let files: Vec<String> = self.disk.files().into_iter().filter(|path| path.ends_with(kind)).collect();
            let Some(path) = self.rng.pick(&files) else { continue };
            let copy = self.disk.kill(self.rng.next());
            self.damage_file(&copy, path);
            self.open_damaged(copy, path);
        }
    }

    fn damage_file(&mut self, disk: &SimDisk, path: &str) {
        let Some(mut bytes) = disk.contents(path).filter(|bytes| !bytes.is_empty()) else { return };
        // Without another witness a journal that ends early looks like one that was never longer.
        if disk.contents(&checkpoint::path(Sequence(self.books.last() as u64))).is_none() {
            disk.rot(path, self.rng.next(), 1);
            return;
        }
        let sectors = bytes.len().div_ceil(SECTOR_BYTES) as u64;
        let from = self.rng.below(sectors) as usize * SECTOR_BYTES;
        match self.rng.below(6) {
            0 | 1 => {
                let bits = 1 + self.rng.below(3) as usize;
                disk.rot(path, self.rng.next(), bits);
            }
            2 => disk.take(path),
            3 => {
                let end = (from + SECTOR_BYTES).min(bytes.len());
                bytes[from..end].fill(0);
                disk.put(path, &bytes);
            }
            4 => {
                bytes[from..].fill(0);
                disk.put(path, &bytes);
            }
            _ => {
                let kind = path.rsplit('.').next();
                let others: Vec<String> =
                    disk.files().into_iter().filter(|one| one.rsplit('.').next() == kind).collect();
                let other = self.rng.pick(&others).and_then(|other| disk.contents(other)).unwrap_or_default();
                disk.put(path, &other);
            }
        }
    }

    fn open_damaged(&mut self, copy: SimDisk, path: &str) {
        let is_rebuildable = !path.ends_with(".seg");
        let copy = Arc::new(copy);
        let verified = verify_on(&copy, &mut |_| ()).expect("all is well");
        match recover::open(&copy, Bounds { write_bytes_max: 4096, writes_in_flight: 2 }) {
            Ok(opened) => self.check_damaged(opened, is_rebuildable, path),
            Err(error) => {
                assert!(!verified.findings.is_empty(), "{error:?}, and nothing is wrong with {path}");
                self.check_found(&error, is_rebuildable, path);
            }
        }
    }

    fn check_damaged(&mut self, opened: Opened<SimDisk>, is_rebuildable: bool, path: &str) {
        let Opened { shared, report, .. } = opened;
        let last = report.last_sequence.0 as usize;
        assert_eq!(last, self.books.last(), "damage to {path} cut the journal: {report:?}");
        self.books.assert_state(&shared.published.state.read());
        let reader = Reader::new(shared);
        let date = self.rng.pick(&self.books.facts).map_or(0, |fact| fact.date);
        if let Err(error) = self.ask_about_the_past(&reader, last, Date(date)) {
            self.check_found(&error, is_rebuildable, path);
        }
        for (event, sequence) in reader.events(Sequence(1), Sequence(u64::MAX)).zip(1..) {
            match event {
                Ok(event) => {
                    assert_eq!(event.sequence, Sequence(sequence));
                    self.books.assert_event(&event);
                }
                Err(error) => self.check_found(&error, is_rebuildable, path),
            }
        }
        for sequence in 1..=last {
            let Some(said) = &self.books.facts[sequence - 1].said else { continue };
            match reader.transaction(said.id) {
                Ok(event) => assert_eq!(event.map(|event| event.sequence.0 as usize), Some(sequence), "{said:?}"),
                Err(error) => self.check_found(&error, is_rebuildable, path),
            }
        }
    }

    fn check_found(&mut self, error: &Error, is_rebuildable: bool, path: &str) {
        assert!(!is_rebuildable, "{error:?}, although {path} can be made again");
        assert_eq!(error.kind(), ErrorKind::Repair, "{error:?} after damage to {path}");
        self.trace.says(error);
    }
}

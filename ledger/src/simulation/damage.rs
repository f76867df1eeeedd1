//! Damage to a ledger at rest: found and refused, or harmless; never believed.

use std::sync::Arc;

use super::run::Run;
use crate::engine::recover::{self, Opened};
use crate::error::{Error, ErrorKind};
use crate::journal::Bounds;
use crate::model::{Date, Sequence};
use crate::reader::Reader;
use crate::storage::SimDisk;
use crate::verification::verify_on;

impl Run {
    /// Damages copies of a ledger that was closed, so that all of it is sworn to, and opens them.
    pub(super) fn damage(&mut self) {
        for _ in 0..self.rng.below(3) {
            let files: Vec<String> = self.disk.files();
            let Some(path) = self.rng.pick(&files).filter(|path| path.contains('/') && !path.starts_with("seal/"))
            else {
                continue;
            };
            let copy = self.disk.kill(self.rng.next());
            let is_rebuildable = !path.ends_with(".seg");
            if is_rebuildable && self.rng.one_in(3) {
                copy.take(path);
            } else {
                copy.rot(path, self.rng.next(), 1);
            }
            let copy = Arc::new(copy);
            let verified = verify_on(&copy, &mut |_| ()).expect("all is well");
            let opened = recover::open(&copy, Bounds { write_bytes_max: 4096, writes_in_flight: 2 });
            match opened {
                Ok(opened) => self.check_damaged(opened, is_rebuildable, path),
                Err(error) => {
                    assert!(!verified.findings.is_empty(), "{error:?}, and nothing is wrong with {path}");
                    assert!(!is_rebuildable, "{error:?}, although {path} can be made again");
                    assert_eq!(error.kind(), ErrorKind::Repair, "{error:?} after damage to {path}");
                    self.trace.says(&error);
                }
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
        for (sequence, fact) in (1..).zip(&self.books.facts) {
            let Some(said) = &fact.said else { continue };
            match reader.transaction(said.id) {
                Ok(event) => assert_eq!(event.map(|event| event.sequence), Some(Sequence(sequence)), "{said:?}"),
                Err(error) => self.check_found(&error, is_rebuildable, path),
            }
        }
    }

    fn check_found(&self, error: &Error, is_rebuildable: bool, path: &str) {
        assert!(!is_rebuildable, "{error:?}, although {path} can be made again");
        assert_eq!(error.kind(), ErrorKind::Repair, "{error:?} after damage to {path}");
    }
}

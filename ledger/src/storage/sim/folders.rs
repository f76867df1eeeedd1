//! Names: those on the disk, those that callers see, and the changes between the two.

use super::crash::Odds;
use super::rng::Rng;
use crate::storage::names::split;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// A file, whatever its name.
pub(super) type FileId = u64;

/// Which names stand for which files.
#[derive(Debug, Clone, Default)]
struct Names {
    files: BTreeMap<String, FileId>,
    folders: BTreeSet<String>,
}

#[derive(Debug, Clone)]
enum What {
    Link { path: String, file: FileId },
    Unlink { path: String },
    Rename { from: String, to: String, file: FileId },
    Folder { path: String },
}

/// A change of names that a power cut may undo.
#[derive(Debug, Clone)]
struct Change {
    what: What,
    /// The folders it still waits for.
    unsynced: BTreeSet<String>,
    /// A sync of one of its folders failed.
    limbo: bool,
}

impl Names {
    fn apply(&mut self, what: &What) {
        match what {
            What::Link { path, file } => {
                self.files.insert(path.clone(), *file);
            }
            What::Unlink { path } => {
                self.files.remove(path);
            }
            What::Rename { from, to, file } => {
                if self.files.get(from) == Some(file) {
                    self.files.remove(from);
                }
                // Where an earlier rename of this file was undone, it must not end up with two names.
                self.files.retain(|_, named| named != file);
                self.files.insert(to.clone(), *file);
            }
            What::Folder { path } => {
                self.folders.insert(path.clone());
            }
        }
    }

    fn has_folder(&self, dir: &str) -> bool {
        dir.is_empty() || self.folders.contains(dir)
    }

    /// Leaves out what lies in a folder that is not there.
    fn prune(&mut self) {
        // In order of their names, so parents come before what they hold.
        for folder in std::mem::take(&mut self.folders) {
            if self.has_folder(folder_of(&folder)) {
                self.folders.insert(folder);
            }
        }
        let folders = &self.folders;
        self.files.retain(|path, _| matches!(folder_of(path), dir if dir.is_empty() || folders.contains(dir)));
    }
}

impl What {
    fn paths(&self) -> impl Iterator<Item = &str> {
        let (first, second) = match self {
            Self::Link { path, .. } | Self::Unlink { path } | Self::Folder { path } => (path, None),
            Self::Rename { from, to, .. } => (from, Some(to)),
        };
        std::iter::once(first.as_str()).chain(second.map(String::as_str))
    }

    fn shares_a_name_with(&self, other: &Self) -> bool {
        self.paths().any(|path| other.paths().any(|theirs| theirs == path))
    }
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// All names of a disk.
#[derive(Debug, Clone, Default)]
pub(super) struct Folders {
    durable: Names,
    cached: Names,
    /// Oldest first.
    pending: Vec<Change>,
}

impl Folders {
    pub(super) fn is_settled(&self) -> bool {
        self.pending.is_empty()
    }

    /// The file of that name.
    ///
    /// # Errors
    /// `NotFound`, `IsADirectory` or `NotADirectory`, as a real tree answers.
    pub(super) fn find(&self, path: &str) -> io::Result<FileId> {
        self.place(path)?;
        match self.cached.files.get(path) {
            Some(file) => Ok(*file),
            None if self.cached.folders.contains(path) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Checks that the folder of `path` is there.
    fn place(&self, path: &str) -> io::Result<()> {
        let (dir, _) = split(path)?;
        self.check_folder(dir)
    }

    fn check_folder(&self, dir: &str) -> io::Result<()> {
        if self.cached.has_folder(dir) {
            return Ok(());
        }
        let mut above = dir;
        while !above.is_empty() {
            if self.cached.files.contains_key(above) {
                return Err(io::ErrorKind::NotADirectory.into());
            }
            above = folder_of(above);
        }
        Err(io::ErrorKind::NotFound.into())
    }

    fn change(&mut self, what: What) {
        self.cached.apply(&what);
        let unsynced = what.paths().map(|path| folder_of(path).to_owned()).collect();
        self.pending.push(Change { what, unsynced, limbo: false });
    }

    pub(super) fn check_free(&self, path: &str) -> io::Result<()> {
        self.place(path)?;
        if self.cached.files.contains_key(path) || self.cached.folders.contains(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        Ok(())
    }

    pub(super) fn link(&mut self, path: &str, file: FileId) {
        self.change(What::Link { path: path.to_owned(), file });
    }

    pub(super) fn unlink(&mut self, path: &str) -> io::Result<()> {
        self.find(path)?;
        self.change(What::Unlink { path: path.to_owned() });
        Ok(())
    }

    pub(super) fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        let file = self.find(from)?;
        self.place(to)?;
        if self.cached.folders.contains(to) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if from != to {
            self.change(What::Rename { from: from.to_owned(), to: to.to_owned(), file });
        }
        Ok(())
    }

    /// Makes a folder; its name is pending until [`settle_folder`](Self::settle_folder).
    pub(super) fn create(&mut self, dir: &str) -> io::Result<()> {
        self.place(dir)?;
        if self.cached.files.contains_key(dir) {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        if !self.cached.folders.contains(dir) {
            self.change(What::Folder { path: dir.to_owned() });
        }
        Ok(())
    }

    /// Makes one folder's own name durable and nothing beside it.
    pub(super) fn settle_folder(&mut self, dir: &str) {
        self.pending.retain(|change| !matches!(&change.what, What::Folder { path } if path == dir));
        self.durable.folders.insert(dir.to_owned());
    }

    /// What waits for `dir`, and for nothing else, becomes durable; so does what was done before to the same names.
    pub(super) fn sync(&mut self, dir: &str) -> io::Result<()> {
        self.check_folder(dir)?;
        for change in self.pending.iter_mut().filter(|change| !change.limbo) {
            change.unsynced.remove(dir);
        }
        let mut settled: Vec<What> = Vec::new();
        let mut waiting = Vec::new();
        while let Some(change) = self.pending.pop() {
            if change.unsynced.is_empty() || settled.iter().any(|newer| newer.shares_a_name_with(&change.what)) {
                settled.push(change.what);
            } else {
                waiting.push(change);
            }
        }
        settled.iter().rev().for_each(|what| self.durable.apply(what));
        waiting.reverse();
        self.pending = waiting;
        Ok(())
    }

    /// What waits for `dir` is in limbo: a later sync does not make it durable.
    pub(super) fn fail_sync(&mut self, dir: &str) {
        for change in self.pending.iter_mut().filter(|change| change.unsynced.contains(dir)) {
            change.limbo = true;
        }
    }

    /// The names of the files in a folder; none when it is missing.
    pub(super) fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        if !dir.is_empty() {
            split(dir)?;
        }
        if let Err(error) = self.check_folder(dir)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(error);
        }
        let inside = self.cached.files.keys().filter(|path| folder_of(path) == dir);
        Ok(inside.map(|path| path[path.len().min(dir.len() + usize::from(!dir.is_empty()))..].to_owned()).collect())
    }

    /// Every name and its file.
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, FileId)> {
        self.cached.files.iter().map(|(path, file)| (path.as_str(), *file))
    }

    /// Gives `path` to `file` on the disk at once, folders included.
    pub(super) fn put(&mut self, path: &str, file: FileId) {
        self.pending.retain(|change| change.what.paths().all(|changed| changed != path));
        for names in [&mut self.durable, &mut self.cached] {
            let mut folder = folder_of(path);
            while !folder.is_empty() {
                names.folders.insert(folder.to_owned());
                folder = folder_of(folder);
            }
            names.files.insert(path.to_owned(), file);
        }
    }

    /// Takes `path` off the disk at once.
    pub(super) fn take(&mut self, path: &str) {
        self.pending.retain(|change| change.what.paths().all(|changed| changed != path));
        self.durable.files.remove(path);
        self.cached.files.remove(path);
    }

    /// The names as one power cut leaves them: some changes from the first on, or any of them.
    pub(super) fn crash(&self, rng: &mut Rng, odds: Odds) -> Self {
        let mut names = self.durable.clone();
        let count = self.pending.len() as u64;
        if rng.one_in(2) {
            let kept = odds.first(count, rng);
            self.pending.iter().take(kept as usize).for_each(|change| names.apply(&change.what));
        } else {
            self.pending.iter().filter(|_| odds.keeps(rng)).for_each(|change| names.apply(&change.what));
        }
        names.prune();
        Self { durable: names.clone(), cached: names, pending: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images(folders: &Folders) -> BTreeSet<Vec<(String, FileId)>> {
        let image = |seed| {
            let mut rng = Rng::new(seed);
            let odds = Odds::pick(&mut rng);
            let image = folders.crash(&mut rng, odds);
            image.files().map(|(path, file)| (path.to_owned(), file)).collect()
        };
        (0..400).map(image).collect()
    }

    fn named(names: &[(&str, FileId)]) -> Vec<(String, FileId)> {
        names.iter().map(|(path, file)| ((*path).to_owned(), *file)).collect()
    }

    #[test]
    fn a_new_name_may_vanish_until_its_folder_is_synced() {
        let mut folders = Folders::default();
        folders.link("a", 1);
        assert_eq!(images(&folders), BTreeSet::from([named(&[]), named(&[("a", 1)])]));
        folders.sync("").unwrap();
        assert_eq!(images(&folders), BTreeSet::from([named(&[("a", 1)])]));
    }

    #[test]
    fn a_rename_and_a_removal_may_be_undone_but_never_halved() {
        let mut folders = Folders::default();
        folders.link("old", 1);
        folders.link("new", 2);
        folders.sync("").unwrap();
        folders.rename("new", "old").unwrap();
        let (before, after) = (named(&[("new", 2), ("old", 1)]), named(&[("old", 2)]));
        assert_eq!(images(&folders), BTreeSet::from([before, after.clone()]));
        folders.sync("").unwrap();
        folders.unlink("old").unwrap();
        assert_eq!(images(&folders), BTreeSet::from([after, named(&[])]));
    }

    #[test]
    fn changes_may_be_undone_in_any_subset_and_a_file_keeps_one_name() {
        let mut folders = Folders::default();
        folders.link("a", 1);
        folders.sync("").unwrap();
        folders.rename("a", "b").unwrap();
        folders.rename("b", "c").unwrap();
        let one_name_each = [named(&[("a", 1)]), named(&[("b", 1)]), named(&[("c", 1)])];
        assert_eq!(images(&folders), BTreeSet::from(one_name_each));
    }

    #[test]
    fn a_rename_between_folders_needs_both_synced() {
        let mut folders = Folders::default();
        for dir in ["from", "to"] {
            folders.create(dir).unwrap();
            folders.settle_folder(dir);
        }
        folders.link("from/a", 1);
        folders.sync("from").unwrap();
        folders.rename("from/a", "to/a").unwrap();
        folders.sync("to").unwrap();
        assert_eq!(images(&folders).len(), 2);
        folders.sync("from").unwrap();
        assert_eq!(images(&folders), BTreeSet::from([named(&[("to/a", 1)])]));
    }

    #[test]
    fn a_folder_that_is_not_durable_takes_its_files_along() {
        let mut folders = Folders::default();
        folders.create("journal").unwrap();
        folders.link("journal/1", 1);
        folders.sync("journal").unwrap();
        assert!(images(&folders).contains(&named(&[])));
        folders.settle_folder("journal");
        assert_eq!(images(&folders), BTreeSet::from([named(&[("journal/1", 1)])]));
    }

    #[test]
    fn a_failed_folder_sync_is_not_mended_by_a_later_one() {
        let mut folders = Folders::default();
        folders.link("a", 1);
        folders.fail_sync("");
        folders.sync("").unwrap();
        assert!(images(&folders).contains(&named(&[])));
        folders.rename("a", "b").unwrap();
        folders.sync("").unwrap();
        assert_eq!(images(&folders), BTreeSet::from([named(&[("b", 1)])]), "a new name is a new chance");
    }
}

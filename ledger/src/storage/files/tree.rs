//! Names beneath one folder of a real file system.
//!
//! Every path is walked from the root's descriptor, component by component, and no component may be a
//! symbolic link: whoever can plant a link inside the ledger cannot send a write elsewhere. The root
//! itself may be reached through links, since the operator names it.

use crate::storage::names;
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io;
use std::path::Path;

/// New files: their owner reads and writes.
const FILE_MODE: Mode = Mode::from_raw_mode(0o600);
/// New folders: their owner alone.
const FOLDER_MODE: Mode = Mode::from_raw_mode(0o700);

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// A folder, and everything is named beneath it.
#[derive(Debug)]
pub(super) struct Tree {
    root: OwnedFd,
}

impl Tree {
    /// Opens an existing folder as the root.
    pub(super) fn open(dir: &Path) -> io::Result<Self> {
        Ok(Self { root: rustix::fs::openat(CWD, dir, FOLDER, Mode::empty())? })
    }

    /// Makes `dir` where it is missing, and its name durable.
    pub(super) fn create(dir: &Path) -> io::Result<()> {
        match rustix::fs::mkdirat(CWD, dir, FOLDER_MODE) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(errno.into()),
        }
        let parent = match dir.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        File::from(rustix::fs::openat(CWD, parent, FOLDER, Mode::empty())?).sync_all()
    }

    /// The root's own descriptor.
    pub(super) fn root(&self) -> &OwnedFd {
        &self.root
    }

    /// Opens a folder beneath the root; `""` is the root.
    fn folder(&self, dir: &str) -> io::Result<OwnedFd> {
        let mut folder = rustix::fs::openat(&self.root, ".", FOLDER, Mode::empty())?;
        if !dir.is_empty() {
            names::split(dir)?;
            for name in dir.split('/') {
                folder = rustix::fs::openat(&folder, name, FOLDER | OFlags::NOFOLLOW, Mode::empty())?;
            }
        }
        Ok(folder)
    }

    fn place<'p>(&self, path: &'p str) -> io::Result<(OwnedFd, &'p str)> {
        let (dir, name) = names::split(path)?;
        Ok((self.folder(dir)?, name))
    }

    /// Opens a plain file with `flags`; never waits for the other end of a pipe.
    pub(super) fn file(&self, path: &str, flags: OFlags) -> io::Result<File> {
        let (folder, name) = self.place(path)?;
        let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::openat(&folder, name, flags, FILE_MODE)?);
        let kind = file.metadata()?.file_type();
        if kind.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if !kind.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a plain file"));
        }
        Ok(file)
    }

    /// A file without a name in the root, for a trial; it goes when it is closed.
    pub(super) fn nameless(&self, flags: OFlags) -> io::Result<File> {
        let flags = flags | OFlags::TMPFILE | OFlags::CLOEXEC;
        Ok(File::from(rustix::fs::openat(&self.root, ".", flags, FILE_MODE)?))
    }

    pub(super) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let (from_folder, from_name) = self.place(from)?;
        // Folders stay where they are, whatever the system would do with them.
        let refused = Err(io::ErrorKind::IsADirectory.into());
        if kind_of(&from_folder, from_name)? == FileType::Directory {
            return refused;
        }
        let (to_folder, to_name) = self.place(to)?;
        if matches!(kind_of(&to_folder, to_name), Ok(FileType::Directory)) {
            return refused;
        }
        Ok(rustix::fs::renameat(&from_folder, from_name, &to_folder, to_name)?)
    }

    pub(super) fn remove(&self, path: &str) -> io::Result<()> {
        let (folder, name) = self.place(path)?;
        Ok(rustix::fs::unlinkat(&folder, name, AtFlags::empty())?)
    }

    /// Plain files of a folder, sorted; names that are not UTF-8 cannot be the ledger's and are left out.
    pub(super) fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        let folder = match self.folder(dir) {
            Ok(folder) => folder,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut found = Vec::new();
        for entry in Dir::read_from(&folder)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().to_str() else { continue };
            let plain = match entry.file_type() {
                FileType::RegularFile => true,
                FileType::Unknown => matches!(kind_of(&folder, name), Ok(FileType::RegularFile)),
                _ => false,
            };
            if plain {
                found.push(name.to_owned());
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    /// Makes a folder; its name is durable on return, also where it stood before: the process that made
    /// it may have died before it could sync.
    pub(super) fn create_dir(&self, dir: &str) -> io::Result<()> {
        let (folder, name) = self.place(dir)?;
        match rustix::fs::mkdirat(&folder, name, FOLDER_MODE) {
            Ok(()) => {}
            Err(Errno::EXIST) => drop(self.folder(dir)?),
            Err(errno) => return Err(errno.into()),
        }
        File::from(folder).sync_all()
    }

    pub(super) fn sync_dir(&self, dir: &str) -> io::Result<()> {
        File::from(self.folder(dir)?).sync_all()
    }

    pub(super) fn free_bytes(&self) -> io::Result<u64> {
        let status = rustix::fs::fstatvfs(&self.root)?;
        Ok(status.f_bavail.saturating_mul(status.f_frsize))
    }
}

fn kind_of(folder: &OwnedFd, name: &str) -> io::Result<FileType> {
    let status = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(FileType::from_raw_mode(status.st_mode))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn tree() -> (tempfile::TempDir, Tree) {
        let dir = tempfile::tempdir().unwrap();
        let tree = Tree::open(dir.path()).unwrap();
        (dir, tree)
    }

    const NEW: OFlags = OFlags::RDWR.union(OFlags::CREATE).union(OFlags::EXCL);

    #[test]
    fn files_and_folders_are_their_owners_alone() {
        let (dir, tree) = tree();
        tree.create_dir("journal").unwrap();
        tree.file("journal/1", NEW).unwrap();
        let mode = |path: &str| fs::metadata(dir.path().join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("journal"), mode("journal/1")), (0o700, 0o600));
    }

    #[test]
    fn a_link_in_the_last_place_is_refused() {
        let (dir, tree) = tree();
        fs::write(dir.path().join("real"), b"x").unwrap();
        symlink(dir.path().join("real"), dir.path().join("link")).unwrap();
        assert!(tree.file("link", OFlags::RDONLY).is_err());
        assert!(tree.file("link", NEW).is_err());
        assert_eq!(tree.list("").unwrap(), ["real"]);
    }

    #[test]
    fn a_link_in_place_of_a_folder_is_refused() {
        let (dir, tree) = tree();
        let elsewhere = tempfile::tempdir().unwrap();
        fs::write(elsewhere.path().join("1"), b"x").unwrap();
        symlink(elsewhere.path(), dir.path().join("journal")).unwrap();
        assert!(tree.file("journal/1", OFlags::RDONLY).is_err());
        assert!(tree.file("journal/2", NEW).is_err());
        assert!(tree.create_dir("journal").is_err());
        assert!(tree.remove("journal/1").is_err());
        assert!(tree.rename("journal/1", "mine").is_err());
        assert!(tree.list("journal").is_err());
        assert!(elsewhere.path().join("1").exists());
    }

    #[test]
    fn a_pipe_or_a_folder_is_not_a_file() {
        let (dir, tree) = tree();
        rustix::fs::mkfifoat(CWD, dir.path().join("pipe"), FILE_MODE).unwrap();
        tree.create_dir("folder").unwrap();
        assert!(tree.file("pipe", OFlags::RDONLY).is_err());
        assert!(tree.file("folder", OFlags::RDONLY).is_err());
        assert!(tree.list("").unwrap().is_empty());
    }

    #[test]
    fn the_root_may_be_made_and_reached_through_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let real = dir.path().join("real");
        Tree::create(&real).unwrap();
        Tree::create(&real).unwrap();
        symlink(&real, dir.path().join("link")).unwrap();
        let tree = Tree::open(&dir.path().join("link")).unwrap();
        tree.file("x", NEW).unwrap();
        assert!(real.join("x").exists());
    }
}

//! What both disks accept as a name and as a use of an open file. Pure.

use super::OpenFor;
use std::io;

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}

/// The folder (`""` for the ledger's own) and the last name of a path.
///
/// # Errors
/// `InvalidInput` for an empty path or one with an empty, `.` or `..` component.
pub(super) fn split(path: &str) -> io::Result<(&str, &str)> {
    for name in path.split('/') {
        if matches!(name, "" | "." | "..") || name.contains('\0') {
            return Err(invalid("not a path inside the ledger"));
        }
    }
    Ok(path.rsplit_once('/').unwrap_or(("", path)))
}

/// Whether a file opened for `open_for` may be written at all.
///
/// # Errors
/// `PermissionDenied` when it was opened for reading.
pub(super) fn may_write(open_for: OpenFor) -> io::Result<()> {
    match open_for {
        OpenFor::ReadWrite | OpenFor::Append => Ok(()),
        OpenFor::Read => Err(io::Error::new(io::ErrorKind::PermissionDenied, "opened for reading only")),
    }
}

/// Whether a durable write of `bytes` at `offset` may be submitted.
///
/// # Errors
/// `PermissionDenied` when the file was not opened for [`OpenFor::Append`]; `InvalidInput` for no bytes,
/// or for an offset or a length that is not a multiple of `block`.
pub(super) fn may_submit(open_for: OpenFor, offset: u64, bytes: usize, block: usize) -> io::Result<()> {
    if open_for != OpenFor::Append {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "not opened for append"));
    }
    if bytes == 0 || !bytes.is_multiple_of(block) || !offset.is_multiple_of(block as u64) {
        return Err(invalid("a durable write is whole blocks on a block's boundary"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_folder_and_a_name() {
        assert_eq!(split("LOCK").unwrap(), ("", "LOCK"));
        assert_eq!(split("journal/1.seg").unwrap(), ("journal", "1.seg"));
        assert_eq!(split("index/a/b").unwrap(), ("index/a", "b"));
    }

    #[test]
    fn a_path_cannot_leave_the_ledger() {
        for path in ["", "/etc", "..", "a/../b", "a//b", "a/", "./a", "a\0b"] {
            assert_eq!(split(path).unwrap_err().kind(), io::ErrorKind::InvalidInput, "{path:?}");
        }
    }

    #[test]
    fn a_durable_write_is_whole_blocks() {
        assert!(may_submit(OpenFor::Append, 1024, 512, 512).is_ok());
        for (offset, bytes) in [(0, 0), (100, 512), (0, 511)] {
            assert!(may_submit(OpenFor::Append, offset, bytes, 512).is_err());
        }
        assert!(may_submit(OpenFor::ReadWrite, 0, 512, 512).is_err());
    }
}

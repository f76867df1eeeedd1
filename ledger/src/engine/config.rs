//! `ledger.toml`: what cannot change once a ledger is made.

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::model::{Clock, LedgerId, UtcOffset};
use crate::storage::{OpenFor, Storage};

/// The file's name.
pub(crate) const PATH: &str = "ledger.toml";
/// The version of everything in a ledger's directory that this program writes.
pub const FORMAT_VERSION: u16 = 1;
/// The folders beside the journal, which is listed whenever it is opened.
const FOLDERS: [&str; 4] = ["seal", crate::checkpoint::DIR, crate::closing::DIR, crate::index::DIR];
/// The longest configuration file that is read, in bytes.
const BYTES_MAX: u64 = 64 * 1024;

/// What is fixed when a ledger is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// This ledger among all.
    pub ledger: LedgerId,
    /// Where its time comes from.
    pub clock: Clock,
    /// The offset to which its dates belong.
    pub utc_offset: UtcOffset,
    /// The soft bound of a journal segment in bytes.
    pub segment_bytes: u64,
}

/// The file's text form.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    format_version: u16,
    ledger_id: String,
    clock: String,
    utc_offset: String,
    segment_bytes: u64,
}

impl Config {
    /// Reads the configuration of the ledger in `storage`.
    ///
    /// # Errors
    /// [`Error::Config`] when there is none or it is malformed, [`Error::Version`] when it is newer; [`Error::Io`] too when
    /// something else stands where a folder of the ledger belongs, such as a symbolic link.
    pub(crate) fn read<S: Storage>(storage: &S) -> Result<Self, Error> {
        for folder in FOLDERS {
            storage.list(folder).map_err(Error::io("list", folder))?;
        }
        let file = storage.open(PATH, OpenFor::Read).map_err(|source| {
            if source.kind() == std::io::ErrorKind::NotFound {
                Error::Config(format!("there is no ledger here: {PATH} is missing; make one with `ledger init`"))
            } else {
                Error::io("open", PATH)(source)
            }
        })?;
        let length = storage.len(&file).map_err(Error::io("read", PATH))?;
        if length > BYTES_MAX {
            return Err(Error::Config(format!("{PATH} is longer than {BYTES_MAX} bytes: this is no ledger's")));
        }
        let mut bytes = vec![0; length as usize];
        let read = storage.read_at(&file, 0, &mut bytes).map_err(Error::io("read", PATH))?;
        bytes.truncate(read);
        let text = String::from_utf8(bytes).map_err(|_| Error::Config(format!("{PATH} is not UTF-8")))?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self, Error> {
        let wrong = |what: &dyn std::fmt::Display| Error::Config(format!("{PATH}: {what}"));
        let table: toml::Table = text.parse().map_err(|error| wrong(&error))?;
        let version = table.get("format_version").and_then(toml::Value::as_integer);
        if let Some(version) = version.filter(|version| *version > i64::from(FORMAT_VERSION)) {
            return Err(Error::Version {
                path: PATH.to_owned(),
                needed: version.to_string(),
                supported: FORMAT_VERSION.to_string(),
            });
        }
        let text: Text = toml::Value::Table(table).try_into().map_err(|error: toml::de::Error| wrong(&error))?;
        if text.format_version == 0 {
            return Err(wrong(&"format_version begins at 1"));
        }
        Ok(Self {
            ledger: text.ledger_id.parse().map_err(|error| wrong(&format_args!("ledger_id: {error}")))?,
            clock: match text.clock.as_str() {
                "system" => Clock::System,
                "commands" => Clock::Commands,
                _ => return Err(wrong(&"clock is system or commands")),
            },
            utc_offset: text.utc_offset.parse().map_err(|error| wrong(&format_args!("utc_offset: {error}")))?,
            segment_bytes: text.segment_bytes,
        })
    }

    /// Writes the configuration beside, makes it durable and renames it into place.
    pub(crate) fn write<S: Storage>(&self, storage: &S) -> Result<(), Error> {
        let text = Text {
            format_version: FORMAT_VERSION,
            ledger_id: self.ledger.to_string(),
            clock: self.clock.name().to_owned(),
            utc_offset: self.utc_offset.to_string(),
            segment_bytes: self.segment_bytes,
        };
        let body = toml::to_string(&text).map_err(|error| Error::Config(format!("{PATH}: {error}")))?;
        let text = format!("# What cannot change once a ledger is made.\n{body}");
        write_whole(storage, PATH, text.as_bytes())
    }
}

/// Writes a small file whole: beside, synced, renamed, its folder synced.
pub(crate) fn write_whole<S: Storage>(storage: &S, path: &str, bytes: &[u8]) -> Result<(), Error> {
    let beside = format!("{path}.tmp");
    match storage.remove(&beside) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(Error::io("remove", beside)(error)),
        _ => {}
    }
    let file = storage.create(&beside).map_err(Error::io("create", &*beside))?;
    storage.write_at(&file, 0, bytes).map_err(Error::io("write", &*beside))?;
    storage.sync(&file).map_err(Error::io("sync", &*beside))?;
    storage.rename(&beside, path).map_err(Error::io("rename", &*beside))?;
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    storage.sync_dir(folder).map_err(Error::io("sync", folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(extra: &str) -> String {
        format!(
            "format_version = 1\nledger_id = \"01690f5b-7c3e-4a51-b2f0-9d8e7c6b5a49\"\nclock = \"system\"\n\
             utc_offset = \"+09:00\"\nsegment_bytes = 4096\n{extra}"
        )
    }

    #[test]
    fn a_configuration_reads_back() {
        let config = Config::parse(&text("")).unwrap();
        assert_eq!(config.clock, Clock::System);
        assert_eq!(config.utc_offset, UtcOffset(32_400));
        assert_eq!(config.segment_bytes, 4096);
    }

    #[test]
    fn unknown_fields_and_newer_versions_are_refused() {
        assert!(matches!(Config::parse(&text("mirror = 1")), Err(Error::Config(_))));
        let newer = text("later = true").replace("format_version = 1", "format_version = 2");
        assert!(matches!(Config::parse(&newer), Err(Error::Version { .. })));
    }
}

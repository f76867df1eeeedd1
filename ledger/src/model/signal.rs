//! Signals: security facts about an account, beside the money.

use std::fmt;
use std::str::FromStr;

use smol_str::SmolStr;

use super::{ParseTextError, Timestamp};

/// The kind of a signal: one of the well-known ones, or a name that the host chose.
///
/// Names are 1 to 32 bytes of `a`–`z`, `0`–`9` and `_`, beginning with a letter. A well-known name always reads as the
/// well-known kind, so two equal names are equal kinds. 24 bytes in memory; a name of more than 23 bytes is shared, not copied.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signal {
    /// Somebody set a new password, or had one sent.
    CredentialReset,
    /// The account was used from a device that it had not been used from.
    NewDevice,
    /// Somebody logged in from another country than the holder's.
    ForeignLogin,
    /// A second factor was asked for and given.
    SecondFactorPassed,
    /// A name that the host chose.
    Other(SignalName),
}

/// A name of a signal that is none of the well-known ones.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignalName(SmolStr);

/// When each kind of signal was last seen on one account, at most [`KINDS_MAX`](Self::KINDS_MAX) kinds.
///
/// What is kept depends on the signals alone: of more kinds than that, the ones seen last stay, and of two seen at the same
/// moment the one that sorts first goes. One allocation of 32 bytes a kind, none for an account without signals.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SignalTimes(Vec<(Signal, Timestamp)>);

impl Signal {
    /// The longest name in bytes.
    pub const BYTES_MAX: usize = 32;

    /// The well-known kinds, in the order of their names' first use.
    pub const WELL_KNOWN: [Self; 4] =
        [Self::CredentialReset, Self::NewDevice, Self::ForeignLogin, Self::SecondFactorPassed];

    /// The name used in JSON and in selectors.
    pub fn as_str(&self) -> &str {
        match self {
            Self::CredentialReset => "credential_reset",
            Self::NewDevice => "new_device",
            Self::ForeignLogin => "foreign_login",
            Self::SecondFactorPassed => "second_factor_passed",
            Self::Other(SignalName(name)) => name,
        }
    }
}

impl FromStr for Signal {
    type Err = ParseTextError;

    fn from_str(text: &str) -> Result<Self, ParseTextError> {
        if text.is_empty() {
            return Err(ParseTextError::Empty);
        }
        if text.len() > Self::BYTES_MAX {
            return Err(ParseTextError::TooLong(Self::BYTES_MAX));
        }
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if !text.bytes().all(allowed) || !text.as_bytes()[0].is_ascii_lowercase() {
            return Err(ParseTextError::Alphabet("a-z, 0-9 and '_', beginning with a letter"));
        }
        let known = Self::WELL_KNOWN.into_iter().find(|signal| signal.as_str() == text);
        Ok(known.unwrap_or_else(|| Self::Other(SignalName(SmolStr::new(text)))))
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl SignalTimes {
    /// The most kinds kept of one account.
    pub const KINDS_MAX: usize = 16;

    /// Folds one signal: the kind's last time becomes `at`, unless a later one is known. When that makes more than
    /// [`KINDS_MAX`](Self::KINDS_MAX) kinds, the one seen longest ago goes.
    pub fn record(&mut self, signal: Signal, at: Timestamp) {
        match self.0.binary_search_by(|(known, _)| known.cmp(&signal)) {
            Ok(place) => self.0[place].1 = self.0[place].1.max(at),
            Err(place) => self.0.insert(place, (signal, at)),
        }
        if self.0.len() > Self::KINDS_MAX {
            let oldest = self.0.iter().enumerate().min_by_key(|(_, (_, at))| *at).map(|(place, _)| place);
            oldest.map(|place| self.0.remove(place));
        }
    }

    /// When that kind of signal was last seen.
    #[inline]
    pub fn last(&self, signal: &Signal) -> Option<Timestamp> {
        self.0.iter().find(|(known, _)| known == signal).map(|(_, at)| *at)
    }

    /// The kinds seen and when last, in the order of the kinds.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Signal, Timestamp)> {
        self.0.iter().map(|(signal, at)| (signal, *at))
    }

    /// Whether no signal was seen.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signal(name: &str) -> Signal {
        name.parse().unwrap()
    }

    #[test]
    fn a_signal_is_written_as_it_reads() {
        for name in ["credential_reset", "new_device", "foreign_login", "second_factor_passed", "a", "sim_swap_2"] {
            assert_eq!(signal(name).to_string(), name);
        }
        assert_eq!(signal("new_device"), Signal::NewDevice);
        assert_eq!(signal(&"a".repeat(32)).as_str().len(), 32);
        assert_eq!(size_of::<Signal>(), 24);
    }

    #[test]
    fn names_outside_the_alphabet_are_refused() {
        for name in ["", "2fa", "_a", "New", "a-b", "a b", "é", &"a".repeat(33)] {
            assert!(name.parse::<Signal>().is_err(), "{name}");
        }
    }

    #[test]
    fn the_last_time_of_each_kind_is_kept_and_never_goes_back() {
        let mut times = SignalTimes::default();
        assert!(times.is_empty());
        for at in [3, 7, 5] {
            times.record(Signal::NewDevice, Timestamp(at));
        }
        times.record(signal("sim_swap"), Timestamp(4));
        assert_eq!(times.last(&Signal::NewDevice), Some(Timestamp(7)));
        assert_eq!(times.last(&signal("sim_swap")), Some(Timestamp(4)));
        assert_eq!(times.last(&Signal::ForeignLogin), None);
        assert_eq!(times.iter().count(), 2);
    }

    #[test]
    fn of_seventeen_kinds_the_one_seen_longest_ago_goes() {
        let mut times = SignalTimes::default();
        for at in 0..16 {
            times.record(signal(&format!("kind_{at}")), Timestamp(at));
        }
        times.record(signal("kind_0"), Timestamp(50));
        times.record(signal("kind_16"), Timestamp(51));
        assert_eq!(times.iter().count(), SignalTimes::KINDS_MAX);
        assert_eq!(times.last(&signal("kind_0")), Some(Timestamp(50)));
        assert_eq!(times.last(&signal("kind_1")), None);
    }
}

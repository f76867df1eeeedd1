//! How each part of a state lies in a checkpoint. `docs/files.md` has the same tables.

use crate::event::Genesis;
use crate::model::{
    AccountId, AccountKind, AccountNumber, Actor, ActorKind, Authentication, Balance, Clock, Code, CommandId, Currency,
    CurrencyNumber, Date, LedgerId, Overdraft, Sequence, Store, Timestamp, UtcOffset,
};
use crate::rebuildable::array;
use crate::state::{AcceptedClock, AccountState, Amendment, Head, Hold, Rollup, Totals};

/// Bytes that passed their CRC and are nothing this version writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed(pub &'static str);

/// Bytes of a code or a principal, the longest there is.
const TEXT_BYTES: usize = 64;
/// Stands for "under no account".
pub(super) const NO_ACCOUNT: u32 = u32::MAX;
/// Stands for "without end" and "never".
pub(super) const NO_TIME: i64 = i64::MIN;

const CLOSED: u8 = 1;
const UP_TO: u8 = 4;
const UNLIMITED: u8 = 8;

/// A record under construction.
pub(super) struct Put<const N: usize> {
    pub(super) bytes: [u8; N],
    at: usize,
}

impl<const N: usize> Put<N> {
    pub(super) const fn new() -> Self {
        Self { bytes: [0; N], at: 0 }
    }

    pub(super) fn put(mut self, bytes: &[u8]) -> Self {
        self.bytes[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
        self
    }

    /// A length, three zeros and the text, zeros behind it.
    fn text(self, text: &str) -> Self {
        debug_assert!(text.len() <= TEXT_BYTES);
        let mut padded = [0; TEXT_BYTES];
        let length = text.len().min(TEXT_BYTES);
        padded[..length].copy_from_slice(&text.as_bytes()[..length]);
        self.put(&[length as u8, 0, 0, 0]).put(&padded)
    }
}

pub(super) fn u64_at(record: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(array(record, at))
}

pub(super) fn u32_at(record: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array(record, at))
}

fn text_at(record: &[u8], at: usize) -> Result<&str, Malformed> {
    let bytes = record[at + 4..at + 4 + TEXT_BYTES].get(..usize::from(record[at]));
    bytes.and_then(|bytes| std::str::from_utf8(bytes).ok()).ok_or(Malformed("text"))
}

fn code_at(record: &[u8], at: usize) -> Result<Code, Malformed> {
    text_at(record, at)?.parse().map_err(|_| Malformed("a code"))
}

fn totals_at(record: &[u8], at: usize) -> Totals {
    let number = |at| u128::from_le_bytes(array(record, at));
    Totals { debit_minor: number(at), credit_minor: number(at + 16) }
}

pub(super) const HEAD_BYTES: usize = 96;

pub(super) fn put_head(head: &Head) -> [u8; HEAD_BYTES] {
    let mut put = Put::new();
    put = match &head.genesis {
        None => put.put(&[0; 56]),
        Some(genesis) => put
            .put(&[1, genesis.clock as u8])
            .put(&genesis.format_version.to_le_bytes())
            .put(&genesis.utc_offset.0.to_le_bytes())
            .put(&genesis.ledger.to_bytes())
            .put(&genesis.salt_key_hash),
    };
    put.put(&head.last_sequence.0.to_le_bytes())
        .put(&head.last_recorded_at.0.to_le_bytes())
        .put(&head.accounts.to_le_bytes())
        .put(&[0; 4])
        .put(&head.accepted_clock.map_or(NO_TIME, |clock| clock.reading.0).to_le_bytes())
        .put(&head.accepted_clock.map_or(NO_TIME, |clock| clock.recorded_at.0).to_le_bytes())
        .bytes
}

pub(super) fn head(record: &[u8]) -> Result<Head, Malformed> {
    let genesis = match record[0] {
        0 => None,
        _ => Some(Genesis {
            ledger: LedgerId::from_bytes(array(record, 8)),
            format_version: u16::from_le_bytes(array(record, 2)),
            utc_offset: UtcOffset(i32::from_le_bytes(array(record, 4))),
            clock: Clock::from_u8(record[1]).ok_or(Malformed("the clock"))?,
            salt_key_hash: array(record, 24),
        }),
    };
    let accepted = AcceptedClock {
        reading: Timestamp(i64::from_le_bytes(array(record, 80))),
        recorded_at: Timestamp(i64::from_le_bytes(array(record, 88))),
    };
    Ok(Head {
        genesis,
        last_sequence: Sequence(u64_at(record, 56)),
        last_recorded_at: Timestamp(i64::from_le_bytes(array(record, 64))),
        accepted_clock: (accepted.reading.0 != NO_TIME).then_some(accepted),
        accounts: u32_at(record, 72),
    })
}

pub(super) const CURRENCY_BYTES: usize = 48;

pub(super) fn put_currency(currency: &Currency, totals: &Totals) -> [u8; CURRENCY_BYTES] {
    let mut code = [0; 8];
    let text = currency.code.as_str().as_bytes();
    code[..text.len()].copy_from_slice(text);
    Put::new()
        .put(&code)
        .put(&[currency.exponent, 0, 0, 0, 0, 0, 0, 0])
        .put(&totals.debit_minor.to_le_bytes())
        .put(&totals.credit_minor.to_le_bytes())
        .bytes
}

pub(super) fn currency(record: &[u8]) -> Result<(Currency, Totals), Malformed> {
    let length = record[..8].iter().position(|byte| *byte == 0).unwrap_or(8);
    let code = std::str::from_utf8(&record[..length]).ok().and_then(|text| text.parse().ok());
    let currency = Currency { code: code.ok_or(Malformed("a currency's code"))?, exponent: record[8] };
    Ok((currency, totals_at(record, 16)))
}

pub(super) const ACTOR_BYTES: usize = 72;

pub(super) fn put_actor(actor: &Actor) -> [u8; ACTOR_BYTES] {
    Put::new().put(&[actor.kind as u8, actor.authenticated_by as u8, 0, 0]).text(&actor.principal).bytes
}

pub(super) fn actor(record: &[u8]) -> Result<Actor, Malformed> {
    Ok(Actor {
        kind: ActorKind::from_u8(record[0]).ok_or(Malformed("an actor's kind"))?,
        authenticated_by: Authentication::from_u8(record[1]).ok_or(Malformed("an actor's authentication"))?,
        principal: text_at(record, 4)?.to_owned(),
    })
}

pub(super) const ACCOUNT_BYTES: usize = 96;

pub(super) fn put_account(account: &AccountState, under: Option<AccountNumber>) -> [u8; ACCOUNT_BYTES] {
    let (rule, overdraft_minor) = match account.overdraft() {
        Overdraft::Never => (0, 0),
        Overdraft::UpTo(minor) => (UP_TO, minor),
        Overdraft::Unlimited => (UNLIMITED, 0),
    };
    let closed = if account.is_closed() { CLOSED } else { 0 };
    let balance = &account.balance;
    let mut bytes = [0; ACCOUNT_BYTES];
    bytes[..16].copy_from_slice(&account.id.to_bytes());
    let numbers = [
        balance.posted_debit_minor,
        balance.posted_credit_minor,
        balance.pending_debit_minor,
        balance.pending_credit_minor,
        balance.frozen_minor,
        account.last_sequence.0,
        account.events,
        account.opened.0,
        overdraft_minor,
    ];
    for (number, into) in numbers.iter().zip(bytes[16..88].chunks_exact_mut(8)) {
        into.copy_from_slice(&number.to_le_bytes());
    }
    bytes[88..92].copy_from_slice(&under.map_or(NO_ACCOUNT, |under| under.0).to_le_bytes());
    bytes[92..94].copy_from_slice(&account.currency.0.to_le_bytes());
    bytes[94] = account.kind as u8;
    bytes[95] = closed | rule;
    bytes
}

pub(super) fn account(record: &[u8]) -> Result<(AccountState, Option<AccountNumber>), Malformed> {
    let flags = record[95];
    let overdraft = match flags & !CLOSED {
        0 => Overdraft::Never,
        UP_TO => Overdraft::UpTo(u64_at(record, 80)),
        UNLIMITED => Overdraft::Unlimited,
        _ => return Err(Malformed("an account's flags")),
    };
    let kind = AccountKind::from_u8(record[94]).ok_or(Malformed("an account's kind"))?;
    let currency = CurrencyNumber(u16::from_le_bytes(array(record, 92)));
    let id = AccountId::from_bytes(array(record, 0));
    let mut account = AccountState::new(id, kind, currency, overdraft, Sequence(u64_at(record, 72)));
    account.balance = Balance {
        posted_debit_minor: u64_at(record, 16),
        posted_credit_minor: u64_at(record, 24),
        pending_debit_minor: u64_at(record, 32),
        pending_credit_minor: u64_at(record, 40),
        frozen_minor: u64_at(record, 48),
    };
    account.last_sequence = Sequence(u64_at(record, 56));
    account.events = u64_at(record, 64);
    account.set_closed(flags & CLOSED != 0);
    let under = u32_at(record, 88);
    Ok((account, (under != NO_ACCOUNT).then_some(AccountNumber(under))))
}

pub(super) const CODE_BYTES: usize = 72;

/// An account and its code, or a store's payable and the store's code.
pub(super) fn put_code(account: AccountNumber, code: &Code) -> [u8; CODE_BYTES] {
    Put::new().put(&account.0.to_le_bytes()).text(code.as_str()).bytes
}

pub(super) fn code(record: &[u8]) -> Result<(AccountNumber, Code), Malformed> {
    Ok((AccountNumber(u32_at(record, 0)), code_at(record, 4)?))
}

pub(super) fn store(record: &[u8]) -> Result<Store, Malformed> {
    code(record).map(|(payable, code)| Store { code, payable })
}

pub(super) const HOLD_BYTES: usize = 56;

pub(super) fn put_hold(id: CommandId, hold: &Hold) -> [u8; HOLD_BYTES] {
    Put::new()
        .put(&id.to_bytes())
        .put(&hold.debit.0.to_le_bytes())
        .put(&hold.credit.0.to_le_bytes())
        .put(&hold.remaining_minor.to_le_bytes())
        .put(&hold.expires_at.map_or(NO_TIME, |at| at.0).to_le_bytes())
        .put(&hold.placed.0.to_le_bytes())
        .put(&hold.effective.0.to_le_bytes())
        .bytes
}

pub(super) fn hold(record: &[u8]) -> (CommandId, Hold) {
    let expires_at = i64::from_le_bytes(array(record, 32));
    let hold = Hold {
        debit: AccountNumber(u32_at(record, 16)),
        credit: AccountNumber(u32_at(record, 20)),
        remaining_minor: u64_at(record, 24),
        expires_at: (expires_at != NO_TIME).then_some(Timestamp(expires_at)),
        placed: Sequence(u64_at(record, 40)),
        effective: Date(u32_at(record, 48) as i32),
    };
    (CommandId::from_bytes(array(record, 0)), hold)
}

pub(super) const AMENDMENT_BYTES: usize = 24;

pub(super) fn put_amendment(sequence: Sequence, amendment: &Amendment) -> [u8; AMENDMENT_BYTES] {
    Put::new()
        .put(&sequence.0.to_le_bytes())
        .put(&amendment.refunded_minor.to_le_bytes())
        .put(&amendment.reversed.map_or(0, |reversed| reversed.0).to_le_bytes())
        .bytes
}

pub(super) fn amendment(record: &[u8]) -> (Sequence, Amendment) {
    let reversed = Sequence(u64_at(record, 16));
    let reversed = (reversed.0 != 0).then_some(reversed);
    (Sequence(u64_at(record, 0)), Amendment { refunded_minor: u64_at(record, 8), reversed })
}

pub(super) const DAY_TOTALS_BYTES: usize = 48;

pub(super) fn put_day_totals(date: Date, rollup: Rollup, totals: &Totals) -> [u8; DAY_TOTALS_BYTES] {
    let (tag, kind, currency, account) = match rollup {
        Rollup::Coded(account) => (1, 0, 0, account.0),
        Rollup::Uncoded(kind, currency) => (2, kind as u8, currency.0, 0),
    };
    Put::new()
        .put(&date.0.to_le_bytes())
        .put(&[tag, kind])
        .put(&currency.to_le_bytes())
        .put(&account.to_le_bytes())
        .put(&[0; 4])
        .put(&totals.debit_minor.to_le_bytes())
        .put(&totals.credit_minor.to_le_bytes())
        .bytes
}

pub(super) fn day_totals(record: &[u8]) -> Result<(Date, Rollup, Totals), Malformed> {
    let rollup = match record[4] {
        1 => Rollup::Coded(AccountNumber(u32_at(record, 8))),
        2 => Rollup::Uncoded(
            AccountKind::from_u8(record[5]).ok_or(Malformed("the kind of a day's total"))?,
            CurrencyNumber(u16::from_le_bytes(array(record, 6))),
        ),
        _ => return Err(Malformed("a day's total")),
    };
    Ok((Date(i32::from_le_bytes(array(record, 0))), rollup, totals_at(record, 16)))
}

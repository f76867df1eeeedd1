//! How what controls left in a state lies in a checkpoint. `docs/files.md` has the same tables.

use super::records::{Malformed, NO_ACCOUNT, NO_TIME, Put, u32_at, u64_at};
use crate::model::{
    AccountNumber, CommandId, Directions, Exception, FreezeReason, OperationKind, Sequence, Signal, Timestamp,
};
use crate::rebuildable::array;
use crate::state::{Freeze, FrozenAmount, UsableException};

pub(super) const FREEZE_BYTES: usize = 136;
const EXCEPTIONS_AT: usize = 40;
const EXCEPTION_BYTES: usize = 24;

pub(super) fn put_freeze(id: CommandId, freeze: &Freeze) -> [u8; FREEZE_BYTES] {
    let exceptions = freeze.exceptions.iter().flatten();
    let head = Put::new()
        .put(&id.to_bytes())
        .put(&freeze.account.0.to_le_bytes())
        .put(&[freeze.directions as u8, freeze.reason as u8, exceptions.clone().count() as u8, 0])
        .put(&freeze.expires_at.map_or(NO_TIME, |at| at.0).to_le_bytes())
        .put(&freeze.frozen.0.to_le_bytes());
    exceptions
        .fold(head, |put, known| {
            put.put(&[known.exception.operation as u8, 0, 0, 0, 0, 0, 0, 0])
                .put(&known.exception.amount_max_minor.to_le_bytes())
                .put(&known.used.map_or(0, |used| used.0).to_le_bytes())
        })
        .bytes
}

pub(super) fn freeze(record: &[u8]) -> Result<(CommandId, Freeze), Malformed> {
    let mut exceptions = [None; 4];
    let records = record[EXCEPTIONS_AT..].chunks_exact(EXCEPTION_BYTES).take(usize::from(record[22]));
    for (known, record) in exceptions.iter_mut().zip(records) {
        let operation = OperationKind::from_u8(record[0]).ok_or(Malformed("the operation of an exception"))?;
        let exception = Exception { operation, amount_max_minor: u64_at(record, 8) };
        let used = Some(Sequence(u64_at(record, 16))).filter(|used| used.0 != 0);
        *known = Some(UsableException { exception, used });
    }
    let expires_at = i64::from_le_bytes(array(record, 24));
    let freeze = Freeze {
        account: AccountNumber(u32_at(record, 16)),
        directions: Directions::from_u8(record[20]).ok_or(Malformed("the directions of a freeze"))?,
        reason: FreezeReason::from_u8(record[21]).ok_or(Malformed("the reason of a freeze"))?,
        expires_at: (expires_at != NO_TIME).then_some(Timestamp(expires_at)),
        frozen: Sequence(u64_at(record, 32)),
        exceptions,
    };
    Ok((CommandId::from_bytes(array(record, 0)), freeze))
}

pub(super) const FROZEN_AMOUNT_BYTES: usize = 40;

pub(super) fn put_frozen_amount(id: CommandId, amount: &FrozenAmount) -> [u8; FROZEN_AMOUNT_BYTES] {
    Put::new()
        .put(&id.to_bytes())
        .put(&amount.account.0.to_le_bytes())
        .put(&[amount.reason as u8, 0, 0, 0])
        .put(&amount.remaining_minor.to_le_bytes())
        .put(&amount.frozen.0.to_le_bytes())
        .bytes
}

pub(super) fn frozen_amount(record: &[u8]) -> Result<(CommandId, FrozenAmount), Malformed> {
    let amount = FrozenAmount {
        account: AccountNumber(u32_at(record, 16)),
        reason: FreezeReason::from_u8(record[20]).ok_or(Malformed("the reason of a frozen amount"))?,
        remaining_minor: u64_at(record, 24),
        frozen: Sequence(u64_at(record, 32)),
    };
    Ok((CommandId::from_bytes(array(record, 0)), amount))
}

pub(super) const DECLINES_BYTES: usize = 32;

pub(super) fn put_declines(
    hour: Timestamp,
    control: CommandId,
    account: Option<AccountNumber>,
    count: u8,
) -> [u8; DECLINES_BYTES] {
    Put::new()
        .put(&control.to_bytes())
        .put(&account.map_or(NO_ACCOUNT, |account| account.0).to_le_bytes())
        .put(&[count, 0, 0, 0])
        .put(&hour.0.to_le_bytes())
        .bytes
}

pub(super) fn declines(record: &[u8]) -> (Timestamp, CommandId, Option<AccountNumber>, u8) {
    let account = Some(AccountNumber(u32_at(record, 16))).filter(|account| account.0 != NO_ACCOUNT);
    let hour = Timestamp(i64::from_le_bytes(array(record, 24)));
    (hour, CommandId::from_bytes(array(record, 0)), account, record[20])
}

pub(super) const SIGNAL_BYTES: usize = 48;
const SIGNAL_AT: usize = 8;

pub(super) fn put_signal(account: AccountNumber, signal: &Signal, at: Timestamp) -> [u8; SIGNAL_BYTES] {
    let mut name = [0; Signal::BYTES_MAX];
    let text = signal.as_str().as_bytes();
    name[..text.len()].copy_from_slice(text);
    Put::new().put(&account.0.to_le_bytes()).put(&[text.len() as u8, 0, 0, 0]).put(&name).put(&at.0.to_le_bytes()).bytes
}

pub(super) fn signal(record: &[u8]) -> Result<(AccountNumber, Signal, Timestamp), Malformed> {
    let name = record[SIGNAL_AT..SIGNAL_AT + Signal::BYTES_MAX].get(..usize::from(record[4]));
    let signal = name.and_then(|name| std::str::from_utf8(name).ok()).and_then(|name| name.parse().ok());
    let at = Timestamp(i64::from_le_bytes(array(record, SIGNAL_AT + Signal::BYTES_MAX)));
    Ok((AccountNumber(u32_at(record, 0)), signal.ok_or(Malformed("a signal"))?, at))
}

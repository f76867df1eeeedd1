//! A state's parts as sections of a checkpoint, and back.

use crate::error::Error;
use crate::model::{AccountNumber, Code};
use crate::rebuildable::{FileWriter, PagedFile, Reason};
use crate::state::{ImageError, Part, Restore, State};
use crate::storage::Storage;

use super::records::{self, Malformed};
use super::{control_records, halt_records};

/// The sections: number, bytes of a record. The number of a section is the place of its parts in the image, but for the
/// codes, which an image has beside their accounts.
pub(super) const SECTIONS: [(u16, usize); 15] = [
    (HEAD, records::HEAD_BYTES),
    (CURRENCIES, records::CURRENCY_BYTES),
    (ACTORS, records::ACTOR_BYTES),
    (ACCOUNTS, records::ACCOUNT_BYTES),
    (CODES, records::CODE_BYTES),
    (STORES, records::CODE_BYTES),
    (HOLDS, records::HOLD_BYTES),
    (AMENDMENTS, records::AMENDMENT_BYTES),
    (DAY_TOTALS, records::DAY_TOTALS_BYTES),
    (FREEZES, control_records::FREEZE_BYTES),
    (FROZEN_AMOUNTS, control_records::FROZEN_AMOUNT_BYTES),
    (DECLINES, control_records::DECLINES_BYTES),
    (SIGNALS, control_records::SIGNAL_BYTES),
    (HALTS, halt_records::HALT_BYTES),
    (HALT_EXCEPTIONS, halt_records::EXCEPTION_BYTES),
];

const HEAD: u16 = 1;
const CURRENCIES: u16 = 2;
const ACTORS: u16 = 3;
const ACCOUNTS: u16 = 4;
const CODES: u16 = 5;
const STORES: u16 = 6;
const HOLDS: u16 = 7;
const AMENDMENTS: u16 = 8;
const DAY_TOTALS: u16 = 9;
const FREEZES: u16 = 10;
const FROZEN_AMOUNTS: u16 = 11;
const DECLINES: u16 = 12;
const SIGNALS: u16 = 13;
const HALTS: u16 = 14;
const HALT_EXCEPTIONS: u16 = 15;

const fn section_of(part: &Part) -> u16 {
    match part {
        Part::Head(_) => HEAD,
        Part::Currency { .. } => CURRENCIES,
        Part::Actor(_) => ACTORS,
        Part::Account { .. } => ACCOUNTS,
        Part::Store(_) => STORES,
        Part::Hold { .. } => HOLDS,
        Part::Amendment { .. } => AMENDMENTS,
        Part::DayTotals { .. } => DAY_TOTALS,
        Part::Freeze { .. } => FREEZES,
        Part::FrozenAmount { .. } => FROZEN_AMOUNTS,
        Part::Declines { .. } => DECLINES,
        Part::Signal { .. } => SIGNALS,
        Part::Halt(_) => HALTS,
        Part::HaltException { .. } => HALT_EXCEPTIONS,
    }
}

/// Writes every section, the empty ones too.
pub(super) fn write<S: Storage>(file: &mut FileWriter<'_, S>, state: &State) -> Result<(), Error> {
    let mut codes: Vec<(AccountNumber, Code)> = Vec::new();
    let mut accounts = 0;
    let mut begun = 0;
    for part in state.image() {
        begin_through(file, &mut begun, section_of(&part), &codes)?;
        match part {
            Part::Head(head) => file.record(&records::put_head(&head))?,
            Part::Currency { currency, totals } => file.record(&records::put_currency(&currency, &totals))?,
            Part::Actor(actor) => file.record(&records::put_actor(&actor))?,
            Part::Account { account, code, under } => {
                file.record(&records::put_account(&account, under))?;
                codes.extend(code.map(|code| (AccountNumber(accounts), code)));
                accounts += 1;
            }
            Part::Store(store) => file.record(&records::put_code(store.payable, &store.code))?,
            Part::Hold { id, hold } => file.record(&records::put_hold(id, &hold))?,
            Part::Amendment { sequence, amendment } => {
                file.record(&records::put_amendment(sequence, &amendment))?;
            }
            Part::DayTotals { date, rollup, totals } => {
                file.record(&records::put_day_totals(date, rollup, &totals))?;
            }
            Part::Freeze { id, freeze } => file.record(&control_records::put_freeze(id, &freeze))?,
            Part::FrozenAmount { id, amount } => file.record(&control_records::put_frozen_amount(id, &amount))?,
            Part::Declines { hour, control, account, count } => {
                file.record(&control_records::put_declines(hour, control, account, count))?;
            }
            Part::Signal { account, signal, at } => {
                file.record(&control_records::put_signal(account, &signal, at))?;
            }
            Part::Halt(halt) => file.record(&halt_records::put_halt(&halt))?,
            Part::HaltException { halt, except } => file.record(&halt_records::put_exception(halt, &except))?,
        }
    }
    begin_through(file, &mut begun, HALT_EXCEPTIONS, &codes)
}

/// Begins the sections behind `begun` up to `number`; the codes are written as theirs begins.
fn begin_through<S: Storage>(
    file: &mut FileWriter<'_, S>,
    begun: &mut u16,
    number: u16,
    codes: &[(AccountNumber, Code)],
) -> Result<(), Error> {
    while *begun < number {
        let (number, bytes) = SECTIONS[usize::from(*begun)];
        file.section(number, true, bytes as u32)?;
        if number == CODES {
            codes.iter().try_for_each(|(account, code)| file.record(&records::put_code(*account, code)))?;
        }
        *begun = number;
    }
    Ok(())
}

/// The state whose image the file holds.
pub(super) fn read<S: Storage>(file: &PagedFile<S>) -> Result<State, Reason> {
    let mut restore = Restore::new();
    let mut codes: Vec<(AccountNumber, Code)> = Vec::new();
    each(file, CODES, |record| {
        codes.push(records::code(record)?);
        Ok(())
    })?;
    let mut codes = codes.into_iter().peekable();
    let mut number = 0;
    each(file, HEAD, |record| add(&mut restore, Part::Head(Box::new(records::head(record)?))))?;
    each(file, CURRENCIES, |record| {
        let (currency, totals) = records::currency(record)?;
        add(&mut restore, Part::Currency { currency, totals })
    })?;
    each(file, ACTORS, |record| add(&mut restore, Part::Actor(records::actor(record)?)))?;
    each(file, ACCOUNTS, |record| {
        let (account, under) = records::account(record)?;
        let code = codes.next_if(|(of, _)| of.0 == number).map(|(_, code)| code);
        number += 1;
        restore.add_account(account, code, under).map_err(|ImageError(what)| Malformed(what))
    })?;
    if codes.next().is_some() {
        return Err(Reason::Records("a code of no account"));
    }
    each(file, STORES, |record| add(&mut restore, Part::Store(records::store(record)?)))?;
    each(file, HOLDS, |record| {
        let (id, hold) = records::hold(record);
        add(&mut restore, Part::Hold { id, hold })
    })?;
    each(file, AMENDMENTS, |record| {
        let (sequence, amendment) = records::amendment(record);
        add(&mut restore, Part::Amendment { sequence, amendment })
    })?;
    each(file, DAY_TOTALS, |record| {
        let (date, rollup, totals) = records::day_totals(record)?;
        add(&mut restore, Part::DayTotals { date, rollup, totals })
    })?;
    read_controls(file, &mut restore)?;
    let state = restore.finish().map_err(|ImageError(what)| Reason::Records(what))?;
    let identity = file.identity();
    let agrees = state.last_sequence() == identity.last
        && state.last_recorded_at() == identity.recorded_at
        && state.ledger() == identity.ledger;
    if agrees { Ok(state) } else { Err(Reason::Records("the state is not what the header says")) }
}

fn read_controls<S: Storage>(file: &PagedFile<S>, restore: &mut Restore) -> Result<(), Reason> {
    each(file, FREEZES, |record| {
        let (id, freeze) = control_records::freeze(record)?;
        add(restore, Part::Freeze { id, freeze })
    })?;
    each(file, FROZEN_AMOUNTS, |record| {
        let (id, amount) = control_records::frozen_amount(record)?;
        add(restore, Part::FrozenAmount { id, amount })
    })?;
    each(file, DECLINES, |record| {
        let (hour, control, account, count) = control_records::declines(record);
        add(restore, Part::Declines { hour, control, account, count })
    })?;
    each(file, SIGNALS, |record| {
        let (account, signal, at) = control_records::signal(record)?;
        add(restore, Part::Signal { account, signal, at })
    })?;
    each(file, HALTS, |record| add(restore, Part::Halt(Box::new(halt_records::halt(record)?))))?;
    each(file, HALT_EXCEPTIONS, |record| {
        let (halt, except) = halt_records::exception(record)?;
        add(restore, Part::HaltException { halt, except })
    })
}

fn add(restore: &mut Restore, part: Part) -> Result<(), Malformed> {
    restore.add(part).map_err(|ImageError(what)| Malformed(what))
}

/// Hands every record of a section to `take`.
fn each<S: Storage>(
    file: &PagedFile<S>,
    number: u16,
    mut take: impl FnMut(&[u8]) -> Result<(), Malformed>,
) -> Result<(), Reason> {
    let bytes = SECTIONS[usize::from(number) - 1].1;
    let section = file.section(number, bytes)?;
    let mut runs = file.all(&section);
    while let Some(run) = runs.next().map_err(|error| Reason::of(&error))? {
        for record in run {
            take(record).map_err(|Malformed(what)| Reason::Records(what))?;
        }
    }
    Ok(())
}

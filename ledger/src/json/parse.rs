//! From text to a [`Submission`]: the fields each type of command takes, and the line as a whole. Pure.

use super::LINE_BYTES_MAX;
use super::error::{JsonError, quoted};
use super::field::{Field, Kind, names_of};
use super::raw::{Fill, Raw, Trail};
use super::value::{account_kind, actor_kind, freeze_reason};
use crate::command::{
    AcceptClock, Action, CloseAccount, Command, DefineCurrency, FreezeAccount, FreezeAmount, Group, ImposeHalt,
    LiftHalt, OpenAccount, OpenStore, PlaceHold, PostJournalEntry, RecordSignal, RefundSpend, RegisterActor,
    ReleaseAmount, ReverseTransaction, SettleHold, Spend, Submission, ThawAccount, TopUp, Transfer, VoidHold,
};
use crate::model::{AccountRef, CommandId, CurrencyCode};
use serde::de::DeserializeSeed;

/// Reads one command or group, as it stands on one line.
///
/// Form that only the books can judge (an amount of zero, text with a card number, an unbalanced entry) is left to
/// [`decide`](crate::decide); what this function returns need not be acceptable. Costs about a microsecond a command.
///
/// # Errors
/// When the text is not UTF-8, not JSON, longer than [`LINE_BYTES_MAX`], or not exactly the fields of one type of command.
///
/// ```
/// let line = br#"{"type":"transfer","id":"01690f5b7c3e4a51b2f09d8e7c6b5a49","debit":"clearing","credit":"bank","amount":1500,"currency":"JPY"}"#;
/// let error = ledger::json::parse_submission(line).unwrap_err();
/// assert_eq!(error.field.as_deref(), Some("amount"));
/// assert!(error.reason.starts_with("is a number: write a string of minor units"));
/// ```
pub fn parse_submission(line: &[u8]) -> Result<Submission, JsonError> {
    let fail = |byte, reason: String| JsonError { byte, field: None, reason, id: None };
    if line.len() > LINE_BYTES_MAX {
        return Err(fail(None, too_long(line.len())));
    }
    let text = std::str::from_utf8(line).map_err(|error| {
        fail(Some(error.valid_up_to() + 1), "is not UTF-8: write every text in that encoding".to_owned())
    })?;
    if text.starts_with('\u{feff}') {
        return Err(fail(Some(1), "starts with a byte order mark: save the file without one".to_owned()));
    }
    let mut raw = Raw::default();
    let mut trail = Trail::default();
    let mut json = serde_json::Deserializer::from_str(text);
    let read = Fill { raw: &mut raw, trail: &mut trail }.deserialize(&mut json).and_then(|()| json.end());
    let known = (raw.present & Field::Id.bit() != 0 && !raw.id.is_nil()).then_some(raw.id);
    if let Err(error) = read {
        return Err(JsonError {
            byte: position(text, error.line(), error.column()),
            field: trail.path(),
            reason: reason(&error),
            id: known,
        });
    }
    submission(raw, &mut trail).map_err(|reason| JsonError { byte: None, field: trail.path(), reason, id: known })
}

/// Why a line of that many bytes is refused.
pub(super) fn too_long(bytes: usize) -> String {
    format!("is {bytes} bytes long: a line holds at most {LINE_BYTES_MAX}")
}

/// The place of an error, counted in bytes from 1 over all lines of the text.
fn position(text: &str, line: usize, column: usize) -> Option<usize> {
    let before: usize = text.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
    Some((before + column).clamp(1, text.len() + 1))
}

/// The message without the place that `serde_json` appends.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let text = text.strip_suffix(&place).unwrap_or(&text);
    match error.classify() {
        serde_json::error::Category::Data => text.to_owned(),
        serde_json::error::Category::Eof => format!("is not JSON: it ends too early ({text})"),
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => format!("is not JSON: {text}"),
    }
}

fn submission(raw: Raw<'_>, trail: &mut Trail) -> Result<Submission, String> {
    let kind = check(&raw, trail)?;
    if kind == Kind::Group {
        return Ok(Submission::Group(Group { id: raw.id, members: raw.members }));
    }
    command(raw, kind, trail).map(Submission::One)
}

/// A member of a group: any command that is not a group.
pub(super) fn member(raw: Raw<'_>, trail: &mut Trail) -> Result<Command, String> {
    if raw.kind == Some(Kind::Group) {
        trail.field = Some(Field::Type);
        return Err("a group inside a group is not possible".to_owned());
    }
    let kind = check(&raw, trail)?;
    command(raw, kind, trail)
}

/// Holds the fields that were read against those of the type.
fn check(raw: &Raw<'_>, trail: &mut Trail) -> Result<Kind, String> {
    let Some(kind) = raw.kind else {
        trail.field = Some(Field::Type);
        return Err("is missing: it says what the command is, such as \"top_up\"".to_owned());
    };
    if let Some(field) = Field::first_of(raw.present & !kind.allowed()) {
        trail.field = Some(field);
        return Err(format!("does not belong to a {}, which takes {}", kind.name(), names(kind.allowed())));
    }
    if let Some(field) = Field::first_of(kind.required() & !raw.present) {
        trail.field = Some(field);
        return Err(format!("is missing: a {} needs {}", kind.name(), names(kind.required())));
    }
    Ok(kind)
}

fn names(bits: u64) -> String {
    names_of(bits).join(", ")
}

fn command(mut raw: Raw<'_>, kind: Kind, trail: &mut Trail) -> Result<Command, String> {
    let action = action(&mut raw, kind, trail)?;
    Ok(Command {
        id: raw.id,
        at: raw.at,
        effective: raw.effective,
        actor: raw.actor.map(|actor| actor.into_owned().into_boxed_str()),
        cause: raw.cause,
        context: raw.context,
        action,
    })
}

/// What `check` has shown to be there; the error keeps this total without a panic.
fn given<T>(value: Option<T>, field: Field, trail: &mut Trail) -> Result<T, String> {
    value.ok_or_else(|| {
        trail.field = Some(field);
        "is missing".to_owned()
    })
}

fn action(raw: &mut Raw<'_>, kind: Kind, trail: &mut Trail) -> Result<Action, String> {
    let subject: CommandId = raw.subject;
    Ok(match kind {
        Kind::DefineCurrency => {
            let code: CurrencyCode = read(&raw.code, Field::Code, trail)?;
            Action::DefineCurrency(DefineCurrency { code, exponent: raw.exponent })
        }
        Kind::RegisterActor => Action::RegisterActor(RegisterActor {
            principal: raw.principal.as_ref().into(),
            kind: actor_kind(&raw.kind_name).map_err(at(Field::Kind, trail))?,
            authenticated_by: given(raw.authenticated_by, Field::AuthenticatedBy, trail)?,
        }),
        Kind::OpenStore => Action::OpenStore(OpenStore {
            code: read(&raw.code, Field::Code, trail)?,
            payable: given(raw.payable.take(), Field::Payable, trail)?,
        }),
        Kind::OpenAccount => Action::OpenAccount(open_account(raw, trail)?),
        Kind::CloseAccount => {
            Action::CloseAccount(CloseAccount { account: given(raw.account.take(), Field::Account, trail)? })
        }
        Kind::TopUp => Action::TopUp(TopUp {
            account: given(raw.account.take(), Field::Account, trail)?,
            funding: given(raw.funding.take(), Field::Funding, trail)?,
            amount_minor: given(raw.amount_minor, Field::Amount, trail)?,
            currency: given(raw.currency, Field::Currency, trail)?,
        }),
        Kind::Spend => Action::Spend(Spend {
            account: given(raw.account.take(), Field::Account, trail)?,
            amount_minor: given(raw.amount_minor, Field::Amount, trail)?,
            currency: given(raw.currency, Field::Currency, trail)?,
        }),
        Kind::RefundSpend => {
            Action::RefundSpend(RefundSpend { spend: subject, amount_minor: raw.amount_minor, currency: raw.currency })
        }
        Kind::Transfer => Action::Transfer(Transfer {
            debit: given(raw.debit.take(), Field::Debit, trail)?,
            credit: given(raw.credit.take(), Field::Credit, trail)?,
            amount_minor: given(raw.amount_minor, Field::Amount, trail)?,
            currency: given(raw.currency, Field::Currency, trail)?,
        }),
        Kind::PlaceHold => Action::PlaceHold(PlaceHold {
            debit: given(raw.debit.take(), Field::Debit, trail)?,
            credit: raw.credit.take(),
            amount_minor: given(raw.amount_minor, Field::Amount, trail)?,
            currency: given(raw.currency, Field::Currency, trail)?,
            expires_at: raw.expires_at,
        }),
        Kind::SettleHold => Action::SettleHold(SettleHold {
            hold: subject,
            amount_minor: raw.amount_minor,
            currency: raw.currency,
            more_to_come: raw.more_to_come,
        }),
        Kind::VoidHold => Action::VoidHold(VoidHold { hold: subject }),
        Kind::ReverseTransaction => Action::ReverseTransaction(ReverseTransaction { transaction: subject }),
        Kind::PostJournalEntry => Action::PostJournalEntry(PostJournalEntry { legs: std::mem::take(&mut raw.legs) }),
        Kind::AcceptClock => Action::AcceptClock(AcceptClock { reading: raw.reading }),
        Kind::RecordSignal => Action::RecordSignal(RecordSignal {
            account: given(raw.account.take(), Field::Account, trail)?,
            signal: given(raw.signal.take(), Field::Signal, trail)?,
        }),
        Kind::FreezeAccount => Action::FreezeAccount(FreezeAccount {
            account: given(raw.account.take(), Field::Account, trail)?,
            directions: given(raw.directions, Field::Directions, trail)?,
            reason: freeze_reason(&raw.reason).map_err(at(Field::Reason, trail))?,
            expires_at: raw.expires_at,
            exceptions: std::mem::take(&mut raw.exceptions),
        }),
        Kind::ThawAccount => Action::ThawAccount(ThawAccount { freeze: subject }),
        Kind::FreezeAmount => Action::FreezeAmount(FreezeAmount {
            account: given(raw.account.take(), Field::Account, trail)?,
            amount_minor: given(raw.amount_minor, Field::Amount, trail)?,
            currency: given(raw.currency, Field::Currency, trail)?,
            reason: freeze_reason(&raw.reason).map_err(at(Field::Reason, trail))?,
        }),
        Kind::ReleaseAmount => Action::ReleaseAmount(ReleaseAmount {
            freeze: subject,
            amount_minor: raw.amount_minor,
            currency: raw.currency,
        }),
        Kind::ImposeHalt => Action::ImposeHalt(ImposeHalt {
            selector: raw.selector.as_ref().into(),
            reason: raw.reason.as_ref().into(),
            incident: raw.incident,
            starts_at: raw.starts_at,
            ends_at: raw.ends_at,
        }),
        Kind::LiftHalt => Action::LiftHalt(LiftHalt {
            halt: subject,
            except: raw.except.as_deref().map(Into::into),
            approved_by: raw.approved_by.as_deref().map(Into::into),
        }),
        Kind::Group => return Err("a group inside a group is not possible".to_owned()),
    })
}

fn open_account(raw: &mut Raw<'_>, trail: &mut Trail) -> Result<OpenAccount, String> {
    let account = match given(raw.account.take(), Field::Account, trail)? {
        AccountRef::Id(id) => id,
        AccountRef::Code(code) => {
            trail.field = Some(Field::Account);
            return Err(format!(
                "is the code {}: a new account is named by a new id; its code goes into code",
                quoted(code.as_str())
            ));
        }
    };
    let code = match raw.present & Field::Code.bit() {
        0 => None,
        _ => Some(read(&raw.code, Field::Code, trail)?),
    };
    Ok(OpenAccount {
        account,
        kind: account_kind(&raw.kind_name).map_err(at(Field::Kind, trail))?,
        currency: given(raw.currency, Field::Currency, trail)?,
        code,
        under: raw.under.take(),
        overdraft: raw.overdraft,
    })
}

fn read<T: std::str::FromStr>(text: &str, field: Field, trail: &mut Trail) -> Result<T, String>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error: T::Err| error.to_string()).map_err(at(field, trail))
}

fn at(field: Field, trail: &mut Trail) -> impl FnOnce(String) -> String {
    move |reason| {
        trail.field = Some(field);
        reason
    }
}

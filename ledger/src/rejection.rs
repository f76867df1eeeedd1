//! Rejections: why a command was refused by the rules of the books. Answered, never journalled; the id stays unused.

use crate::model::{AccountNumber, CommandId, Control, CurrencyCode, Date, ParseTextError, Timestamp};

/// Why a command was refused, in order of precedence: form, known id, existence, controls, funds.
///
/// Codes are stable for ever. A rejected command may be sent again under the same id once its cause is mended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    // Form: wrong whatever the books hold.
    /// The id is all zeros.
    #[error("the id is all zeros: choose a random one")]
    IdReserved,
    /// A text breaks the bounds of its field.
    #[error("{field} {reason}")]
    TextInvalid {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        reason: ParseTextError,
    },
    /// More than 8 tags, more than 256 bytes of them, or a name twice.
    #[error("tags: at most 8, each name once, names and values at most 256 bytes together")]
    TagsInvalid,
    /// A category over 9999.
    #[error("category is not four digits of ISO 18245")]
    CategoryInvalid,
    /// An exponent over 8.
    #[error("exponent is over 8")]
    ExponentInvalid,
    /// An amount of nothing.
    #[error("the amount is zero")]
    AmountZero,
    /// An amount without its currency, or a currency without an amount.
    #[error("amount and currency go together: give both or neither")]
    AmountWithoutCurrency,
    /// Debit and credit name the same account.
    #[error("the two accounts are the same")]
    AccountsMustDiffer,
    /// Fewer than 2 or more than 1,000 legs.
    #[error("an entry has 2 to 1,000 legs, this one has {legs}")]
    LegsOutOfBounds {
        /// How many it has.
        legs: usize,
    },
    /// The legs of one currency do not balance.
    #[error("{currency} does not balance: debits {debit_minor}, credits {credit_minor}")]
    Unbalanced {
        /// The currency.
        currency: CurrencyCode,
        /// Its debits in minor units.
        debit_minor: u128,
        /// Its credits in minor units.
        credit_minor: u128,
    },
    /// An account with a code of its own that is to stand under another.
    #[error("code and under exclude each other: an account with a code is summed up under it")]
    UnderWithCode,
    /// A spend or hold that names no store and no account to be credited.
    #[error("no store: name a registered store in the context")]
    StoreMissing,
    /// No time although the ledger's clock is `commands`.
    #[error("at is missing: this ledger's clock is its commands")]
    AtMissing,
    /// A time although the ledger's clock is the wall clock.
    #[error("at is not allowed: this ledger's clock is the system's")]
    AtForbidden,
    /// A time before the last recorded one.
    #[error("at lies before the last recorded time")]
    AtBeforeLast,
    /// A time before 1900-01-01 or after 9998-12-31.
    #[error("{field} lies outside 1900-01-01 to 9998-12-31")]
    TimeOutOfRange {
        /// `at`, `expires_at` or `reading`.
        field: &'static str,
    },
    /// An effective date after today or before 1900-01-01.
    #[error("the effective date lies in the future or before 1900-01-01")]
    EffectiveOutOfRange,
    /// A date for a control or a signal, which count from their recording on.
    #[error("controls and signals have no date of their own: they count from their recording on")]
    EffectiveForbidden,
    /// More than 4 exceptions, or one for what no freeze stops.
    #[error("exceptions: at most 4, each of an operation that a freeze stops")]
    ExceptionsInvalid,
    /// A hold or a freeze that would end before it begins.
    #[error("expires_at is not after now")]
    ExpiryNotAfterNow,
    /// A clock to accept although the ledger's clock is `commands`.
    #[error("there is no clock to accept: this ledger's clock is its commands")]
    ClockOfCommands,
    /// A clock to accept that does not read what the command says.
    #[error("the clock reads {clock}, and not within 60 seconds what the command says")]
    ClockReadsOtherwise {
        /// What it reads.
        clock: Timestamp,
    },
    /// The clock stepped, so that its acceptance alone is decided; see [`Error::Clock`](crate::Error::Clock).
    #[error("the clock stepped, and nothing is done before it is accepted")]
    ClockNotAccepted,
    /// A group of none, or of more than 16,384.
    #[error("a group has 1 to 16,384 members, this one has {members}")]
    GroupOutOfBounds {
        /// How many it has.
        members: usize,
    },
    /// The members of a group carry different times.
    #[error("the members of a group happen at one time: give all of them the same at")]
    GroupTimesDiffer,
    /// Two members of a group carry the same id.
    #[error("the group's member {member} carries the id of an earlier member")]
    GroupIdTwice {
        /// The later member, from 0.
        member: usize,
    },
    /// The events are larger than an event (64 KiB) or a frame (8 MiB) may be.
    #[error("the command is too large: an event holds at most 64 KiB, a group at most 8 MiB")]
    TooLarge,

    // Known id.
    /// The id was used by a command with other content.
    #[error("the id was already used by a different command, at sequence {sequence}")]
    IdReused {
        /// Where that command's event stands.
        sequence: u64,
    },
    /// Some members of a group were accepted before and others are new.
    #[error("the group's member {member} was accepted before, at sequence {sequence}, but not all of the group was")]
    GroupPartlyKnown {
        /// The member, from 0.
        member: usize,
        /// Where its event stands.
        sequence: u64,
    },

    // Existence.
    /// No such actor.
    #[error("no actor of that principal is registered: register it first")]
    ActorUnknown,
    /// The principal is taken.
    #[error("an actor of that principal is registered already")]
    ActorExists,
    /// No such currency.
    #[error("the currency {currency} is not defined")]
    CurrencyUnknown {
        /// The currency asked for.
        currency: CurrencyCode,
    },
    /// The currency is defined already.
    #[error("the currency {currency} is defined already")]
    CurrencyExists {
        /// The currency.
        currency: CurrencyCode,
    },
    /// More than 65,536 currencies.
    #[error("the ledger holds as many currencies as it can number")]
    CurrenciesExhausted,
    /// No such store.
    #[error("no store of that code is open")]
    StoreUnknown,
    /// The store's code is taken.
    #[error("a store of that code is open already")]
    StoreExists,
    /// No such account.
    #[error("there is no account {account}")]
    AccountUnknown {
        /// As the command named it.
        account: String,
    },
    /// The account id is taken.
    #[error("the account exists already")]
    AccountExists,
    /// The account's code is taken.
    #[error("the code {code} names another account already")]
    CodeExists {
        /// The code.
        code: String,
    },
    /// More than 4,294,967,295 accounts.
    #[error("the ledger holds as many accounts as it can number")]
    AccountsExhausted,
    /// The account is closed.
    #[error("the account {account} is closed")]
    AccountClosed {
        /// As the command named it.
        account: String,
    },
    /// The account's kind does not fit the operation.
    #[error("the account {account} is of a kind that this operation does not allow: {needed} is needed")]
    KindNotAllowed {
        /// As the command named it.
        account: String,
        /// What is needed.
        needed: &'static str,
    },
    /// The account has another currency.
    #[error("the account {account} is kept in {actual}, not in {given}")]
    CurrencyMismatch {
        /// As the command named it.
        account: String,
        /// The account's currency.
        actual: CurrencyCode,
        /// The command's currency.
        given: CurrencyCode,
    },
    /// No such transaction.
    #[error("no transaction of that id is known")]
    TransactionUnknown,
    /// The command named made no transaction that can be undone or refunded so.
    #[error("that command cannot be {operation}: {reason}")]
    NotPossible {
        /// `refunded` or `reversed`.
        operation: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// The transaction was reversed before.
    #[error("the transaction was reversed already, at sequence {sequence}")]
    AlreadyReversed {
        /// Where the reversal stands.
        sequence: u64,
    },
    /// A spend of which something was refunded cannot be reversed as a whole.
    #[error("{refunded_minor} of the spend was refunded already: refund the rest instead")]
    AlreadyRefunded {
        /// Minor units refunded so far.
        refunded_minor: u64,
    },
    /// No such hold.
    #[error("no hold of that id is known")]
    HoldUnknown,
    /// The hold was settled, voided or has expired.
    #[error("the hold is closed: it was settled, voided or has expired")]
    HoldClosed,
    /// What ends a hold, or pays out of it, dated before the hold itself.
    #[error("the hold counts from {from} on: nothing can be done with it on an earlier date")]
    EffectiveBeforeHold {
        /// The hold's effective date.
        from: Date,
    },
    /// No such freeze.
    #[error("no such freeze of that id is known")]
    FreezeUnknown,
    /// The freeze was lifted or ended by itself.
    #[error("the freeze is over: it was lifted or has ended by itself")]
    FreezeOver,

    // Controls: what they refuse is declined and journalled; these are what is not.
    /// A control refused it, as it refused so many of this account's operations within the hour that no more are journalled.
    #[error("the {} {} refused it once more: it is counted, and not recorded by itself", .control.kind.name(), .control.id)]
    DeclinedTooOften {
        /// The control.
        control: Control,
        /// The account under which it is counted.
        account: Option<AccountNumber>,
    },
    /// A control refused it that stands only within the group itself.
    #[error("the {} {} of the same group refuses it", .control.kind.name(), .control.id)]
    DeclinedWithinGroup {
        /// The control.
        control: Control,
    },

    // Funds.
    /// More than is left of the spend.
    #[error("only {left_minor} of the spend is left to refund")]
    RefundExceedsSpend {
        /// Minor units left.
        left_minor: u64,
    },
    /// More than the hold still holds.
    #[error("the hold holds only {left_minor}")]
    SettlementExceedsHold {
        /// Minor units left.
        left_minor: u64,
    },
    /// More than the account may spend.
    #[error("the account {account} has {available_minor} available, {needed_minor} is needed")]
    InsufficientFunds {
        /// The account's id.
        account: String,
        /// Minor units that may be spent, the overdraft left out.
        available_minor: i128,
        /// Minor units asked for.
        needed_minor: u64,
    },
    /// A total would exceed what 63 bits hold.
    #[error("a total of the account {account} would exceed 9,223,372,036,854,775,807 minor units")]
    TotalOverflow {
        /// The account's id.
        account: String,
    },
    /// More than is still frozen.
    #[error("only {left_minor} of it is still frozen")]
    ReleaseExceedsFreeze {
        /// Minor units left.
        left_minor: u64,
    },
    /// As many freezes stand on the account as may.
    #[error("16 freezes stand on the account {account}: lift one first")]
    FreezesExhausted {
        /// As the command named it.
        account: String,
    },
    /// An account that is not empty cannot be closed.
    #[error("the account {account} is not empty: posted, pending and frozen must be zero")]
    AccountNotEmpty {
        /// As the command named it.
        account: String,
    },
    /// An account on which a freeze stands cannot be closed.
    #[error("the account {account} is frozen by {freeze}: thaw it first")]
    AccountFrozen {
        /// As the command named it.
        account: String,
        /// The oldest freeze that stands.
        freeze: CommandId,
    },

    // Groups.
    /// Another member of the group was refused.
    #[error("the group failed at member {member}: {code}")]
    GroupFailed {
        /// The member that was refused, from 0.
        member: usize,
        /// Its code.
        code: &'static str,
    },
}

impl Rejection {
    /// The stable code used in answers.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::IdReserved => "id_reserved",
            Self::TextInvalid { .. } => "text_invalid",
            Self::TagsInvalid => "tags_invalid",
            Self::CategoryInvalid => "category_invalid",
            Self::ExponentInvalid => "exponent_invalid",
            Self::AmountZero => "amount_zero",
            Self::AmountWithoutCurrency => "amount_without_currency",
            Self::AccountsMustDiffer => "accounts_must_differ",
            Self::LegsOutOfBounds { .. } => "legs_out_of_bounds",
            Self::Unbalanced { .. } => "unbalanced",
            Self::UnderWithCode => "under_with_code",
            Self::StoreMissing => "store_missing",
            Self::AtMissing => "at_missing",
            Self::AtForbidden => "at_forbidden",
            Self::AtBeforeLast => "at_before_last",
            Self::TimeOutOfRange { .. } => "time_out_of_range",
            Self::EffectiveOutOfRange => "effective_out_of_range",
            Self::EffectiveForbidden => "effective_forbidden",
            Self::ExceptionsInvalid => "exceptions_invalid",
            Self::ExpiryNotAfterNow => "expiry_not_after_now",
            Self::ClockOfCommands => "clock_of_commands",
            Self::ClockReadsOtherwise { .. } => "clock_reads_otherwise",
            Self::ClockNotAccepted => "clock_not_accepted",
            Self::GroupOutOfBounds { .. } => "group_out_of_bounds",
            Self::GroupTimesDiffer => "group_times_differ",
            Self::GroupIdTwice { .. } => "group_id_twice",
            Self::TooLarge => "too_large",
            Self::IdReused { .. } => "id_reused",
            Self::GroupPartlyKnown { .. } => "group_partly_known",
            Self::ActorUnknown => "actor_unknown",
            Self::ActorExists => "actor_exists",
            Self::CurrencyUnknown { .. } => "currency_unknown",
            Self::CurrencyExists { .. } => "currency_exists",
            Self::CurrenciesExhausted => "currencies_exhausted",
            Self::StoreUnknown => "store_unknown",
            Self::StoreExists => "store_exists",
            Self::AccountUnknown { .. } => "account_unknown",
            Self::AccountExists => "account_exists",
            Self::CodeExists { .. } => "code_exists",
            Self::AccountsExhausted => "accounts_exhausted",
            Self::AccountClosed { .. } => "account_closed",
            Self::KindNotAllowed { .. } => "kind_not_allowed",
            Self::CurrencyMismatch { .. } => "currency_mismatch",
            Self::TransactionUnknown => "transaction_unknown",
            Self::NotPossible { .. } => "not_possible",
            Self::AlreadyReversed { .. } => "already_reversed",
            Self::AlreadyRefunded { .. } => "already_refunded",
            Self::HoldUnknown => "hold_unknown",
            Self::HoldClosed => "hold_closed",
            Self::EffectiveBeforeHold { .. } => "effective_before_hold",
            Self::FreezeUnknown => "freeze_unknown",
            Self::FreezeOver => "freeze_over",
            Self::DeclinedTooOften { .. } => "declined_too_often",
            Self::DeclinedWithinGroup { .. } => "declined_within_group",
            Self::RefundExceedsSpend { .. } => "refund_exceeds_spend",
            Self::SettlementExceedsHold { .. } => "settlement_exceeds_hold",
            Self::InsufficientFunds { .. } => "insufficient_funds",
            Self::TotalOverflow { .. } => "total_overflow",
            Self::ReleaseExceedsFreeze { .. } => "release_exceeds_freeze",
            Self::FreezesExhausted { .. } => "freezes_exhausted",
            Self::AccountNotEmpty { .. } => "account_not_empty",
            Self::AccountFrozen { .. } => "account_frozen",
            Self::GroupFailed { .. } => "group_failed",
        }
    }

    /// Whether the same command may succeed later without being changed.
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::ActorUnknown
            | Self::CurrencyUnknown { .. }
            | Self::StoreUnknown
            | Self::AccountUnknown { .. }
            | Self::TransactionUnknown
            | Self::HoldUnknown
            | Self::InsufficientFunds { .. }
            | Self::AccountNotEmpty { .. }
            | Self::FreezeUnknown
            | Self::DeclinedTooOften { .. }
            | Self::FreezesExhausted { .. }
            | Self::AccountFrozen { .. }
            | Self::EffectiveOutOfRange
            | Self::ClockReadsOtherwise { .. }
            | Self::ClockNotAccepted
            | Self::GroupFailed { .. } => true,
            Self::IdReserved
            | Self::TextInvalid { .. }
            | Self::TagsInvalid
            | Self::CategoryInvalid
            | Self::ExponentInvalid
            | Self::AmountZero
            | Self::AmountWithoutCurrency
            | Self::AccountsMustDiffer
            | Self::LegsOutOfBounds { .. }
            | Self::Unbalanced { .. }
            | Self::UnderWithCode
            | Self::StoreMissing
            | Self::AtMissing
            | Self::AtForbidden
            | Self::AtBeforeLast
            | Self::TimeOutOfRange { .. }
            | Self::EffectiveForbidden
            | Self::ExceptionsInvalid
            | Self::ExpiryNotAfterNow
            | Self::ClockOfCommands
            | Self::GroupOutOfBounds { .. }
            | Self::GroupTimesDiffer
            | Self::GroupIdTwice { .. }
            | Self::TooLarge
            | Self::IdReused { .. }
            | Self::GroupPartlyKnown { .. }
            | Self::ActorExists
            | Self::CurrencyExists { .. }
            | Self::CurrenciesExhausted
            | Self::StoreExists
            | Self::AccountExists
            | Self::CodeExists { .. }
            | Self::AccountsExhausted
            | Self::AccountClosed { .. }
            | Self::KindNotAllowed { .. }
            | Self::CurrencyMismatch { .. }
            | Self::NotPossible { .. }
            | Self::AlreadyReversed { .. }
            | Self::AlreadyRefunded { .. }
            | Self::HoldClosed
            | Self::EffectiveBeforeHold { .. }
            | Self::RefundExceedsSpend { .. }
            | Self::SettlementExceedsHold { .. }
            | Self::ReleaseExceedsFreeze { .. }
            | Self::FreezeOver
            | Self::DeclinedWithinGroup { .. }
            | Self::TotalOverflow { .. } => false,
        }
    }
}

//! The stable code of each rejection, and whether waiting may help.

use super::Rejection;

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
            Self::PeriodInvalid => "period_invalid",
            Self::SelectorInvalid { .. } => "selector_invalid",
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
            Self::HaltUnknown => "halt_unknown",
            Self::HaltOver => "halt_over",
            Self::SecondPersonMissing => "second_person_missing",
            Self::DeclinedTooOften { .. } => "declined_too_often",
            Self::DeclinedWithinGroup { .. } => "declined_within_group",
            Self::RefundExceedsSpend { .. } => "refund_exceeds_spend",
            Self::SettlementExceedsHold { .. } => "settlement_exceeds_hold",
            Self::InsufficientFunds { .. } => "insufficient_funds",
            Self::TotalOverflow { .. } => "total_overflow",
            Self::ReleaseExceedsFreeze { .. } => "release_exceeds_freeze",
            Self::FreezesExhausted { .. } => "freezes_exhausted",
            Self::HaltsExhausted { .. } => "halts_exhausted",
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
            | Self::HaltUnknown
            | Self::HaltsExhausted { .. }
            | Self::SelectorInvalid { .. }
            | Self::SecondPersonMissing
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
            | Self::PeriodInvalid
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
            | Self::HaltOver
            | Self::DeclinedWithinGroup { .. }
            | Self::TotalOverflow { .. } => false,
        }
    }
}

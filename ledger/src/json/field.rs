//! The fields of commands, and which of them each type of command takes: tables only.

macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub(super) enum $name { $($variant),+ }

        impl $name {
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub(super) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            pub(super) fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

macro_rules! sets {
    ($($name:ident),+) => {
        $(impl $name {
            pub(super) const fn bit(self) -> u64 {
                1 << self as u8
            }
        })+
    };
}

names! {
    /// A key of a command.
    Field {
        Type = "type", Id = "id", At = "at", Effective = "effective", Actor = "actor", Cause = "cause",
        Context = "context", Account = "account", Funding = "funding", Spend = "spend", Hold = "hold",
        Transaction = "transaction", Debit = "debit", Credit = "credit", Amount = "amount", Currency = "currency",
        ExpiresAt = "expires_at", MoreToCome = "more_to_come", Legs = "legs", Code = "code", Exponent = "exponent",
        Principal = "principal", Kind = "kind", AuthenticatedBy = "authenticated_by", Payable = "payable",
        Under = "under", Overdraft = "overdraft", Reading = "reading",
        Directions = "directions", Freeze = "freeze", Selector = "selector", Reason = "reason", Exceptions = "exceptions",
        Signal = "signal", Incident = "incident", StartsAt = "starts_at", EndsAt = "ends_at", Halt = "halt",
        Except = "except", ApprovedBy = "approved_by", Commands = "commands",
    }
}

names! {
    /// A key of `context`.
    ContextField {
        Channel = "channel", Country = "country", Category = "category", Store = "store", Device = "device",
        Card = "card", Reference = "reference", Description = "description", Voucher = "voucher", Tags = "tags",
    }
}

names! {
    /// A key of one of `legs`.
    LegField { Account = "account", Side = "side", Amount = "amount", Currency = "currency" }
}

names! {
    /// A key of one of `exceptions`.
    ExceptionField { Operation = "operation", Amount = "amount", Currency = "currency" }
}

names! {
    /// A value of `type`.
    Kind {
        DefineCurrency = "define_currency", RegisterActor = "register_actor", OpenStore = "open_store",
        OpenAccount = "open_account", CloseAccount = "close_account", TopUp = "top_up", Spend = "spend",
        RefundSpend = "refund_spend", Transfer = "transfer", PlaceHold = "place_hold", SettleHold = "settle_hold",
        VoidHold = "void_hold", ReverseTransaction = "reverse_transaction", PostJournalEntry = "post_journal_entry",
        AcceptClock = "accept_clock", RecordSignal = "record_signal", FreezeAccount = "freeze_account", ThawAccount = "thaw_account",
        FreezeAmount = "freeze_amount", ReleaseAmount = "release_amount", ImposeHalt = "impose_halt",
        LiftHalt = "lift_halt", Group = "group",
    }
}

sets!(Field, ContextField, LegField, ExceptionField);

impl Field {
    /// The first field of a set of bits.
    pub(super) fn first_of(bits: u64) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| bits & field.bit() != 0)
    }
}

const fn set(fields: &[Field]) -> u64 {
    let mut bits = 0;
    let mut place = 0;
    while place < fields.len() {
        bits |= fields[place].bit();
        place += 1;
    }
    bits
}

const COMMON: u64 = set(&[Field::At, Field::Effective, Field::Actor, Field::Cause, Field::Context]);

impl Kind {
    /// The fields that a command of this type must have.
    pub(super) const fn required(self) -> u64 {
        use Field::{
            Account, Amount, AuthenticatedBy, Code, Commands, Credit, Currency, Debit, Directions, Exponent, Freeze,
            Funding, Halt, Hold, Id, Legs, Payable, Principal, Reading, Reason, Selector, Signal, Spend, Transaction,
            Type,
        };
        let own: &[Field] = match self {
            Self::DefineCurrency => &[Code, Exponent],
            Self::RegisterActor => &[Principal, Field::Kind, AuthenticatedBy],
            Self::OpenStore => &[Code, Payable],
            Self::OpenAccount => &[Account, Field::Kind, Currency],
            Self::CloseAccount => &[Account],
            Self::TopUp => &[Account, Funding, Amount, Currency],
            Self::Spend => &[Account, Amount, Currency],
            Self::RefundSpend => &[Spend],
            Self::Transfer => &[Debit, Credit, Amount, Currency],
            Self::PlaceHold => &[Debit, Amount, Currency],
            Self::SettleHold | Self::VoidHold => &[Hold],
            Self::ReverseTransaction => &[Transaction],
            Self::PostJournalEntry => &[Legs],
            Self::AcceptClock => &[Reading],
            Self::RecordSignal => &[Account, Signal],
            Self::FreezeAccount => &[Account, Directions, Reason],
            Self::ThawAccount | Self::ReleaseAmount => &[Freeze],
            Self::FreezeAmount => &[Account, Amount, Currency, Reason],
            Self::ImposeHalt => &[Selector, Reason],
            Self::LiftHalt => &[Halt],
            Self::Group => &[Commands],
        };
        set(own) | set(&[Type, Id])
    }

    /// Whether it is a control or a signal, which have no date of their own.
    const fn binds_at_once(self) -> bool {
        matches!(
            self,
            Self::RecordSignal
                | Self::FreezeAccount
                | Self::ThawAccount
                | Self::FreezeAmount
                | Self::ReleaseAmount
                | Self::ImposeHalt
                | Self::LiftHalt
        )
    }

    /// All fields that a command of this type may have.
    pub(super) const fn allowed(self) -> u64 {
        use Field::{
            Amount, ApprovedBy, Code, Credit, Currency, EndsAt, Except, Exceptions, ExpiresAt, Incident, MoreToCome,
            Overdraft, StartsAt, Under,
        };
        let own: &[Field] = match self {
            Self::Group => return self.required(),
            Self::OpenAccount => &[Code, Under, Overdraft],
            Self::RefundSpend | Self::ReleaseAmount => &[Amount, Currency],
            Self::PlaceHold => &[Credit, ExpiresAt],
            Self::SettleHold => &[Amount, Currency, MoreToCome],
            Self::FreezeAccount => &[ExpiresAt, Exceptions],
            Self::ImposeHalt => &[Incident, StartsAt, EndsAt],
            Self::LiftHalt => &[Except, ApprovedBy],
            Self::DefineCurrency
            | Self::RegisterActor
            | Self::OpenStore
            | Self::CloseAccount
            | Self::TopUp
            | Self::Spend
            | Self::Transfer
            | Self::VoidHold
            | Self::ReverseTransaction
            | Self::PostJournalEntry
            | Self::AcceptClock
            | Self::RecordSignal
            | Self::ThawAccount
            | Self::FreezeAmount => &[],
        };
        let common = if self.binds_at_once() { COMMON & !Field::Effective.bit() } else { COMMON };
        self.required() | common | set(own)
    }
}

/// The fields of one type of command, in documented order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandFields {
    /// Those that must be there.
    pub required: Vec<&'static str>,
    /// All that may be there.
    pub allowed: Vec<&'static str>,
}

/// The fields of the type of that name; none when there is no such type.
///
/// ```
/// let fields = ledger::json::command_fields("void_hold").unwrap();
/// assert_eq!(fields.required, ["type", "id", "hold"]);
/// ```
pub fn command_fields(kind: &str) -> Option<CommandFields> {
    let kind = Kind::from_name(kind)?;
    Some(CommandFields { required: names_of(kind.required()), allowed: names_of(kind.allowed()) })
}

/// The names of a set of fields.
pub(super) fn names_of(bits: u64) -> Vec<&'static str> {
    Field::ALL.iter().filter(|field| bits & field.bit() != 0).map(|field| field.name()).collect()
}

/// The names of all types of commands, groups included.
pub fn command_types() -> impl Iterator<Item = &'static str> {
    Kind::ALL.iter().map(|kind| kind.name())
}

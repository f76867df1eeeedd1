//! Commands: what a caller asks for, in the imperative, with everything optional still optional.
//!
//! Pure data. Only [`decide`](crate::decide) says what a command may become. Text inside is checked by `decide` as well, so
//! a command built by hand is held to the same form as one that was parsed.

use crate::model::{
    AccountId, AccountKind, AccountRef, ActorKind, Authentication, Category, Channel, Code, CommandId, Country,
    CurrencyCode, Date, Directions, FreezeReason, OperationKind, Overdraft, Pseudonym, Reference, Side, Signal, Tag,
    Timestamp, Voucher,
};

/// The most members a linked group may have.
pub const GROUP_MEMBERS_MAX: usize = 16_384;
/// The most legs one journal entry may have.
pub const LEGS_MAX: usize = 1_000;
/// The most exceptions one freeze may have.
pub const EXCEPTIONS_MAX: usize = 4;

/// What arrives: one command, or several that become events all together or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "nearly every submission is one command; a box for each would cost more")]
pub enum Submission {
    /// One command.
    One(Command),
    /// A linked group: all or none, in one frame.
    Group(Group),
}

/// A linked group of 1 to [`GROUP_MEMBERS_MAX`] commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The group's own id: it names the group in answers; each member has an id of its own, which is its idempotency key.
    pub id: CommandId,
    /// The members, decided in this order, each after the ones before it.
    pub members: Vec<Command>,
}

/// One instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Its id: the idempotency key, for ever.
    pub id: CommandId,
    /// When it happens: required where the ledger's clock is `commands`, refused where it is `system`. Not part of the
    /// content that a repeated id is compared by.
    pub at: Option<Timestamp>,
    /// The date on which it counts; today (in the ledger's offset) when absent. Never in the future.
    pub effective: Option<Date>,
    /// The principal of a registered actor; the ledger itself when absent.
    pub actor: Option<Box<str>>,
    /// The command that led to this one.
    pub cause: Option<CommandId>,
    /// The circumstances.
    pub context: CommandContext,
    /// What is asked.
    pub action: Action,
}

/// The circumstances of an operation as a caller gives them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CommandContext {
    /// The way it came.
    pub channel: Option<Channel>,
    /// Where it came from.
    pub country: Option<Country>,
    /// What was bought.
    pub category: Option<Category>,
    /// The code of a registered store.
    pub store: Option<Code>,
    /// The device it came from.
    pub device: Option<Pseudonym>,
    /// The card that paid.
    pub card: Option<Pseudonym>,
    /// The outside world's name for it.
    pub reference: Option<Reference>,
    /// Why, in words.
    pub description: Option<Box<str>>,
    /// The paper behind it.
    pub voucher: Option<Voucher>,
    /// What the host adds.
    pub tags: Vec<Tag>,
}

/// What a command asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Make a currency known.
    DefineCurrency(DefineCurrency),
    /// Make a principal known.
    RegisterActor(RegisterActor),
    /// Make a store known.
    OpenStore(OpenStore),
    /// Open an account.
    OpenAccount(OpenAccount),
    /// Close an account whose balance is zero.
    CloseAccount(CloseAccount),
    /// Load a wallet from a funding source.
    TopUp(TopUp),
    /// Pay in a store.
    Spend(Spend),
    /// Give back part or all of a spend.
    RefundSpend(RefundSpend),
    /// Move money between two accounts.
    Transfer(Transfer),
    /// Reserve money.
    PlaceHold(PlaceHold),
    /// Turn reserved money into a payment.
    SettleHold(SettleHold),
    /// Give reserved money back.
    VoidHold(VoidHold),
    /// Undo a transaction by its mirror image, once.
    ReverseTransaction(ReverseTransaction),
    /// Post any balanced entry.
    PostJournalEntry(PostJournalEntry),
    /// Go on although the wall clock stepped.
    AcceptClock(AcceptClock),
    /// Note a security fact about an account.
    RecordSignal(RecordSignal),
    /// Stop an account.
    FreezeAccount(FreezeAccount),
    /// Lift one freeze of an account.
    ThawAccount(ThawAccount),
    /// Put part of a balance out of reach.
    FreezeAmount(FreezeAmount),
    /// Give back what was put out of reach.
    ReleaseAmount(ReleaseAmount),
    /// Stop whatever matches, for everyone.
    ImposeHalt(ImposeHalt),
    /// Lift a halt, or part of it.
    LiftHalt(LiftHalt),
}

/// Defines a currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefineCurrency {
    /// Its code, new to the ledger.
    pub code: CurrencyCode,
    /// Decimals, at most 8.
    pub exponent: u8,
}

/// Registers an actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterActor {
    /// Its name, new to the ledger, 1 to 64 bytes.
    pub principal: Box<str>,
    /// Person, service or system.
    pub kind: ActorKind,
    /// How the principal is established.
    pub authenticated_by: Authentication,
}

/// Opens a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenStore {
    /// Its code, new among stores.
    pub code: Code,
    /// The liability account that owes the store what is spent there.
    pub payable: AccountRef,
}

/// Opens an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenAccount {
    /// Its id, new to the ledger.
    pub account: AccountId,
    /// Its kind.
    pub kind: AccountKind,
    /// Its one currency.
    pub currency: CurrencyCode,
    /// Its own place in the chart, when it has one; new to the ledger.
    pub code: Option<Code>,
    /// The coded account under which an account without a code of its own is summed up, of the same kind and currency.
    pub under: Option<Code>,
    /// How far below zero it may go.
    pub overdraft: Overdraft,
}

/// Closes an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseAccount {
    /// The account: nothing posted net, nothing pending, nothing frozen.
    pub account: AccountRef,
}

/// Loads a wallet: debits the funding source, credits the wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopUp {
    /// The wallet: a liability.
    pub account: AccountRef,
    /// The funding source: an asset.
    pub funding: AccountRef,
    /// Minor units, at least 1.
    pub amount_minor: u64,
    /// The currency of both.
    pub currency: CurrencyCode,
}

/// Pays in the store named by the context: debits the wallet, credits the store's payable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spend {
    /// The wallet: a liability.
    pub account: AccountRef,
    /// Minor units, at least 1.
    pub amount_minor: u64,
    /// The currency of both.
    pub currency: CurrencyCode,
}

/// Gives back part or all of a spend, to the account that spent, from the account that received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundSpend {
    /// The id of the command that spent.
    pub spend: CommandId,
    /// Minor units; what is left of the spend when absent.
    pub amount_minor: Option<u64>,
    /// The spend's currency, given whenever the amount is.
    pub currency: Option<CurrencyCode>,
}

/// Moves money: debits `from` and credits `to` where both are wallets; see [`decide`](crate::decide) for other kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// The account debited.
    pub debit: AccountRef,
    /// The account credited.
    pub credit: AccountRef,
    /// Minor units, at least 1.
    pub amount_minor: u64,
    /// The currency of both.
    pub currency: CurrencyCode,
}

/// Reserves money for a later debit and credit. The command's id names the hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceHold {
    /// The account that will be debited.
    pub debit: AccountRef,
    /// The account that will be credited; the payable of the context's store when absent.
    pub credit: Option<AccountRef>,
    /// Minor units, at least 1.
    pub amount_minor: u64,
    /// The currency of both.
    pub currency: CurrencyCode,
    /// When it ends by itself, after now; never when absent.
    pub expires_at: Option<Timestamp>,
}

/// Pays out of a hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettleHold {
    /// The hold.
    pub hold: CommandId,
    /// Minor units, at most what the hold still holds; all of it when absent.
    pub amount_minor: Option<u64>,
    /// The hold's currency, given whenever the amount is.
    pub currency: Option<CurrencyCode>,
    /// Whether more will follow: if so, the rest stays reserved; if not, it is given back.
    pub more_to_come: bool,
}

/// Ends a hold without payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoidHold {
    /// The hold.
    pub hold: CommandId,
}

/// Undoes a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReverseTransaction {
    /// The id of the command that made the transaction.
    pub transaction: CommandId,
}

/// Posts any entry that balances in each currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostJournalEntry {
    /// 2 to [`LEGS_MAX`] legs.
    pub legs: Vec<EntryLeg>,
}

/// One leg of a journal entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryLeg {
    /// The account.
    pub account: AccountRef,
    /// The side.
    pub side: Side,
    /// Minor units, at least 1.
    pub amount_minor: u64,
    /// The account's currency.
    pub currency: CurrencyCode,
}

/// Accepts what the wall clock reads, although it stepped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptClock {
    /// The reading that is accepted; the clock must lie within 60 s of it.
    pub reading: Timestamp,
}

/// Notes a security fact beside the money: that it happened to this account, and no more of the person behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordSignal {
    /// The account.
    pub account: AccountRef,
    /// What happened.
    pub signal: Signal,
}

/// Stops an account in one direction or both. The command's id names the freeze; freezes of one account stand side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreezeAccount {
    /// The account.
    pub account: AccountRef,
    /// What is stopped.
    pub directions: Directions,
    /// Why; words go into the context's description.
    pub reason: FreezeReason,
    /// When it ends by itself, after now; never when absent.
    pub expires_at: Option<Timestamp>,
    /// What passes all the same, each once; at most [`EXCEPTIONS_MAX`].
    pub exceptions: Vec<FreezeException>,
}

/// One operation that passes a freeze, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreezeException {
    /// What passes: one of [`OperationKind::FREEZABLE`].
    pub operation: OperationKind,
    /// The most that may pass in minor units, at least 1.
    pub amount_minor: u64,
    /// The account's currency.
    pub currency: CurrencyCode,
}

/// Lifts one freeze.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThawAccount {
    /// The id of the command that froze.
    pub freeze: CommandId,
}

/// Freezes part of what an account has available. The command's id names the freeze.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreezeAmount {
    /// The account.
    pub account: AccountRef,
    /// Minor units, at least 1 and at most what is available, the overdraft left out.
    pub amount_minor: u64,
    /// The account's currency.
    pub currency: CurrencyCode,
    /// Why; words go into the context's description.
    pub reason: FreezeReason,
}

/// Gives back part or all of a frozen amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseAmount {
    /// The id of the command that froze the amount.
    pub freeze: CommandId,
    /// Minor units, at most what is still frozen; all of it when absent.
    pub amount_minor: Option<u64>,
    /// The account's currency, given whenever the amount is.
    pub currency: Option<CurrencyCode>,
}

/// Stops every operation that a selector matches, for everyone. The command's id names the halt. It holds for every command after
/// its event, between `starts_at` and `ends_at` by recorded time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImposeHalt {
    /// What is stopped, in the [language](crate::selector) of selectors; kept as it is written.
    pub selector: Box<str>,
    /// Why, 1 to 200 bytes.
    pub reason: Box<str>,
    /// The incident to which it belongs, by the id that the host gave that.
    pub incident: Option<CommandId>,
    /// When it begins; at once when absent.
    pub starts_at: Option<Timestamp>,
    /// When it ends by itself, after now and after its beginning; never when absent.
    pub ends_at: Option<Timestamp>,
}

/// Lifts a halt, or lets something through while it stands. Takes two registered persons: the actor, and who approves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiftHalt {
    /// The id of the command that imposed it.
    pub halt: CommandId,
    /// What is let through again, besides what was before; the halt is over when absent.
    pub except: Option<Box<str>>,
    /// The principal of the second person.
    pub approved_by: Option<Box<str>>,
}

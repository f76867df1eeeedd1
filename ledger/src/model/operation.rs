//! The operations that controls look at and rules count.

use super::party::names;

/// What kind of operation a command asks for. Only what concerns accounts, stores and money is one: commands that govern the
/// ledger itself (its currencies, actors, clock and controls) are not, so no control can shut out whoever must lift it.
///
/// The numbers are stored and never change; new kinds take new ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum OperationKind {
    /// A store is opened.
    OpenStore = 1,
    /// An account is opened.
    OpenAccount = 2,
    /// An account is closed.
    CloseAccount = 3,
    /// A card is linked to an account.
    LinkCard = 4,
    /// A wallet is loaded.
    TopUp = 5,
    /// A wallet pays in a store.
    Spend = 6,
    /// A spend is given back, all or part of it.
    RefundSpend = 7,
    /// Money moves between two accounts.
    Transfer = 8,
    /// Money is reserved.
    PlaceHold = 9,
    /// Reserved money is paid.
    SettleHold = 10,
    /// Reserved money is given back.
    VoidHold = 11,
    /// A transaction is undone.
    ReverseTransaction = 12,
    /// An entry with any number of legs is posted.
    PostJournalEntry = 13,
}

names!(OperationKind {
    OpenStore = "open_store", OpenAccount = "open_account", CloseAccount = "close_account", LinkCard = "link_card",
    TopUp = "top_up", Spend = "spend", RefundSpend = "refund_spend", Transfer = "transfer", PlaceHold = "place_hold",
    SettleHold = "settle_hold", VoidHold = "void_hold", ReverseTransaction = "reverse_transaction",
    PostJournalEntry = "post_journal_entry",
});

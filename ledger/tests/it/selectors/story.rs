//! A few operations of the first days of July 2019, by name, as the golden table sees them.

use ledger::model::{
    AccountId, AccountNumber, AccountRef, Category, Channel, Code, Country, CurrencyCode, CurrencyNumber,
    OperationKind, Pseudonym, Sequence, Signal, SignalTimes, StoreNumber, Timestamp,
};
use ledger::selector::{Lookup, Operation};

/// The names that the table's texts may use.
pub struct Names;

const CODES: [&str; 6] = ["funding:credit-card", "funding:debit-card", "funding:bank", "wallets", "shop-1", "shop-2"];
/// The wallets: `a` is robbed, `b` lives its life, `c` has points, `d` is being opened.
const WALLETS: [(&str, u32, u128); 4] = [("a", 10, 0xA), ("b", 11, 0xB), ("c", 12, 0xC), ("d", 13, 0xD)];

impl Lookup for Names {
    fn account(&self, account: &AccountRef) -> Option<AccountNumber> {
        match account {
            AccountRef::Id(id) => {
                let known = WALLETS.iter().take(3).find(|(_, _, known)| *known == id.0);
                known.map(|(_, number, _)| AccountNumber(*number))
            }
            AccountRef::Code(code) => {
                CODES.iter().position(|known| *known == code.as_str()).map(|place| AccountNumber(place as u32))
            }
        }
    }

    fn store(&self, code: &Code) -> Option<StoreNumber> {
        ["shop-1", "shop-2"].iter().position(|known| *known == code.as_str()).map(|place| StoreNumber(place as u32 + 1))
    }

    fn currency(&self, code: CurrencyCode) -> Option<CurrencyNumber> {
        ["JPY", "XPT"].iter().position(|known| *known == code.as_str()).map(|place| CurrencyNumber(place as u16))
    }
}

/// The name of a wallet.
pub fn wallet_name(number: AccountNumber) -> &'static str {
    WALLETS.iter().find(|(_, known, _)| *known == number.0).unwrap().0
}

/// The story so far, one operation a minute from 3 July 2019, 09:00 in Tokyo.
pub struct Story {
    operations: Vec<(&'static str, Operation<'static>, Option<char>)>,
    /// The signals of `a`: a reset an hour before the first operation and a new device half an hour before.
    signals: SignalTimes,
}

fn account(name: char) -> (AccountNumber, AccountId) {
    let (_, number, id) = WALLETS.into_iter().find(|(known, ..)| known.starts_with(name)).unwrap();
    (AccountNumber(number), AccountId(id))
}

impl Story {
    pub fn new() -> Self {
        let start: Timestamp = "2019-07-03T09:00:00+09:00".parse().unwrap();
        let mut signals = SignalTimes::default();
        signals.record(Signal::CredentialReset, start.plus_seconds(-3_600));
        signals.record(Signal::NewDevice, start.plus_seconds(-1_800));
        let mut story = Self { operations: Vec::new(), signals };
        let mut add = |name, wallet: Option<char>, kind, change: &dyn Fn(&mut Operation<'static>)| {
            let place = story.operations.len() as u64;
            let at = start.plus_seconds(place as i64 * 60);
            let mut operation = Operation::new(kind, Sequence(place + 1), at);
            operation.account = wallet.map(account);
            change(&mut operation);
            story.operations.push((name, operation, wallet));
        };
        let yen = |operation: &mut Operation<'_>, minor| {
            (operation.amount_minor, operation.currency) = (Some(minor), Some(CurrencyNumber(0)));
        };
        let loads = |operation: &mut Operation<'_>, funding: u32| {
            (operation.funding, operation.debit) = (Some(AccountNumber(funding)), Some(AccountNumber(funding)));
            operation.credit = operation.account_number();
            operation.channel = Some(Channel::App);
        };
        let pays = |operation: &mut Operation<'_>, store: u32, category: u16| {
            (operation.debit, operation.credit) = (operation.account_number(), Some(AccountNumber(store + 3)));
            operation.channel = Some(Channel::Store);
            (operation.store, operation.category) = (Some(StoreNumber(store)), Some(Category(category)));
        };
        let card_abroad = |operation: &mut Operation<'_>| {
            loads(operation, 0);
            yen(operation, 30_000);
            operation.country = Some(Country(*b"CN"));
            (operation.card, operation.device) = (Some(Pseudonym(0xCA)), Some(Pseudonym(0xDE)));
        };
        add("card-abroad", Some('a'), OperationKind::TopUp, &card_abroad);
        add("card-home", Some('b'), OperationKind::TopUp, &|operation| {
            loads(operation, 0);
            yen(operation, 5_000);
            operation.country = Some(Country(*b"JP"));
        });
        add("bank", Some('b'), OperationKind::TopUp, &|operation| {
            loads(operation, 2);
            yen(operation, 40_000);
        });
        add("tobacco", Some('a'), OperationKind::Spend, &|operation| {
            pays(operation, 1, 5_993);
            yen(operation, 25_000);
        });
        add("bread", Some('b'), OperationKind::Spend, &|operation| {
            pays(operation, 2, 5_411);
            yen(operation, 300);
        });
        add("gift", Some('a'), OperationKind::Transfer, &|operation| {
            (operation.debit, operation.credit) = (Some(account('a').0), Some(account('b').0));
            yen(operation, 1_000);
        });
        add("points", Some('c'), OperationKind::TopUp, &|operation| {
            loads(operation, 2);
            (operation.amount_minor, operation.currency) = (Some(50_000), Some(CurrencyNumber(1)));
        });
        add("opening", Some('d'), OperationKind::OpenAccount, &|operation| {
            (operation.channel, operation.country) = (Some(Channel::Web), Some(Country(*b"CN")));
            operation.currency = Some(CurrencyNumber(0));
        });
        add("hold", Some('a'), OperationKind::PlaceHold, &|operation| {
            pays(operation, 1, 5_993);
            yen(operation, 2_000);
        });
        add("entry", None, OperationKind::PostJournalEntry, &|operation| operation.channel = Some(Channel::Other));
        add("refused", Some('a'), OperationKind::TopUp, &|operation| {
            card_abroad(operation);
            *operation = operation.as_declined();
        });
        story
    }

    /// The operations in order, by name.
    pub fn views(&self) -> impl Iterator<Item = (&'static str, Operation<'_>)> {
        self.operations.iter().map(|(name, operation, wallet)| {
            let signals = (*wallet == Some('a')).then_some(&self.signals);
            (*name, operation.with_signals(signals))
        })
    }
}

//! One line of a scenario: from words to a command.
//!
//! Accounts that begin with a capital letter (`W1`) have an id derived from that name; other words are codes of the chart. A
//! command may be named (`S1: spend …`), and the name gives it its id.

use std::str::FromStr;

use ledger::command::{
    AcceptClock, Action, CloseAccount, Command, CommandContext, DefineCurrency, EntryLeg, FreezeAccount, FreezeAmount,
    FreezeException, ImposeHalt, LiftHalt, OpenAccount, OpenStore, PlaceHold, PostJournalEntry, RecordSignal,
    RefundSpend, RegisterActor, ReleaseAmount, ReverseTransaction, SettleHold, Spend, ThawAccount, TopUp, Transfer,
    VoidHold,
};
use ledger::model::{
    AccountId, AccountKind, AccountRef, ActorKind, Authentication, Category, Code, CommandId, Country, CurrencyCode,
    Directions, FreezeReason, OperationKind, Overdraft, Pseudonym, Reference, Side, Tag, Timestamp,
};

type Parsed<T> = Result<T, String>;

/// The words of a line and how far they were read.
pub struct Words<'a> {
    words: &'a [String],
    next: usize,
}

/// Splits a line into words; what stands in quotes is one word.
pub fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (place, part) in line.split('"').enumerate() {
        if place % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

/// The id that a command's name gives it.
pub fn command_id(name: &str) -> CommandId {
    if name == "nil" { CommandId(0) } else { CommandId::derived("scenario/command", name.as_bytes()) }
}

/// The account that a word names.
pub fn account_ref(word: &str) -> Parsed<AccountRef> {
    if word == "nil" || word.starts_with(|first: char| first.is_ascii_uppercase()) {
        return Ok(AccountRef::Id(account_id(word)));
    }
    parsed::<Code>("code", word).map(AccountRef::Code)
}

fn account_id(word: &str) -> AccountId {
    if word == "nil" { AccountId(0) } else { AccountId::derived("scenario/account", word.as_bytes()) }
}

/// A time; the ledger's own offset is understood where none is given.
pub fn time(word: &str) -> Parsed<Timestamp> {
    let full = if word.len() == 16 { format!("{word}:00+09:00") } else { word.to_owned() };
    parsed("time", &full)
}

fn parsed<T: FromStr>(what: &str, word: &str) -> Parsed<T> {
    word.parse().map_err(|_| format!("not a {what}: {word}"))
}

impl<'a> Words<'a> {
    pub const fn new(words: &'a [String]) -> Self {
        Self { words, next: 0 }
    }

    pub fn peek(&self) -> Option<&'a str> {
        self.words.get(self.next).map(String::as_str)
    }

    pub fn word(&mut self, what: &str) -> Parsed<&'a str> {
        let word = self.peek().ok_or_else(|| format!("{what} is missing"))?;
        self.next += 1;
        Ok(word)
    }

    pub fn number<T: FromStr>(&mut self, what: &str) -> Parsed<T> {
        parsed(what, &self.word(what)?.replace(',', ""))
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        let found = self.peek() == Some(keyword);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, keyword: &str) -> Parsed<()> {
        if self.keyword(keyword) { Ok(()) } else { Err(format!("{keyword} is missing before {:?}", self.peek())) }
    }

    fn account(&mut self) -> Parsed<AccountRef> {
        account_ref(self.word("account")?)
    }

    fn command(&mut self) -> Parsed<CommandId> {
        self.word("command").map(command_id)
    }

    /// An amount and its currency, the yen where none is given.
    fn amount(&mut self) -> Parsed<(u64, CurrencyCode)> {
        let amount = self.number("amount")?;
        let currency = self.peek().and_then(|word| word.parse().ok());
        self.next += usize::from(currency.is_some());
        Ok((amount, currency.unwrap_or("JPY".parse().unwrap())))
    }

    /// An amount that may be absent; `5 alone` is an amount without its currency, `JPY alone` the other way round.
    fn part(&mut self) -> Parsed<(Option<u64>, Option<CurrencyCode>)> {
        match self.peek() {
            Some(word) if word.starts_with(|first: char| first.is_ascii_digit()) => {
                let (amount, currency) = self.amount()?;
                Ok((Some(amount), if self.keyword("alone") { None } else { Some(currency) }))
            }
            Some(word) if word.parse::<CurrencyCode>().is_ok() => {
                self.next += 1;
                self.expect("alone")?;
                Ok((None, parsed("currency", word).map(Some)?))
            }
            _ => Ok((None, None)),
        }
    }

    /// The command that the words say, with the id and the time given.
    pub fn sentence(&mut self, id: CommandId, at: Option<Timestamp>) -> Parsed<Command> {
        let action = self.action()?;
        let context = CommandContext::default();
        let mut command = Command { id, at, effective: None, actor: None, cause: None, context, action };
        while let Some(keyword) = self.peek() {
            self.next += 1;
            self.circumstance(keyword, &mut command)?;
        }
        Ok(command)
    }

    fn circumstance(&mut self, keyword: &str, command: &mut Command) -> Parsed<()> {
        let word = self.word(keyword)?;
        let context = &mut command.context;
        match keyword {
            "moment" => command.at = if word == "none" { None } else { Some(time(word)?) },
            "on" => command.effective = Some(parsed("date", word)?),
            "by" => command.actor = Some(word.into()),
            "cause" => command.cause = Some(command_id(word)),
            "at" => context.store = Some(parsed("code", word)?),
            "until" => match &mut command.action {
                Action::PlaceHold(hold) => hold.expires_at = Some(time(word)?),
                Action::FreezeAccount(freeze) => freeze.expires_at = Some(time(word)?),
                Action::ImposeHalt(halt) => halt.ends_at = Some(time(word)?),
                _ => return Err("only holds, freezes and halts end by themselves".to_owned()),
            },
            "from" | "incident" | "but" | "approved" => {
                return circumstance_of_halt(keyword, word, &mut command.action);
            }
            "category" => context.category = Some(Category(parsed("category", word)?)),
            "country" => context.country = Some(Country(word.as_bytes().try_into().map_err(|_| "two letters")?)),
            "device" => context.device = Some(Pseudonym(parsed("device", word)?)),
            "reference" => context.reference = Some(Reference::from(word).map_err(|_| "too long")?),
            "voucher" => context.voucher = Some(Reference::from(word).map_err(|_| "too long")?),
            "saying" => context.description = Some(word.into()),
            "tag" => {
                let (name, value) = word.split_once('=').ok_or("a tag is name=value")?;
                context.tags.push(Tag { name: name.to_owned(), value: value.to_owned() });
            }
            other => return Err(format!("what is {other}?")),
        }
        Ok(())
    }

    fn action(&mut self) -> Parsed<Action> {
        Ok(match self.word("verb")? {
            "currency" => {
                let code = self.word("code")?;
                let code = if code == "empty" { CurrencyCode::default() } else { parsed("currency", code)? };
                Action::DefineCurrency(DefineCurrency { code, exponent: self.number("exponent")? })
            }
            "actor" => Action::RegisterActor(RegisterActor {
                principal: self.word("principal")?.into(),
                kind: ActorKind::from_name(self.word("kind")?).ok_or("kind?")?,
                authenticated_by: Authentication::from_name(self.word("authentication")?).ok_or("authentication?")?,
            }),
            "store" => {
                let code = parsed("code", self.word("code")?)?;
                self.expect("payable")?;
                Action::OpenStore(OpenStore { code, payable: self.account()? })
            }
            "open" => self.open()?,
            "close" => Action::CloseAccount(CloseAccount { account: self.account()? }),
            "top_up" => {
                let account = self.account()?;
                self.expect("from")?;
                let funding = self.account()?;
                let (amount_minor, currency) = self.amount()?;
                Action::TopUp(TopUp { account, funding, amount_minor, currency })
            }
            "spend" => {
                let account = self.account()?;
                let (amount_minor, currency) = self.amount()?;
                Action::Spend(Spend { account, amount_minor, currency })
            }
            "refund" => {
                let spend = self.command()?;
                let (amount_minor, currency) = self.part()?;
                Action::RefundSpend(RefundSpend { spend, amount_minor, currency })
            }
            "transfer" => {
                let (amount_minor, currency) = self.amount()?;
                self.expect("from")?;
                let debit = self.account()?;
                self.expect("to")?;
                Action::Transfer(Transfer { debit, credit: self.account()?, amount_minor, currency })
            }
            "hold" => {
                let (amount_minor, currency) = self.amount()?;
                self.expect("from")?;
                let debit = self.account()?;
                let credit = if self.keyword("to") { Some(self.account()?) } else { None };
                Action::PlaceHold(PlaceHold { debit, credit, amount_minor, currency, expires_at: None })
            }
            "settle" => {
                let hold = self.command()?;
                let (amount_minor, currency) = self.part()?;
                let more_to_come = self.keyword("more");
                Action::SettleHold(SettleHold { hold, amount_minor, currency, more_to_come })
            }
            "void" => Action::VoidHold(VoidHold { hold: self.command()? }),
            "reverse" => Action::ReverseTransaction(ReverseTransaction { transaction: self.command()? }),
            "entry" => self.entry()?,
            "signal" => {
                let signal = parsed("signal", self.word("signal")?)?;
                self.expect("of")?;
                Action::RecordSignal(RecordSignal { account: self.account()?, signal })
            }
            "freeze" => self.freeze()?,
            "thaw" => Action::ThawAccount(ThawAccount { freeze: self.command()? }),
            "release" => {
                let freeze = self.command()?;
                let (amount_minor, currency) = self.part()?;
                Action::ReleaseAmount(ReleaseAmount { freeze, amount_minor, currency })
            }
            "halt" => {
                let selector = self.word("selector")?.into();
                self.expect("because")?;
                let reason = self.word("reason")?.into();
                Action::ImposeHalt(ImposeHalt { selector, reason, incident: None, starts_at: None, ends_at: None })
            }
            "lift" => Action::LiftHalt(LiftHalt { halt: self.command()?, except: None, approved_by: None }),
            "accept_clock" => Action::AcceptClock(AcceptClock { reading: time(self.word("reading")?)? }),
            other => return Err(format!("no such verb: {other}")),
        })
    }

    /// `freeze W1 out court_order but transfer 500 spend 100`, or `freeze 500 of W1 court_order`.
    fn freeze(&mut self) -> Parsed<Action> {
        if self.peek().is_some_and(|word| word.starts_with(|first: char| first.is_ascii_digit())) {
            let (amount_minor, currency) = self.amount()?;
            self.expect("of")?;
            let (account, reason) = (self.account()?, self.reason()?);
            return Ok(Action::FreezeAmount(FreezeAmount { account, amount_minor, currency, reason }));
        }
        let account = self.account()?;
        let directions = Directions::from_name(self.word("directions")?).ok_or("directions?")?;
        let reason = self.reason()?;
        let mut exceptions = Vec::new();
        if self.keyword("but") {
            while let Some(operation) = self.peek().and_then(OperationKind::from_name) {
                self.next += 1;
                let (amount_minor, currency) = self.amount()?;
                exceptions.push(FreezeException { operation, amount_minor, currency });
            }
        }
        Ok(Action::FreezeAccount(FreezeAccount { account, directions, reason, expires_at: None, exceptions }))
    }

    fn reason(&mut self) -> Parsed<FreezeReason> {
        let word = self.word("reason")?;
        FreezeReason::from_name(word).ok_or_else(|| format!("reason? {word}"))
    }

    fn open(&mut self) -> Parsed<Action> {
        let account = account_id(self.word("account")?);
        let kind = self.word("kind")?;
        let currency = parsed("currency", self.word("currency")?)?;
        let (kind, mut under) = match kind {
            "wallet" => (AccountKind::Liability, Some("wallets".parse::<Code>().unwrap())),
            kind => (AccountKind::from_name(kind).ok_or_else(|| format!("kind? {kind}"))?, None),
        };
        let mut code = None;
        let mut overdraft = Overdraft::Never;
        loop {
            if self.keyword("code") {
                code = Some(parsed("code", self.word("code")?)?);
            } else if self.keyword("under") {
                under = Some(parsed("code", self.word("code")?)?);
            } else if self.keyword("overdraft") {
                overdraft = match self.word("overdraft")? {
                    "unlimited" => Overdraft::Unlimited,
                    minor => Overdraft::UpTo(parsed("overdraft", minor)?),
                };
            } else {
                return Ok(Action::OpenAccount(OpenAccount { account, kind, currency, code, under, overdraft }));
            }
        }
    }

    fn entry(&mut self) -> Parsed<Action> {
        let mut legs = Vec::new();
        while let Some(side) =
            self.peek().and_then(|word| [Side::Debit, Side::Credit].into_iter().find(|s| s.name() == word))
        {
            self.next += 1;
            let account = self.account()?;
            let (amount_minor, currency) = self.amount()?;
            legs.push(EntryLeg { account, side, amount_minor, currency });
        }
        if self.keyword("times") {
            let times: usize = self.number("times")?;
            legs = legs.iter().cloned().cycle().take(legs.len() * times).collect();
        }
        Ok(Action::PostJournalEntry(PostJournalEntry { legs }))
    }
}

/// `from TIME` and `incident NAME` of a halt, `but SELECTOR` and `approved PRINCIPAL` of its lifting.
fn circumstance_of_halt(keyword: &str, word: &str, action: &mut Action) -> Parsed<()> {
    match (keyword, action) {
        ("from", Action::ImposeHalt(halt)) => halt.starts_at = Some(time(word)?),
        ("incident", Action::ImposeHalt(halt)) => halt.incident = Some(command_id(word)),
        ("but", Action::LiftHalt(lift)) => lift.except = Some(word.into()),
        ("approved", Action::LiftHalt(lift)) => lift.approved_by = Some(word.into()),
        _ => return Err(format!("{keyword} belongs to halts")),
    }
    Ok(())
}

//! throwaway
use ledger::command::*;
use ledger::model::*;
use ledger::*;
use std::time::Instant;
fn main() {
    let accounts: u128 = std::env::args().nth(1).unwrap().parse().unwrap();
    let total: u64 = std::env::args().nth(2).unwrap().parse().unwrap();
    let batch: u64 = 8000;
    let dir = tempfile::tempdir_in("/work").unwrap();
    let d = dir.path().join("l");
    Ledger::init(&d, &InitOptions::default()).unwrap();
    let l = Ledger::open(&d, &OpenOptions { index: false, ..Default::default() }).unwrap();
    let jpy: CurrencyCode = "JPY".parse().unwrap();
    let mk = |id: u128, action| Command {
        id: CommandId(id),
        at: None,
        effective: None,
        actor: None,
        cause: None,
        context: CommandContext::default(),
        action,
    };
    let mix = |n: u128| {
        let mut z = (n as u64).wrapping_mul(0x9E3779B97F4A7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58476D1CE4E5B9);
        z ^= z >> 27;
        ((z as u128) << 64) | n
    };
    let t = Instant::now();
    let mut n: u128 = 0;
    while n < accounts {
        let c = (accounts - n).min(8000);
        let b = (0..c)
            .map(|i| {
                Submission::One(mk(
                    mix(1_000_000_000 + n + i),
                    Action::OpenAccount(OpenAccount {
                        account: AccountId(mix(n + i)),
                        kind: AccountKind::Liability,
                        currency: jpy,
                        code: None,
                        under: Some("wallets".parse().unwrap()),
                        overdraft: Overdraft::Unlimited,
                    }),
                ))
            })
            .collect();
        for o in l.submit_batch(b).unwrap() {
            assert!(o.is_done(), "{o:?}")
        }
        n += c;
    }
    println!("open {accounts}: {:?}", t.elapsed());
    let ctx = CommandContext {
        channel: Some(Channel::Store),
        country: Some("JP".parse().unwrap()),
        category: Some(Category(5411)),
        device: Some(Pseudonym(7)),
        card: Some(Pseudonym(8)),
        reference: Some(Reference::from("20190703-001").unwrap()),
        ..Default::default()
    };
    let mut batches: Vec<Vec<Submission>> = vec![];
    let mut r = 12345u64;
    let mut next = || {
        r ^= r << 13;
        r ^= r >> 7;
        r ^= r << 17;
        r
    };
    for k in 0..total / batch {
        batches.push(
            (0..batch)
                .map(|i| {
                    let a = next() as u128 % accounts;
                    let mut b = next() as u128 % accounts;
                    if a == b {
                        b = (b + 1) % accounts
                    }
                    let mut c = mk(
                        mix(2_000_000_000 + (k * batch + i) as u128),
                        Action::Transfer(Transfer {
                            debit: AccountId(mix(a)).into(),
                            credit: AccountId(mix(b)).into(),
                            amount_minor: 1,
                            currency: jpy,
                        }),
                    );
                    if std::env::args().nth(3).is_some() {
                        c.context = ctx.clone()
                    }
                    Submission::One(c)
                })
                .collect(),
        );
    }
    let t = Instant::now();
    let mut q = std::collections::VecDeque::new();
    for b in batches {
        if q.len() >= 4 {
            let p: Pending = q.pop_front().unwrap();
            for o in p.wait().unwrap() {
                assert!(o.is_done())
            }
        }
        q.push_back(l.enqueue_waiting(b).unwrap());
    }
    for p in q {
        p.wait().unwrap();
    }
    let e = t.elapsed();
    println!("{total} transfers {:?} = {:.0}/s", e, total as f64 / e.as_secs_f64());
    let t = Instant::now();
    l.close().unwrap();
    println!("close {:?}", t.elapsed());
    let t = Instant::now();
    let l = Ledger::open(&d, &OpenOptions::default()).unwrap();
    println!("open {:?} {:?}", t.elapsed(), l.opened());
    println!(
        "{}",
        std::process::Command::new("sh")
            .arg("-c")
            .arg(format!("grep VmRSS /proc/{}/status; du -sh {}/*", std::process::id(), d.display()))
            .output()
            .map(|o| String::from_utf8(o.stdout).unwrap())
            .unwrap()
    );
}

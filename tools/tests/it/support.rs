//! A ledger in a temporary directory, and the command run on it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A ledger of its own, with the wallet chart, a store and some wallets.
pub struct Books {
    /// Where everything lies.
    pub home: TempDir,
}

/// What a run gave.
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

pub const CODE_OK: i32 = 0;
pub const CODE_CHECK: i32 = 1;
pub const CODE_USAGE: i32 = 2;
pub const CODE_DAMAGE: i32 = 3;
pub const CODE_LOCKED: i32 = 5;
pub const CODE_FULL: i32 = 6;

/// The command itself.
pub fn ledger() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ledger"));
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

/// The id of a wallet.
pub fn wallet(number: u32) -> String {
    format!("a0000000-0000-4000-8000-{number:012x}")
}

/// The id of a command.
pub fn command(number: u32) -> String {
    format!("c0000000-0000-4000-8000-{number:012x}")
}

pub fn open_account(id: u32, account: u32) -> String {
    format!(
        r#"{{"type":"open_account","id":"{}","account":"{}","kind":"liability","currency":"JPY","under":"wallets"}}"#,
        command(id),
        wallet(account)
    )
}

pub fn top_up(id: u32, account: u32, amount: u64) -> String {
    format!(
        r#"{{"type":"top_up","id":"{}","account":"{}","funding":"funding:bank","amount":"{amount}","currency":"JPY"}}"#,
        command(id),
        wallet(account)
    )
}

pub fn spend(id: u32, account: u32, amount: u64) -> String {
    format!(
        r#"{{"type":"spend","id":"{}","account":"{}","amount":"{amount}","currency":"JPY","context":{{"channel":"store","store":"shibuya-1","reference":"till-{id}"}}}}"#,
        command(id),
        wallet(account)
    )
}

pub fn open_store(id: u32) -> String {
    format!(r#"{{"type":"open_store","id":"{}","code":"shibuya-1","payable":"store-payables"}}"#, command(id))
}

impl Books {
    /// A new ledger with small segments.
    pub fn new() -> Self {
        let books = Self { home: tempfile::tempdir().unwrap() };
        let run = books.run(&["init", "@", "--segment-bytes", "65536"]);
        assert_eq!(run.code, CODE_OK, "{}", run.err);
        books
    }

    /// With a store and a wallet 1 that holds 30,000.
    pub fn with_wallet() -> Self {
        let books = Self::new();
        let lines = [open_store(u32::MAX), open_account(u32::MAX - 1, 1), top_up(u32::MAX - 2, 1, 30_000)].join("\n");
        let run = books.submit(&lines, &[]);
        assert_eq!(run.code, CODE_OK, "{}{}", run.out, run.err);
        books
    }

    pub fn dir(&self) -> PathBuf {
        self.home.path().join("wallet.ledger")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Runs the command; `@` stands for the ledger's directory, `@name` for a file beside it.
    pub fn run(&self, args: &[&str]) -> Run {
        self.run_with(args, b"")
    }

    pub fn run_with(&self, args: &[&str], input: &[u8]) -> Run {
        let args = args.iter().map(|arg| match arg.strip_prefix('@') {
            Some("") => self.dir().into_os_string(),
            Some(name) => self.path(name).into_os_string(),
            None => (*arg).into(),
        });
        let mut child =
            ledger().args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let writer = std::thread::spawn(move || {
            let _ = stdin.write_all(&input);
        });
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        Run::of(&output)
    }

    /// Submits lines from standard input.
    pub fn submit(&self, lines: impl AsRef<[u8]>, options: &[&str]) -> Run {
        let args: Vec<&str> = ["submit", "@"].into_iter().chain(options.iter().copied()).collect();
        self.run_with(&args, lines.as_ref())
    }

    /// Every event, parsed.
    pub fn events(&self) -> Vec<Value> {
        events(&self.dir())
    }

    /// The posted net of an account.
    pub fn posted(&self, account: &str) -> String {
        let run = self.run(&["balance", "@", account, "--format", "json"]);
        assert_eq!(run.code, CODE_OK, "{}", run.err);
        let value: Value = serde_json::from_str(&run.out).unwrap();
        value[0]["posted_net"].as_str().unwrap().to_owned()
    }
}

/// Every event of a ledger, parsed.
pub fn events(dir: &Path) -> Vec<Value> {
    let output = ledger().arg("events").arg(dir).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    lines(&String::from_utf8(output.stdout).unwrap())
}

/// Lines of JSON, parsed.
pub fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))).collect()
}

impl Run {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout.clone()).unwrap(),
            err: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    /// The answers, parsed.
    pub fn answers(&self) -> Vec<Value> {
        lines(&self.out)
    }

    /// The statuses of the answers in order.
    pub fn statuses(&self) -> Vec<String> {
        self.answers().iter().map(|answer| answer["status"].as_str().unwrap().to_owned()).collect()
    }
}

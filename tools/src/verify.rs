//! `ledger verify ledger`: nothing damaged, nothing that contradicts itself.

use ledger::verification::{Severity, Verification, VerifyFinding, verify};
use serde::Serialize;

use crate::args::{Format, VerifyArgs};
use crate::failure::Failure;
use crate::output::{Align, Progress, Sheet, Table, add_line, cell, count, write_json, write_text};

/// Verifies and reports.
pub fn run(args: &VerifyArgs) -> Result<(), Failure> {
    crate::open::check_dir(&args.open.dir)?;
    let progress = Progress::new("verifying", "events", None);
    let verification = verify(&args.open.dir, args.open.io.into(), &mut |seen| progress.at(seen.events));
    progress.end();
    let verification = verification?;
    match args.format {
        Format::Text => write_text(&text(&verification))?,
        Format::Csv => csv(&verification)?,
        Format::Json => write_json(&VerificationJson::of(&verification))?,
    }
    match worst(&verification) {
        None => Ok(()),
        Some(Severity::Contradiction) => Err(Failure::Check(format!(
            "{}: the books contradict themselves; keep a copy of the directory and ask how it came about",
            findings(&verification)
        ))),
        Some(Severity::Damage) => Err(Failure::Damage(format!(
            "{}: bytes on the disk are not what was written; restore from a backup",
            findings(&verification)
        ))),
    }
}

fn worst(verification: &Verification) -> Option<Severity> {
    verification.findings.iter().map(|finding| finding.severity).max()
}

fn findings(verification: &Verification) -> String {
    match verification.findings.len() {
        1 => "1 finding".to_owned(),
        number => format!("{} findings", count(number as u64)),
    }
}

fn severity(finding: &VerifyFinding) -> &'static str {
    match finding.severity {
        Severity::Damage => "damage",
        Severity::Contradiction => "contradiction",
    }
}

fn sequences(finding: &VerifyFinding) -> String {
    match finding.sequences {
        None => String::new(),
        Some((first, last)) if first == last => first.to_string(),
        Some((first, last)) => format!("{first}-{last}"),
    }
}

fn text(verification: &Verification) -> String {
    let mut text = format!(
        "{} segments, {} bytes, {} events, {} accounts, through sequence {}\n",
        count(verification.segments),
        count(verification.bytes),
        count(verification.events),
        count(verification.accounts),
        count(verification.last_sequence)
    );
    if let Some(tail) = &verification.tail {
        add_line(
            &mut text,
            format_args!(
                "behind the last durable write lie {} bytes that nobody was told of ({} at byte {}); the next opening for writing \
             sets them aside",
                count(tail.bytes),
                tail.path,
                count(tail.offset)
            ),
        );
    }
    if verification.compared > 0 {
        let files = count(verification.compared);
        add_line(&mut text, format_args!("{files} checkpoints, sidecars and closings were held against the events"));
    }
    for why in &verification.set_aside {
        add_line(&mut text, format_args!("not usable, and made again at the next opening for writing: {why}"));
    }
    if verification.findings.is_empty() {
        text.push_str("nothing is wrong: every byte is whole, and replaying every event gives the books\n");
        return text;
    }
    let mut table = Table::new(&[
        ("what", Align::Left),
        ("file", Align::Left),
        ("byte", Align::Right),
        ("sequences", Align::Right),
        ("check", Align::Left),
    ]);
    for finding in &verification.findings {
        table.row([
            severity(finding).to_owned(),
            finding.path.clone(),
            count(finding.offset),
            sequences(finding),
            finding.check.clone(),
        ]);
    }
    text.push('\n');
    table.render(&mut text);
    text
}

fn csv(verification: &Verification) -> Result<(), Failure> {
    let mut sheet = Sheet::new(&["severity", "path", "offset", "first_sequence", "last_sequence", "check"])?;
    for finding in &verification.findings {
        let (first, last) =
            finding.sequences.map_or_else(Default::default, |(first, last)| (first.to_string(), last.to_string()));
        sheet.row([
            severity(finding),
            &finding.path,
            &finding.offset.to_string(),
            &first,
            &last,
            &cell(&finding.check),
        ])?;
    }
    sheet.end()
}

#[derive(Debug, Serialize)]
struct VerificationJson<'a> {
    segments: u64,
    bytes: u64,
    events: u64,
    last_sequence: u64,
    accounts: u64,
    tail_bytes: u64,
    compared: u64,
    set_aside: &'a [String],
    findings: Vec<FindingJson<'a>>,
}

#[derive(Debug, Serialize)]
struct FindingJson<'a> {
    severity: &'static str,
    path: &'a str,
    offset: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_sequence: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_sequence: Option<u64>,
    check: &'a str,
}

impl<'a> VerificationJson<'a> {
    fn of(verification: &'a Verification) -> Self {
        let finding = |finding: &'a VerifyFinding| FindingJson {
            severity: severity(finding),
            path: &finding.path,
            offset: finding.offset,
            first_sequence: finding.sequences.map(|(first, _)| first),
            last_sequence: finding.sequences.map(|(_, last)| last),
            check: &finding.check,
        };
        Self {
            segments: verification.segments,
            bytes: verification.bytes,
            events: verification.events,
            last_sequence: verification.last_sequence,
            accounts: verification.accounts,
            tail_bytes: verification.tail.as_ref().map_or(0, |tail| tail.bytes),
            compared: verification.compared,
            set_aside: &verification.set_aside,
            findings: verification.findings.iter().map(finding).collect(),
        }
    }
}

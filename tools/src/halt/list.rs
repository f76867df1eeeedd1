//! The halts that stand at a moment.

use std::time::{SystemTime, UNIX_EPOCH};

use ledger::View;
use ledger::model::{Clock, Timestamp};
use ledger::query::Known;
use ledger::state::Halt;
use serde::Serialize;

use super::args::ListArgs;
use crate::args::Format;
use crate::failure::Failure;
use crate::output::{Sheet, add_line, write_json, write_text};

#[derive(Debug, Serialize)]
struct Line {
    id: String,
    sequence: u64,
    imposed_at: String,
    in_force: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    starts_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    incident: Option<String>,
    reason: String,
    selector: String,
    except: Vec<String>,
}

/// Shows them.
pub fn run(args: &ListArgs) -> Result<(), Failure> {
    let reader = crate::open::read(&args.open)?;
    let view = reader.view_at(args.known_at)?;
    let now = moment(&view, args.known_at);
    let lines: Vec<Line> = view.halts().filter(|halt| !halt.is_over(now)).map(|halt| line(halt, now)).collect();
    match args.format {
        Format::Text => text(&lines),
        Format::Csv => csv(&lines),
        Format::Json => write_json(&lines),
    }
}

/// The moment that is asked about: of a ledger that lives by the clock on the wall, without another one, now.
fn moment(view: &View, known: Option<Known>) -> Timestamp {
    let last = view.last_recorded_at();
    match known {
        Some(Known::At(at)) => at,
        Some(Known::Sequence(_)) => last,
        None if view.clock() == Clock::Commands => last,
        None => {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).ok();
            let now = since.and_then(|since| i64::try_from(since.as_micros()).ok()).map_or(last, Timestamp);
            now.max(last)
        }
    }
}

fn line(halt: &Halt, now: Timestamp) -> Line {
    Line {
        id: halt.id.to_string(),
        sequence: halt.imposed.0,
        imposed_at: halt.imposed_at.to_string(),
        in_force: halt.is_in_force(now),
        starts_at: halt.starts_at.map(|at| at.to_string()),
        ends_at: halt.ends_at.map(|at| at.to_string()),
        incident: halt.incident.map(|id| id.to_string()),
        reason: halt.reason.to_string(),
        selector: halt.selector.text.to_string(),
        except: halt.exceptions.iter().map(|except| except.text.to_string()).collect(),
    }
}

fn text(lines: &[Line]) -> Result<(), Failure> {
    let mut text = String::new();
    for line in lines {
        let state = if line.in_force { "in force" } else { "not begun" };
        add_line(&mut text, format_args!("{}  {state}", line.id));
        let mut part = |what: &str, value: &str| add_line(&mut text, format_args!("  {what:<9} {value}"));
        part("where", &line.selector);
        line.except.iter().for_each(|except| part("except", except));
        part("reason", &line.reason);
        part("imposed", &format!("{}, sequence {}", line.imposed_at, line.sequence));
        for (what, value) in [("from", &line.starts_at), ("until", &line.ends_at), ("incident", &line.incident)] {
            if let Some(value) = value {
                part(what, value);
            }
        }
    }
    if lines.is_empty() {
        text.push_str("no halt stands\n");
    }
    write_text(&text)
}

fn csv(lines: &[Line]) -> Result<(), Failure> {
    let mut sheet = Sheet::new(&[
        "id",
        "sequence",
        "imposed_at",
        "in_force",
        "starts_at",
        "ends_at",
        "incident",
        "reason",
        "selector",
        "except",
    ])?;
    for line in lines {
        sheet.row([
            line.id.as_str(),
            &line.sequence.to_string(),
            &line.imposed_at,
            if line.in_force { "true" } else { "false" },
            line.starts_at.as_deref().unwrap_or_default(),
            line.ends_at.as_deref().unwrap_or_default(),
            line.incident.as_deref().unwrap_or_default(),
            &line.reason,
            &line.selector,
            &line.except.join("; "),
        ])?;
    }
    sheet.end()
}

//! The report: a table as it grows, and JSON at the end.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde::Serialize;

use crate::disk::Limit;
use crate::figures::{Figure, Target, readable};
use crate::machine::Machine;

/// A line of a plot: one value for each place on the axis.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Series {
    /// What the values are.
    pub name: String,
    /// What the places are.
    pub axis: String,
    /// Place and value.
    pub points: Vec<(f64, f64)>,
}

/// Everything measured in one run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Where.
    pub machine: Machine,
    /// How large.
    pub setting: String,
    /// The disk's own limits, as measured in this run.
    pub disk: Vec<Limit>,
    /// The figures.
    pub figures: Vec<Figure>,
    /// What is plotted as lines.
    pub series: Vec<Series>,
}

impl Report {
    /// An empty report; says what the machine is.
    pub fn new(machine: Machine, setting: String) -> Self {
        println!(
            "machine: {}, {} processors, {} MiB",
            machine.processor,
            machine.processors,
            machine.memory_kib / 1_024
        );
        println!("kernel {}; {}; load {}", machine.kernel, machine.disk, machine.load);
        println!("{setting}\n");
        Self { machine, setting, disk: Vec::new(), figures: Vec::new(), series: Vec::new() }
    }

    /// Adds what the disk did, and says it.
    pub fn disk(&mut self, limit: Limit) {
        println!(
            "  disk: {} bytes at depth {}{}: {} writes/s, {} MB/s, p50 {} µs, p99 {} µs, max {} µs",
            limit.pattern.bytes,
            limit.pattern.depth,
            if limit.direct { "" } else { ", buffered" },
            readable(limit.per_second),
            readable(limit.megabytes_per_second()),
            readable(limit.latency.p50_us),
            readable(limit.latency.p99_us),
            readable(limit.latency.max_us),
        );
        self.disk.push(limit);
    }

    /// Adds a figure, and says it.
    pub fn add(&mut self, figure: Figure) {
        let mut line = format!("{}: {}: {} {}", figure.row, figure.measure, readable(figure.value), figure.unit);
        if let (Some(target), Some(reached)) = (figure.target, figure.of_target) {
            let wanted = match target {
                Target::AtLeast(least) => format!("at least {}", readable(least)),
                Target::AtMost(most) => format!("at most {}", readable(most)),
            };
            let verdict = if reached >= 1.0 { "reached" } else { "missed" };
            let _ = write!(line, "; wanted {wanted}: {verdict}, {} times", readable(reached));
        }
        if let Some(share) = figure.of_disk {
            let _ = write!(line, "; {} of the disk's own", readable(share));
        }
        if figure.spread() > 0.2 {
            let _ = write!(line, "; the rounds lie {:.0} % apart: noise", 100.0 * figure.spread());
        }
        if !figure.note.is_empty() {
            line.push_str("; ");
            line.push_str(&figure.note);
        }
        println!("{line}");
        self.figures.push(figure);
    }

    /// Writes the report as JSON.
    ///
    /// # Errors
    /// What the operating system reports.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let mut out = BufWriter::new(File::create(path)?);
        serde_json::to_writer_pretty(&mut out, self)?;
        out.write_all(b"\n")?;
        out.flush()
    }
}

//! The report as a plot: a bar for each figure that has a target, and a line for each series. Plain SVG, written by hand.

use std::fmt::Write;

use crate::figures::readable;
use crate::report::{Report, Series};

const WIDTH: f64 = 900.0;
const BAR: f64 = 22.0;
const NAMES: f64 = 430.0;
const CHART: f64 = 240.0;

/// The whole plot.
pub fn svg(report: &Report) -> String {
    let bars: Vec<_> = report.figures.iter().filter_map(|figure| Some((figure, figure.of_target?))).collect();
    let charts_from = 60.0 + BAR * bars.len() as f64 + 30.0;
    let height = charts_from + CHART * report.series.len() as f64 + 20.0;
    let mut out = String::new();
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    text(&mut out, 10.0, 20.0, "start", &format!("{}: {}", report.machine.processor, report.setting));
    text(&mut out, 10.0, 40.0, "start", "each figure as a multiple of its target; the line is the target");
    let scale = (WIDTH - NAMES - 90.0) / bars.iter().map(|(_, share)| *share).fold(2.0, f64::max).min(4.0);
    for (place, (figure, share)) in bars.iter().enumerate() {
        let y = 60.0 + BAR * place as f64;
        let width = share.min(4.0) * scale;
        let colour = if *share >= 1.0 { "#3a7d44" } else { "#c1440e" };
        text(&mut out, NAMES - 8.0, y + 14.0, "end", &format!("{}: {}", figure.row, figure.measure));
        let _ = writeln!(
            out,
            "<rect x=\"{NAMES}\" y=\"{}\" width=\"{width:.1}\" height=\"{}\" fill=\"{colour}\"/>",
            y + 3.0,
            BAR - 6.0
        );
        text(&mut out, NAMES + width + 4.0, y + 14.0, "start", &format!("{} {}", readable(figure.value), figure.unit));
    }
    let target = NAMES + scale;
    line(&mut out, (target, 55.0), (target, 60.0 + BAR * bars.len() as f64), "#000");
    for (place, series) in report.series.iter().enumerate() {
        chart(&mut out, series, charts_from + CHART * place as f64);
    }
    out.push_str("</svg>\n");
    out
}

/// A line over a logarithmic axis.
fn chart(out: &mut String, series: &Series, top: f64) {
    let (left, right, bottom) = (110.0, WIDTH - 40.0, top + CHART - 50.0);
    let most = series.points.iter().map(|(_, value)| *value).fold(1e-9, f64::max);
    let low = series.points.iter().map(|(place, _)| place.max(1.0).log10()).fold(f64::INFINITY, f64::min);
    let high = series.points.iter().map(|(place, _)| place.max(1.0).log10()).fold(0.0, f64::max);
    let x = |place: f64| left + (place.max(1.0).log10() - low) / (high - low).max(1e-9) * (right - left);
    let y = |value: f64| bottom - value / most * (bottom - top - 30.0);
    text(out, 10.0, top + 14.0, "start", &format!("{} by {}", series.name, series.axis));
    line(out, (left, bottom), (right, bottom), "#888");
    line(out, (left, bottom), (left, top + 24.0), "#888");
    text(out, left - 6.0, bottom, "end", "0");
    text(out, left - 6.0, y(most) + 4.0, "end", &readable(most));
    for pair in series.points.windows(2) {
        line(out, (x(pair[0].0), y(pair[0].1)), (x(pair[1].0), y(pair[1].1)), "#1f5fa8");
    }
    for (place, value) in &series.points {
        let _ = writeln!(out, "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"#1f5fa8\"/>", x(*place), y(*value));
        text(out, x(*place), bottom + 16.0, "middle", &readable(*place));
        text(out, x(*place), y(*value) - 8.0, "middle", &readable(*value));
    }
}

fn text(out: &mut String, x: f64, y: f64, anchor: &str, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>");
}

fn line(out: &mut String, from: (f64, f64), to: (f64, f64), colour: &str) {
    let _ = writeln!(
        out,
        "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{colour}\"/>",
        from.0, from.1, to.0, to.1
    );
}

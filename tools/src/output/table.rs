//! Aligned tables for people.

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

use super::text::{add_line, shown};

const HEAD: Style = Style::new().bold();
const RULE: Style = Style::new().dimmed();
const NEGATIVE: Style = AnsiColor::Red.on_default();

/// On which side of its column a cell stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// Rows of cells under a head; sums below a rule.
#[derive(Debug)]
pub struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
    sums_from: Option<usize>,
}

impl Table {
    /// An empty table with these columns.
    pub fn new(columns: &[(&str, Align)]) -> Self {
        let columns = columns.iter().map(|(name, align)| ((*name).to_owned(), *align)).collect();
        Self { columns, rows: Vec::new(), sums_from: None }
    }

    /// Adds a row, one cell a column.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| shown(&cell).into_owned()).collect());
    }

    /// Rows from here on stand below a rule.
    pub fn rule(&mut self) {
        self.sums_from.get_or_insert(self.rows.len());
    }

    /// The table as text with styles, which the terminal's writer takes out where they are not wanted.
    pub fn render(&self, into: &mut String) {
        let mut widths: Vec<usize> = self.columns.iter().map(|(name, _)| name.width()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        let names: Vec<_> = self.columns.iter().map(|(name, _)| name.clone()).collect();
        self.line(&names, &widths, Some(HEAD), into);
        for (place, row) in self.rows.iter().enumerate() {
            if self.sums_from == Some(place) {
                let length = widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
                add_line(into, format_args!("{RULE}{}{RULE:#}", "─".repeat(length)));
            }
            self.line(row, &widths, None, into);
        }
    }

    fn line(&self, cells: &[String], widths: &[usize], style: Option<Style>, into: &mut String) {
        let last = cells.len().saturating_sub(1);
        for (place, ((cell, width), (_, align))) in cells.iter().zip(widths).zip(&self.columns).enumerate() {
            let gap = " ".repeat(width - cell.width());
            let style = style.or_else(|| (*align == Align::Right && cell.starts_with('-')).then_some(NEGATIVE));
            let style = style.filter(|_| !cell.is_empty());
            let cell = style.map_or_else(|| cell.clone(), |style| format!("{style}{cell}{style:#}"));
            match align {
                Align::Left if place == last => into.push_str(&cell),
                Align::Left => into.extend([&*cell, &*gap]),
                Align::Right => into.extend([&*gap, &*cell]),
            }
            if place < last {
                into.push_str("  ");
            }
        }
        into.truncate(into.trim_end().len());
        into.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_the_width_that_a_terminal_shows() {
        let mut table = Table::new(&[("code", Align::Left), ("net", Align::Right)]);
        table.row(["bank".to_owned(), "-1,000".to_owned()]);
        table.row(["銀行".to_owned(), "7".to_owned()]);
        table.rule();
        table.row([String::new(), "-993".to_owned()]);
        let mut text = String::new();
        table.render(&mut text);
        let plain = anstream::adapter::strip_str(&text).to_string();
        assert_eq!(plain, "code     net\nbank  -1,000\n銀行       7\n────────────\n        -993\n");
    }
}

//! Text from outside on its way to a terminal.

use std::borrow::Cow;
use std::fmt::{self, Write};

/// The text with everything that could steer a terminal or turn the order of characters around written out as `\u{…}`.
pub fn shown(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if steers(character) {
            let _ = write!(safe, "\\u{{{:x}}}", u32::from(character));
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}

/// Appends a line.
pub fn add_line(text: &mut String, line: fmt::Arguments<'_>) {
    // Writing into a string cannot fail.
    let _ = text.write_fmt(line);
    text.push('\n');
}

fn steers(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_direction_characters_are_written_out() {
        assert_eq!(shown("plain – 平文"), "plain – 平文");
        assert_eq!(shown("\u{1b}[31mred\u{7}\u{9b}m"), "\\u{1b}[31mred\\u{7}\\u{9b}m");
        assert_eq!(shown("a\u{202e}b"), "a\\u{202e}b");
    }
}

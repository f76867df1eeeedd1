//! Bounds on the text that people may put into the books.

/// Why a text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ParseTextError {
    /// It is empty.
    #[error("is empty")]
    Empty,
    /// It is longer than its bound in bytes.
    #[error("is longer than {0} bytes")]
    TooLong(usize),
    /// It holds a control character.
    #[error("holds a control character")]
    Control,
    /// It holds what looks like a card number: 13 to 19 digits that pass the Luhn check.
    #[error("holds what looks like a card number: the books keep pseudonyms only")]
    CardNumber,
    /// It holds a character outside the ones allowed for this field.
    #[error("holds a character that is not allowed here: {0}")]
    Alphabet(&'static str),
    /// It is a code that could be mistaken for an id.
    #[error("reads as an id: choose other words")]
    ReadsAsId,
}

/// Checks free text: 1 to `bytes_max` bytes of UTF-8, no control characters, no card number.
///
/// # Errors
/// The first rule that the text breaks.
pub fn check_text(text: &str, bytes_max: usize) -> Result<(), ParseTextError> {
    if text.is_empty() {
        return Err(ParseTextError::Empty);
    }
    if text.len() > bytes_max {
        return Err(ParseTextError::TooLong(bytes_max));
    }
    if text.chars().any(char::is_control) {
        return Err(ParseTextError::Control);
    }
    if holds_card_number(text) {
        return Err(ParseTextError::CardNumber);
    }
    Ok(())
}

/// Whether some run of 13 to 19 digits, spaces and hyphens between them passed over, passes the Luhn check (ISO/IEC 7812-1).
fn holds_card_number(text: &str) -> bool {
    let mut run = [0u8; 20];
    let mut length = 0usize;
    let mut gap = false;
    for byte in text.bytes().chain(std::iter::once(b'.')) {
        match byte {
            b'0'..=b'9' => {
                if length < run.len() {
                    run[length] = byte - b'0';
                }
                length += 1;
                gap = false;
            }
            b' ' | b'-' if length > 0 && !gap => gap = true,
            _ => {
                if (13..=19).contains(&length) && passes_luhn(&run[..length]) {
                    return true;
                }
                length = 0;
                gap = false;
            }
        }
    }
    false
}

fn passes_luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, &digit)| {
            let doubled = u32::from(digit) << (place & 1);
            if doubled > 9 { doubled - 9 } else { doubled }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_numbers_are_refused_however_they_are_spaced() {
        for text in ["4111111111111111", "card 4111-1111-1111-1111 please", "3782 822463 10005"] {
            assert_eq!(check_text(text, 200), Err(ParseTextError::CardNumber), "{text}");
        }
    }

    #[test]
    fn other_digits_pass() {
        for text in ["4111111111111112", "order 20190703-000123", "12345678901234567890", "receipt 7"] {
            assert_eq!(check_text(text, 200), Ok(()), "{text}");
        }
    }

    #[test]
    fn control_characters_and_length_are_bounded() {
        assert_eq!(check_text("a\nb", 200), Err(ParseTextError::Control));
        assert_eq!(check_text("", 200), Err(ParseTextError::Empty));
        assert_eq!(check_text("abcd", 3), Err(ParseTextError::TooLong(3)));
    }
}

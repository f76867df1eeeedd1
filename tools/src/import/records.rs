//! Records of a CSV file, read strictly as RFC 4180 has it: broken quoting stops the reading at its place, so no row is ever
//! swallowed by a quote that somebody forgot.
//!
//! In: bytes of any source. Out: records, or where and why there are no more. It is lenient in what cannot hide a row alone:
//! lines may end with CR, LF or both, empty lines are passed over, and records may differ in length.

use std::fmt;
use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};

use csv::ByteRecord;

/// Bytes read at once.
const BUFFER_BYTES: usize = 1 << 17;
/// What some programs put in front of UTF-8.
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// A place in the file, both counted from 1; a column is a character of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: u64,
    /// The character.
    pub column: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Why there are no more records.
#[derive(Debug)]
pub enum Stop {
    /// The source could not be read.
    Io(io::Error),
    /// The bytes here are no CSV.
    Malformed {
        /// Where they stop to be.
        at: Place,
        /// Why.
        reason: String,
    },
}

/// How values are told apart.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// Between values.
    pub delimiter: u8,
    /// Around values that hold delimiters or line ends; none when the file knows no quotes.
    pub quote: Option<u8>,
    /// The longest record in bytes.
    pub bytes_max: usize,
}

/// The records of a source.
pub struct Records<R> {
    input: BufReader<Chain<Cursor<Vec<u8>>, R>>,
    form: Form,
    /// Where the next byte stands.
    place: Place,
    after_cr: bool,
    bytes: u64,
}

/// Where in a value the reading is.
#[derive(Debug, Clone, Copy)]
enum Inside {
    /// At its first byte.
    Start,
    /// Without quotes around it.
    Plain,
    /// Behind a quote that opened at this place.
    Quoted(Place),
    /// Behind a quote within those that opened at this place: the closing one, or the first of two that stand for one.
    Closing(Place),
}

impl<R: Read> Records<R> {
    /// The records of `input`; a byte order mark in front is passed over.
    pub fn new(mut input: R, form: Form) -> io::Result<Self> {
        let mut head = Vec::new();
        input.by_ref().take(BYTE_ORDER_MARK.len() as u64).read_to_end(&mut head)?;
        let marked = head == BYTE_ORDER_MARK;
        let bytes = if marked { head.len() as u64 } else { 0 };
        if marked {
            head.clear();
        }
        let input = BufReader::with_capacity(BUFFER_BYTES, Cursor::new(head).chain(input));
        Ok(Self { input, form, place: Place { line: 1, column: 1 }, after_cr: false, bytes })
    }

    /// How many bytes were taken.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next record and the line where it begins; none at the end.
    ///
    /// # Errors
    /// Where and why it is none. Nothing behind that place can be trusted to be what it looks like.
    pub fn next(&mut self) -> Result<Option<(u64, ByteRecord)>, Stop> {
        let Form { delimiter, quote, bytes_max } = self.form;
        let mut record = ByteRecord::new();
        let mut field = Vec::new();
        let mut inside = Inside::Start;
        let mut begin = None;
        let mut length = 0;
        while let Some((byte, at)) = self.byte().map_err(Stop::Io)? {
            let ends_line = matches!(byte, b'\n' | b'\r');
            let Place { line, .. } = match begin {
                // An empty line, or the second half of a line's end.
                None if ends_line => continue,
                None => *begin.insert(at),
                Some(begin) => begin,
            };
            length += 1;
            if length > bytes_max + usize::from(ends_line) {
                return Err(too_long(at, inside, line));
            }
            match inside {
                Inside::Quoted(opened) if Some(byte) == quote => inside = Inside::Closing(opened),
                Inside::Quoted(_) => field.push(byte),
                Inside::Closing(opened) if Some(byte) == quote => {
                    field.push(byte);
                    inside = Inside::Quoted(opened);
                }
                _ if ends_line => {
                    record.push_field(&field);
                    return Ok(Some((line, record)));
                }
                _ if byte == delimiter => {
                    record.push_field(&field);
                    field.clear();
                    inside = Inside::Start;
                }
                Inside::Closing(opened) => {
                    let reason =
                        format!("a closing quote stands in the middle of a value; its quotes opened at {opened}");
                    return Err(Stop::Malformed { at: before(at), reason });
                }
                Inside::Start if Some(byte) == quote => inside = Inside::Quoted(at),
                Inside::Plain if Some(byte) == quote => {
                    let reason = "a quote stands in a value that does not begin with one: put quotes around the whole \
                                  value and write each one inside twice";
                    return Err(Stop::Malformed { at, reason: reason.to_owned() });
                }
                Inside::Start | Inside::Plain => {
                    field.push(byte);
                    inside = Inside::Plain;
                }
            }
        }
        if let Inside::Quoted(at) = inside {
            return Err(Stop::Malformed { at, reason: "a quote opens here and is never closed".to_owned() });
        }
        Ok(begin.map(|begin| {
            record.push_field(&field);
            (begin.line, record)
        }))
    }

    /// The next byte and its place.
    fn byte(&mut self) -> io::Result<Option<(u8, Place)>> {
        let byte = loop {
            match self.input.fill_buf() {
                Ok(available) => break available.first().copied(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        };
        let Some(byte) = byte else { return Ok(None) };
        self.input.consume(1);
        self.bytes += 1;
        if self.after_cr && byte != b'\n' {
            self.place = Place { line: self.place.line + 1, column: 1 };
        }
        self.after_cr = byte == b'\r';
        // A byte within a character stands where the character does.
        let continues = byte & 0xc0 == 0x80;
        let at = if continues { before(self.place) } else { self.place };
        if byte == b'\n' {
            self.place = Place { line: self.place.line + 1, column: 1 };
        } else if !continues {
            self.place.column += 1;
        }
        Ok(Some((byte, at)))
    }
}

/// The place of the character in front, on the same line.
fn before(place: Place) -> Place {
    Place { column: place.column.saturating_sub(1).max(1), ..place }
}

fn too_long(at: Place, inside: Inside, line: u64) -> Stop {
    match inside {
        Inside::Quoted(opened) => {
            let reason = "a row is longer than 1 MiB: is the quote that opens here never closed?";
            Stop::Malformed { at: opened, reason: reason.to_owned() }
        }
        _ => Stop::Malformed { at, reason: format!("the row that begins in line {line} is longer than 1 MiB") },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn form() -> Form {
        Form { delimiter: b',', quote: Some(b'"'), bytes_max: 1 << 20 }
    }

    type Read = (Vec<(u64, Vec<String>)>, Option<(u64, u64, String)>);

    fn read(text: &str, form: Form) -> Read {
        let mut records = Records::new(text.as_bytes(), form).unwrap();
        let mut rows = Vec::new();
        loop {
            match records.next() {
                Ok(None) => {
                    assert_eq!(records.bytes(), text.len() as u64);
                    return (rows, None);
                }
                Ok(Some((line, record))) => {
                    let values = record.iter().map(|value| String::from_utf8(value.to_vec()).unwrap()).collect();
                    rows.push((line, values));
                }
                Err(Stop::Malformed { at, reason }) => return (rows, Some((at.line, at.column, reason))),
                Err(Stop::Io(error)) => panic!("{error}"),
            }
        }
    }

    fn rows(text: &str) -> Vec<(u64, Vec<String>)> {
        let (rows, stop) = read(text, form());
        assert_eq!(stop, None, "{text}");
        rows
    }

    fn row(line: u64, values: &[&str]) -> (u64, Vec<String>) {
        (line, values.iter().map(|value| (*value).to_owned()).collect())
    }

    #[test]
    fn values_are_read_with_and_without_quotes_and_lines_end_in_three_ways() {
        assert_eq!(rows(""), []);
        assert_eq!(rows("\n\r\n"), []);
        assert_eq!(
            rows("a,b\r\nc,\n\n\"d\"\r,"),
            [row(1, &["a", "b"]), row(2, &["c", ""]), row(4, &["d"]), row(5, &["", ""])]
        );
        assert_eq!(rows("\"a,\"\"\r\n\"\"\",\"\"\nb"), [row(1, &["a,\"\r\n\"", ""]), row(3, &["b"])]);
        assert_eq!(rows("\u{feff}a\n\u{feff}b"), [row(1, &["a"]), row(2, &["\u{feff}b"])]);
    }

    #[test]
    fn broken_quoting_stops_at_its_line_and_column() {
        for (text, rows, line, column, reason) in [
            ("a\n\"oops\nb,c\nd", 1, 2, 1, "never closed"),
            ("a\nb,ä\"c\nd", 1, 2, 4, "does not begin with one"),
            ("a\nb, \"c\"\nd", 1, 2, 4, "does not begin with one"),
            ("a\n\"ä\"c\nd", 1, 2, 3, "its quotes opened at line 2, column 1"),
            ("a,\"b\nc,\"d\"", 0, 2, 3, "its quotes opened at line 1, column 3"),
            ("a\r\"", 1, 2, 1, "never closed"),
            ("\"a\"\"", 0, 1, 1, "never closed"),
        ] {
            let (read, stop) = read(text, form());
            let stop = stop.unwrap();
            assert_eq!((read.len(), stop.0, stop.1), (rows, line, column), "{text}: {stop:?}");
            assert!(stop.2.contains(reason), "{text}: {stop:?}");
        }
    }

    #[test]
    fn a_row_that_is_too_long_is_never_held() {
        let short = Form { bytes_max: 8, ..form() };
        let (rows, stop) = read("12345678\n\n123456789\nx", short);
        assert_eq!(rows.len(), 1);
        assert_eq!(stop, Some((3, 9, "the row that begins in line 3 is longer than 1 MiB".to_owned())));
        let (_, stop) = read("1,\"345678\n9\"", short);
        assert_eq!(stop.map(|(line, column, _)| (line, column)), Some((1, 3)));
    }

    #[test]
    fn a_file_without_quotes_has_them_as_letters() {
        let (rows, stop) = read("a\"b,\"\nc", Form { quote: None, ..form() });
        assert_eq!((rows, stop), (vec![row(1, &["a\"b", "\""]), row(2, &["c"])], None));
    }

    /// How many rows a text has, told by counting quotes alone: a line's end within an odd number is in a value.
    fn rows_by_counting(text: &str) -> usize {
        let mut quotes = 0usize;
        let mut rows = 0;
        let mut any = false;
        for character in text.chars() {
            match character {
                '\r' | '\n' if quotes.is_multiple_of(2) => {
                    rows += usize::from(any);
                    any = false;
                }
                _ => {
                    quotes += usize::from(character == '"');
                    any = true;
                }
            }
        }
        rows + usize::from(any)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

        #[test]
        fn every_row_is_read_or_the_place_is_told_where_reading_stopped(text in "[ab,\"\"\r\n ä]{0,40}") {
            let (rows, stop) = read(&text, form());
            let in_front: String = match &stop {
                None => {
                    let lenient: Vec<_> = csv::ReaderBuilder::new()
                        .has_headers(false)
                        .flexible(true)
                        .from_reader(text.as_bytes())
                        .byte_records()
                        .map(|record| record.unwrap().iter().map(<[u8]>::to_vec).collect::<Vec<_>>())
                        .collect();
                    let strict: Vec<Vec<Vec<u8>>> = rows
                        .iter()
                        .map(|(_, values)| values.iter().map(|value| value.clone().into_bytes()).collect())
                        .collect();
                    prop_assert_eq!(strict, lenient);
                    text.clone()
                }
                Some((line, column, _)) => {
                    let mut at = (1, 1);
                    let mut before = None;
                    let mut end = None;
                    for (place, character) in text.char_indices() {
                        if before == Some('\r') && character != '\n' {
                            at = (at.0 + 1, 1);
                        }
                        if at == (*line, *column) && end.is_none() {
                            end = Some(place);
                        }
                        at = if character == '\n' { (at.0 + 1, 1) } else { (at.0, at.1 + 1) };
                        before = Some(character);
                    }
                    let end = end.expect("the place is one of the text");
                    prop_assert_eq!(&text[end..=end], "\"", "what stops the reading is a quote");
                    text[..end].to_owned()
                }
            };
            // Behind the last whole row there may be the beginning of the one that is broken.
            let counted = rows_by_counting(&in_front);
            prop_assert!(rows.len() == counted || stop.is_some() && rows.len() + 1 == counted, "{} {counted}", rows.len());
        }
    }
}

//! Lines of input, bounded: a line that is too long is counted and passed over, never held.

use std::io::{self, BufRead, BufReader, Read};

use ledger::json::LINE_BYTES_MAX;

/// Bytes read at once.
const BUFFER_BYTES: usize = 1 << 18;

/// Lines of a stream.
#[derive(Debug)]
pub struct Lines<R> {
    input: BufReader<R>,
    /// The number of the last line given.
    pub line: u64,
    /// Bytes read so far.
    pub bytes: u64,
}

/// One line, without its end.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// Its bytes are in the caller's buffer.
    Whole,
    /// It is longer than [`LINE_BYTES_MAX`]; so many bytes were passed over.
    TooLong(u64),
}

impl<R: Read> Lines<R> {
    /// The lines of `input`.
    pub fn new(input: R) -> Self {
        Self { input: BufReader::with_capacity(BUFFER_BYTES, input), line: 0, bytes: 0 }
    }

    /// The next line, into `into`; none at the end of the input. The last line needs no end.
    pub fn next(&mut self, into: &mut Vec<u8>) -> io::Result<Option<Line>> {
        into.clear();
        let mut length = 0u64;
        loop {
            let available = match self.input.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let end = available.iter().position(|byte| *byte == b'\n');
            let part = end.unwrap_or(available.len());
            let at_end = available.is_empty();
            let room = LINE_BYTES_MAX + 1 - into.len();
            into.extend_from_slice(&available[..part.min(room)]);
            length += part as u64;
            let taken = part + usize::from(end.is_some());
            self.input.consume(taken);
            self.bytes += taken as u64;
            if end.is_some() || at_end {
                if at_end && length == 0 {
                    return Ok(None);
                }
                break;
            }
        }
        self.line += 1;
        if into.last() == Some(&b'\r') && length == into.len() as u64 {
            into.pop();
            length -= 1;
        }
        if length > LINE_BYTES_MAX as u64 {
            into.clear();
            return Ok(Some(Line::TooLong(length)));
        }
        Ok(Some(Line::Whole))
    }

    /// Whether another whole line can be given without waiting for input.
    pub fn line_is_here(&self) -> bool {
        self.input.buffer().contains(&b'\n')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &[u8]) -> Vec<(Line, Vec<u8>)> {
        let mut lines = Lines::new(input);
        let mut buffer = Vec::new();
        std::iter::from_fn(|| {
            let line = lines.next(&mut buffer).unwrap()?;
            Some((line, buffer.clone()))
        })
        .collect()
    }

    #[test]
    fn lines_end_with_a_newline_a_carriage_return_before_it_or_the_input() {
        let whole = |text: &[u8]| (Line::Whole, text.to_vec());
        assert_eq!(lines(b"a\r\nb\n\nc"), [whole(b"a"), whole(b"b"), whole(b""), whole(b"c")]);
        assert_eq!(lines(b""), []);
        assert_eq!(lines(b"\n"), [whole(b"")]);
    }

    #[test]
    fn a_line_that_is_too_long_is_counted_and_the_next_one_is_whole() {
        let mut input = vec![b'x'; 10_000_000];
        input.extend_from_slice(b"\nb\n");
        let read = lines(&input);
        assert_eq!(read, [(Line::TooLong(10_000_000), Vec::new()), (Line::Whole, b"b".to_vec())]);
        let mut bound = vec![b'x'; LINE_BYTES_MAX];
        bound.push(b'\n');
        assert_eq!(lines(&bound)[0].0, Line::Whole);
        bound.insert(0, b'x');
        assert_eq!(lines(&bound)[0].0, Line::TooLong(LINE_BYTES_MAX as u64 + 1));
    }
}

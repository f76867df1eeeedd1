//! Writing JSON byte by byte: keys in the order of the calls, no spaces, nothing that depends on the machine.

use crate::model::{Date, Timestamp};

/// An object being written; dropping it without [`end`](Self::end) leaves it open.
pub(super) struct Object<'a> {
    pub(super) out: &'a mut Vec<u8>,
    empty: bool,
}

impl<'a> Object<'a> {
    pub(super) fn begin(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, empty: true }
    }

    /// Writes a key, whose value the caller writes next; keys are plain words.
    pub(super) fn key(&mut self, key: &str) -> &mut Vec<u8> {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// Writes a key that somebody chose.
    pub(super) fn any_key(&mut self, key: &str) -> &mut Vec<u8> {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        write_string(key, self.out);
        self.out.push(b':');
        self.out
    }

    /// A string that needs no escapes: a name of a closed list, a code.
    pub(super) fn word(&mut self, key: &str, value: &str) {
        let out = self.key(key);
        out.push(b'"');
        out.extend_from_slice(value.as_bytes());
        out.push(b'"');
    }

    pub(super) fn text(&mut self, key: &str, value: &str) {
        write_string(value, self.key(key));
    }

    pub(super) fn number(&mut self, key: &str, value: u64) {
        write_number(value, self.key(key));
    }

    /// An amount: a string of minor units.
    pub(super) fn amount(&mut self, key: &str, value: impl itoa::Integer) {
        let out = self.key(key);
        out.push(b'"');
        out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
        out.push(b'"');
    }

    pub(super) fn id(&mut self, key: &str, value: u128) {
        write_id(value, self.key(key));
    }

    pub(super) fn time(&mut self, key: &str, value: Timestamp) {
        write_time(value, self.key(key));
    }

    pub(super) fn date(&mut self, key: &str, value: Date) {
        let out = self.key(key);
        out.push(b'"');
        write_date(value, out);
        out.push(b'"');
    }

    pub(super) fn hex(&mut self, key: &str, bytes: &[u8]) {
        let out = self.key(key);
        out.push(b'"');
        for byte in bytes {
            out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
        out.push(b'"');
    }

    pub(super) fn end(self) {
        self.out.push(b'}');
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

pub(super) fn write_number(value: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Lower-case UUID text in quotes.
pub(super) fn write_id(value: u128, out: &mut Vec<u8>) {
    let mut text = [b'-'; 38];
    text[0] = b'"';
    text[37] = b'"';
    let mut place = 1;
    for (number, byte) in value.to_be_bytes().into_iter().enumerate() {
        if matches!(number, 4 | 6 | 8 | 10) {
            place += 1;
        }
        text[place] = HEX[usize::from(byte >> 4)];
        text[place + 1] = HEX[usize::from(byte & 15)];
        place += 2;
    }
    out.extend_from_slice(&text);
}

fn digits<const N: usize>(mut value: u32, into: &mut [u8]) {
    for place in (0..N).rev() {
        into[place] = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

fn write_date(date: Date, out: &mut Vec<u8>) {
    let (year, month, day) = date.civil();
    let Ok(year @ 0..=9999) = u32::try_from(year) else {
        out.extend_from_slice(date.to_string().as_bytes());
        return;
    };
    let mut text = *b"0000-00-00";
    digits::<4>(year, &mut text[0..4]);
    digits::<2>(u32::from(month), &mut text[5..7]);
    digits::<2>(u32::from(day), &mut text[8..10]);
    out.extend_from_slice(&text);
}

/// RFC 3339 in UTC with six decimals, in quotes.
fn write_time(time: Timestamp, out: &mut Vec<u8>) {
    const DAY: i64 = 86_400_000_000;
    let within = time.0.rem_euclid(DAY);
    let (seconds, micros) = ((within / 1_000_000) as u32, (within % 1_000_000) as u32);
    let mut text = *b"T00:00:00.000000Z\"";
    digits::<2>(seconds / 3600, &mut text[1..3]);
    digits::<2>(seconds / 60 % 60, &mut text[4..6]);
    digits::<2>(seconds % 60, &mut text[7..9]);
    digits::<6>(micros, &mut text[10..16]);
    out.push(b'"');
    write_date(Date(time.0.div_euclid(DAY) as i32), out);
    out.extend_from_slice(&text);
}

/// Writes text as a JSON string. Every control character is escaped, those of C1 and DEL included, so that the bytes are
/// safe to show on a terminal.
pub fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut from = 0;
    for (place, byte) in text.bytes().enumerate() {
        // C1 controls are 0xC2 0x80 to 0xC2 0x9F in UTF-8.
        let c1 = byte == 0xC2 && text.as_bytes().get(place + 1).is_some_and(|next| (0x80..=0x9F).contains(next));
        if byte >= 0x20 && byte != b'"' && byte != b'\\' && byte != 0x7F && !c1 {
            continue;
        }
        out.extend_from_slice(&text.as_bytes()[from..place]);
        from = place + 1;
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => {
                let code = if c1 { text.as_bytes()[place + 1] } else { byte };
                from += usize::from(c1);
                out.extend_from_slice(&[
                    b'\\',
                    b'u',
                    b'0',
                    b'0',
                    HEX[usize::from(code >> 4)],
                    HEX[usize::from(code & 15)],
                ]);
            }
        }
    }
    out.extend_from_slice(&text.as_bytes()[from..]);
    out.push(b'"');
}

//! Lines of bounded length.

use std::io::{self, BufRead, Read as _};

use super::error::{InputError, Problem};

/// Longest line, in bytes without its newline.
pub const MAX_LINE_SIZE: usize = 65_536;

/// The byte-order mark that some programs put in front of UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One line, borrowed from [`Lines`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its number, counted from 1.
    pub number: u64,
    /// Its bytes without the newline (`\n` or `\r\n`), and without a byte-order mark that opens
    /// the input.
    pub bytes: &'a [u8],
    /// Whether a newline ended it. The last line of an input may lack one; if such a line cannot
    /// be read, the input was probably cut off.
    pub is_ended: bool,
}

impl<'a> Line<'a> {
    /// The line as text.
    pub(super) fn text(&self) -> Result<&'a str, Problem> {
        std::str::from_utf8(self.bytes).map_err(|error| {
            // No length means that a character was begun and not finished.
            if error.error_len().is_none() && !self.is_ended {
                return Problem::new(
                    "input-ends-mid-line",
                    "the input ends in the middle of this line, inside a character",
                );
            }
            let place = error.valid_up_to().saturating_add(1);
            Problem::new("invalid-utf8", format!("byte {place} of the line is not UTF-8"))
        })
    }
}

/// Reads a [`BufRead`] line by line, skipping blank lines, and never holds more than one line of
/// at most `limit` bytes.
#[derive(Debug)]
pub struct Lines<R> {
    reader: R,
    limit: usize,
    number: u64,
    buffer: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    /// Reads `reader` in lines of at most `limit` bytes.
    pub const fn new(reader: R, limit: usize) -> Self {
        Self { reader, limit, number: 0, buffer: Vec::new() }
    }

    /// The next line that is not blank; `None` at the end of the input. A line over the limit is
    /// an error of its own, and the call after it goes on behind that line.
    pub fn read(&mut self) -> io::Result<Option<Result<Line<'_>, InputError>>> {
        loop {
            self.buffer.clear();
            // One more byte than the limit, for the newline.
            let allowed = u64::try_from(self.limit).unwrap_or(u64::MAX).saturating_add(1);
            let mut bounded = self.reader.by_ref().take(allowed);
            if bounded.read_until(b'\n', &mut self.buffer)? == 0 {
                return Ok(None);
            }
            self.number = self.number.saturating_add(1);
            let is_ended = self.buffer.last() == Some(&b'\n');
            if !is_ended && self.buffer.len() > self.limit {
                self.reader.skip_until(b'\n')?;
                let message = format!("the line is over the limit of {} bytes", self.limit);
                let error = Problem::new("line-too-long", message).at(self.number);
                return Ok(Some(Err(error)));
            }
            let start = match self.buffer.get(..BYTE_ORDER_MARK.len()) {
                Some(BYTE_ORDER_MARK) if self.number == 1 => BYTE_ORDER_MARK.len(),
                _ => 0,
            };
            let is_blank = self.buffer.get(start..).is_none_or(|line| line.trim_ascii().is_empty());
            if !is_blank {
                let line = self.buffer.get(start..).unwrap_or_default();
                let line = line.strip_suffix(b"\n").unwrap_or(line);
                // A lone carriage return at the end of the input is data, not half a newline.
                let line = if is_ended { line.strip_suffix(b"\r").unwrap_or(line) } else { line };
                return Ok(Some(Ok(Line { number: self.number, bytes: line, is_ended })));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Number, bytes and whether a newline followed; or number and code.
    type Seen = Result<(u64, Vec<u8>, bool), (u64, &'static str)>;

    fn all(input: &[u8], limit: usize) -> Vec<Seen> {
        // A buffer of two bytes: every line crosses it.
        let mut lines = Lines::new(io::BufReader::with_capacity(2, input), limit);
        let mut seen = Vec::new();
        while let Some(line) = lines.read().unwrap() {
            seen.push(match line {
                Ok(line) => Ok((line.number, line.bytes.to_vec(), line.is_ended)),
                Err(error) => Err((error.line, error.code)),
            });
        }
        seen
    }

    #[test]
    fn numbers_lines_and_skips_blank_ones() {
        assert_eq!(
            all(b"a\n\n \t\r\nb\r\nc", 10),
            [
                Ok((1, b"a".to_vec(), true)),
                Ok((4, b"b".to_vec(), true)),
                Ok((5, b"c".to_vec(), false)),
            ]
        );
        assert_eq!(all(b"", 10), []);
        assert_eq!(all(b"\n\n", 10), []);
    }

    #[test]
    fn goes_on_behind_a_line_over_the_limit() {
        assert_eq!(
            all(b"12345\n123456\n1234567890\n1\n", 5),
            [
                Ok((1, b"12345".to_vec(), true)),
                Err((2, "line-too-long")),
                Err((3, "line-too-long")),
                Ok((4, b"1".to_vec(), true)),
            ]
        );
        assert_eq!(all(b"123456", 5), [Err((1, "line-too-long"))]);
        assert_eq!(all(b"12345", 5), [Ok((1, b"12345".to_vec(), false))]);
    }

    #[test]
    fn drops_a_byte_order_mark_at_the_start_only() {
        assert_eq!(
            all(b"\xef\xbb\xbfa\n\xef\xbb\xbfb", 10),
            [Ok((1, b"a".to_vec(), true)), Ok((2, b"\xef\xbb\xbfb".to_vec(), false))]
        );
        assert_eq!(all(b"\xef\xbb\xbf\nb", 10), [Ok((2, b"b".to_vec(), false))]);
    }
}

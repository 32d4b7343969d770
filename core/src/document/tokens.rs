//! The grammar of JSON texts (RFC 8259), token by token.

use alloc::string::String;
use core::str;

use serde::de::{Error as _, Expected, Unexpected};

use super::refusal::Refusal;

/// Objects and lists inside each other, at most.
const MAX_DEPTH: u8 = 128;

/// A text that is being read.
pub(super) struct Parser<'de> {
    pub(super) bytes: &'de [u8],
    pub(super) at: usize,
    depth: u8,
    /// The last string that had escapes, without them.
    plain: String,
}

impl<'de> Parser<'de> {
    pub(super) const fn new(bytes: &'de [u8]) -> Self {
        Self { bytes, at: 0, depth: 0, plain: String::new() }
    }

    /// Refuses whatever follows the document.
    pub(super) fn end(&mut self) -> Result<(), Refusal> {
        match self.next() {
            None => Ok(()),
            Some(_) => Err(self.malformed("something follows the document")),
        }
    }

    #[cold]
    pub(super) fn malformed(&self, detail: &'static str) -> Refusal {
        Refusal::malformed(detail, self.at)
    }

    /// The next byte that is no white space, not taken.
    pub(super) fn next(&mut self) -> Option<u8> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        let spaces = rest.iter().take_while(|byte| is_space(byte)).count();
        self.at = self.at.saturating_add(spaces);
        rest.get(spaces).copied()
    }

    pub(super) fn take(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    /// Takes a byte of the grammar.
    pub(super) fn expect(&mut self, byte: u8, detail: &'static str) -> Result<(), Refusal> {
        if self.next() != Some(byte) {
            return Err(self.malformed(detail));
        }
        self.take();
        Ok(())
    }

    pub(super) fn colon(&mut self) -> Result<(), Refusal> {
        self.expect(b':', "a colon must follow a name")
    }

    pub(super) fn enter(&mut self) -> Result<(), Refusal> {
        if self.depth == MAX_DEPTH {
            return Err(self.malformed("too many objects and lists inside each other"));
        }
        self.depth = self.depth.saturating_add(1);
        self.take();
        Ok(())
    }

    /// Takes the byte that closes an object or a list, if it is next.
    pub(super) fn leave(&mut self, close: u8) -> Result<(), Refusal> {
        self.depth = self.depth.saturating_sub(1);
        self.expect(close, "an object or list goes on where it should end")
    }

    /// Whether another member or item follows before `close`; takes the comma in front of it.
    pub(super) fn has_more(&mut self, is_first: &mut bool, close: u8) -> Result<bool, Refusal> {
        let next = self.next();
        if next == Some(close) {
            return Ok(false);
        }
        if !core::mem::replace(is_first, false) {
            self.expect(b',', "a comma or the end of the object or list must follow")?;
            if self.next() == Some(close) {
                return Err(self.malformed("nothing follows the comma"));
            }
        }
        if next.is_none() {
            return Err(self.malformed("the text ends too early"));
        }
        Ok(true)
    }

    /// As [`Self::has_more`], where a name must follow.
    pub(super) fn has_member(&mut self, is_first: &mut bool) -> Result<bool, Refusal> {
        let has_more = self.has_more(is_first, b'}')?;
        if has_more && self.next() != Some(b'"') {
            return Err(self.malformed("a name in quotation marks must follow"));
        }
        Ok(has_more)
    }

    /// The next value, if it is a string.
    pub(super) fn string(&mut self) -> Result<Option<&str>, Refusal> {
        if self.next() != Some(b'"') {
            return Ok(None);
        }
        self.take();
        let first = self.characters()?;
        if self.bytes.get(self.at) == Some(&b'"') {
            self.take();
            return Ok(Some(first));
        }
        self.plain.clear();
        self.plain.push_str(first);
        loop {
            // At a quotation mark or a backslash, or at the end.
            let byte = self.bytes.get(self.at).copied();
            self.take();
            match byte {
                Some(b'"') => return Ok(Some(&self.plain)),
                Some(b'\\') => {
                    let character = self.escaped()?;
                    self.plain.push(character);
                }
                _ => return Err(self.malformed("the text ends inside a string")),
            }
            let more = self.characters()?;
            self.plain.push_str(more);
        }
    }

    /// Characters up to a quotation mark, a backslash or the end.
    pub(super) fn characters(&mut self) -> Result<&'de str, Refusal> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | ..b' ')).count();
        let plain = rest.get(..length).unwrap_or_default();
        self.at = self.at.saturating_add(length);
        if rest.get(length).is_some_and(|byte| *byte < b' ') {
            return Err(self.malformed("a control character inside a string"));
        }
        str::from_utf8(plain).map_err(|_| self.malformed("a string that is no UTF-8"))
    }

    /// The character of an escape, behind its backslash.
    pub(super) fn escaped(&mut self) -> Result<char, Refusal> {
        let byte = self.bytes.get(self.at).copied();
        self.take();
        Ok(match byte {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.code_point(),
            _ => return Err(self.malformed("an escape that there is not")),
        })
    }

    /// The character of `\u`, which beyond 16 bits are two.
    pub(super) fn code_point(&mut self) -> Result<char, Refusal> {
        let first = self.four_digits()?;
        let mut code = u32::from(first);
        if (0xd800..0xdc00).contains(&first) {
            let has_second = self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(b"\\u"));
            self.at = self.at.saturating_add(if has_second { 2 } else { 0 });
            let second = if has_second { self.four_digits()? } else { 0 };
            let low = second.wrapping_sub(0xdc00);
            // Without its other half, the first stays one that is no character.
            if low < 0x400 {
                code = 0x1_0000 + ((code - 0xd800) << 10) + u32::from(low);
            }
        }
        char::from_u32(code).ok_or_else(|| self.malformed("half of a character"))
    }

    pub(super) fn four_digits(&mut self) -> Result<u16, Refusal> {
        let end = self.at.saturating_add(4);
        let digits = self.bytes.get(self.at..end).and_then(|digits| str::from_utf8(digits).ok());
        let is_plain = |text: &&str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let read = digits.filter(is_plain).and_then(|text| u16::from_str_radix(text, 16).ok());
        self.at = end.min(self.bytes.len());
        read.ok_or_else(|| self.malformed("four hex digits must follow \\u"))
    }

    /// Takes a word such as `null`, if it is next.
    pub(super) fn word(&mut self, word: &str) -> bool {
        self.next();
        let is_next =
            self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes()));
        self.at = self.at.saturating_add(if is_next { word.len() } else { 0 });
        is_next
    }

    /// Takes a number.
    pub(super) fn number(&mut self) -> Result<(), Refusal> {
        let start = self.at;
        self.one_of(b"-");
        // No digit follows a zero in front.
        if !self.one_of(b"0") {
            self.digits()?;
        }
        if self.one_of(b".") {
            self.digits()?;
        }
        if self.one_of(b"eE") {
            self.one_of(b"+-");
            self.digits()?;
        }
        debug_assert!(self.at > start);
        Ok(())
    }

    pub(super) fn one_of(&mut self, bytes: &[u8]) -> bool {
        let is_next = self.bytes.get(self.at).is_some_and(|byte| bytes.contains(byte));
        self.at = self.at.saturating_add(is_next.into());
        is_next
    }

    pub(super) fn digits(&mut self) -> Result<(), Refusal> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at = self.at.saturating_add(count);
        if count == 0 { Err(self.malformed("no digit where one must be")) } else { Ok(()) }
    }

    /// Takes a value that is neither object nor list, and says what it is.
    pub(super) fn scalar(&mut self) -> Result<Unexpected<'static>, Refusal> {
        match self.next() {
            Some(b'"') => self.string().map(|_| Unexpected::Other("a string")),
            Some(b'-' | b'0'..=b'9') => self.number().map(|()| Unexpected::Other("a number")),
            _ if self.word("null") => Ok(Unexpected::Other("null")),
            _ if self.word("true") || self.word("false") => Ok(Unexpected::Other("a truth value")),
            _ => Err(self.malformed("no value where one must be")),
        }
    }

    /// Takes any value.
    pub(super) fn skip(&mut self) -> Result<(), Refusal> {
        let mut is_first = true;
        match self.next() {
            Some(b'{') => {
                self.enter()?;
                while self.has_member(&mut is_first)? {
                    self.string()?;
                    self.colon()?;
                    self.skip()?;
                }
                self.leave(b'}')
            }
            Some(b'[') => {
                self.enter()?;
                while self.has_more(&mut is_first, b']')? {
                    self.skip()?;
                }
                self.leave(b']')
            }
            _ => self.scalar().map(drop),
        }
    }

    /// Says that the next value is none of those that may stand here.
    #[cold]
    pub(super) fn mismatch(&mut self, expected: &dyn Expected) -> Refusal {
        let found = match self.next() {
            // Not taken, so that the place is the value's own.
            Some(b'{') => Ok(Unexpected::Other("an object")),
            Some(b'[') => Ok(Unexpected::Other("a list")),
            _ => self.scalar(),
        };
        match found {
            Ok(found) => self.placed(Refusal::invalid_type(found, expected)),
            Err(refusal) => refusal,
        }
    }

    /// The refusal, here unless it knows its place.
    #[cold]
    pub(super) fn placed(&self, refusal: Refusal) -> Refusal {
        refusal.at(self.at)
    }

    /// Takes the byte that opens an object or a list; otherwise says what is there instead.
    pub(super) fn open(&mut self, open: u8, expected: &dyn Expected) -> Result<(), Refusal> {
        if self.next() == Some(open) { self.enter() } else { Err(self.mismatch(expected)) }
    }

    /// Ends an object or list in which something was refused, and says where.
    #[cold]
    pub(super) fn abandon(&mut self, refusal: Refusal, close: u8) -> Refusal {
        // Behind it, if it was read to its end: that is the place of what is wrong with the whole.
        drop(self.leave(close));
        self.placed(refusal)
    }
}

//! The JSON documents in a file: one, or several behind each other.

use std::cell::Cell;
use std::io::{self, BufReader, Read};
use std::rc::Rc;

use countersign_core::limits::MAX_DISPUTE_DOCUMENT_SIZE;
use serde_json::value::RawValue;

/// Reads documents one after another; no more than one, of a bundle's size, is in memory.
pub(super) struct Documents<'r> {
    stream: serde_json::StreamDeserializer<
        'static,
        serde_json::de::IoRead<BufReader<Limited<'r>>>,
        Box<RawValue>,
    >,
    left: Rc<Cell<usize>>,
}

/// Stops when one document takes more than there may be.
struct Limited<'r> {
    inner: Box<dyn Read + 'r>,
    left: Rc<Cell<usize>>,
}

impl Read for Limited<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let left = self.left.get().checked_sub(count);
        self.left.set(left.ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("a document has at most {MAX_DISPUTE_DOCUMENT_SIZE} bytes"),
            )
        })?);
        Ok(count)
    }
}

impl<'r> Documents<'r> {
    pub(super) fn new(inner: impl Read + 'r) -> Self {
        let left = Rc::new(Cell::new(0));
        let limited = Limited { inner: Box::new(inner), left: Rc::clone(&left) };
        let parser = serde_json::Deserializer::from_reader(BufReader::new(limited));
        Self { stream: parser.into_iter(), left }
    }
}

impl Iterator for Documents<'_> {
    type Item = Result<Box<RawValue>, serde_json::Error>;

    fn next(&mut self) -> Option<Self::Item> {
        // What is buffered already comes on top of that, and is small.
        self.left.set(MAX_DISPUTE_DOCUMENT_SIZE.saturating_add(1));
        self.stream.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(input: &[u8]) -> Vec<Result<String, bool>> {
        let documents = Documents::new(input).take(9);
        documents.map(|text| text.map(|text| text.get().into()).map_err(|e| e.is_io())).collect()
    }

    #[test]
    fn documents_are_told_apart_and_errors_end_them() {
        assert_eq!(texts(b""), []);
        assert_eq!(texts(b" {\"a\": 1}\n"), [Ok("{\"a\": 1}".to_owned())]);
        assert_eq!(texts(b"{\"a\":1}\n{}\n"), [Ok("{\"a\":1}".to_owned()), Ok("{}".to_owned())]);
        assert_eq!(texts(b"{} x"), [Ok("{}".to_owned()), Err(false)]);
        assert_eq!(texts(b"{\"a\":"), [Err(false)]);
    }

    #[test]
    fn a_document_without_end_is_given_up() {
        let endless = io::repeat(b' ');
        let mut documents = Documents::new(endless);
        assert!(documents.next().unwrap().unwrap_err().is_io());
    }
}

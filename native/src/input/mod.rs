//! What people feed in: one line of text becomes one [`InputOperation`].
//!
//! | format | one line is |
//! |---|---|
//! | [`Format::Ndjson`] | `{"op","memberId","assetId","amount","opId","contextHash"?}` |
//! | [`Format::CloudEvents`] | a CloudEvents 1.0 event in JSON |
//! | [`Format::Csv`] | a row under a header line, its columns named by a [`ColumnMap`] |
//!
//! A line that cannot be read is an [`InputError`] and stops nothing: the next call goes on with
//! the next line. No line is ever held beyond a limit, and a file may end without a newline.
//!
//! ```
//! use countersign::input::{Format, Operations};
//!
//! let text = r#"{"op":"earn","memberId":"0000000000000000000000000000000000000000000000000000000000000001","assetId":"joule","amount":"5","opId":"a"}
//! {"op":"earn"}"#;
//! let mut operations = Operations::open(text.as_bytes(), &Format::Ndjson)?;
//! let first = operations.read()?.expect("two lines");
//! assert_eq!((first.line, first.operation?.amount), (1, 5));
//! let second = operations.read()?.expect("two lines");
//! assert_eq!(second.operation.unwrap_err().code, "missing-field");
//! assert!(operations.read()?.is_none());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod amount;
mod cloudevents;
mod csv;
mod error;
mod json;
mod lines;
mod member;
mod ndjson;
mod operation;
#[cfg(test)]
mod tests;

use std::io::BufRead;

pub use amount::parse_amount;
pub use cloudevents::CloudEvents;
pub use csv::{ColumnMap, Csv, Source};
pub use error::{InputError, OpenError};
pub use lines::{Line, Lines, MAX_LINE_SIZE};
pub use member::member_id;
pub use ndjson::Ndjson;
pub use operation::InputOperation;

/// How the lines of an input are to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// One JSON object per line, in the log's own names.
    Ndjson,
    /// One CloudEvents 1.0 JSON event per line.
    CloudEvents(CloudEvents),
    /// A header line and comma-separated rows.
    Csv(ColumnMap),
}

/// What one line held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// The line, counted from 1, blank lines and the header included.
    pub line: u64,
    /// The operation, or why there is none.
    pub operation: Result<InputOperation, InputError>,
}

/// The operations of an input, line by line.
#[derive(Debug)]
pub struct Operations<R> {
    lines: Lines<R>,
    parser: Parser,
}

#[derive(Debug)]
enum Parser {
    Ndjson(Ndjson),
    CloudEvents(CloudEvents),
    Csv(Box<Csv>),
}

impl<R: BufRead> Operations<R> {
    /// Starts reading; a CSV header is read at once, and without a usable one nothing can be.
    pub fn open(reader: R, format: &Format) -> Result<Self, OpenError> {
        let mut lines = Lines::new(reader, MAX_LINE_SIZE);
        let parser = match format {
            Format::Ndjson => Parser::Ndjson(Ndjson),
            Format::CloudEvents(names) => Parser::CloudEvents(names.clone()),
            Format::Csv(map) => Parser::Csv(Box::new(Csv::open(&mut lines, map)?)),
        };
        Ok(Self { lines, parser })
    }

    /// The next line that is not blank; `None` at the end of the input. An error here is the
    /// reader's own, and ends the input.
    pub fn read(&mut self) -> std::io::Result<Option<Numbered>> {
        let line = match self.lines.read()? {
            None => return Ok(None),
            Some(Ok(line)) => line,
            Some(Err(error)) => {
                return Ok(Some(Numbered { line: error.line, operation: Err(error) }));
            }
        };
        let operation = match &mut self.parser {
            Parser::Ndjson(parser) => parser.parse(&line),
            Parser::CloudEvents(parser) => parser.parse(&line),
            Parser::Csv(parser) => parser.parse(&line),
        };
        Ok(Some(Numbered { line: line.number, operation }))
    }
}

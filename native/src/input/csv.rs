//! CSV (RFC 4180): a header line, and a map from columns to fields.

use std::io::{BufRead, Cursor, SeekFrom};
use std::str::FromStr;

use countersign_core::hash::hex;
use countersign_core::limits::DIGEST_SIZE;
use csv::{ByteRecord, Position, Reader, ReaderBuilder, Terminator};

use super::amount::amount;
use super::error::{InputError, OpenError, Problem};
use super::lines::{Line, Lines};
use super::member::member_id;
use super::operation::InputOperation;

/// Where a field comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The column of this name.
    Column(String),
    /// The same text for every row.
    Constant(String),
}

/// Which column, or fixed value, becomes which field.
///
/// Its text form is `op=COLUMN,member=COLUMN,asset=COLUMN,amount=COLUMN,op-id=COLUMN,context=COLUMN`,
/// any of them `const:VALUE` instead. Without an entry a field is read from the column that has its
/// NDJSON name; `context` may be absent altogether.
///
/// ```
/// use countersign::input::{ColumnMap, Source};
///
/// let map: ColumnMap = "op=const:spend,member=Customer".parse()?;
/// assert_eq!(map.op, Source::Constant("spend".into()));
/// assert_eq!(map.member, Source::Column("Customer".into()));
/// assert_eq!(map.amount, Source::Column("amount".into()));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnMap {
    /// What happened.
    pub op: Source,
    /// The member: 64 lower-case hex digits, or a name that is hashed, see [`member_id`].
    pub member: Source,
    /// The asset.
    pub asset: Source,
    /// The amount, in plain digits.
    pub amount: Source,
    /// The idempotency key.
    pub op_id: Source,
    /// The context hash: 64 lower-case hex digits, or empty for zeros. `None` means the column
    /// `contextHash` where there is one, and zeros where there is none.
    pub context: Option<Source>,
}

impl Default for ColumnMap {
    fn default() -> Self {
        let column = |name: &str| Source::Column(name.to_owned());
        Self {
            op: column("op"),
            member: column("memberId"),
            asset: column("assetId"),
            amount: column("amount"),
            op_id: column("opId"),
            context: None,
        }
    }
}

impl FromStr for ColumnMap {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut map = Self::default();
        let mut seen: Vec<&str> = Vec::new();
        for pair in text.split(',') {
            let (field, from) = pair
                .split_once('=')
                .ok_or_else(|| format!("{pair:?} is not of the form FIELD=COLUMN"))?;
            if seen.contains(&field) {
                return Err(format!("{field} is mapped twice"));
            }
            seen.push(field);
            let source = match from.strip_prefix("const:") {
                Some(value) => Source::Constant(value.to_owned()),
                None if from.is_empty() => return Err(format!("{field} is mapped to nothing")),
                None => Source::Column(from.to_owned()),
            };
            match field {
                "op" => map.op = source,
                "member" => map.member = source,
                "asset" => map.asset = source,
                "amount" => map.amount = source,
                "op-id" => map.op_id = source,
                "context" => map.context = Some(source),
                _ => {
                    return Err(format!(
                        "there is no field {field:?}; the fields are op, member, asset, amount, op-id, context"
                    ));
                }
            }
        }
        Ok(map)
    }
}

/// Reads rows under a header. A row is one line: a quoted field must end on the line it starts.
#[derive(Debug)]
pub struct Csv {
    columns: usize,
    op: Place,
    member: Place,
    asset: Place,
    amount: Place,
    op_id: Place,
    context: Option<Place>,
    splitter: Splitter,
}

/// A [`Source`] with its column found.
#[derive(Debug)]
enum Place {
    Column { index: usize, name: String },
    Constant(String),
}

impl Csv {
    /// Reads the header, which must name every mapped column exactly once.
    pub fn open<R: BufRead>(lines: &mut Lines<R>, map: &ColumnMap) -> Result<Self, OpenError> {
        let Some(line) = lines.read()? else {
            let message = "the input is empty, but CSV starts with a header line";
            return Err(OpenError::Header(Problem::new("missing-header", message).at(1)));
        };
        let line = line.map_err(OpenError::Header)?;
        Self::from_header(&line, map).map_err(|problem| OpenError::Header(problem.at(line.number)))
    }

    fn from_header(line: &Line<'_>, map: &ColumnMap) -> Result<Self, Problem> {
        let mut splitter = Splitter::new();
        line.text()?;
        let header = splitter.split(line)?.clone();
        let place = |source: &Source| Place::find(source, &header);
        let context_hash = Source::Column("contextHash".to_owned());
        let context = match &map.context {
            Some(source) => Some(place(source)?),
            None if header.iter().any(|name| name == b"contextHash") => Some(place(&context_hash)?),
            None => None,
        };
        Ok(Self {
            columns: header.len(),
            op: place(&map.op)?,
            member: place(&map.member)?,
            asset: place(&map.asset)?,
            amount: place(&map.amount)?,
            op_id: place(&map.op_id)?,
            context,
            splitter,
        })
    }

    /// Reads one row.
    pub fn parse(&mut self, line: &Line<'_>) -> Result<InputOperation, InputError> {
        self.operation(line).map_err(|problem| problem.at(line.number))
    }

    fn operation(&mut self, line: &Line<'_>) -> Result<InputOperation, Problem> {
        line.text()?;
        let row = self.splitter.split(line)?;
        if row.len() != self.columns {
            let (found, expected) = (row.len(), self.columns);
            let cut =
                if line.is_ended { "" } else { "; the input ends in the middle of this line" };
            let message = format!("the row has {found} columns and the header {expected}{cut}");
            let is_cut = !line.is_ended && found < expected;
            let code = if is_cut { "input-ends-mid-line" } else { "wrong-column-count" };
            return Err(Problem::new(code, message));
        }
        let member = self.member.text(row)?;
        if member.is_empty() {
            return Err(Problem::of(self.member.name("member"), "invalid-field", "is empty"));
        }
        let operation = InputOperation {
            op: self.op.text(row)?.to_owned(),
            member_id: member_id(member),
            asset_id: self.asset.text(row)?.to_owned(),
            amount: amount(self.amount.text(row)?).map_err(|problem| Problem {
                field: Some(self.amount.name("amount").to_owned()),
                ..problem
            })?,
            op_id: self.op_id.text(row)?.to_owned(),
            context_hash: match &self.context {
                Some(place) => context_hash(place, row)?,
                None => [0; DIGEST_SIZE],
            },
        };
        operation.check().map_err(|error| {
            let problem = Problem::from(error);
            let field = match problem.field.as_deref() {
                Some("op") => self.op.name("op"),
                Some("assetId") => self.asset.name("asset"),
                _ => self.op_id.name("op-id"),
            };
            Problem { field: Some(field.to_owned()), ..problem }
        })?;
        Ok(operation)
    }
}

fn context_hash(place: &Place, row: &ByteRecord) -> Result<[u8; DIGEST_SIZE], Problem> {
    let text = place.text(row)?;
    if text.is_empty() {
        return Ok([0; DIGEST_SIZE]);
    }
    hex::decode_array(text).ok_or_else(|| {
        let message = "must be 64 lower-case hex digits, or empty";
        Problem::of(place.name("context"), "invalid-field", message)
    })
}

impl Place {
    fn find(source: &Source, header: &ByteRecord) -> Result<Self, Problem> {
        let name = match source {
            Source::Constant(value) => return Ok(Self::Constant(value.clone())),
            Source::Column(name) => name,
        };
        let mut matching = (0_usize..).zip(header).filter(|(_, column)| *column == name.as_bytes());
        match (matching.next(), matching.next()) {
            (Some((index, _)), None) => Ok(Self::Column { index, name: name.clone() }),
            (Some(_), Some(_)) => Err(Problem::of(
                name,
                "duplicate-column",
                "is the name of two columns; rename one of them",
            )),
            (None, _) => {
                let columns: Vec<_> = header.iter().map(String::from_utf8_lossy).collect();
                let message = format!(
                    "there is no such column; the header has {}; name another with --map",
                    columns.join(", ")
                );
                Err(Problem::of(name, "missing-column", message))
            }
        }
    }

    fn text<'r>(&'r self, row: &'r ByteRecord) -> Result<&'r str, Problem> {
        match self {
            Self::Constant(value) => Ok(value),
            Self::Column { index, name } => row
                .get(*index)
                .and_then(|bytes| std::str::from_utf8(bytes).ok())
                .ok_or_else(|| Problem::of(name, "missing-field", "is missing")),
        }
    }

    /// The name to blame: the column's, or the map's for a fixed value.
    fn name<'p>(&'p self, field: &'p str) -> &'p str {
        match self {
            Self::Column { name, .. } => name,
            Self::Constant(_) => field,
        }
    }
}

/// Splits one line after the other with one reader, which is rewound for each.
#[derive(Debug)]
struct Splitter {
    reader: Reader<Cursor<Vec<u8>>>,
    row: ByteRecord,
}

impl Splitter {
    fn new() -> Self {
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            // The line is cut already; a carriage return inside it is data.
            .terminator(Terminator::Any(b'\n'))
            .from_reader(Cursor::new(Vec::new()));
        Self { reader, row: ByteRecord::new() }
    }

    fn split(&mut self, line: &Line<'_>) -> Result<&ByteRecord, Problem> {
        check_quotes(line)?;
        let bytes = self.reader.get_mut().get_mut();
        bytes.clear();
        bytes.extend_from_slice(line.bytes);
        let malformed = |error: csv::Error| Problem::new("malformed-csv", error.to_string());
        self.reader.seek_raw(SeekFrom::Start(0), Position::new()).map_err(malformed)?;
        self.reader.read_byte_record(&mut self.row).map_err(malformed)?;
        Ok(&self.row)
    }
}

/// Checks that quotation marks enclose whole fields and are doubled inside them. The splitter
/// reads anything else as well, but an amount like `"1"0` must not pass for ten.
fn check_quotes(line: &Line<'_>) -> Result<(), Problem> {
    let mut state = Quotes::FieldStart;
    for (place, byte) in (1_usize..).zip(line.bytes) {
        state = match (state, *byte) {
            (Quotes::Inside, b'"') => Quotes::AfterQuote,
            (Quotes::FieldStart | Quotes::AfterQuote, b'"') | (Quotes::Inside, _) => Quotes::Inside,
            (_, b',') => Quotes::FieldStart,
            (Quotes::AfterQuote, _) | (Quotes::Plain, b'"') => {
                let message = format!(
                    "byte {place}: quotation marks must enclose a whole field, and be doubled inside it"
                );
                return Err(Problem::new("malformed-csv", message));
            }
            (Quotes::FieldStart | Quotes::Plain, _) => Quotes::Plain,
        };
    }
    match state {
        Quotes::Inside if !line.is_ended => Err(Problem::new(
            "input-ends-mid-line",
            "the input ends in the middle of this line, inside quotation marks",
        )),
        Quotes::Inside => Err(Problem::new(
            "malformed-csv",
            "a quoted field does not end on its line; fields with line breaks are not read",
        )),
        _ => Ok(()),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quotes {
    FieldStart,
    Plain,
    Inside,
    AfterQuote,
}

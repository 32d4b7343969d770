//! CloudEvents 1.0 in JSON, one event per line.

use countersign_core::hash::blake3;
use countersign_core::limits::MAX_OP_ID_SIZE;

use super::error::{InputError, Problem};
use super::json::{Others, amount_of, read_object, required, text};
use super::lines::Line;
use super::member::member_id;
use super::operation::InputOperation;

/// The attributes that are read; all others, and extensions, are passed over.
const ATTRIBUTES: [&str; 6] = ["specversion", "id", "source", "type", "subject", "data"];

/// Reads CloudEvents 1.0 events.
///
/// | event | operation |
/// |---|---|
/// | `type`, its ASCII letters lower-cased | `op` |
/// | `subject`, as [`member_id`] has it | `memberId` |
/// | `data.assetId`, or the name set here | `assetId` |
/// | `data.amount`, or the name set here: digits in a string, or an integer | `amount` |
/// | `source#id`, or the hex of its BLAKE3 when that is over 128 bytes | `opId` |
/// | BLAKE3 of the line's bytes, without the newline | `contextHash` |
///
/// `specversion` must be `1.0`, and `id`, `source`, `type` and `subject` must not be empty. An
/// attribute that is `null` counts as absent (section 2.2 of the JSON event format).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudEvents {
    /// The name of the amount inside `data`.
    pub amount_field: String,
    /// The name of the asset inside `data`.
    pub asset_field: String,
}

impl Default for CloudEvents {
    fn default() -> Self {
        Self { amount_field: "amount".to_owned(), asset_field: "assetId".to_owned() }
    }
}

impl CloudEvents {
    /// Reads one line.
    pub fn parse(&self, line: &Line<'_>) -> Result<InputOperation, InputError> {
        self.operation(line).map_err(|problem| problem.at(line.number))
    }

    fn operation(&self, line: &Line<'_>) -> Result<InputOperation, Problem> {
        let values = read_object(line.text()?, ATTRIBUTES, Others::Skip)
            .map_err(|failure| failure.on(line))?;
        let [specversion, id, source, kind, subject, data] =
            values.map(|value| value.filter(|value| *value != "null"));
        let specversion = text("specversion", required("specversion", specversion)?)?;
        if specversion != "1.0" {
            let message = format!("is {specversion:?}, and only \"1.0\" is read");
            return Err(Problem::of("specversion", "wrong-specversion", message));
        }
        let id = attribute("id", id)?;
        let source = attribute("source", source)?;
        let kind = attribute("type", kind)?;
        let subject = attribute("subject", subject)?;

        let data = required("data", data)?;
        if !data.starts_with('{') {
            return Err(Problem::of("data", "wrong-type", "must be a JSON object"));
        }
        let names = [self.amount_field.as_str(), self.asset_field.as_str()];
        let [amount, asset_id] =
            read_object(data, names, Others::Skip).map_err(|failure| failure.on(line))?;
        let amount_field = format!("data.{}", self.amount_field);
        let asset_field = format!("data.{}", self.asset_field);
        let operation = InputOperation {
            op: kind.to_ascii_lowercase(),
            member_id: member_id(&subject),
            asset_id: text(&asset_field, required(&asset_field, asset_id)?)?,
            amount: amount_of(&amount_field, required(&amount_field, amount)?)?,
            op_id: op_id(&source, &id),
            context_hash: *blake3(line.bytes).as_bytes(),
        };
        operation.check().map_err(|error| {
            let problem = Problem::from(error);
            let field = match problem.field.as_deref() {
                Some("op") => Some("type".to_owned()),
                Some("assetId") => Some(asset_field),
                _ => problem.field,
            };
            Problem { field, ..problem }
        })?;
        Ok(operation)
    }
}

fn attribute(name: &str, value: Option<&str>) -> Result<String, Problem> {
    let value = text(name, required(name, value)?)?;
    if value.is_empty() {
        return Err(Problem::of(name, "invalid-field", "must not be empty"));
    }
    Ok(value)
}

fn op_id(source: &str, id: &str) -> String {
    let joined = format!("{source}#{id}");
    if joined.len() > MAX_OP_ID_SIZE {
        return blake3(joined.as_bytes()).to_string();
    }
    joined
}

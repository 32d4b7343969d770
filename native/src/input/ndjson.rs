//! NDJSON in the log's own names.

use countersign_core::hash::hex;
use countersign_core::limits::DIGEST_SIZE;

use super::error::{InputError, Problem};
use super::json::{Others, amount_of, read_object, required, text};
use super::lines::Line;
use super::operation::InputOperation;

/// The fields, in the order of a record.
const FIELDS: [&str; 6] = ["op", "memberId", "assetId", "amount", "opId", "contextHash"];

/// Reads `{"op","memberId","assetId","amount","opId","contextHash"?}`, one object per line.
///
/// `memberId` and `contextHash` are 64 lower-case hex digits, `amount` is a string of digits or an
/// integer. A field that is unknown or given twice is refused: it would otherwise be lost silently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ndjson;

impl Ndjson {
    /// Reads one line.
    pub fn parse(&self, line: &Line<'_>) -> Result<InputOperation, InputError> {
        parse(line).map_err(|problem| problem.at(line.number))
    }
}

fn parse(line: &Line<'_>) -> Result<InputOperation, Problem> {
    let values =
        read_object(line.text()?, FIELDS, Others::Refuse).map_err(|failure| failure.on(line))?;
    let [op, member_id, asset_id, amount, op_id, context_hash] = values;
    let operation = InputOperation {
        op: text("op", required("op", op)?)?,
        member_id: digest("memberId", required("memberId", member_id)?)?,
        asset_id: text("assetId", required("assetId", asset_id)?)?,
        amount: amount_of("amount", required("amount", amount)?)?,
        op_id: text("opId", required("opId", op_id)?)?,
        context_hash: match context_hash {
            Some(value) => digest("contextHash", value)?,
            None => [0; DIGEST_SIZE],
        },
    };
    operation.check()?;
    Ok(operation)
}

fn digest(field: &str, value: &str) -> Result<[u8; DIGEST_SIZE], Problem> {
    hex::decode_array(&text(field, value)?)
        .ok_or_else(|| Problem::of(field, "invalid-field", "must be 64 lower-case hex digits"))
}

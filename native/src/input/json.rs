//! What the two JSON formats share: reading one object into named slots, without losing a digit.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::amount::amount;
use super::error::Problem;
use super::lines::Line;

/// What to do with a name that is not asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Others {
    /// It is an error.
    Refuse,
    /// It is somebody else's.
    Skip,
}

/// Reads one JSON object and returns the text of the values of `names`, in their order. A name of
/// `names` that occurs twice is an error: which one counts differs between JSON readers.
pub(super) fn read_object<'a, const N: usize>(
    text: &'a str,
    names: [&str; N],
    others: Others,
) -> Result<[Option<&'a str>; N], Failure> {
    let mut values = [None; N];
    let mut problem = None;
    let seed = Object { names: &names, others, values: &mut values, problem: &mut problem };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let outcome = seed.deserialize(&mut deserializer).and_then(|()| deserializer.end());
    match (outcome, problem) {
        (_, Some(problem)) => Err(Failure::Problem(problem)),
        (Err(error), None) => Err(Failure::Json(error)),
        (Ok(()), None) => Ok(values),
    }
}

/// Why an object could not be read.
#[derive(Debug)]
pub(super) enum Failure {
    /// Its grammar.
    Json(serde_json::Error),
    /// Its names.
    Problem(Problem),
}

impl Failure {
    /// What is wrong with `line`, of which the object is all or a part.
    pub(super) fn on(self, line: &Line<'_>) -> Problem {
        let error = match self {
            Self::Problem(problem) => return problem,
            Self::Json(error) => error,
        };
        let column = error.column();
        match error.classify() {
            Category::Data => Problem::new("wrong-type", "must be one JSON object"),
            Category::Eof if !line.is_ended => {
                let message = format!(
                    "the input ends in the middle of this line: JSON breaks off at column {column}"
                );
                Problem::new("input-ends-mid-line", message)
            }
            Category::Eof | Category::Syntax | Category::Io => {
                let text = error.to_string();
                let what = text.split(" at line ").next().unwrap_or_default();
                Problem::new("malformed-json", format!("malformed JSON, column {column}: {what}"))
            }
        }
    }
}

struct Object<'s, 'a, const N: usize> {
    names: &'s [&'s str; N],
    others: Others,
    values: &'s mut [Option<&'a str>; N],
    problem: &'s mut Option<Problem>,
}

impl<'a, const N: usize> DeserializeSeed<'a> for Object<'_, 'a, N> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a, const N: usize> Visitor<'a> for Object<'_, 'a, N> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key_seed(Name { names: self.names, others: self.others })? {
            let value: &'a RawValue = map.next_value()?;
            let (slot, known) = match name {
                Ok(index) => (self.values.get_mut(index), self.names.get(index)),
                Err(Some(unknown)) => {
                    let message =
                        format!("is not a field; the fields are {}", self.names.join(", "));
                    *self.problem = Some(Problem::of(&unknown, "unknown-field", message));
                    return Err(A::Error::custom("unknown field"));
                }
                Err(None) => continue,
            };
            if let (Some(slot), Some(known)) = (slot, known)
                && slot.replace(value.get()).is_some()
            {
                *self.problem = Some(Problem::of(known, "duplicate-field", "is given twice"));
                return Err(A::Error::custom("duplicate field"));
            }
        }
        Ok(())
    }
}

/// Reads a name: its place among the known ones, or `Err` with its text where that is needed.
struct Name<'s, const N: usize> {
    names: &'s [&'s str; N],
    others: Others,
}

impl<'a, const N: usize> DeserializeSeed<'a> for Name<'_, N> {
    type Value = Result<usize, Option<String>>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<const N: usize> Visitor<'_> for Name<'_, N> {
    type Value = Result<usize, Option<String>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(match self.names.iter().position(|known| *known == name) {
            Some(index) => Ok(index),
            None if self.others == Others::Refuse => Err(Some(name.to_owned())),
            None => Err(None),
        })
    }
}

/// The value of `field`, which must be there.
pub(super) fn required<'a>(field: &str, value: Option<&'a str>) -> Result<&'a str, Problem> {
    value.ok_or_else(|| Problem::of(field, "missing-field", "is missing"))
}

/// The text of a JSON string.
pub(super) fn text(field: &str, value: &str) -> Result<String, Problem> {
    let inside = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let Some(inside) = inside else {
        let message = format!("must be a string, not {}", kind(value));
        return Err(Problem::of(field, "wrong-type", message));
    };
    if !inside.contains('\\') {
        return Ok(inside.to_owned());
    }
    // A raw value has the shape of a string; only its escapes are still to be read.
    serde_json::from_str(value)
        .map_err(|_| Problem::of(field, "malformed-json", "holds half a surrogate pair"))
}

/// An amount: a string of digits or an integer, exact either way.
pub(super) fn amount_of(field: &str, value: &str) -> Result<i128, Problem> {
    let named = |problem: Problem| Problem { field: Some(field.to_owned()), ..problem };
    match value.bytes().next() {
        Some(b'"') => amount(&text(field, value)?).map_err(named),
        Some(b'-' | b'0'..=b'9') => amount(value).map_err(named),
        _ => {
            let message = format!("must be a string or an integer, not {}", kind(value));
            Err(Problem::of(field, "wrong-type", message))
        }
    }
}

/// What a JSON value is, for people.
fn kind(value: &str) -> &'static str {
    match value.bytes().next() {
        Some(b'"') => "a string",
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

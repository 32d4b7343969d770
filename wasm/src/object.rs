//! JavaScript objects, member by member: bytes, texts and integers of 64 bits and more.

use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use crate::bytes;
use crate::error::Refused;

/// An object that is being made.
#[derive(Default)]
pub(crate) struct Builder(Object);

impl Builder {
    /// Adds a member of any type that JavaScript knows.
    pub(crate) fn with(self, name: &str, value: impl Into<JsValue>) -> Self {
        // Setting a member of a new object cannot fail.
        let _ = Reflect::set(&self.0, &name.into(), &value.into());
        self
    }

    /// Adds a member of bytes.
    pub(crate) fn bytes(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.with(name, Uint8Array::from(bytes.as_ref()))
    }

    /// The object.
    pub(crate) fn build(self) -> JsValue {
        self.0.into()
    }
}

/// An object that is being read. Errors name the member.
pub(crate) struct Reader<'a> {
    object: &'a JsValue,
    name: &'a str,
}

impl<'a> Reader<'a> {
    /// Reads `object`, which errors call `name`.
    pub(crate) fn new(object: &'a JsValue, name: &'a str) -> Result<Self, Refused> {
        if object.is_object() {
            Ok(Self { object, name })
        } else {
            Err(Refused::argument(name, "an object"))
        }
    }

    fn full_name(&self, member: &str) -> String {
        format!("{}.{member}", self.name)
    }

    /// A member; `undefined` where there is none.
    pub(crate) fn any(&self, member: &str) -> Result<JsValue, Refused> {
        Ok(Reflect::get(self.object, &member.into())?)
    }

    /// A member of exactly `N` bytes.
    pub(crate) fn bytes<const N: usize>(&self, member: &str) -> Result<[u8; N], Refused> {
        let name = self.full_name(member);
        match self.any(member)?.dyn_ref::<Uint8Array>() {
            // Looked at before they are copied.
            Some(array) if array.length() as usize == N => bytes::exactly(&name, &array.to_vec()),
            _ => Err(Refused::argument(&name, format_args!("a Uint8Array of {N} bytes"))),
        }
    }

    /// A member of text.
    pub(crate) fn text(&self, member: &str) -> Result<String, Refused> {
        let text = self.any(member)?.as_string();
        text.ok_or_else(|| Refused::argument(&self.full_name(member), "a string"))
    }

    /// A member that is an unsigned integer.
    pub(crate) fn uint<T: TryFrom<i128>>(&self, member: &str) -> Result<T, Refused> {
        let read = integer(self.any(member)?).and_then(|value| T::try_from(value).ok());
        read.ok_or_else(|| {
            let expected = "a bigint or a safe integer, and not negative";
            Refused::argument(&self.full_name(member), expected)
        })
    }

    /// A member that is an integer of at most 128 bits.
    pub(crate) fn int(&self, member: &str) -> Result<i128, Refused> {
        integer(self.any(member)?)
            .ok_or_else(|| Refused::argument(&self.full_name(member), "a bigint or a safe integer"))
    }

    /// A member that is a list.
    pub(crate) fn list(&self, member: &str) -> Result<Array, Refused> {
        self.any(member)?
            .dyn_into()
            .map_err(|_| Refused::argument(&self.full_name(member), "an array"))
    }
}

/// A bigint or a safe integer.
pub(crate) fn integer(value: JsValue) -> Option<i128> {
    match value.as_f64() {
        #[expect(clippy::cast_possible_truncation, reason = "a safe integer has 53 bits")]
        Some(number) if js_sys::Number::is_safe_integer(&value) => Some(i128::from(number as i64)),
        Some(_) => None,
        None => i128::try_from(value).ok(),
    }
}

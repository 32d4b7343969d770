//! Errors, as JavaScript sees them.

use std::fmt::Display;

use countersign_core::document::DocumentError;
use countersign_core::proof::ProofError;
use js_sys::{Error, Reflect};
use wasm_bindgen::JsValue;

/// Why a call was refused. In JavaScript it is an `Error` with the members `name`, `message` and
/// `code`, and `path` where a document is at fault.
#[derive(Debug)]
pub struct Refused(JsValue);

impl Refused {
    /// An error with a stable kebab-case code and a sentence a person can act on.
    #[cold]
    pub(crate) fn new(code: &str, message: impl Display) -> Self {
        let error = Error::new(&message.to_string());
        error.set_name("CountersignError");
        let refused = Self(error.into());
        refused.with("code", code)
    }

    /// An argument of the wrong shape.
    #[cold]
    pub(crate) fn argument(name: &str, expected: impl Display) -> Self {
        Self::new("invalid-argument", format_args!("{name} must be {expected}"))
    }

    /// One that is to be of another class in JavaScript.
    #[cfg(feature = "full")]
    #[cold]
    pub(crate) fn of_class(class: &str, code: &str, message: impl Display) -> Self {
        Self::new(code, message).with("class", class)
    }

    fn with(self, member: &str, text: &str) -> Self {
        // Setting a member of a new error cannot fail.
        let _ = Reflect::set(&self.0, &member.into(), &text.into());
        self
    }
}

impl From<Refused> for JsValue {
    fn from(refused: Refused) -> Self {
        refused.0
    }
}

/// What code of the caller has thrown goes back to the caller as it is.
impl From<JsValue> for Refused {
    fn from(thrown: JsValue) -> Self {
        Self(thrown)
    }
}

impl From<DocumentError> for Refused {
    fn from(error: DocumentError) -> Self {
        let refused = Self::new(error.code(), &error);
        match error.path() {
            Some(path) => refused.with("path", path),
            None => refused,
        }
    }
}

impl From<ProofError> for Refused {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::Document(error) => error.into(),
            _ => Self::new(error.code(), error),
        }
    }
}

#[cfg(feature = "full")]
impl From<countersign_core::bmt::compat::CompatError> for Refused {
    fn from(error: countersign_core::bmt::compat::CompatError) -> Self {
        Self::of_class(error.class().name(), error.code(), error)
    }
}

#[cfg(feature = "full")]
impl<E: Display> From<countersign_core::bmt::StreamError<E>> for Refused {
    fn from(error: countersign_core::bmt::StreamError<E>) -> Self {
        Self::new(error.code(), error)
    }
}

#[cfg(feature = "full")]
impl<E: Display> From<countersign_core::bmt::IndexError<E>> for Refused {
    fn from(error: countersign_core::bmt::IndexError<E>) -> Self {
        Self::new(error.code(), error)
    }
}

/// Errors that have nothing to tell beside their code and their message.
#[cfg(feature = "full")]
macro_rules! coded {
    ($($error:ty),+ $(,)?) => {
        $(impl From<$error> for Refused {
            fn from(error: $error) -> Self {
                Self::new(error.code(), error)
            }
        })+
    };
}

#[cfg(feature = "full")]
coded!(
    countersign_core::bmt::GeometryError,
    countersign_core::bmt::HashSizeError,
    countersign_core::bmt::SpanError,
    countersign_core::chain::RecordError,
    countersign_core::dispute::DisputeError,
    countersign_core::keys::Error,
    countersign_core::merkle::ConsistencyError,
    countersign_core::merkle::InclusionError,
);

//! Free text with a limit.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;
use core::ops::Deref;

use super::{Blank, Spelling};

/// A text of at most `MAX` bytes of UTF-8, possibly empty.
///
/// ```
/// use countersign_core::document::Text;
///
/// assert!(Text::<4>::new("joule").is_none());
/// assert_eq!(&*Text::<5>::new("joule").unwrap(), "joule");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<const MAX: usize>(String);

impl<const MAX: usize> Text<MAX> {
    /// `None` above the limit.
    pub fn new(text: &str) -> Option<Self> {
        (text.len() <= MAX).then(|| Self(text.to_owned()))
    }

    /// The text itself.
    pub fn into_inner(self) -> String {
        self.0
    }
}

impl<const MAX: usize> Deref for Text<MAX> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> Blank for Text<MAX> {
    const BLANK: Self = Self(String::new());
}

impl<const MAX: usize> Spelling for Text<MAX> {
    fn spell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }

    fn read(text: &str) -> Option<Self> {
        Self::new(text)
    }

    fn expect(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a text of at most {MAX} bytes")
    }
}

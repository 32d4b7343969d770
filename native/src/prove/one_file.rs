//! A bundle and its verifier in one HTML file, which opens from disk.
//!
//! The page's build makes the template: markup, style, script and the verifier, all inline, with an
//! empty slot for the bundle.

use std::fmt;

use countersign_core::keys::PublicKey;
use serde_json::json;

/// The slot as the template has it.
const SLOT: &str = r#"<script type="application/json" id="proof">null</script>"#;
const START: &str = r#"<script type="application/json" id="proof">"#;
const END: &str = "</script>";
/// Name and version of what the slot holds.
const FORMAT: &str = "countersign/one-file/v1";

/// Why there is no such file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OneFileError {
    /// The page was not built before the program was.
    NotBuilt,
    /// The template has no slot, or several.
    NoSlot,
}

impl OneFileError {
    /// Stable kebab-case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotBuilt => "page-not-built",
            Self::NoSlot => "page-template-invalid",
        }
    }
}

impl fmt::Display for OneFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotBuilt => {
                "the page is not part of this program, which --html needs: `cargo xtask page` \
                 builds it, and the program has to be built again after that"
            }
            Self::NoSlot => "the page's template has no single place for a proof; build it again",
        })
    }
}

impl std::error::Error for OneFileError {}

/// Puts a bundle, as its JSON text, and the key to check it with into the template.
///
/// ```
/// use countersign::prove::fill_one_file;
/// use countersign_core::keys::PublicKey;
///
/// let template = r#"<script type="application/json" id="proof">null</script>"#;
/// let html = fill_one_file(template, r#"{"a":"</script>"}"#, &PublicKey::from_bytes([7; 32]))?;
/// assert_eq!(html.matches("</script>").count(), 1);
/// # Ok::<(), countersign::prove::OneFileError>(())
/// ```
pub fn fill_one_file(
    template: &str,
    bundle: &str,
    operator: &PublicKey,
) -> Result<String, OneFileError> {
    let mut parts = template.split(SLOT);
    let (Some(before), Some(after), None) = (parts.next(), parts.next(), parts.next()) else {
        return Err(OneFileError::NoSlot);
    };
    let document = json!({
        "format": FORMAT,
        "bundle": bundle,
        "operatorPublicKey": operator.to_string(),
        "fingerprint": operator.fingerprint().to_string(),
    });
    // Inside a script element only `<` can end or change anything.
    let document = document.to_string().replace('<', "\\u003c");
    Ok([before, START, &document, END, after].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_bundle_says_cannot_leave_its_slot() {
        let template = format!("<p>{SLOT}</p>");
        let operator = PublicKey::from_bytes([7; 32]);
        let bundle = r#"{"x":"</script><script>alert(1)</script><!--"}"#;
        let html = fill_one_file(&template, bundle, &operator).unwrap();
        let inside = html.strip_prefix("<p>").unwrap().strip_suffix("</p>").unwrap();
        let inside = inside.strip_prefix(START).unwrap().strip_suffix(END).unwrap();
        assert!(!inside.contains('<'), "{inside}");
        let document: serde_json::Value = serde_json::from_str(inside).unwrap();
        assert_eq!(document["bundle"], bundle);
        assert_eq!(document["fingerprint"], operator.fingerprint().to_string());
    }

    #[test]
    fn a_template_has_one_slot() {
        let operator = PublicKey::from_bytes([7; 32]);
        for template in [String::new(), format!("{SLOT}{SLOT}")] {
            assert_eq!(fill_one_file(&template, "{}", &operator), Err(OneFileError::NoSlot));
        }
    }
}

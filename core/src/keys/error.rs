//! Why a key, certificate or revocation was refused.

use core::fmt;

use super::strict::PublicKey;

/// Why a key, certificate or revocation was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The 32 bytes are no canonical point of the curve, or one of small order.
    InvalidPublicKey(PublicKey),
    /// The signature does not hold under strict verification.
    InvalidSignature {
        /// The key it was checked against.
        public_key: PublicKey,
    },
    /// The certificate's format version is above the one this crate knows.
    FormatTooNew {
        /// The version it names.
        found: u64,
    },
    /// The certificate's format version is below 1.
    FormatUnknown {
        /// The version it names.
        found: u64,
    },
    /// The validity window is empty or longer than seven days.
    InvalidLifetime {
        /// Start of the window, milliseconds since the epoch.
        not_before_ms: u64,
        /// End of the window, exclusive.
        expires_at_ms: u64,
    },
    /// The document names another operator key than the trusted one.
    WrongOperatorKey {
        /// The trusted key.
        expected: PublicKey,
        /// The key in the document.
        found: PublicKey,
    },
    /// `effectiveAtSeq` stands beside a reason other than `key-compromise`.
    UnexpectedEffectiveAtSeq,
}

impl Error {
    /// A stable kebab-case code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InvalidPublicKey(_) => "invalid-public-key",
            Self::InvalidSignature { .. } => "invalid-signature",
            Self::FormatTooNew { .. } => "format-too-new",
            Self::FormatUnknown { .. } => "format-unknown",
            Self::InvalidLifetime { .. } => "invalid-key-lifetime",
            Self::WrongOperatorKey { .. } => "wrong-operator-key",
            Self::UnexpectedEffectiveAtSeq => "unexpected-effective-at-seq",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidPublicKey(key) => {
                write!(f, "{key} is not a usable Ed25519 public key")
            }
            Self::InvalidSignature { public_key } => {
                write!(f, "the signature by key {public_key} does not hold")
            }
            Self::FormatTooNew { found } => {
                write!(
                    f,
                    "format version {found} is newer than this program, which knows 1; update it"
                )
            }
            Self::FormatUnknown { found } => write!(f, "there is no format version {found}"),
            Self::InvalidLifetime { not_before_ms, expires_at_ms } => write!(
                f,
                "a process key lives between 1 ms and 7 days, not from {not_before_ms} to {expires_at_ms}"
            ),
            Self::WrongOperatorKey { expected, found } => {
                write!(f, "the operator key is {found}, but {expected} is the trusted one")
            }
            Self::UnexpectedEffectiveAtSeq => {
                f.write_str("effectiveAtSeq is allowed only with reason key-compromise")
            }
        }
    }
}

impl core::error::Error for Error {}

//! Amounts of the library: integers without bounds, of which 128 bits are read.

use core::fmt;

/// An amount between -(2^128-1) and 2^128-1. The library knows no bounds; one beyond these is
/// refused when it is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForeignAmount {
    is_negative: bool,
    magnitude: u128,
}

impl ForeignAmount {
    /// `magnitude`, or minus that. Zero has no sign.
    pub const fn new(is_negative: bool, magnitude: u128) -> Self {
        Self { is_negative: is_negative && magnitude > 0, magnitude }
    }

    /// -1 - `n`, as CBOR counts negative numbers; `n` is below `u128::MAX`.
    pub(super) const fn below_zero(n: u128) -> Self {
        Self { is_negative: true, magnitude: n.saturating_add(1) }
    }

    /// Whether it is a debit.
    pub const fn is_negative(self) -> bool {
        self.is_negative
    }

    /// Its absolute value.
    pub const fn magnitude(self) -> u128 {
        self.magnitude
    }

    /// The amount as an `i128`; `None` where it does not fit.
    ///
    /// ```
    /// use countersign_core::foreign::ForeignAmount;
    ///
    /// assert_eq!(ForeignAmount::new(true, 5).to_i128(), Some(-5));
    /// assert_eq!(ForeignAmount::new(false, u128::MAX).to_i128(), None);
    /// ```
    pub fn to_i128(self) -> Option<i128> {
        if self.is_negative {
            0_i128.checked_sub_unsigned(self.magnitude)
        } else {
            i128::try_from(self.magnitude).ok()
        }
    }
}

impl fmt::Display for ForeignAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_negative {
            f.write_str("-")?;
        }
        self.magnitude.fmt(f)
    }
}

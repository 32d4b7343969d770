//! Exact integers, never by way of a float.

use countersign_core::limits::{MAX_AMOUNT, MIN_AMOUNT};

use super::error::Problem;

/// Digits of 2^64; anything longer is out of range, whatever it says.
const MAX_DIGITS: usize = 20;

/// Reads an amount: an optional `-`, then digits without a leading zero, from -(2^64) to 2^64-1.
///
/// A fraction, an exponent, a leading `+` or a space is refused even where the value would be an
/// integer: an amount that two programs could read differently is none.
///
/// ```
/// use countersign::input::parse_amount;
///
/// assert_eq!(parse_amount("-18446744073709551616"), Some(-(1 << 64)));
/// assert_eq!(parse_amount("1e3"), None);
/// ```
pub fn parse_amount(text: &str) -> Option<i128> {
    amount(text).ok()
}

/// The same, saying what is wrong. The field is the caller's to name.
pub(super) fn amount(text: &str) -> Result<i128, Problem> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let has_leading_zero = digits.starts_with('0') && text != "0";
    if !is_plain || has_leading_zero {
        let message = "must be an integer in plain digits, such as -12: no fraction, exponent, plus sign, space or leading zero";
        return Err(Problem::new("invalid-amount", message));
    }
    let out_of_range =
        || Problem::new("amount-out-of-range", "must lie between -(2^64) and 2^64-1");
    if digits.len() > MAX_DIGITS {
        return Err(out_of_range());
    }
    match text.parse::<i128>() {
        Ok(amount) if (MIN_AMOUNT..=MAX_AMOUNT).contains(&amount) => Ok(amount),
        _ => Err(out_of_range()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_exact_integers_to_both_ends() {
        for (text, expected) in [
            ("0", 0),
            ("-1", -1),
            ("9007199254740993", 9_007_199_254_740_993),
            ("18446744073709551615", MAX_AMOUNT),
            ("-18446744073709551616", MIN_AMOUNT),
        ] {
            assert_eq!(parse_amount(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn refuses_everything_else() {
        for (text, code) in [
            ("18446744073709551616", "amount-out-of-range"),
            ("-18446744073709551617", "amount-out-of-range"),
            ("1000000000000000000000000000000000000000000", "amount-out-of-range"),
            ("", "invalid-amount"),
            ("-", "invalid-amount"),
            ("-0", "invalid-amount"),
            ("+1", "invalid-amount"),
            (" 1", "invalid-amount"),
            ("1 ", "invalid-amount"),
            ("01", "invalid-amount"),
            ("00", "invalid-amount"),
            ("1.0", "invalid-amount"),
            ("1e3", "invalid-amount"),
            ("0x10", "invalid-amount"),
            ("1_000", "invalid-amount"),
            ("\u{661}", "invalid-amount"),
            ("NaN", "invalid-amount"),
        ] {
            assert_eq!(amount(text).unwrap_err().code, code, "{text}");
        }
    }
}

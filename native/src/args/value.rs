//! Values that are more than a number or a name.

use std::str::FromStr;
use std::time::Duration;

use countersign_core::Seq;
use countersign_core::hash::Digest;
use countersign_core::keys::{Reason, ShardId};

/// Units of a duration, in milliseconds.
const UNITS: [(&str, u64); 5] =
    [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// Reads a whole number and its unit: `250ms`, `5s`, `10m`, `12h`, `7d`.
///
/// ```
/// use countersign::args::parse_duration;
///
/// assert_eq!(parse_duration("12h")?.as_secs(), 43_200);
/// assert!(parse_duration("5").is_err());
/// # Ok::<(), String>(())
/// ```
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits).unwrap_or((text, ""));
    let scale = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, scale)| *scale);
    let (Some(scale), false) = (scale, number.is_empty()) else {
        return Err("give a whole number and a unit: 250ms, 5s, 10m, 12h or 7d".to_owned());
    };
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(scale))
        .map(Duration::from_millis)
        .ok_or_else(|| "the duration is too long".to_owned())
}

/// Reads a shard id: a UUID, lower-case and dashed.
pub fn parse_shard_id(text: &str) -> Result<ShardId, String> {
    ShardId::parse(text).ok_or_else(|| {
        "give a lower-case UUID, such as 0190a5c8-7e2b-7c4d-9b1a-3f5e6d7c8b9a".to_owned()
    })
}

/// Reads the reason of a revocation.
pub(super) fn parse_reason(text: String) -> Result<Reason, String> {
    Reason::parse(&text).ok_or(text)
}

/// The newest position of a log that its operator knows of: `SEQ:HASH`. A log that does not hold
/// it has been rolled back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpectTip {
    /// The record.
    pub seq: Seq,
    /// The chain tip after it.
    pub tip: Digest,
}

impl FromStr for ExpectTip {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once(':').and_then(|(seq, tip)| {
            let is_plain = seq.bytes().all(|byte| byte.is_ascii_digit());
            let seq = seq.parse().ok().filter(|_| is_plain)?;
            Some(Self { seq: Seq(seq), tip: Digest::from_hex(tip)? })
        });
        parts.ok_or_else(|| {
            "give a seq, a colon and the chain tip as 64 lower-case hex digits".to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_whole_number_and_a_unit() {
        for (text, ms) in [
            ("250ms", 250),
            ("5s", 5_000),
            ("10m", 600_000),
            ("12h", 43_200_000),
            ("7d", 604_800_000),
            ("0s", 0),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "5", "s", "5 s", "1.5h", "-1s", "+1s", "5S", "5w", "7d12h", "\u{665}s"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
        for text in ["18446744073709551616ms", "18446744073709551615s"] {
            assert_eq!(parse_duration(text).unwrap_err(), "the duration is too long");
        }
    }

    #[test]
    fn tips_are_a_seq_and_a_hash() {
        let hash = "ab".repeat(32);
        let tip: ExpectTip = format!("17:{hash}").parse().unwrap();
        assert_eq!((tip.seq, tip.tip.to_string()), (Seq(17), hash.clone()));
        for text in
            ["17", "17:", &format!(":{hash}"), &format!("+1:{hash}"), &format!("17:{hash}0")]
        {
            assert!(text.parse::<ExpectTip>().is_err(), "{text}");
        }
    }

    #[test]
    fn shard_ids_are_dashed_and_lower_case() {
        let text = "0190a5c8-7e2b-7c4d-9b1a-3f5e6d7c8b9a";
        assert_eq!(parse_shard_id(text).unwrap().to_string(), text);
        assert!(parse_shard_id(&text.to_uppercase()).is_err());
        assert!(parse_shard_id(&text.replace('-', "")).is_err());
    }
}

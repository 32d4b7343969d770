//! Ranges of bytes: RFC 9110 section 14.

/// What of a file is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Range {
    /// All of it: no range was asked for, or one in a form that may be ignored.
    Whole,
    /// From the first byte to the second, both included.
    Part(u64, u64),
    /// Nothing that the file has.
    Outside,
}

/// Reads the field `Range` for a file of `size` bytes.
///
/// Several ranges, other units and malformed fields are ignored, as section 14.2 allows: the answer
/// is the whole file.
pub(super) fn read(field: Option<&str>, size: u64) -> Range {
    let Some(ranges) = field.and_then(|field| field.strip_prefix("bytes=")) else {
        return Range::Whole;
    };
    let Some((first, last)) = ranges.trim().split_once('-') else { return Range::Whole };
    match (number(first), number(last)) {
        (Some(first), _) if last.is_empty() => part(first, size.saturating_sub(1), size),
        (Some(first), Some(last)) if first <= last => part(first, last, size),
        (None, Some(length)) if first.is_empty() => match length {
            0 => Range::Outside,
            _ => part(size.saturating_sub(length), size.saturating_sub(1), size),
        },
        _ => Range::Whole,
    }
}

const fn part(first: u64, last: u64, size: u64) -> Range {
    if first >= size {
        return Range::Outside;
    }
    // Some(size - 1) exists: `first` is below it.
    let end = size.saturating_sub(1);
    Range::Part(first, if last < end { last } else { end })
}

/// Decimal digits and nothing else.
fn number(text: &str) -> Option<u64> {
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_to_the_file() {
        for (field, range) in [
            ("bytes=0-", Range::Part(0, 99)),
            ("bytes=0-0", Range::Part(0, 0)),
            ("bytes=10-19", Range::Part(10, 19)),
            ("bytes=90-200", Range::Part(90, 99)),
            ("bytes=-10", Range::Part(90, 99)),
            ("bytes=-1000", Range::Part(0, 99)),
            ("bytes=100-", Range::Outside),
            ("bytes=100-200", Range::Outside),
            ("bytes=-0", Range::Outside),
        ] {
            assert_eq!(read(Some(field), 100), range, "{field}");
        }
    }

    #[test]
    fn what_is_no_single_range_is_ignored() {
        for field in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes=5-1",
            "bytes=1-2,4-5",
            "items=0-1",
            "bytes=+1-2",
            "bytes=99999999999999999999-",
            "bytes=1-+2",
        ] {
            assert_eq!(read(Some(field), 100), Range::Whole, "{field}");
        }
        assert_eq!(read(None, 100), Range::Whole);
    }

    #[test]
    fn an_empty_file_has_no_range() {
        assert_eq!(read(Some("bytes=0-"), 0), Range::Outside);
        assert_eq!(read(Some("bytes=-5"), 0), Range::Outside);
    }
}

//! One record against the one before it.

use alloc::format;
use alloc::string::String;

use super::failure::ForeignCode;
use super::record::ForeignRecord;
use crate::Seq;
use crate::chain::FailureCode;
use crate::hash::Digest;
use crate::limits::GENESIS_HASH;

/// A record behind us.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) seq: Seq,
    pub(super) ts_us: u64,
    pub(super) tip: Digest,
}

/// What is known of the record before.
#[derive(Clone, Copy, Debug)]
pub(super) enum Before {
    /// There is none: the log starts here.
    Start,
    /// It was read.
    Record(Link),
    /// It was lost to damage; this was the last one seen before.
    Lost(Option<Seq>),
}

impl Before {
    /// The seq that comes next, as far as it is known.
    pub(super) fn next_seq(self) -> Seq {
        match self {
            Self::Start | Self::Lost(None) => Seq::FIRST,
            Self::Record(link) => link.seq.next(),
            Self::Lost(Some(seq)) => seq.next(),
        }
    }
}

/// The first check that a decoded record fails against what is before it.
pub(super) fn check_link(
    before: Before,
    record: &ForeignRecord<'_>,
) -> Option<(ForeignCode, String)> {
    let (expected, tip, ts_us) = match before {
        Before::Start => (Seq::FIRST, GENESIS_HASH, 0),
        Before::Record(link) => (link.seq.next(), link.tip, link.ts_us),
        // Whatever is missing has been reported; only going back is one more mistake.
        Before::Lost(last) => {
            let last = last.filter(|last| record.seq <= *last)?;
            let detail = format!("expected a seq behind {last}, found {}", record.seq);
            return Some((FailureCode::SeqGap.into(), detail));
        }
    };
    if record.seq != expected {
        let detail = format!("expected seq {expected}, found {}", record.seq);
        return Some((FailureCode::SeqGap.into(), detail));
    }
    if record.prev_hash != tip {
        let detail = format!("its prevHash is {}, the tip before it {tip}", record.prev_hash);
        return Some((FailureCode::ChainBroken.into(), detail));
    }
    (record.ts_us < ts_us).then(|| {
        let detail = format!("its time is {}, the record before it has {ts_us}", record.ts_us);
        (FailureCode::TimeReversed.into(), detail)
    })
}

/// Whether record 0 names one of the keys: its `contextHash` is the fingerprint of the process key
/// that starts the log.
pub(super) fn check_first_key(
    record: &ForeignRecord<'_>,
    is_known: impl FnOnce(&Digest) -> bool,
) -> Option<(ForeignCode, String)> {
    let named = Digest::from_bytes(*record.context_hash);
    (record.seq == Seq::FIRST && !is_known(&named)).then(|| {
        let why = "its contextHash must be the fingerprint of the first process key, and";
        (ForeignCode::FirstRecordKey, format!("{why} {named} is none"))
    })
}

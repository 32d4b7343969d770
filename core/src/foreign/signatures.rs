//! The sidecar's entries against the log, as the log is read.

use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::failure::{Failures, ForeignCode, ForeignFailure, ForeignFile};
use super::keyring::{ForeignKey, ForeignKeys};
use super::link::Link;
use super::sidecar::{Sidecar, SidecarEnd, SignatureEntry};
use crate::Seq;
use crate::chain::FailureCode;
use crate::hash::Digest;

/// What the entries came to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Held {
    pub(super) entries: u64,
    pub(super) good: u64,
    pub(super) torn: u64,
    /// Where the whole entries end.
    pub(super) end: u64,
    pub(super) signed_seq: Option<Seq>,
}

/// Entries still to be met, in order of seq.
#[derive(Clone, Debug, Default)]
pub(super) struct Signatures {
    waiting: VecDeque<(u64, SignatureEntry)>,
    first: Option<Digest>,
    /// The entry before, if it held: the library repeats the last one.
    previous: Option<SignatureEntry>,
    /// How often each key took over from another one.
    tenures: Vec<(Digest, u64)>,
    signer: Option<Digest>,
    result: Held,
}

impl Signatures {
    pub(super) fn take(&mut self, bytes: &[u8], failures: &mut Failures) {
        let sidecar = Sidecar::read(bytes);
        self.result.entries = sidecar.entries.len() as u64;
        self.result.end = bytes.len() as u64;
        self.first = sidecar.entries.first().map(|(_, entry)| entry.fingerprint);
        let last = sidecar.entries.last().map(|(_, entry)| entry.seq);
        self.waiting = sidecar.entries.into();
        match sidecar.end {
            SidecarEnd::Whole => {}
            SidecarEnd::Torn { offset, size } => {
                (self.result.end, self.result.torn) = (offset, size);
            }
            SidecarEnd::Broken { offset, why } => {
                self.result.end = offset;
                let (code, file) = (ForeignCode::SidecarBroken, ForeignFile::Sidecar);
                let (seq, detail) = (last.unwrap_or_default(), why.to_string());
                failures.take(ForeignFailure { code, file, offset, seq, detail });
            }
        }
    }

    /// Whose signature comes first.
    pub(super) const fn first_signer(&self) -> Option<Digest> {
        self.first
    }

    /// Checks the entries that cover the log up to this record.
    pub(super) fn reach(&mut self, link: &Link, keys: &ForeignKeys, failures: &mut Failures) {
        while let Some((offset, entry)) =
            self.waiting.pop_front_if(|(_, entry)| entry.seq <= link.seq)
        {
            // One for a record that damage hides cannot be compared.
            if entry.seq < link.seq {
                continue;
            }
            match self.check(&entry, link, keys) {
                Ok(()) => {}
                Err((code, detail)) => {
                    let (file, seq) = (ForeignFile::Sidecar, entry.seq);
                    failures.push(ForeignFailure { code, file, offset, seq, detail });
                }
            }
        }
    }

    fn check(
        &mut self,
        entry: &SignatureEntry,
        link: &Link,
        keys: &ForeignKeys,
    ) -> Result<(), (ForeignCode, String)> {
        let by = entry.fingerprint;
        if entry.tip != link.tip {
            let detail = format!("it is over tip {}, the log has {}", entry.tip, link.tip);
            return Err((ForeignCode::SignatureTip, detail));
        }
        if self.previous == Some(*entry) {
            self.result.good = self.result.good.saturating_add(1);
            return Ok(());
        }
        let Some(key) = keys.find(&by) else {
            // Without any key nothing can be said; the verdict is that nothing was.
            if keys.is_empty() {
                return Ok(());
            }
            return Err((FailureCode::InactiveKey.into(), format!("signed by {by}, not trusted")));
        };
        if !entry.holds(&keys.shard_id(), &key.verifying_key) {
            let detail = format!("the signature by key {by} does not hold for this shard");
            return Err((FailureCode::SignatureInvalid.into(), detail));
        }
        if let Some(from) = key.compromised_from.filter(|from| entry.seq >= *from) {
            let detail = format!("key {by} is compromised from seq {from} on");
            return Err((FailureCode::KeyCompromised.into(), detail));
        }
        if !key.may_sign_at(link.ts_us) {
            let detail = format!("record {} is of {}, after key {by} ended", link.seq, link.ts_us);
            return Err((FailureCode::OutsideKeyWindow.into(), detail));
        }
        if !self.may_take_over(key) {
            let detail = format!("key {by} was revoked, and another key has signed since");
            return Err((FailureCode::InactiveKey.into(), detail));
        }
        self.result.good = self.result.good.saturating_add(1);
        self.result.signed_seq = Some(entry.seq);
        self.previous = Some(*entry);
        Ok(())
    }

    /// Whether this key signs on, or may take over: a revoked one as often as it was certified.
    fn may_take_over(&mut self, key: &ForeignKey) -> bool {
        let fingerprint = key.verifying_key.fingerprint();
        if self.signer == Some(fingerprint) {
            return true;
        }
        let certified = (key.windows.len() as u64).max(1);
        let mut tenures = self.tenures.iter_mut();
        match tenures.find(|(of, _)| *of == fingerprint) {
            Some((_, count)) if key.is_retired() && *count >= certified => return false,
            Some((_, count)) => *count = count.saturating_add(1),
            None => self.tenures.push((fingerprint, 1)),
        }
        self.signer = Some(fingerprint);
        true
    }

    /// What is left covers records that the log does not have.
    pub(super) fn finish(&mut self, last: Option<Seq>, failures: &mut Failures) -> Held {
        if let Some((offset, entry)) = self.waiting.pop_front() {
            let end = last.map_or("is empty".into(), |last| format!("ends with seq {last}"));
            let detail = format!("it covers seq {}, the log {end}", entry.seq);
            let (code, file) = (FailureCode::BeforeDurablePosition.into(), ForeignFile::Sidecar);
            failures.take(ForeignFailure { code, file, offset, seq: entry.seq, detail });
        }
        self.result
    }
}

//! The writer's handle.

use std::path::Path;
use std::sync::Arc;

use countersign_core::Seq;
use countersign_core::chain::{ChainError, Control, ControlRecord, Operation, ResolutionRecord};
use countersign_core::frame::Place;
use countersign_core::hash::{Blake3, Digest};
use countersign_core::keys::{
    Certificate, PublicKey, Revocation, ShardId, Signature, SigningKey, receipt_message,
};
use countersign_core::merkle::leaf_hash;
use countersign_core::recovery::Window;
use countersign_core::settlement::BatchSettlementAction;

use super::dedupe::DedupeKey;
use super::disk::DiskLock;
use super::error::StoreError;
use super::group::{KeptRecord, Outcome};
use super::group_commit::{Accepted, GroupCommit};
use super::sync::{Mutex, lock, thread};

/// A shard that this process writes. Cheap to clone: all clones are one writer.
///
/// A record is **accepted** when [`append`](Self::append) returns and **acknowledged** when
/// [`wait`](Self::wait) does: then it is on the medium, covered by a signature in the same sync.
/// Dropping the last clone closes the writer as well as it can; call [`close`](Self::close) to
/// learn whether it could.
#[derive(Clone, Debug)]
pub struct MeteringLogShard {
    inner: Arc<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    commit: Arc<GroupCommit>,
    dedupe_key: DedupeKey,
    /// What closing takes away.
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    lock: Box<dyn DiskLock>,
    background: [thread::JoinHandle<()>; 2],
}

/// An accepted record. Pass it to [`MeteringLogShard::wait`] to learn when it is durable.
#[derive(Clone, Debug)]
pub struct Appended {
    /// The record's seq: the first one's, if the operation was written before.
    pub seq: Seq,
    /// Whether it was written before, with the same content.
    pub is_duplicate: bool,
    outcome: Arc<Outcome>,
    /// To be filled when the record is linked.
    record: Option<KeptRecord>,
}

/// The writer's signed promise that a record is in the log, `spec/metering.md` section 6.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The shard.
    pub shard_id: ShardId,
    /// The record's seq.
    pub seq: Seq,
    /// The record's bytes.
    pub record: Arc<[u8]>,
    /// Its Merkle leaf hash.
    pub leaf_hash: Digest,
    /// The process key.
    pub public_key: PublicKey,
    /// Its signature over [`receipt_message`].
    pub signature: Signature,
}

/// Where a writer stands.
#[derive(Clone, Debug)]
pub struct WriterStatus {
    /// The last accepted record.
    pub accepted: Option<Seq>,
    /// The last durable record.
    pub durable: Option<Seq>,
    /// The chain tip after the last durable record.
    pub durable_tip: Digest,
    /// Where the durable log ends.
    pub end: Place,
    /// The open batch window, durable records only.
    pub window: Window,
    /// The active key's certificate.
    pub active: Option<Certificate>,
}

impl MeteringLogShard {
    pub(super) fn start(
        commit: GroupCommit,
        dedupe_key: DedupeKey,
        lock: Box<dyn DiskLock>,
    ) -> Self {
        let commit = Arc::new(commit);
        let background = [(); 2].map(|()| {
            let of_thread = Arc::clone(&commit);
            thread::spawn(move || of_thread.run_background())
        });
        let running = Mutex::new(Some(Running { lock, background }));
        Self { inner: Arc::new(Inner { commit, dedupe_key, running }) }
    }

    /// Accepts an operation and gives it a seq. It is durable once [`wait`](Self::wait) says so,
    /// at the latest a flush interval later if the disk keeps up.
    ///
    /// The same `(memberId, opId)` with the same content is written once: the first record's seq
    /// comes back. O(1), a few microseconds; it waits only when the disk is far behind.
    pub fn append(&self, operation: &Operation<'_>) -> Result<Appended, StoreError> {
        self.append_keeping(operation, None)
    }

    /// As [`append`](Self::append), and keeps the record's bytes for a
    /// [`receipt`](Self::receipt).
    pub fn append_for_receipt(&self, operation: &Operation<'_>) -> Result<Appended, StoreError> {
        self.append_keeping(operation, Some(KeptRecord::default()))
    }

    fn append_keeping(
        &self,
        operation: &Operation<'_>,
        record: Option<KeptRecord>,
    ) -> Result<Appended, StoreError> {
        let fingerprint = self.inner.dedupe_key.fingerprint(operation);
        let Accepted { seq, is_duplicate, outcome } =
            self.inner.commit.append(operation, &fingerprint, record.as_ref())?;
        Ok(Appended { seq, is_duplicate, outcome, record })
    }

    /// Waits until the record is durable and signed.
    ///
    /// # Errors
    /// [`StoreError::AppendUndone`] if it was taken back, e.g. since the disk is full;
    /// [`StoreError::Poisoned`] if nobody knows.
    pub fn wait(&self, appended: &Appended) -> Result<(), StoreError> {
        self.inner.commit.wait(&appended.outcome)
    }

    /// Whether the record's fate is known, without waiting: `None` if not yet.
    pub fn poll(&self, appended: &Appended) -> Option<Result<(), StoreError>> {
        appended.outcome.result()
    }

    /// Waits until the record is durable and signs a receipt for it. `None` for a duplicate or
    /// for a record that was not appended for a receipt.
    pub fn receipt(&self, appended: &Appended) -> Result<Option<Receipt>, StoreError> {
        self.wait(appended)?;
        let record = appended.record.as_ref().and_then(|slot| slot.get());
        let Some(record) = record.cloned() else { return Ok(None) };
        let (shard_id, key) = {
            let key = self.inner.commit.accepting().key.clone();
            (self.shard_id(), key.ok_or(ChainError::NoActiveKey)?)
        };
        let leaf_hash = leaf_hash::<Blake3>(&record);
        let message = receipt_message(&shard_id, appended.seq, &leaf_hash);
        Ok(Some(Receipt {
            shard_id,
            seq: appended.seq,
            record,
            leaf_hash,
            public_key: key.public_key(),
            signature: key.sign(message.as_bytes()),
        }))
    }

    /// Signs and syncs everything accepted so far.
    pub fn flush(&self) -> Result<(), StoreError> {
        let last = self.inner.commit.cut()?;
        self.inner.commit.wait(&last)
    }

    /// Settles the open batch window now; `None` if it holds no entry. The settlement and its
    /// signature are durable when this returns, and so is everything before them.
    ///
    /// The writer also does so by itself, by [`WriterOptions::batch`](super::WriterOptions::batch).
    pub fn settle(&self) -> Result<Option<BatchSettlementAction>, StoreError> {
        let Some((outcome, made)) = self.inner.commit.settle()? else { return Ok(None) };
        self.inner.commit.wait(&outcome)?;
        Ok(made.get().cloned())
    }

    /// Appends a certificate and, signed by the key it certifies, makes that the writer's key.
    /// For a renewal, or a new key after the old one expired. Durable when it returns.
    pub fn certify(&self, certificate: &Certificate, key: SigningKey) -> Result<(), StoreError> {
        check_certified(certificate, &key)?;
        let outcome = self.append_signed(key, |chain, group, now_us| {
            group.frame(|out| chain.certify(out, now_us, certificate)).map(|_| ())
        })?;
        self.inner.commit.wait(&outcome)
    }

    /// Appends a certificate and the revocation of another key in one group, signed by the newly
    /// certified key: a rotation, or the answer to a compromise. What came before is signed by the
    /// old key first. Durable when it returns.
    pub fn rotate(
        &self,
        certificate: &Certificate,
        key: SigningKey,
        revocation: &Revocation,
    ) -> Result<(), StoreError> {
        check_certified(certificate, &key)?;
        let outcome = self.append_signed(key, |chain, group, now_us| {
            group.frame(|out| chain.certify(out, now_us, certificate))?;
            group.frame(|out| chain.revoke(out, now_us, revocation)).map(|_| ())
        })?;
        self.inner.commit.wait(&outcome)
    }

    /// Appends the revocation of a key that is not the active one, signed by the active key.
    /// Durable when it returns.
    ///
    /// # Errors
    /// Revoking the active key needs a successor to sign the record: [`rotate`](Self::rotate).
    pub fn revoke(&self, revocation: &Revocation) -> Result<(), StoreError> {
        let outcome = self.inner.commit.append_control(None, |chain, group, now_us| {
            if chain.active().is_some_and(|active| active.public_key == revocation.public_key) {
                return Err(ChainError::NoActiveKey);
            }
            group.frame(|out| chain.revoke(out, now_us, revocation)).map(|_| ())
        })?;
        self.inner.commit.wait(&outcome)
    }

    /// Appends the record of a dispute that has ended, in a group of its own; its seq. Durable
    /// and signed when it returns.
    ///
    /// The log takes any number of them for a batch; the accounts reverse it once.
    pub fn resolve_dispute(&self, resolution: &ResolutionRecord<'_>) -> Result<Seq, StoreError> {
        let mut appended = Seq::FIRST;
        let outcome = self.inner.commit.append_control(None, |chain, group, now_us| {
            let record = ControlRecord {
                seq: chain.next_seq(),
                prev_hash: chain.tip(),
                ts_us: now_us.max(chain.last_ts_us()),
                body: Control::DisputeResolution(*resolution),
            };
            let mut bytes = Vec::new();
            record.encode(&mut bytes);
            appended = group.frame(|out| chain.append_encoded(out, &bytes))?;
            Ok(())
        })?;
        self.inner.commit.wait(&outcome)?;
        Ok(appended)
    }

    fn append_signed(
        &self,
        key: SigningKey,
        make: impl FnOnce(
            &mut countersign_core::chain::ChainWriter,
            &mut super::group::Group,
            u64,
        ) -> Result<(), ChainError>,
    ) -> Result<Arc<Outcome>, StoreError> {
        self.inner.commit.append_control(Some(key), make)
    }

    /// Where the writer stands.
    pub fn status(&self) -> WriterStatus {
        let accepted = self.inner.commit.accepting().sequencer.next_seq().previous();
        let pipeline = self.inner.commit.pipeline();
        let chain = &pipeline.durable.chain;
        WriterStatus {
            accepted,
            durable: chain.next_seq().previous(),
            durable_tip: chain.tip(),
            end: pipeline.durable_end,
            window: pipeline.durable.projection.window(),
            active: chain.active().copied(),
        }
    }

    /// The shard's id.
    pub fn shard_id(&self) -> ShardId {
        self.inner.commit.pipeline().durable.chain.shard_id()
    }

    /// The shard's directory.
    pub fn directory(&self) -> std::path::PathBuf {
        Path::to_path_buf(self.inner.commit.journal().file().directory())
    }

    /// Signs and syncs everything, writes the resume point and lets go of the shard. All clones
    /// are closed with it; closing again does nothing.
    ///
    /// # Errors
    /// After a failed sync nothing more is written: [`StoreError::Poisoned`].
    pub fn close(&self) -> Result<(), StoreError> {
        self.inner.close()
    }
}

impl Inner {
    fn close(&self) -> Result<(), StoreError> {
        let Some(Running { lock: held, background }) = lock(&self.running).take() else {
            return Ok(());
        };
        let flushed = self.commit.close().and_then(|last| self.commit.wait(&last));
        // They end at the next look at the state; a panic there is a failed close.
        let joined = background.map(|thread| thread.join().map_err(|_| StoreError::Closed));
        let ended: Result<(), _> = joined.into_iter().collect();
        self.commit.close_dedupe();
        let mut journal = self.commit.journal();
        journal.stop_background();
        if let Err(poisoned @ StoreError::Poisoned(_)) = flushed {
            return Err(poisoned);
        }
        ended?;
        // The log is sound, even if its last records could not be added: it is left tidy.
        let durable = self.commit.pipeline().durable.clone();
        let closed = journal.close(&durable, self.commit.now_us());
        let path = journal.file().paths().lock();
        let released = held.release().map_err(|error| StoreError::io("remove", path, error));
        flushed.and(closed).and(released)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Who wants to know calls `close`; recovery handles what is left otherwise.
        let _unknown = self.close();
    }
}

fn check_certified(certificate: &Certificate, key: &SigningKey) -> Result<(), StoreError> {
    let (active, found) = (certificate.public_key, key.public_key());
    if active == found {
        return Ok(());
    }
    Err(ChainError::WrongProcessKey { active, found }.into())
}

//! The life of process keys: what certificate, renewal, rotation, shutdown and compromise do to what
//! a key signed before and to what it signs after: records, settlements, proofs, receipts, accounts.

use countersign_core::Seq;
use countersign_core::chain::{
    AuditReport, Auditor, ChainError, ChainWriter, Control, ControlRecord, FailureCode, Operation,
    Record, SigEnvelope, check_run,
};
use countersign_core::dispute::{
    Answer, AssetAccountStore, ChallengeFormat, Demand, DisputeChallenge, DisputeOptions,
    DisputeResponse, MemoryAccounts, ResponseFormat, Witnessed, apply_record,
    evaluate_dispute_challenge, resolve_compromise, reverse_range, tainted_settlements,
};
use countersign_core::document::Text;
use countersign_core::frame::{Place, SegmentNumber};
use countersign_core::hash::Blake3;
use countersign_core::keys::{
    Certificate, KeyTables, PublicKey, Reason, Revocation, ShardId, SigningKey,
    create_process_key_action, create_process_key_revoke_action, receipt_message,
    signature_message,
};
use countersign_core::merkle::{leaf_hash, root};
use countersign_core::proof::{
    InclusionProof, KnownRevocation, ReceiptBundle, SignedSettlement, VerifyOptions, nodes_of,
};
use countersign_core::settlement::{BatchSettlementAction, BatchWindow, SettlementError, settle};

const SHARD: ShardId = ShardId::from_bytes([7; 16]);
const START_MS: u64 = 1_000_000;
const END_MS: u64 = START_MS + 100_000;
const MEMBER: [u8; 32] = [3; 32];

fn operator() -> SigningKey {
    SigningKey::from_seed(&[1; 32])
}

fn trusted() -> PublicKey {
    operator().public_key()
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[100 + number; 32])
}

fn certificate(number: u8, from_ms: u64) -> Certificate {
    let public_key = key(number).public_key();
    create_process_key_action(&operator(), SHARD, public_key, from_ms, from_ms + 100_000).unwrap()
}

fn revocation(number: u8, reason: Reason, from: Option<u64>) -> Revocation {
    let (key, from) = (key(number).public_key(), from.map(Seq));
    create_process_key_revoke_action(&operator(), SHARD, key, START_MS, reason, from).unwrap()
}

#[derive(Clone, Debug)]
struct Batch {
    action: BatchSettlementAction,
    certificate: Certificate,
    records: Vec<Vec<u8>>,
    confirmed_at_ms: u64,
}

/// A log in memory, its clock, and the batches settled so far.
#[derive(Clone)]
struct Life {
    chain: ChainWriter,
    records: Vec<Vec<u8>>,
    window: BatchWindow,
    batches: Vec<Batch>,
    now_ms: u64,
}

impl Life {
    fn begin() -> Self {
        let mut life = Self {
            chain: ChainWriter::new(SHARD),
            records: Vec::new(),
            window: BatchWindow::new(Seq::FIRST),
            batches: Vec::new(),
            now_ms: START_MS,
        };
        life.certify(0, START_MS);
        life
    }

    fn add<T, E>(
        &mut self,
        make: impl FnOnce(&mut ChainWriter, &mut Vec<u8>, u64) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut bytes = Vec::new();
        let made = make(&mut self.chain, &mut bytes, self.now_ms * 1_000)?;
        self.push(bytes);
        Ok(made)
    }

    fn push(&mut self, bytes: Vec<u8>) {
        self.window.push(&bytes, &Record::decode(&bytes).unwrap()).unwrap();
        self.records.push(bytes);
        self.now_ms += 10;
    }

    fn certify(&mut self, number: u8, from_ms: u64) {
        let certificate = certificate(number, from_ms);
        self.add(|chain, out, ts_us| chain.certify(out, ts_us, &certificate)).unwrap();
    }

    fn revoke(&mut self, number: u8, reason: Reason, from: Option<u64>) -> KnownRevocation {
        let revocation = revocation(number, reason, from);
        let seq = self.add(|chain, out, ts_us| chain.revoke(out, ts_us, &revocation)).unwrap();
        KnownRevocation { revocation, seq: Some(seq) }
    }

    fn sign(&mut self, number: u8) -> Result<Seq, ChainError> {
        let key = key(number);
        self.add(|chain, out, ts_us| chain.sign(out, ts_us, &key))
    }

    fn append(&mut self) -> Result<Seq, ChainError> {
        let op_id = format!("op-{}", self.records.len());
        let operation = Operation {
            op: "earn",
            member_id: &MEMBER,
            asset_id: "joule",
            amount: 1,
            op_id: &op_id,
            context_hash: &[0; 32],
        };
        self.add(|chain, out, ts_us| chain.append(out, ts_us, &operation))
    }

    fn settle(&mut self, number: u8) -> Result<Batch, SettlementError> {
        let leaves: Vec<_> = self.records.iter().map(|bytes| leaf_hash::<Blake3>(bytes)).collect();
        let (log_root, key, confirmed_at_ms) = (root::<Blake3>(&leaves), key(number), self.now_ms);
        let (old, next) = (self.window.clone(), BatchWindow::new(self.chain.next_seq()));
        let from = usize::try_from(old.from_seq().0).unwrap();
        let records = self.records[from..].to_vec();
        self.window = next;
        let made = self.add(|chain, out, ts_us| settle(chain, &old, log_root, &key, out, ts_us));
        let action = made.inspect_err(|_| self.window = old.clone())?;
        let certificate = *self.chain.active().unwrap();
        let batch = Batch { action, certificate, records, confirmed_at_ms };
        self.batches.push(batch.clone());
        Ok(batch)
    }

    /// Five entries, settled and signed.
    fn work(&mut self, number: u8) -> Batch {
        for _ in 0..5 {
            self.append().unwrap();
        }
        let batch = self.settle(number).unwrap();
        self.sign(number).unwrap();
        batch
    }

    fn rotate(&mut self, old: u8, new: u8) -> KnownRevocation {
        self.sign(old).unwrap();
        self.certify(new, self.now_ms);
        let revocation = self.revoke(old, Reason::Rotation, None);
        self.sign(new).unwrap();
        revocation
    }

    /// A signature that no writer makes: by any key, over what is there.
    fn forge_signature(&mut self, number: u8) {
        let (key, seq, tip) = (key(number), self.chain.next_seq(), self.chain.tip());
        let covered = seq.previous().unwrap();
        let message = signature_message(&SHARD, covered, &tip, &key.fingerprint());
        let envelope =
            SigEnvelope { fingerprint: key.fingerprint(), signature: key.sign(message.as_bytes()) };
        let body = Control::Signature(envelope);
        let ts_us = self.now_ms * 1_000;
        let mut bytes = Vec::new();
        ControlRecord { seq, prev_hash: tip, ts_us, body }.encode(&mut bytes);
        self.records.push(bytes);
    }

    fn audit(&self) -> AuditReport {
        let place = |at: usize| Place { segment: SegmentNumber::FIRST, offset: at as u64 };
        let mut auditor = Auditor::new(trusted());
        let mut tables = KeyTables::default();
        let mut at = 0;
        while at < self.records.len() {
            let rest = self.records.iter().enumerate().skip(at);
            let frames = rest.map(|(at, bytes)| (place(at), bytes.as_slice()));
            let run = check_run(frames, auditor.key_window());
            at += run.consumed;
            for pending in auditor.absorb(run) {
                let holds = pending.holds(&mut tables);
                auditor.judge(&pending, holds);
            }
        }
        auditor.finish()
    }

    /// Codes and seqs of what an audit finds wrong.
    fn faults(&self) -> Vec<(FailureCode, u64)> {
        self.audit().failures.iter().map(|failure| (failure.code, failure.seq.0)).collect()
    }

    /// First records of the batches that a compromise taints.
    fn tainted(&self) -> Vec<u64> {
        let actions = self.batches.iter().map(|batch| &batch.action);
        let tainted = tainted_settlements(actions, self.chain.keyring().unwrap());
        tainted.iter().map(|tainted| tainted.settlement.from_seq.0).collect()
    }

    fn confirmed_balance(&self) -> i128 {
        let mut accounts = MemoryAccounts::new(SHARD);
        for bytes in &self.records {
            apply_record(&mut accounts, &Record::decode(bytes).unwrap()).unwrap();
        }
        accounts.account(&MEMBER, "joule").unwrap().unwrap_or_default().confirmed
    }
}

impl Batch {
    fn challenge(&self) -> DisputeChallenge {
        DisputeChallenge {
            format: ChallengeFormat,
            shard_id: SHARD,
            operator_public_key: trusted(),
            certificate: self.certificate,
            settlement: self.action.clone(),
            confirmed_at_ms: self.confirmed_at_ms,
            raised_at_ms: self.confirmed_at_ms,
            challenger_id: Text::new("operator").unwrap(),
            claimed_discrepancy: Text::new("the key was not ours alone").unwrap(),
            demand: Demand::Range {},
        }
    }

    /// How a challenge of the whole batch ends, given what is known of the keys.
    fn dispute(&self, known: &[KnownRevocation]) -> String {
        let response = DisputeResponse {
            format: ResponseFormat,
            batch_id: self.action.batch_id(SHARD),
            responded_at_ms: self.confirmed_at_ms,
            answer: Answer::Range { records: self.records.clone() },
        };
        let witnessed =
            Witnessed { confirmed_at_ms: Some(self.confirmed_at_ms), ..Witnessed::default() };
        let now = self.confirmed_at_ms;
        let options =
            DisputeOptions { revocations: known, witnessed, ..DisputeOptions::new(trusted(), now) };
        let challenge = self.challenge();
        let ended = evaluate_dispute_challenge(&challenge, Some(&response), &options).unwrap();
        match ended.check {
            Some(check) => format!("{}: {}", ended.status, &*check),
            None => ended.status.to_string(),
        }
    }

    /// What fails of a proof of the batch's last record, if anything does.
    fn inclusion(&self, known: &[KnownRevocation]) -> Option<&'static str> {
        let signed =
            SignedSettlement { certificate: self.certificate, settlement: self.action.clone() };
        let leaves: Vec<_> = self.records.iter().map(|bytes| leaf_hash::<Blake3>(bytes)).collect();
        let last = self.records.last().unwrap();
        let bundle = InclusionProof::build(&signed, last, nodes_of(&leaves)).unwrap();
        let options = VerifyOptions { now_ms: None, revocations: known };
        bundle.verify(&trusted(), &options).unwrap().first_failure().map(|check| check.code)
    }

    /// What fails of a receipt for the batch's last record by the given key, if anything does.
    fn receipt(&self, number: u8, known: &[KnownRevocation]) -> Option<&'static str> {
        let record = self.records.last().unwrap();
        let seq = self.action.to_seq;
        let message = receipt_message(&SHARD, seq, &leaf_hash::<Blake3>(record));
        let signature = key(number).sign(message.as_bytes());
        let bundle = ReceiptBundle::build(&self.certificate, seq, record, signature);
        let options = VerifyOptions { now_ms: None, revocations: known };
        bundle.verify(&trusted(), &options).unwrap().first_failure().map(|check| check.code)
    }

    /// That everything the batch's key said about it counts.
    fn check_holds(&self, number: u8, known: &[KnownRevocation]) {
        assert_eq!(self.dispute(known), "CONFIRMED");
        assert_eq!(self.inclusion(known), None);
        assert_eq!(self.receipt(number, known), None);
    }

    /// That nothing of it does.
    fn check_tainted(&self, number: u8, known: &[KnownRevocation]) {
        assert_eq!(self.dispute(known), "DISPUTED_FRAUD: key-compromised");
        assert_eq!(self.inclusion(known), Some("key-compromised"));
        assert_eq!(self.receipt(number, known), Some("key-compromised"));
    }
}

#[test]
fn a_certificate_bounds_what_its_key_may_sign() {
    let mut life = Life::begin();
    let batch = life.work(0);
    batch.check_holds(0, &[]);
    // A key that nobody certified signs nothing that counts.
    let wrong = |error: ChainError| matches!(error, ChainError::WrongProcessKey { .. });
    assert!(wrong(life.sign(1).unwrap_err()));
    life.append().unwrap();
    let SettlementError::Chain(error) = life.settle(1).unwrap_err() else { panic!("no chain") };
    assert!(wrong(error));
    assert_eq!(batch.receipt(1, &[]), Some("receipt-signature"));
    // Its last millisecond, and the one behind.
    life.now_ms = END_MS - 1;
    let last = life.clone();
    life.append().unwrap();
    for _ in 0..2 {
        life.now_ms = END_MS;
        assert_eq!(life.append().unwrap_err().code(), "process-key-expired");
        assert_eq!(life.settle(0).unwrap_err().code(), "process-key-expired");
    }
    // What was accepted in time is still sealed.
    life.sign(0).unwrap();
    assert_eq!(life.faults(), []);
    assert_eq!(life.audit().unsigned_tail, 0);
    let mut life = last;
    life.settle(0).unwrap().check_holds(0, &[]);
}

#[test]
fn a_key_renewed_before_its_end_goes_on_and_its_past_stays() {
    let mut life = Life::begin();
    let before = life.work(0);
    life.now_ms = END_MS - 50;
    life.certify(0, END_MS - 50);
    let across = life.work(0);
    life.now_ms = END_MS + 10;
    let after = life.work(0);
    assert_eq!((life.faults(), life.tainted()), (vec![], vec![]));
    for batch in [&before, &across, &after] {
        batch.check_holds(0, &[]);
    }
    // Each settlement under the certificate of its time: the old one had ended.
    let mut swapped = after;
    swapped.certificate = before.certificate;
    assert_eq!(swapped.dispute(&[]), "DISPUTED_FRAUD: outside-key-window");
    assert_eq!(swapped.inclusion(&[]), Some("outside-key-window"));
}

#[test]
fn an_expired_key_is_followed_by_a_certificate_and_nothing_else() {
    let mut life = Life::begin();
    let before = life.work(0);
    life.now_ms = END_MS + 5;
    assert_eq!(life.append().unwrap_err().code(), "process-key-expired");
    assert_eq!(life.settle(0).unwrap_err().code(), "empty-window");
    life.certify(1, life.now_ms);
    let after = life.work(1);
    assert_eq!(life.faults(), []);
    before.check_holds(0, &[]);
    after.check_holds(1, &[]);
}

#[test]
fn a_rotation_ends_the_old_key_and_leaves_its_past() {
    let mut life = Life::begin();
    let before = life.work(0);
    let known = [life.rotate(0, 1)];
    let after = life.work(1);
    before.check_holds(0, &known);
    after.check_holds(1, &known);
    assert_eq!((life.faults(), life.tainted()), (vec![], vec![]));
    // From here on the old key is nobody's.
    assert_eq!(life.sign(0).unwrap_err().code(), "wrong-process-key");
    life.append().unwrap();
    assert_eq!(life.settle(0).unwrap_err().code(), "wrong-process-key");
    let seq = life.chain.next_seq().0;
    life.forge_signature(0);
    assert_eq!(life.faults(), [(FailureCode::InactiveKey, seq)]);
    // Each key's settlements, by the range they lie in.
    let actions = || life.batches.iter().map(|batch| &batch.action);
    let list = |number: u8, from, to| {
        reverse_range(actions(), &key(number).public_key(), Seq(from), Seq(to)).len()
    };
    assert_eq!((list(0, 0, seq), list(1, 0, seq), list(2, 0, seq)), (1, 1, 0));
    assert_eq!((list(0, 6, seq), list(0, 5, 5), list(1, 0, 5)), (0, 1, 0));
}

#[test]
fn a_shutdown_ends_the_writer_and_leaves_the_past() {
    let mut life = Life::begin();
    let before = life.work(0);
    let known = [life.revoke(0, Reason::Shutdown, None)];
    assert_eq!(life.append().unwrap_err().code(), "process-key-revoked");
    assert_eq!(life.sign(0).unwrap_err().code(), "process-key-revoked");
    before.check_holds(0, &known);
    assert_eq!((life.faults(), life.tainted()), (vec![], vec![]));
    // A new certificate opens it again.
    life.certify(1, life.now_ms);
    life.work(1).check_holds(1, &known);
    before.check_holds(0, &known);
    assert_eq!((life.faults(), life.tainted()), (vec![], vec![]));
    assert_eq!(life.audit().unsigned_tail, 0);
}

/// The runbook: stop, certify a new key, revoke the old one, list what is tainted, reverse each.
#[test]
fn a_compromise_takes_everything_from_its_seq_on_and_nothing_before() {
    let mut life = Life::begin();
    // Records 0 to 5, settled by 6, signed by 7; then 6 to 12, 13, 14; then 13 to 19, 20, 21.
    let batches: Vec<_> = (0..3).map(|_| life.work(0)).collect();
    assert_eq!(life.confirmed_balance(), 15);
    life.certify(1, life.now_ms);
    let known = [life.revoke(0, Reason::KeyCompromise, Some(13))];
    life.sign(1).unwrap();
    assert_eq!(life.tainted(), [6, 13]);
    batches[0].check_holds(0, &known);
    // The second batch lies before the seq, its settlement on it, and so does a receipt only behind.
    assert_eq!(batches[1].dispute(&known), "DISPUTED_FRAUD: key-compromised");
    assert_eq!(batches[1].inclusion(&known), Some("key-compromised"));
    assert_eq!(batches[1].receipt(0, &known), None);
    batches[2].check_tainted(0, &known);
    let compromised = FailureCode::KeyCompromised;
    assert_eq!(life.faults(), [13, 14, 20, 21].map(|seq| (compromised, seq)));
    // The new key's signature covers what lost its own.
    assert_eq!(life.audit().unsigned_tail, 0);

    let tainted: Vec<_> = batches
        .into_iter()
        .filter(|batch| life.tainted().contains(&batch.action.from_seq.0))
        .collect();
    for batch in &tainted {
        // Long after the window.
        let options = DisputeOptions {
            revocations: &known,
            ..DisputeOptions::new(trusted(), batch.confirmed_at_ms + 1_000_000_000)
        };
        let resolution = resolve_compromise(&batch.challenge(), &options).unwrap();
        let body = Control::DisputeResolution(resolution.record().unwrap());
        life.add(|chain, out, ts_us| {
            let (seq, prev_hash) = (chain.next_seq(), chain.tip());
            let mut bytes = Vec::new();
            ControlRecord { seq, prev_hash, ts_us, body }.encode(&mut bytes);
            chain.append_encoded(out, &bytes)
        })
        .unwrap();
    }
    life.sign(1).unwrap();
    assert_eq!(life.confirmed_balance(), 5);
    life.work(1).check_holds(1, &known);
    assert_eq!(life.confirmed_balance(), 10);
}

#[test]
fn a_rotated_key_that_turns_out_to_be_compromised_is_revoked_again() {
    let mut life = Life::begin();
    let first = life.work(0);
    let second = life.work(0);
    let mut known = vec![life.rotate(0, 1)];
    let third = life.work(1);
    assert_eq!(life.tainted(), [0; 0]);
    known.push(life.revoke(0, Reason::KeyCompromise, Some(13)));
    assert_eq!(life.tainted(), [second.action.from_seq.0]);
    first.check_holds(0, &known);
    // Lower again, and then higher: the lowest counts.
    for from in [2, 12] {
        known.push(life.revoke(0, Reason::KeyCompromise, Some(from)));
        assert_eq!(life.tainted(), [0, second.action.from_seq.0]);
        first.check_tainted(0, &known);
        second.check_tainted(0, &known);
        third.check_holds(1, &known);
    }
    assert_eq!(life.sign(1).map(drop), Ok(()));
}

#[test]
fn a_compromise_without_a_seq_leaves_what_was_signed_before_it() {
    let mut life = Life::begin();
    let before = life.work(0);
    life.certify(1, life.now_ms);
    let known = [life.revoke(0, Reason::KeyCompromise, None)];
    let after = life.work(1);
    assert_eq!((life.faults(), life.tainted()), (vec![], vec![]));
    before.check_holds(0, &known);
    after.check_holds(1, &known);
    // Where the seq of the revocation is not known, none of the key's words can be trusted.
    let unplaced = [KnownRevocation { seq: None, ..known[0] }];
    before.check_tainted(0, &unplaced);
    after.check_holds(1, &unplaced);
}

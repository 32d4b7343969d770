//! Proof bundles: JSON documents that stand alone. Whoever knows the operator's public key can
//! check one without the log, the operator or this program's author.
//!
//! A bundle carries a settlement, the certificate of the key that signed it, and a proof under one
//! of its roots. [`verify_bundle`] checks any of them and answers with a [`Report`] that lists
//! every check that ran and what the bundle does not prove. `FORMAT.md` beside this file has the
//! documents and the numbered steps.
//!
//! | format | shows |
//! |---|---|
//! | `countersign/inclusion/v1`, `…/records/v1` | a record, or some, are in a batch |
//! | `countersign/inclusion/v2` | a record is in a batch, with only the beginning of the settlement |
//! | `countersign/consistency/v1` | one settlement's log extends another's |
//! | `countersign/exclusion/v1` | an operation is not in a batch |
//! | `countersign/statement/v1` | all entries of a member in a batch, with their sums |
//! | `countersign/receipt/v1` | the writer's promise of a record |
//! | `countersign/contradiction-…/v1` | the operator committed itself to two things that exclude each other |
//!
//! Bundles are built out of what whoever keeps the log has: leaf hashes or stored nodes, the sorted
//! index, the records' bytes. In this example, an operator settles two records and proves one:
//!
//! ```
//! # use countersign_core::chain::{ChainWriter, Operation, Record};
//! # use countersign_core::hash::Blake3;
//! # use countersign_core::keys::{ShardId, SigningKey, create_process_key_action};
//! # use countersign_core::merkle::{leaf_hash, root};
//! # use countersign_core::settlement::{BatchWindow, settle};
//! # use countersign_core::Seq;
//! use countersign_core::proof::{
//!     InclusionProof, SignedSettlement, VerifyOptions, nodes_of, verify_bundle,
//! };
//!
//! # let operator = SigningKey::from_seed(&[1; 32]);
//! # let process = SigningKey::from_seed(&[2; 32]);
//! # let shard_id = ShardId::from_bytes([7; 16]);
//! # let certificate =
//! #     create_process_key_action(&operator, shard_id, process.public_key(), 0, 60_000)?;
//! # let mut chain = ChainWriter::new(shard_id);
//! # let (mut first, mut record) = (Vec::new(), Vec::new());
//! # chain.certify(&mut first, 1_000, &certificate)?;
//! # let operation = Operation {
//! #     op: "earn",
//! #     member_id: &[3; 32],
//! #     asset_id: "joule",
//! #     amount: 5,
//! #     op_id: "order-17",
//! #     context_hash: &[0; 32],
//! # };
//! # chain.append(&mut record, 2_000, &operation)?;
//! # let leaves = [&first, &record].map(|bytes| leaf_hash::<Blake3>(bytes));
//! # let mut window = BatchWindow::new(Seq::FIRST);
//! # for bytes in [&first, &record] {
//! #     window.push(bytes, &Record::decode(bytes)?)?;
//! # }
//! # let log_root = root::<Blake3>(&leaves);
//! # let mut out = Vec::new();
//! # let settlement = settle(&mut chain, &window, log_root, &process, &mut out, 3_000)?;
//! let signed = SignedSettlement { certificate, settlement };
//! let bundle = InclusionProof::build(&signed, &record, nodes_of(&leaves))?;
//! let json = bundle.to_json()?;
//!
//! // Whoever has the document and the operator's public key:
//! let report = verify_bundle(json.as_bytes(), &operator.public_key(), &VerifyOptions::default())?;
//! assert!(report.valid, "{:?}", report.first_failure());
//! assert_eq!(report.facts.records[0].seq, Seq(1));
//!
//! // Anybody else's key does not make it valid.
//! let other = SigningKey::from_seed(&[9; 32]).public_key();
//! let report = verify_bundle(json.as_bytes(), &other, &VerifyOptions::default())?;
//! assert_eq!(report.first_failure().unwrap().code, "wrong-operator-key");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod brief;
mod bundle;
mod consistency;
mod contradict;
mod contradiction;
mod equivocation;
mod error;
mod exclusion;
mod format;
mod inclusion;
mod judgement;
mod placement;
mod receipt;
mod report;
mod settled;
mod statement;
#[cfg(test)]
mod tests;
mod verifier;

pub use brief::{BriefInclusion, BriefInclusionBundle, ChainedSettlement};
pub use bundle::{
    AnyBundle, Bundle, ConsistencyBundle, ExclusionBundle, InclusionBundle,
    IndexContradictionBundle, LogRootContradictionBundle, OverlapContradictionBundle,
    PlacementBundle, ReceiptContradictionBundle, RecordsBundle, StatementBundle, verify_bundle,
};
pub use consistency::ConsistencyProof;
pub use contradict::contradict;
pub use contradiction::{IndexContradiction, ReceiptContradiction, SettledLeaf, Tree};
pub use equivocation::{Fork, LogRootContradiction, OverlapContradiction};
pub use error::ProofError;
pub use exclusion::{ExclusionProof, IndexGap, IndexNeighbour};
pub use format::Format;
pub use inclusion::{InclusionProof, RecordsProof, nodes_of};
pub use judgement::{Judgement, Malformed, judge_bundle};
pub use placement::PlacementProof;
pub use receipt::{Receipt, ReceiptBundle, SignedReceipt};
pub use report::{Check, Facts, OperationFact, RecordFact, Report, SettlementFact};
pub use settled::SignedSettlement;
pub use statement::StatementProof;
pub use verifier::{Kind, KnownRevocation, Proof, VerifyOptions};

//! The envelope of every bundle, and the one call that checks any of them.

use alloc::string::String;

use serde::{Serialize, Serializer};

use super::format::{FormatOf, TheFormat};
use super::report::{Facts, Report};
use super::verifier::{Kind, Proof, Stop, Verifier, VerifyOptions};
use super::{
    BriefInclusionBundle, ConsistencyProof, ExclusionProof, Format, InclusionProof,
    IndexContradiction, LogRootContradiction, OverlapContradiction, PlacementProof, ProofError,
    ReceiptBundle, ReceiptContradiction, RecordsProof, SignedSettlement, StatementProof,
};
use crate::document::{
    self, DocumentError, Object, One, ReadMembers, Spelling as _, WriteMembers, members,
};
use crate::keys::{Certificate, PublicKey, ShardId};
use crate::limits::MAX_BUNDLE_SIZE;
use crate::settlement::BatchSettlementAction;

/// What holds for every bundle that rests on settlements.
const OF_SETTLEMENTS: &[&str] = &[
    "That the operator is honest: only that it committed itself, with a key that it certified, to \
     what the settlement says.",
    "That the process key was in the operator's hands alone: a compromise that was not among the \
     revocations given is not known here.",
    "When the settlement was made: it bears no time of its own.",
];

/// One document that stands alone: a settlement, the certificate of its key, and a proof.
///
/// Built by the `build` of each proof; read by [`AnyBundle::read`], or here where its kind is
/// known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle<P> {
    format: FormatOf<P>,
    /// The shard.
    pub shard_id: ShardId,
    /// The operator key, for whoever does not know which one to trust yet.
    pub operator_public_key: PublicKey,
    /// The certificate of the key that signed the settlement.
    pub certificate: Certificate,
    /// The settlement, whole: its signature covers every member's sums.
    pub settlement: BatchSettlementAction,
    /// What is proven under it.
    pub proof: P,
}

members!(Bundle<P: Kind> {
    format "format": TheFormat,
    shard_id "shardId": One,
    operator_public_key "operatorPublicKey": One,
    certificate "certificate": Object,
    settlement "settlement": Object,
    proof "proof": Object,
});

impl<P: Proof> Bundle<P> {
    pub(super) fn new(signed: &SignedSettlement, proof: P) -> Self {
        let SignedSettlement { certificate, settlement } = signed.clone();
        Self {
            format: FormatOf::new(),
            shard_id: certificate.shard_id,
            operator_public_key: certificate.operator_public_key,
            certificate,
            settlement,
            proof,
        }
    }

    /// The settlement and the certificate of its key.
    pub fn signed_settlement(&self) -> SignedSettlement {
        SignedSettlement { certificate: self.certificate, settlement: self.settlement.clone() }
    }

    /// Checks the bundle against the operator key that the caller trusts.
    ///
    /// `Err` only if a revocation in `options` does not hold for the shard; anything wrong with the
    /// bundle is in the report.
    ///
    /// # Does not prove
    ///
    /// Whatever [`Report::does_not_prove`] lists for its kind.
    pub fn verify(
        &self,
        trusted: &PublicKey,
        options: &VerifyOptions<'_>,
    ) -> Result<Report, ProofError> {
        let facts = Facts::new(self.shard_id, self.operator_public_key);
        let mut run = Verifier::new(P::FORMAT, facts, trusted, options);
        let outcome = self.run(&mut run);
        run.finish(outcome, &[P::DOES_NOT_PROVE, OF_SETTLEMENTS])
    }

    fn run(&self, run: &mut Verifier<'_>) -> Result<(), Stop> {
        run.check_operator()?;
        let settled = run.check_settlement(&self.certificate, &self.settlement)?;
        self.proof.verify(&settled, run)
    }
}

impl<P: Kind + WriteMembers> Bundle<P> {
    /// The bundle as a JSON document; the same bundle gives the same bytes.
    pub fn to_json(&self) -> Result<String, DocumentError> {
        document::write(self)
    }
}

impl<'de, P: Kind + ReadMembers<'de>> Bundle<P> {
    /// Reads a bundle of this kind from its JSON.
    pub fn from_json(json: &'de [u8]) -> Result<Self, DocumentError> {
        document::read(json, MAX_BUNDLE_SIZE)
    }
}

/// A bundle that shows a record to be in a batch.
pub type InclusionBundle = Bundle<InclusionProof>;
/// A bundle that shows some records to be in a batch.
pub type RecordsBundle = Bundle<RecordsProof>;
/// A bundle that shows one settlement's log to extend another's.
pub type ConsistencyBundle = Bundle<ConsistencyProof>;
/// A bundle that shows an operation not to be in a batch.
pub type ExclusionBundle = Bundle<ExclusionProof>;
/// A bundle of all entries of a member in a batch.
pub type StatementBundle = Bundle<StatementProof>;
/// A bundle that shows where a settled record stands in a file with a content address.
pub type PlacementBundle = Bundle<PlacementProof>;
/// A bundle that holds a receipt against a settlement.
pub type ReceiptContradictionBundle = Bundle<ReceiptContradiction>;
/// A bundle that holds a settlement's records against its index.
pub type IndexContradictionBundle = Bundle<IndexContradiction>;
/// A bundle of two settlements that overlap.
pub type OverlapContradictionBundle = Bundle<OverlapContradiction>;
/// A bundle of two settlements of different logs.
pub type LogRootContradictionBundle = Bundle<LogRootContradiction>;

/// Writes the enum of all bundles and what is done alike for each.
macro_rules! any_bundle {
    ($($kind:ident: $bundle:ty = $says:literal),+ $(,)?) => {
        /// A bundle of any kind.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum AnyBundle {
            $(#[doc = $says] $kind($bundle),)+
        }

        impl AnyBundle {
            /// Reads a bundle from its JSON: by its format, then strictly.
            ///
            /// # Errors
            /// [`DocumentError::UnknownFormat`] where `format` names none of these; whatever is
            /// wrong with the document, with the path of the member, otherwise.
            pub fn read(json: &[u8]) -> Result<Self, DocumentError> {
                let found = document::peek_format(json, MAX_BUNDLE_SIZE)?;
                match Format::read(&found) {
                    $(Some(Format::$kind) => <$bundle>::from_json(json).map(Self::$kind),)+
                    None => Err(DocumentError::UnknownFormat { found }),
                }
            }

            /// What kind of bundle it is.
            pub const fn format(&self) -> Format {
                match self {
                    $(Self::$kind(_) => Format::$kind,)+
                }
            }

            /// The shard it is about.
            pub const fn shard_id(&self) -> ShardId {
                match self {
                    $(Self::$kind(bundle) => bundle.shard_id,)+
                }
            }

            /// The operator key that it names, for whoever does not know which one to trust yet.
            pub const fn operator_public_key(&self) -> PublicKey {
                match self {
                    $(Self::$kind(bundle) => bundle.operator_public_key,)+
                }
            }

            /// The bundle as a JSON document.
            pub fn to_json(&self) -> Result<String, DocumentError> {
                match self {
                    $(Self::$kind(bundle) => bundle.to_json(),)+
                }
            }

            /// Checks the bundle: see [`Bundle::verify`].
            pub fn verify(
                &self,
                trusted: &PublicKey,
                options: &VerifyOptions<'_>,
            ) -> Result<Report, ProofError> {
                match self {
                    $(Self::$kind(bundle) => bundle.verify(trusted, options),)+
                }
            }
        }

        impl Serialize for AnyBundle {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$kind(bundle) => bundle.serialize(to),)+
                }
            }
        }
    };
}

any_bundle! {
    Inclusion: InclusionBundle = "One record is in a batch.",
    BriefInclusion: BriefInclusionBundle = "One record is in a batch, without the batch's sums.",
    Records: RecordsBundle = "Some records are in a batch.",
    Consistency: ConsistencyBundle = "One settlement's log extends another's.",
    Exclusion: ExclusionBundle = "An operation is not in a batch.",
    Statement: StatementBundle = "All entries of a member in a batch.",
    Receipt: ReceiptBundle = "The writer's promise of a record.",
    Placement: PlacementBundle = "A settled record at its place in a file.",
    ContradictionReceipt: ReceiptContradictionBundle = "A receipt against a settlement.",
    ContradictionIndex: IndexContradictionBundle = "A settlement's records against its index.",
    ContradictionOverlap: OverlapContradictionBundle = "Two settlements that overlap.",
    ContradictionLogRoot: LogRootContradictionBundle = "Two settlements of different logs.",
}

/// Checks a bundle of any kind against the operator key that the caller trusts.
///
/// # Errors
/// [`ProofError::Document`] where the document is none of these bundles or is not spelled exactly
/// as it must be, and [`ProofError::Revocation`] where a revocation in `options` does not hold. A
/// bundle that can be checked and does not hold is a [`Report`] that is not valid.
///
/// # Does not prove
///
/// Whatever [`Report::does_not_prove`] lists for its kind.
pub fn verify_bundle(
    json: &[u8],
    trusted: &PublicKey,
    options: &VerifyOptions<'_>,
) -> Result<Report, ProofError> {
    AnyBundle::read(json)?.verify(trusted, options)
}

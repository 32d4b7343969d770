//! One settlement's log extends another's.
//!
//! The numbers in the comments are those of `FORMAT.md`, "Consistency".

use alloc::format;
use alloc::vec::Vec;

use super::bundle::{Bundle, ConsistencyBundle};
use super::settled::{Batch, Settled};
use super::verifier::{Failure, Kind, Proof, Stop, Verifier};
use super::{Format, ProofError, SignedSettlement};
use crate::document::{List, Object, members};
use crate::hash::{Blake3, Digest};
use crate::merkle::{NodeCoordinate, fetch_consistency, verify_consistency};

/// The log below the `logRoot` of an earlier settlement is the start of the one below the
/// bundle's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// The earlier settlement, by whichever key of the operator's.
    pub earlier: SignedSettlement,
    /// The consistency path between the two log roots.
    pub path: Vec<Digest>,
}

members!(ConsistencyProof {
    earlier "earlier": Object,
    path "path": List,
});

impl ConsistencyProof {
    /// A bundle that shows the log of `later` to extend the one of `earlier`.
    ///
    /// `fetch` knows the nodes of the tree below `later`'s `logRoot`: all records of the log.
    pub fn build(
        earlier: &SignedSettlement,
        later: &SignedSettlement,
        fetch: impl FnMut(NodeCoordinate) -> Option<Digest>,
    ) -> Result<ConsistencyBundle, ProofError> {
        let size1 = Batch::of(&earlier.settlement)?.log;
        let size2 = Batch::of(&later.settlement)?.log;
        let path = fetch_consistency::<Blake3>(size1, size2, fetch)?;
        let (root1, root2) = (&earlier.settlement.log_root, &later.settlement.log_root);
        verify_consistency::<Blake3>(size1, size2, root1, root2, &path)?;
        Ok(Bundle::new(later, Self { earlier: earlier.clone(), path }))
    }
}

impl Kind for ConsistencyProof {
    const FORMAT: Format = Format::Consistency;
    const DOES_NOT_PROVE: &'static [&'static str] = &[
        "What the records are: only that none was changed, moved or left out between the two \
         settlements.",
        "That the operator shows the same two settlements to everybody: compare them with others.",
        "That the batches' own roots agree with the log: whoever has the records must check that.",
    ];
}

impl Proof for ConsistencyProof {
    fn verify(&self, settled: &Settled<'_>, run: &mut Verifier<'_>) -> Result<(), Stop> {
        // 1. The earlier settlement holds like the bundle's.
        let SignedSettlement { certificate, settlement } = &self.earlier;
        let earlier = run.check_settlement(certificate, settlement)?;
        // 2. The sizes are in order, the path has exactly the length that they allow, and it leads
        // to both log roots.
        let (size1, size2) = (earlier.batch.log, settled.batch.log);
        let (root1, root2) = (&settlement.log_root, &settled.settlement.log_root);
        let result = verify_consistency::<Blake3>(size1, size2, root1, root2, &self.path);
        run.check("consistency", result.map_err(Failure::of), |()| {
            format!("the log of {size2} records begins with the log of {size1}")
        })
    }
}

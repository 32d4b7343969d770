//! `dispute tainted`.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use countersign_core::Seq;
use countersign_core::chain::{Control, Record};
use countersign_core::dispute::{
    Demand, DisputeOptions, DisputeResolution, resolve_compromise, reverse_range,
};
use countersign_core::document::Text;
use countersign_core::keys::{PublicKey, Reason};
use countersign_core::proof::KnownRevocation;
use countersign_core::settlement::BatchId;
use serde_json::{Value, json};

use super::challenge::of_settlement;
use crate::args::{DisputeTaintedArgs, OutArgs};
use crate::commands::Output;
use crate::commands::certificate::now_ms;
use crate::commands::documents::{prover, write};
use crate::exit::{Exit, Failure, FileError, Outcome};
use crate::index::{LogCursor, LogPosition, LogRecord};
use crate::prove::{Prover, Settled};
use crate::store::disk::RealDisk;
use crate::store::{ReadError, ShardPaths};

pub(super) fn run(args: &DisputeTaintedArgs, output: &mut Output<'_>) -> Outcome {
    let public_key = args.public_key.load()?;
    let mut prover = prover(&args.dir)?;
    let to = args.to.map_or(Seq(u64::MAX), Seq);
    let signed = signed_by(&mut prover, &args.dir, &public_key, Seq(args.from), to)?;
    let SignedBy { compromised_from, revocations, settlements } = signed;
    let mut shown = Shown { public_key, compromised_from, rows: Vec::new() };
    if let Some(directory) = &args.out {
        make_directory(directory)?;
    }
    for (settled, is_tainted) in &settlements {
        let is_tainted = *is_tainted;
        let mut row = Row {
            batch: settled.signed.settlement.batch_id(prover.shard_id()),
            seq: settled.seq,
            is_tainted,
            resolution: None,
        };
        if let Some(directory) = args.out.as_ref().filter(|_| is_tainted) {
            let path = directory.join(format!("{}-{}.json", row.batch.from_seq, row.batch.to_seq));
            let out = OutArgs { out: Some(path.clone()), force: true };
            write(resolution(&prover, settled, &revocations, args.now)?.to_json(), &out, output)?;
            row.resolution = Some(path);
        }
        shown.rows.push(row);
    }
    output.print(&shown.to_json(&prover), &shown)?;
    Ok(Exit::Done)
}

/// What a key settled.
pub(in crate::commands) struct SignedBy {
    /// From where on it is compromised, if it is.
    pub(in crate::commands) compromised_from: Option<Seq>,
    /// Every revocation in the log.
    revocations: Vec<KnownRevocation>,
    /// The settlements that it signed, and whether the compromise makes them invalid.
    pub(in crate::commands) settlements: Vec<(Settled, bool)>,
}

/// The settlements of a key with a record in `from` to `to`.
pub(in crate::commands) fn signed_by(
    prover: &mut Prover<'_>,
    directory: &Path,
    public_key: &PublicKey,
    from: Seq,
    to: Seq,
) -> Result<SignedBy, Box<dyn Failure>> {
    let revocations = revocations(directory, prover.last_seq())?;
    let compromised_from = revocations
        .iter()
        .filter(|known| {
            let KnownRevocation { revocation, .. } = known;
            revocation.public_key == *public_key && revocation.reason == Reason::KeyCompromise
        })
        .filter_map(|known| known.revocation.effective_at_seq.or(known.seq))
        .min();
    let all = prover.settlements()?;
    let actions = all.iter().map(|settled| &settled.signed.settlement);
    let signed = reverse_range(actions, public_key, from, to);
    let is_signed =
        |settled: &&Settled| signed.iter().any(|action| **action == settled.signed.settlement);
    let is_tainted = |settled: &Settled| compromised_from.is_some_and(|from| from <= settled.seq);
    let settlements =
        all.iter().filter(is_signed).map(|settled| (settled.clone(), is_tainted(settled)));
    Ok(SignedBy { compromised_from, settlements: settlements.collect(), revocations })
}

/// The resolution of a settlement that a compromise makes invalid.
fn resolution(
    prover: &Prover<'_>,
    settled: &Settled,
    revocations: &[KnownRevocation],
    now: Option<u64>,
) -> Result<DisputeResolution, Box<dyn Failure>> {
    let now_ms = now.unwrap_or_else(now_ms);
    let challenger = Text::new("operator").unwrap_or_default();
    let claim = Text::new("the key of the settlement is compromised").unwrap_or_default();
    let parties = (challenger, claim);
    let challenge = of_settlement(prover, settled.clone(), now_ms, parties, Demand::Range {});
    let options = DisputeOptions { revocations, ..DisputeOptions::new(prover.operator(), now_ms) };
    Ok(resolve_compromise(&challenge, &options)?)
}

/// Every revocation in the log, which is read for that. Entries are passed over.
fn revocations(directory: &Path, last: Option<Seq>) -> Result<Vec<KnownRevocation>, ReadError> {
    let paths = ShardPaths::new(directory);
    // The chain has been checked when the index was made.
    let start = LogPosition { tip: None, ..LogPosition::START };
    let mut cursor = LogCursor::open(&RealDisk, &paths, start)?;
    let mut found = Vec::new();
    while let Some(LogRecord { seq, bytes, .. }) = cursor.next()? {
        if Some(seq) > last {
            break;
        }
        if Record::is_entry(bytes) {
            continue;
        }
        if let Ok(record) = Record::decode(bytes)
            && let Some(Control::Revocation(revocation)) = record.control()
        {
            found.push(KnownRevocation { revocation: *revocation, seq: Some(seq) });
        }
    }
    Ok(found)
}

fn make_directory(path: &Path) -> Result<(), FileError> {
    match fs::create_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(FileError { code: "file-unwritable", path: path.to_owned(), error })
        }
        _ => Ok(()),
    }
}

/// The settlements of a key.
struct Shown {
    public_key: PublicKey,
    compromised_from: Option<Seq>,
    rows: Vec<Row>,
}

struct Row {
    batch: BatchId,
    seq: Seq,
    is_tainted: bool,
    resolution: Option<PathBuf>,
}

impl Shown {
    fn to_json(&self, prover: &Prover<'_>) -> Value {
        let rows: Vec<_> = self
            .rows
            .iter()
            .map(|row| {
                json!({
                    "batchId": row.batch.to_string(),
                    "fromSeq": row.batch.from_seq.to_string(),
                    "toSeq": row.batch.to_seq.to_string(),
                    "seq": row.seq.to_string(),
                    "tainted": row.is_tainted,
                    "resolution": row.resolution.as_ref().map(|path| path.display().to_string()),
                })
            })
            .collect();
        json!({
            "shardId": prover.shard_id().to_string(),
            "publicKey": self.public_key.to_string(),
            "compromisedFrom": self.compromised_from.map(|seq| seq.to_string()),
            "settlements": rows,
        })
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.compromised_from {
            Some(from) => write!(f, "key {} is compromised from record {from} on", self.public_key),
            None => write!(f, "key {} is not revoked as compromised", self.public_key),
        }?;
        if self.rows.is_empty() {
            return f.write_str("; it signed no settlement here");
        }
        for row in &self.rows {
            let verdict = if row.is_tainted { "invalid" } else { "stands" };
            write!(f, "\n{verdict}  {}  settled by record {}", row.batch, row.seq)?;
            if let Some(path) = &row.resolution {
                write!(f, "  resolution in {}", path.display())?;
            }
        }
        Ok(())
    }
}

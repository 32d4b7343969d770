//! Writes the entries of a shard of the TypeScript layout into a new shard.

use std::collections::VecDeque;
use std::path::Path;

use countersign_core::Seq;
use countersign_core::foreign::{ForeignRecord, foreign_tip};
use countersign_core::hash::Digest;
use countersign_core::keys::{Certificate, PublicKey, ShardId, SigningKey};
use countersign_core::limits::MAX_LISTED_FAILURES;
use countersign_core::tags::IMPORT_FORMAT;

use super::fitness::{Fitness, Misfit};
use super::import_error::{ACCEPTABLE, ImportError, UNCHECKED};
use super::import_file::{ImportFile, MisfitDocument, Runs, SourceDocument, TargetDocument};
use super::report::ForeignReport;
use super::source::ForeignSource;
use super::verify::{ForeignOptions, examine};
use super::walk::{Met, walk};
use crate::store::{Appended, MeteringLogShard, ShardPaths, StoreError, WriterOptions};

/// Appended records whose fate is awaited at most.
const WAITING: usize = 4_096;
/// Records of a shard into which nothing was imported yet: a certificate and a signature.
const EMPTY_SHARD: u64 = 2;
/// What an import is to do.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// How the source is verified. A range in it is not looked at.
    pub source: ForeignOptions,
    /// Whether records that do not fit are left out. They end the import otherwise, before anything
    /// is written.
    pub skip_misfits: bool,
    /// Codes of failures of the source that are accepted; see [`ImportError::NotAcceptable`].
    pub accept: Vec<String>,
    /// How the target is written.
    pub writer: WriterOptions,
}

/// What an import came to.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Entries written by this run.
    pub appended: u64,
    /// Entries that an earlier run had written.
    pub in_log_before: u64,
    /// Records left out.
    pub skipped: u64,
    /// Whether it came to the end of the source.
    pub is_complete: bool,
    /// What `import.json` says now.
    pub file: ImportFile,
}

/// A source that has been verified and looked through, ready to be written.
#[derive(Debug)]
pub struct Importer<'a> {
    source: &'a Path,
    options: &'a ImportOptions,
    paths: ShardPaths,
    report: ForeignReport,
    accepted: Vec<String>,
    misfits: Vec<Misfit>,
    misfits_total: u64,
    /// Times of the first and the last record.
    times: (u64, u64),
    /// Whether the target holds a part of this import.
    is_begun: bool,
}

impl<'a> Importer<'a> {
    /// Stands for signatures that nobody could check.
    pub const UNCHECKED: &'static str = UNCHECKED;

    /// Verifies `source` and looks at every record; writes nothing.
    ///
    /// # Errors
    /// If the source does not hold, its signatures could not be checked, records do not fit, or
    /// `target` holds something else, unless the options say otherwise.
    pub fn prepare(
        source: &'a Path,
        target: &Path,
        options: &'a ImportOptions,
        progress: impl Fn(u64, u64),
    ) -> Result<Self, ImportError> {
        if let Some(code) = options.accept.iter().find(|code| !ACCEPTABLE.contains(&code.as_str()))
        {
            return Err(ImportError::NotAcceptable { code: code.clone() });
        }
        let disk = &*options.writer.disk;
        let paths = ShardPaths::new(target);
        let prior = ImportFile::read(disk, &paths);
        let awaited = prior.as_ref().and_then(|file| {
            Some((
                Seq(file.source.last_seq.parse().ok()?),
                Digest::from_hex(&file.source.tip_hash)?,
            ))
        });
        let mut fitness = Fitness::default();
        let (mut misfits, mut misfits_total, mut times) = (Vec::new(), 0, None);
        let take = |_, _: &[u8], record: &ForeignRecord<'_>| {
            times = Some((times.map_or(record.ts_us, |(first, _)| first), record.ts_us));
            if let Err(misfit) = fitness.look(record) {
                misfits_total += 1;
                if misfits.len() < MAX_LISTED_FAILURES {
                    misfits.push(misfit);
                }
            }
        };
        let whole = ForeignOptions { range: None, ..options.source.clone() };
        let examined = examine(disk, source, &whole, awaited, take, &progress)?;
        let has_awaited = examined.has_awaited;
        let report = examined.into_report(&whole);
        let accepted = accepted(&report, &options.accept)?;
        if misfits_total > 0 && !options.skip_misfits {
            return Err(ImportError::Misfits { listed: misfits, total: misfits_total });
        }
        let is_begun = match prior {
            Some(file) if file.source.shard_id != report.shard_id.to_string() || !has_awaited => {
                let why = "holds an import of another source, or of more than this one has";
                return Err(ImportError::OtherShard { path: target.to_path_buf(), why });
            }
            Some(_) => true,
            None => false,
        };
        let times = times.unwrap_or_default();
        Ok(Self {
            source,
            options,
            paths,
            report,
            accepted,
            misfits,
            misfits_total,
            times,
            is_begun,
        })
    }

    /// What the source came to.
    pub const fn report(&self) -> &ForeignReport {
        &self.report
    }

    /// Records that are to be written.
    pub const fn entries(&self) -> u64 {
        self.report.records.saturating_sub(self.misfits_total)
    }

    /// Options that remember every operation of the source, so that one that was written is known.
    fn writer_options(&self) -> WriterOptions {
        let entries = usize::try_from(self.entries()).unwrap_or(usize::MAX);
        let capacity = self.options.writer.dedupe_capacity.max(entries.saturating_add(1));
        let dedupe_capacity = capacity.min(u32::MAX as usize);
        WriterOptions { dedupe_capacity, ..self.options.writer.clone() }
    }

    /// Opens the target, or makes it: `certify` is asked for the certificate of a new shard.
    ///
    /// # Errors
    /// If the directory holds a shard with entries and no note of an import.
    pub fn open<E: From<StoreError> + From<ImportError>>(
        &self,
        key: SigningKey,
        certify: impl FnOnce() -> Result<Certificate, E>,
    ) -> Result<MeteringLogShard, E> {
        let (disk, options) = (&*self.options.writer.disk, self.writer_options());
        let names = disk.list(self.paths.directory()).unwrap_or_default();
        if names.is_empty() {
            return Ok(MeteringLogShard::create(
                self.paths.directory(),
                &certify()?,
                key,
                &options,
            )?);
        }
        let (shard, _) = MeteringLogShard::open(self.paths.directory(), Some(key), &options)?;
        let records = shard.status().accepted.map_or(0, |seq| seq.0.saturating_add(1));
        if self.is_begun || records <= EMPTY_SHARD {
            return Ok(shard);
        }
        shard.close()?;
        let (path, why) = (self.paths.directory().to_path_buf(), "holds a shard that is no import");
        Err(ImportError::OtherShard { path, why }.into())
    }

    /// Writes every entry into `shard`, which [`open`](Self::open) returned, and closes it. What an
    /// earlier run wrote is recognised and written once. Ends early when `is_interrupted` says so;
    /// what was written then is durable, and the same call goes on from there.
    ///
    /// # Errors
    /// At the first record that cannot be written, and if the source is not what it was.
    pub fn write(
        &self,
        shard: &MeteringLogShard,
        is_interrupted: &dyn Fn() -> bool,
        progress: &dyn Fn(u64),
    ) -> Result<Imported, ImportError> {
        let operator = shard.status().active.map(|certificate| certificate.operator_public_key);
        let disk = &*self.options.writer.disk;
        let target = (shard.shard_id(), operator);
        let mut pass = Pass::default();
        // Before the first entry, so that the next run knows what this shard is.
        let began = if self.is_begun {
            Ok(())
        } else {
            self.file(shard, target, &Runs::default(), false).write(disk, &self.paths)
        };
        let written = match began {
            Ok(()) => self.copy(shard, &mut pass, is_interrupted, progress),
            Err(error) => Err(error.into()),
        };
        let flushed = shard.flush().map_err(ImportError::from);
        let settled = pass.wait_for_all(shard);
        let is_complete = written.is_ok() && !pass.is_interrupted;
        let file = self.file(shard, target, &pass.runs, is_complete);
        let closed = shard.close().map_err(ImportError::from);
        written.and(settled).and(flushed).and(closed)?;
        file.write(disk, &self.paths)?;
        Ok(Imported {
            appended: pass.appended,
            in_log_before: pass.in_log_before,
            skipped: pass.skipped,
            is_complete,
            file,
        })
    }

    fn copy(
        &self,
        shard: &MeteringLogShard,
        pass: &mut Pass,
        is_interrupted: &dyn Fn() -> bool,
        progress: &dyn Fn(u64),
    ) -> Result<(), ImportError> {
        let source = ForeignSource::list(&*self.options.writer.disk, self.source)?;
        let mut fitness = Fitness::default();
        let mut failed = None;
        let mut reached = None;
        walk(
            &source,
            |met| {
                // What follows the record up to which the source was verified is left for later.
                let is_over = failed.is_some()
                    || pass.is_interrupted
                    || reached.is_some_and(|(seq, _)| Some(seq) >= self.report.last_seq);
                let Met::Frame(_, bytes) = met else { return };
                if is_over {
                    return;
                }
                let Ok(record) = ForeignRecord::decode(bytes) else { return };
                if is_interrupted() {
                    pass.is_interrupted = true;
                    return;
                }
                reached = Some((record.seq, foreign_tip(bytes)));
                match fitness.look(&record) {
                    Ok(operation) => {
                        let outcome = shard
                            .append(&operation)
                            .and_then(|appended| pass.note(shard, record.seq, appended));
                        failed = outcome.err().map(|error| (record.seq, error));
                        progress(pass.appended + pass.in_log_before);
                    }
                    Err(_) => pass.skipped += 1,
                }
            },
            &|_, _| {},
        )?;
        if let Some((seq, error)) = failed {
            return Err(ImportError::Entry { seq, error });
        }
        let is_same = reached == self.report.last_seq.map(|seq| (seq, self.report.tip));
        if is_same || pass.is_interrupted { Ok(()) } else { Err(ImportError::SourceChanged) }
    }

    fn file(
        &self,
        shard: &MeteringLogShard,
        (shard_id, operator): (ShardId, Option<PublicKey>),
        runs: &Runs,
        complete: bool,
    ) -> ImportFile {
        let (report, status) = (&self.report, shard.status());
        ImportFile {
            format: IMPORT_FORMAT.to_owned(),
            complete,
            source: SourceDocument {
                layout: report.layout.to_owned(),
                shard_id: report.shard_id.to_string(),
                records: report.records.to_string(),
                last_seq: report.last_seq.unwrap_or_default().to_string(),
                tip_hash: report.tip.to_string(),
                signed_seq: report.signed_seq.map(|seq| seq.to_string()),
                first_ts: self.times.0.to_string(),
                last_ts: self.times.1.to_string(),
                operator_public_key: report.operator_public_key.map(|key| key.to_string()),
                process_public_keys: report
                    .keys
                    .iter()
                    .map(|key| key.public_key.to_string())
                    .collect(),
            },
            target: TargetDocument {
                shard_id: shard_id.to_string(),
                operator_public_key: operator.map(|key| key.to_string()).unwrap_or_default(),
                last_seq: status.durable.unwrap_or_default().to_string(),
                tip_hash: status.durable_tip.to_string(),
            },
            accepted: self.accepted.clone(),
            runs: runs.documents(),
            skipped: self.misfits.iter().map(MisfitDocument::from).collect(),
            skipped_total: self.misfits_total.to_string(),
        }
    }
}

/// The codes among `accept` that occur; an error if any other does.
fn accepted(report: &ForeignReport, accept: &[String]) -> Result<Vec<String>, ImportError> {
    let is_accepted = |code: &str| accept.iter().any(|accepted| accepted == code);
    let is_listed = report.failures_total == report.failures.len() as u64;
    let mut found: Vec<String> = Vec::new();
    for failure in &report.failures {
        if !is_accepted(failure.code) || !is_listed {
            return Err(ImportError::NotValid(Box::new(report.clone())));
        }
        found.push(failure.code.to_owned());
    }
    if !report.signatures_checked {
        if !is_accepted(UNCHECKED) {
            return Err(ImportError::Unchecked);
        }
        found.push(UNCHECKED.to_owned());
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// One pass over the source.
#[derive(Debug, Default)]
struct Pass {
    runs: Runs,
    waiting: VecDeque<Appended>,
    appended: u64,
    in_log_before: u64,
    skipped: u64,
    is_interrupted: bool,
}

impl Pass {
    fn note(
        &mut self,
        shard: &MeteringLogShard,
        seq: Seq,
        appended: Appended,
    ) -> Result<(), StoreError> {
        self.runs.push(seq.0, appended.seq.0);
        if appended.is_duplicate {
            self.in_log_before += 1;
        } else {
            self.appended += 1;
        }
        self.waiting.push_back(appended);
        if self.waiting.len() >= WAITING {
            for appended in self.waiting.drain(..WAITING / 2) {
                shard.wait(&appended)?;
            }
        }
        Ok(())
    }

    /// What was taken back is not in the log, whatever came after it.
    fn wait_for_all(&mut self, shard: &MeteringLogShard) -> Result<(), ImportError> {
        self.waiting.drain(..).try_for_each(|appended| shard.wait(&appended).map_err(Into::into))
    }
}

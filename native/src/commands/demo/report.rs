//! What the demo says.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use countersign_core::hash::hex;
use countersign_core::limits::DIGEST_SIZE;
use indicatif::HumanCount;
use serde_json::{Value, json};

use super::super::failures::Refusal;
use super::super::shard::{recovery_json, report_json};
use super::aftermath::Aftermath;
use super::place::Place;
use super::proofs::{Disputed, Proofs};
use super::samples::Samples;
use super::steps::{Made, Metered, Recovered, Tampered, Usage, Verified};
use crate::render::utc;
use crate::trace;
use crate::verify::ShardReport;

/// Columns of a step's title, its time behind it.
const WIDTH: usize = 60;
/// Members that are listed.
const TOP: usize = 5;
/// Where the requests come from.
pub(super) const SOURCE: &str =
    "Azure LLM inference trace 2023 (code), Azure Public Dataset, CC-BY 4.0";

/// Puts results into words.
#[derive(Debug)]
pub(super) struct Report {
    run: PathBuf,
    shard: PathBuf,
    power_cut: PathBuf,
    tampered: PathBuf,
    reversed: PathBuf,
    operator: PathBuf,
}

impl Report {
    pub(super) fn new(place: &Place) -> Self {
        Self {
            run: place.run().to_owned(),
            shard: place.shard(),
            power_cut: place.power_cut(),
            tampered: place.tampered(),
            reversed: place.reversed(),
            operator: place.operator_public_key(),
        }
    }

    pub(super) fn title(&self) -> String {
        format!("Countersign demo, in {}\n", self.run.display())
    }

    #[allow(clippy::unused_self, reason = "every step is told the same way")]
    pub(super) fn made(&self, made: &Made, took: Duration) -> String {
        let mut text = step(1, "Make keys and a shard", took);
        line(&mut text, "operator key", &made.operator.to_string());
        line(&mut text, "", "vouches for process keys, and is all that a verifier needs");
        line(&mut text, "process key", &made.certificate.public_key.to_string());
        let until = utc(made.certificate.expires_at_ms);
        line(&mut text, "", &format!("signs the log, until {until}"));
        line(&mut text, "shard", &made.shard_id.to_string());
        text
    }

    #[allow(clippy::unused_self, reason = "every step is told the same way")]
    pub(super) fn metered(&self, metered: &Metered, took: Duration) -> String {
        let mut text = step(2, "Meter an hour of requests to a code-completion service", took);
        let requests = HumanCount(trace::REQUESTS as u64);
        let entries = HumanCount(metered.entries);
        let members = trace::MEMBERS;
        let what = format!("{requests} requests make {entries} entries for {members} members");
        line(&mut text, "metered", &what);
        let rate = HumanCount(rate(metered.timed_entries, metered.took));
        line(
            &mut text,
            "rate",
            &format!("{rate} entries/s, each durable and signed when it counts"),
        );
        line(&mut text, "data", SOURCE);
        text
    }

    pub(super) fn recovered(&self, recovered: &Recovered, took: Duration) -> String {
        let mut text = step(3, "Cut the power while the last group is written, and recover", took);
        let result = &recovered.result;
        let copy =
            format!("{} ends inside the signature of the last group", self.name(&self.power_cut));
        line(&mut text, "copy", &copy);
        let acknowledged = format!("up to seq {} by then", HumanCount(recovered.acknowledged.0));
        line(&mut text, "acknowledged", &acknowledged);
        let kept: Vec<_> = result.torn_files.iter().map(|path| self.name(path)).collect();
        let cut = format!(
            "{} bytes that nobody was promised, kept in {}",
            HumanCount(result.truncated_bytes),
            kept.join(", ")
        );
        line(&mut text, "cut off", &cut);
        let lost = match recovered.records_lost() {
            0 => "no acknowledged record is lost".to_owned(),
            count => format!("{count} ACKNOWLEDGED RECORDS ARE LOST"),
        };
        let count = HumanCount(result.record_count);
        line(&mut text, "recovered", &format!("{count} records, up to that seq: {lost}"));
        let again = format!(
            "{} recognised, {} appended: nothing twice, nothing missing",
            HumanCount(recovered.duplicates),
            HumanCount(recovered.appended)
        );
        line(&mut text, "sent again", &again);
        text
    }

    pub(super) fn verified(&self, verified: &Verified, took: Duration) -> String {
        let mut text = step(4, "Verify both with the operator's public key", took);
        line(&mut text, &self.name(&self.shard), &verdict(&verified.shard));
        line(&mut text, &self.name(&self.power_cut), &verdict(&verified.recovered));
        text
    }

    pub(super) fn tampered(&self, tampered: &Tampered, took: Duration) -> String {
        let mut text = step(5, "Flip one bit of a third copy, and verify that", took);
        let seq = HumanCount(tampered.seq.0);
        let change = format!("record {seq}: {} tokens became {}", -tampered.was, -tampered.is);
        line(&mut text, "changed", &change);
        line(&mut text, &self.name(&self.tampered), &verdict(&tampered.report));
        if let Some(failure) = tampered.report.failures.first() {
            let place =
                format!("seq {} in {} byte {}", failure.seq, failure.segment, failure.offset);
            line(&mut text, failure.code, &place);
            line(&mut text, "", &failure.detail);
        }
        text
    }

    #[allow(clippy::unused_self, reason = "every step is told the same way")]
    pub(super) fn usage(&self, usage: &[([u8; DIGEST_SIZE], Usage)], took: Duration) -> String {
        let mut text = step(6, "Read back who used most", took);
        let head = ["member", "requests", "prompt tokens", "answer tokens"];
        let [member, requests, context, generated] = head;
        let _ = writeln!(text, "   {member:<20} {requests:>9} {context:>15} {generated:>15}");
        for (member, usage) in usage.iter().take(TOP) {
            let short: String = hex::encode(member).chars().take(16).collect();
            let numbers = [usage.requests, usage.context_tokens, usage.generated_tokens];
            let [requests, context, generated] = numbers.map(|n| HumanCount(n).to_string());
            let short = format!("{short}...");
            let _ = writeln!(text, "   {short:<20} {requests:>9} {context:>15} {generated:>15}");
        }
        let all: u64 = usage.iter().map(|(_, usage)| usage.tokens()).sum();
        let count = HumanCount(all);
        let _ = writeln!(
            text,
            "   and {} more; {count} tokens in all",
            usage.len().saturating_sub(TOP)
        );
        text
    }

    pub(super) fn proofs(&self, proofs: &Proofs, took: Duration) -> String {
        let mut text = step(7, "Prove what the settlements hold, and verify the proofs", took);
        let count = proofs.settlements.len();
        line(&mut text, "settled", &format!("{count} settlements"));
        for settlement in &proofs.settlements {
            let (from, to) = (HumanCount(settlement.from_seq.0), HumanCount(settlement.to_seq.0));
            let pairs = settlement.member_deltas.len();
            let entries = HumanCount(settlement.entry_count);
            let what = format!("records {from} to {to}: {entries} entries, {pairs} sums");
            line(&mut text, "", &what);
        }
        for proven in &proofs.proven {
            let word = if proven.report.valid { "VALID    " } else { "NOT VALID" };
            let bytes = HumanCount(proven.bytes as u64);
            let what = format!("{word}  {} ({bytes} bytes)", proven.shows);
            line(&mut text, &self.name(&proven.file), &what);
        }
        text
    }

    pub(super) fn disputes(&self, disputes: &[Disputed], took: Duration) -> String {
        let mut text = step(8, "Dispute the first settlement, three times", took);
        for disputed in disputes {
            let resolution = &disputed.resolution;
            line(&mut text, disputed.name, &resolution.status.to_string());
            line(&mut text, "", &resolution.detail);
            let response = disputed.response.iter().map(|file| self.name(file));
            let files: Vec<_> =
                std::iter::once(self.name(&disputed.challenge)).chain(response).collect();
            line(&mut text, "", &files.join(", "));
        }
        text
    }

    #[allow(clippy::unused_self, reason = "every step is told the same way")]
    pub(super) fn aftermath(&self, aftermath: &Aftermath, took: Duration) -> String {
        let mut text = step(9, "Take the fraudulent batch back, and lose a key, in a copy", took);
        let by = aftermath.by.map_or_else(|| "no record".to_owned(), |seq| format!("record {seq}"));
        let (from, to) = (aftermath.reversed.from_seq.0, aftermath.reversed.to_seq.0);
        let (from, to) = (HumanCount(from), HumanCount(to));
        line(&mut text, "reversed", &format!("records {from} to {to}, by {by}"));
        for (asset, (before, after)) in &aftermath.balances {
            line(&mut text, "", &format!("all accounts in {asset}: {before} before, {after} now"));
        }
        line(&mut text, "revoked", &aftermath.revoked.to_string());
        let from = HumanCount(aftermath.compromised_from.0);
        line(&mut text, "", &format!("as compromised from record {from} on"));
        for (batch, is_tainted) in &aftermath.settled {
            let verdict = if *is_tainted { "is worth nothing" } else { "stands" };
            let (from, to) = (HumanCount(batch.from_seq.0), HumanCount(batch.to_seq.0));
            line(&mut text, "", &format!("its settlement of records {from} to {to} {verdict}"));
        }
        text
    }

    pub(super) fn samples(&self, samples: &Samples, took: Duration) -> String {
        let mut text = step(10, "Make samples for the page, good and bad", took);
        let list = self.name(&samples.directory.join("samples.json"));
        line(&mut text, "samples", &format!("{}, listed in {list}", samples.count));
        text
    }

    pub(super) fn end(&self, _made: &Made) -> String {
        let (shard, tampered) = (self.shard.display(), self.tampered.display());
        let (run, operator) = (self.run.display(), self.operator.display());
        let reversed = self.reversed.display();
        format!(
            "Everything lies in {run}; delete it when you have seen enough. Try\n\
             \x20  countersign shard status {shard}\n\
             \x20  countersign shard tail {shard} --from 17900\n\
             \x20  countersign shard verify {shard} --operator-public-key @{operator}\n\
             \x20  countersign shard verify {tampered} --operator-public-key @{operator}\n\
             \x20  countersign verify {run}/inclusion.json --operator-public-key @{operator}\n\
             \x20  countersign accounts {reversed}\n\
             \x20  countersign shard append --help"
        )
    }

    /// A path below the run.
    fn name(&self, path: &std::path::Path) -> String {
        path.strip_prefix(&self.run).unwrap_or(path).display().to_string()
    }

    pub(super) fn to_json(
        &self,
        made: &Made,
        metered: &Metered,
        recovered: &Recovered,
        verified: &Verified,
        tampered: &Tampered,
        usage: &[([u8; DIGEST_SIZE], Usage)],
    ) -> Result<Value, Refusal> {
        let members: Vec<_> = usage
            .iter()
            .map(|(member, usage)| {
                json!({
                    "memberId": hex::encode(member),
                    "requests": usage.requests.to_string(),
                    "contextTokens": usage.context_tokens.to_string(),
                    "generatedTokens": usage.generated_tokens.to_string(),
                })
            })
            .collect();
        Ok(json!({
            "dir": self.run.display().to_string(),
            "shardId": made.shard_id.to_string(),
            "operatorPublicKey": made.operator.to_string(),
            "processPublicKey": made.certificate.public_key.to_string(),
            "expiresAtMs": made.certificate.expires_at_ms.to_string(),
            "source": SOURCE,
            "metered": {
                "dir": self.shard.display().to_string(),
                "requests": trace::REQUESTS,
                "entries": metered.entries.to_string(),
                "members": trace::MEMBERS,
                "lastSeq": metered.last_seq.to_string(),
                "tookUs": metered.took.as_micros().to_string(),
                "entriesPerSecond": rate(metered.timed_entries, metered.took).to_string(),
            },
            "recovered": {
                "dir": self.power_cut.display().to_string(),
                "acknowledgedSeq": recovered.acknowledged.to_string(),
                "recordsLost": recovered.records_lost().to_string(),
                "recovery": recovery_json(&recovered.result),
                "duplicates": recovered.duplicates.to_string(),
                "appended": recovered.appended.to_string(),
            },
            "verified": {
                "shard": report_json(&verified.shard)?,
                "recovered": report_json(&verified.recovered)?,
            },
            "tampered": {
                "dir": self.tampered.display().to_string(),
                "seq": tampered.seq.to_string(),
                "amountWas": tampered.was.to_string(),
                "amountIs": tampered.is.to_string(),
                "report": report_json(&tampered.report)?,
            },
            "usage": { "members": members },
        }))
    }
}

pub(super) fn proofs_json(proofs: &Proofs) -> Value {
    let settlements: Vec<_> = proofs
        .settlements
        .iter()
        .map(|settlement| {
            json!({
                "fromSeq": settlement.from_seq.to_string(),
                "toSeq": settlement.to_seq.to_string(),
                "entryCount": settlement.entry_count.to_string(),
            })
        })
        .collect();
    let proven: Vec<_> = proofs
        .proven
        .iter()
        .map(|proven| {
            json!({
                "file": proven.file.display().to_string(),
                "format": proven.report.format.name(),
                "shows": proven.shows,
                "valid": proven.report.valid,
            })
        })
        .collect();
    json!({ "settlements": settlements, "proven": proven })
}

pub(super) fn samples_json(samples: &Samples) -> Value {
    json!({ "dir": samples.directory.display().to_string(), "count": samples.count })
}

pub(super) fn disputes_json(disputes: &[Disputed]) -> Value {
    let disputes = disputes.iter().map(|disputed| {
        json!({
            "name": disputed.name,
            "challenge": disputed.challenge.display().to_string(),
            "response": disputed.response.as_ref().map(|file| file.display().to_string()),
            "status": disputed.resolution.status.as_str(),
            "detail": &*disputed.resolution.detail,
        })
    });
    Value::Array(disputes.collect())
}

fn step(number: u32, title: &str, took: Duration) -> String {
    let time = format!("{:.1} ms", took.as_secs_f64() * 1_000.0);
    format!("{number}  {title:<WIDTH$} {time:>10}\n")
}

fn line(text: &mut String, name: &str, value: &str) {
    let _ = writeln!(text, "   {name:<13} {value}");
}

fn verdict(report: &ShardReport) -> String {
    let word = if report.valid { "VALID    " } else { "NOT VALID" };
    let failed = match report.failures_total {
        0 => String::new(),
        1 => "; 1 check failed".to_owned(),
        count => format!("; {count} checks failed"),
    };
    format!(
        "{word}  {} records, {} signatures{failed}",
        HumanCount(report.records),
        HumanCount(report.signatures)
    )
}

/// Things per second.
fn rate(count: u64, took: Duration) -> u64 {
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1);
    count.saturating_mul(1_000_000) / micros
}

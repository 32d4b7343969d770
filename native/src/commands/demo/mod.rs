//! `demo`: the main job on real data, with what can go wrong.

mod aftermath;
mod place;
mod proofs;
mod report;
mod samples;
mod steps;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use super::Output;
use super::serve::{serve_until_interrupted, with_shard};
use crate::args::DemoArgs;
use crate::exit::{Exit, Failure, Outcome, OutputError};
use crate::serve::{Server, Site};
use place::Place;
use report::Report;

/// Where the page is served if nobody says.
const DEFAULT_PORT: u16 = 8787;

pub(super) fn run(args: &DemoArgs, output: &mut Output<'_>) -> Outcome {
    let place = Place::new(&args.dir)?;
    let report = Report::new(&place);
    if !output.json {
        say(output, &report.title())?;
    }
    let (made, took) = timed(|| steps::make(&place))?;
    tell(output, || report.made(&made, took))?;
    let (metered, took) = timed(|| steps::meter(&place, &made))?;
    tell(output, || report.metered(&metered, took))?;
    let (recovered, took) = timed(|| steps::cut_power(&place, &metered))?;
    tell(output, || report.recovered(&recovered, took))?;
    let (verified, took) = timed(|| steps::verify(&place, &made))?;
    tell(output, || report.verified(&verified, took))?;
    let (tampered, took) = timed(|| steps::tamper(&place, &made))?;
    tell(output, || report.tampered(&tampered, took))?;
    let (usage, took) = timed(|| steps::usage(&place))?;
    tell(output, || report.usage(&usage, took))?;
    let (proofs, took) = timed(|| proofs::prove(&place, &made))?;
    tell(output, || report.proofs(&proofs, took))?;
    let (disputes, took) = timed(|| proofs::dispute(&place, &made))?;
    tell(output, || report.disputes(&disputes, took))?;
    let (aftermath, took) = timed(|| aftermath::play(&place, &made, &disputes))?;
    tell(output, || report.aftermath(&aftermath, took))?;
    let (samples, took) = timed(|| samples::write(&place, &made))?;
    tell(output, || report.samples(&samples, took))?;
    if output.json {
        let mut document =
            report.to_json(&made, &metered, &recovered, &verified, &tampered, &usage)?;
        if let Some(members) = document.as_object_mut() {
            members.insert("proofs".to_owned(), report::proofs_json(&proofs));
            members.insert("disputes".to_owned(), report::disputes_json(&disputes));
            members.insert("aftermath".to_owned(), aftermath.to_json());
            members.insert("samples".to_owned(), report::samples_json(&samples));
        }
        output.print(&document, "")?;
    } else {
        say(output, &report.end(&made))?;
    }
    // Anything else would be a fault of this program or of the disk, and no demonstration.
    let is_as_told = verified.shard.valid
        && verified.recovered.valid
        && !tampered.report.valid
        && proofs.proven.iter().all(|proven| proven.report.valid)
        && recovered.is_complete()
        && aftermath.is_as_told();
    if !is_as_told {
        return Ok(Exit::Refused);
    }
    if args.no_serve { Ok(Exit::Done) } else { show(args, &place, &samples, output) }
}

/// Serves the page with the samples and the shard.
fn show(
    args: &DemoArgs,
    place: &Place,
    samples: &samples::Samples,
    output: &mut Output<'_>,
) -> Outcome {
    let site = with_shard(Site::default(), &place.shard())?.with_samples(&samples.directory)?;
    let on = |port| Server::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    let server = match args.port {
        Some(port) => on(port)?,
        // Somebody who names no port will not mind another.
        None => on(DEFAULT_PORT).or_else(|_| on(0))?,
    };
    serve_until_interrupted(server, site, output)
}

fn timed<T>(
    step: impl FnOnce() -> Result<T, Box<dyn Failure>>,
) -> Result<(T, Duration), Box<dyn Failure>> {
    let start = Instant::now();
    Ok((step()?, start.elapsed()))
}

fn tell(output: &mut Output<'_>, text: impl FnOnce() -> String) -> Result<(), OutputError> {
    if output.json { Ok(()) } else { say(output, &text()) }
}

/// Prints a part of the report at once: the next step may take a while.
fn say(output: &mut Output<'_>, text: &str) -> Result<(), OutputError> {
    writeln!(output.stdout, "{text}").and_then(|()| output.stdout.flush()).map_err(OutputError)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::tests::ran;
    use super::*;

    #[test]
    fn it_tells_what_it_did_and_a_second_run_stands_beside_the_first() {
        let directory = tempfile::tempdir().unwrap();
        let dir = directory.path().join("demo");
        let dir = dir.to_str().unwrap();
        let (exit, stdout, stderr) = ran(&["demo", "--dir", dir, "--no-serve"]);
        assert_eq!((exit, stderr.as_str()), (Exit::Done, ""), "{stdout}");
        for part in [
            "17,638 entries for 40 members",
            "CC-BY 4.0",
            "no acknowledged record is lost",
            "17,618 recognised, 20 appended",
            "NOT VALID",
            "chain-broken",
            "2 settlements",
            "inclusion.json",
            "DISPUTED_NO_RESPONSE",
            "is worth nothing",
            "samples.json",
            "run-1/shard --operator-public-key @",
        ] {
            assert!(stdout.contains(part), "{part} is not in:\n{stdout}");
        }
        let (exit, stdout, _) = ran(&["demo", "--dir", dir, "--no-serve", "--json"]);
        assert_eq!(exit, Exit::Done);
        let document: serde_json::Value = serde_json::from_str(&stdout).unwrap();
        assert!(document["dir"].as_str().unwrap().ends_with("run-2"));
        assert_eq!(document["metered"]["entries"], "17638");
        assert_eq!(document["recovered"]["recordsLost"], "0");
        assert_eq!(document["tampered"]["report"]["valid"], false);
        assert_eq!(document["proofs"]["settlements"].as_array().unwrap().len(), 2);
        for proof in document["proofs"]["proven"].as_array().unwrap() {
            assert_eq!(proof["valid"], true, "{proof}");
        }
        let statuses: Vec<_> = document["disputes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|dispute| dispute["status"].as_str().unwrap())
            .collect();
        assert_eq!(statuses, ["CONFIRMED", "DISPUTED_FRAUD", "DISPUTED_NO_RESPONSE"]);
        let tainted = &document["aftermath"]["settlements"];
        assert_eq!((&tainted[0]["tainted"], &tainted[1]["tainted"]), (&false.into(), &true.into()));
        assert_eq!(document["aftermath"]["balances"].as_array().unwrap().len(), 2);
        assert_eq!(document["usage"]["members"].as_array().unwrap().len(), 40);
        let spent: u64 = document["usage"]["members"]
            .as_array()
            .unwrap()
            .iter()
            .map(|member| member["contextTokens"].as_str().unwrap().parse::<u64>().unwrap())
            .sum();
        assert_eq!(spent, 18_059_974);
    }

    #[test]
    fn a_directory_with_other_things_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("precious"), "x").unwrap();
        let (exit, _, stderr) = ran(&["demo", "--dir", directory.path().to_str().unwrap()]);
        assert_eq!(exit, Exit::Failed);
        assert!(stderr.contains("precious"), "{stderr}");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}

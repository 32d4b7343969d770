//! Imports of the reference shard, and of changed ones.

use std::path::Path;
use std::sync::Arc;

use countersign::foreign::{ImportError, ImportOptions, Imported, Importer, MisfitDocument};
use countersign::store::disk::{Disk, RealDisk};
use countersign::store::{ManualClock, ShardPaths, ShardReader, StoreError, WriterOptions};
use countersign::verify::{VerifyOptions, verify_shard};
use countersign_core::Seq;
use countersign_core::chain::Record;
use countersign_core::codec::Encoder;
use countersign_core::foreign::ForeignRecord;
use countersign_core::keys::{ShardId, SigningKey, create_process_key_action};
use countersign_tests::image::Image;
use countersign_tests::json::text;
use tempfile::TempDir;

use super::reference::frames;
use super::{options, reference};

const NOW_MS: u64 = 1_800_000_000_000;

/// The reference shard on a real disk, and room for a new one.
struct Place {
    directory: TempDir,
    options: ImportOptions,
}

impl Place {
    fn new(image: &Image) -> Self {
        let directory = tempfile::tempdir().unwrap();
        for (path, bytes) in image.files() {
            let path = directory.path().join(path.strip_prefix("/").unwrap());
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes.as_slice()).unwrap();
        }
        let clock = Arc::new(ManualClock::new(NOW_MS * 1_000, 1));
        let writer = WriterOptions { clock, ..WriterOptions::default() };
        let options = ImportOptions { source: options(), writer, ..ImportOptions::default() };
        Self { directory, options }
    }

    fn join(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    fn run(&self, is_interrupted: &dyn Fn() -> bool) -> Result<Imported, ImportError> {
        let (source, target) = (self.join("old"), self.join("new"));
        let importer = Importer::prepare(&source, &target, &self.options, |_, _| {})?;
        let shard = importer.open(process(), || {
            let id = ShardId::from_bytes([5; 16]);
            let (from, to) = (NOW_MS, NOW_MS + 3_600_000);
            create_process_key_action(&operator(), id, process().public_key(), from, to)
                .map_err(|error| ImportError::from(StoreError::from(error)))
        })?;
        importer.write(&shard, is_interrupted, &|_| {})
    }

    fn import(&self) -> Result<Imported, ImportError> {
        self.run(&|| false)
    }

    /// The entries of the new shard, as bytes.
    fn entries(&self) -> Vec<(Seq, Vec<u8>)> {
        let options = VerifyOptions::new(operator().public_key());
        let report = verify_shard(&RealDisk, &self.join("new"), &options, |_, _| {}).unwrap();
        assert!(report.valid, "{report}");
        let mut reader =
            ShardReader::open(&RealDisk, &ShardPaths::new(self.join("new")), Seq::FIRST).unwrap();
        let mut entries = Vec::new();
        while let Some(read) = reader.poll_next().unwrap() {
            if let Record::Entry(entry) = read.record {
                entries.push((entry.seq, read.bytes.to_vec()));
            }
        }
        entries
    }
}

fn operator() -> SigningKey {
    SigningKey::from_seed(&[41; 32])
}

fn process() -> SigningKey {
    SigningKey::from_seed(&[42; 32])
}

/// Checks that the runs of `import.json` map every record of the source to an equal entry.
fn check_mapping(place: &Place, imported: &Imported, image: &Image, skipped: &[u64]) {
    let entries = place.entries();
    let mut wanted = frames(image).into_iter().enumerate();
    let mut pairs = 0;
    for run in &imported.file.runs {
        let number = |text: &str| text.parse::<u64>().unwrap();
        let (source, target) = (number(&run.source_seq), number(&run.target_seq));
        for step in 0..number(&run.count) {
            let (_, (_, _, payload)) =
                wanted.find(|(seq, _)| !skipped.contains(&(*seq as u64))).unwrap();
            let record = ForeignRecord::decode(&payload).unwrap();
            assert_eq!(record.seq, Seq(source + step));
            let (seq, bytes) = &entries[pairs];
            assert_eq!(*seq, Seq(target + step));
            let Record::Entry(entry) = Record::decode(bytes).unwrap() else { panic!("no entry") };
            assert_eq!(entry.operation, record.operation().unwrap());
            pairs += 1;
        }
    }
    assert_eq!(pairs, entries.len());
    assert_eq!(wanted.filter(|(seq, _)| !skipped.contains(&(*seq as u64))).count(), 0);
}

#[test]
fn every_entry_is_in_the_new_shard() {
    let image = reference();
    let place = Place::new(&image);
    let imported = place.import().unwrap();
    assert_eq!((imported.appended, imported.in_log_before, imported.skipped), (600, 0, 0));
    assert!(imported.is_complete && imported.file.complete);
    check_mapping(&place, &imported, &image, &[]);
    let (source, target) = (&imported.file.source, &imported.file.target);
    assert_eq!(source.tip_hash, text(&super::manifest()["tipHash"]));
    assert_eq!((source.last_seq.as_str(), source.signed_seq.as_deref()), ("599", Some("599")));
    assert_eq!(target.operator_public_key, operator().public_key().to_string());
    let written = std::fs::read(place.join("new/import.json")).unwrap();
    assert_eq!(
        serde_json::from_slice::<countersign::foreign::ImportFile>(&written).unwrap(),
        imported.file
    );
    // Again: everything is there.
    let again = place.import().unwrap();
    assert_eq!((again.appended, again.in_log_before), (0, 600));
    assert_eq!(again.file, imported.file);
    // The source is as it was.
    for (path, bytes) in image.files() {
        let path = place.directory.path().join(path.strip_prefix("/").unwrap());
        assert_eq!(std::fs::read(path).unwrap(), bytes.as_slice());
    }
}

#[test]
fn an_import_that_was_cut_off_goes_on() {
    let image = reference();
    let place = Place::new(&image);
    let mut first_note = None;
    for stop in [1, 64, 250] {
        let left = std::cell::Cell::new(stop);
        let cut = place
            .run(&|| {
                left.set(left.get() - 1);
                left.get() == 0
            })
            .unwrap();
        assert!(!cut.is_complete && !cut.file.complete);
        first_note.get_or_insert_with(|| std::fs::read(place.join("new/import.json")).unwrap());
    }
    // A crash may lose every later note; the entries are still known.
    std::fs::write(place.join("new/import.json"), first_note.unwrap()).unwrap();
    let rest = place.import().unwrap();
    assert_eq!((rest.appended, rest.in_log_before), (600 - 249, 249));
    check_mapping(&place, &rest, &image, &[]);
}

#[test]
fn a_crash_before_the_first_note_is_no_obstacle_and_another_shard_is() {
    let image = reference();
    let place = Place::new(&image);
    let cut = place.run(&|| true).unwrap();
    assert_eq!((cut.appended, cut.is_complete), (0, false));
    std::fs::remove_file(place.join("new/import.json")).unwrap();
    assert!(place.import().unwrap().is_complete);
    // Without its note it could be anybody's.
    std::fs::remove_file(place.join("new/import.json")).unwrap();
    assert_eq!(place.import().unwrap_err().code(), "not-this-import");
}

#[test]
fn a_source_that_went_on_is_imported_further_and_one_that_went_back_is_not() {
    let image = reference();
    let mut short = image.clone();
    short.remove(&super::path("log.000002.cbor")).unwrap();
    for name in [
        "state.json",
        "settlements/settlement_250_499.json",
        "index/batch_250_499.idx",
        "settlements/settlement_500_599.json",
        "index/batch_500_599.idx",
    ] {
        short.remove(&super::path(name)).unwrap();
    }
    let records = frames_of_first(&image);
    let sidecar = image.file(&super::path("sidecar.sigs")).unwrap();
    let entries = countersign_core::foreign::Sidecar::read(sidecar).entries;
    let whole = entries.iter().filter(|(_, entry)| entry.seq.0 < records).count();
    short.insert(super::path("sidecar.sigs"), sidecar[..whole * 154].to_vec());
    let place = Place::new(&short);
    let first = place.import().unwrap();
    assert_eq!(first.appended, records);
    for (path, bytes) in image.files() {
        let path = place.directory.path().join(path.strip_prefix("/").unwrap());
        std::fs::write(path, bytes.as_slice()).unwrap();
    }
    let further = place.import().unwrap();
    assert_eq!((further.appended, further.in_log_before), (600 - records, records));
    check_mapping(&place, &further, &image, &[]);
    let back = Place::new(&short);
    let (source, target) = (back.join("old"), place.join("new"));
    let refused = Importer::prepare(&source, &target, &back.options, |_, _| {});
    assert_eq!(refused.unwrap_err().code(), "not-this-import");
}

fn frames_of_first(image: &Image) -> u64 {
    frames(image).iter().filter(|(segment, ..)| *segment == 1).count() as u64
}

/// A log of records with these ops, opIds and amounts, signed by nobody.
fn unsigned(rows: &[(&str, &str, u64, u64)]) -> Image {
    let mut log = Vec::new();
    let mut tip = [0; 32];
    for (seq, (op, op_id, amount, ts_us)) in rows.iter().enumerate() {
        let mut record = vec![0x89, 0x1b];
        record.extend_from_slice(&(seq as u64).to_be_bytes());
        Encoder::new(&mut record).bytes(&tip);
        record.push(0x1b);
        record.extend_from_slice(&ts_us.to_be_bytes());
        Encoder::new(&mut record).text(op);
        Encoder::new(&mut record).bytes(&[3; 32]);
        Encoder::new(&mut record).text("joule");
        record.push(0x1b);
        record.extend_from_slice(&amount.to_be_bytes());
        Encoder::new(&mut record).text(op_id);
        Encoder::new(&mut record).bytes(&[4; 32]);
        tip = *countersign_core::foreign::foreign_tip(&record).as_bytes();
        log.extend_from_slice(&u32::try_from(record.len()).unwrap().to_le_bytes());
        log.extend_from_slice(&record);
    }
    let mut image = Image::new();
    image.insert(super::path("log.000001.cbor"), log);
    image
}

#[test]
fn records_that_do_not_fit_are_named_and_left_out_only_when_told() {
    let long = "x".repeat(129);
    let image = unsigned(&[
        ("spend", "a", 1, 0),
        ("Spend", "b", 1, 0),
        ("spend", "a", 1, 0),
        ("spend", "c", 1, 0),
        ("spend", &long, 1, 0),
        ("spend", "c", 2, 0),
    ]);
    let mut place = Place::new(&image);
    place.options.source.key_actions.clear();
    place.options.source.shard_id = Some(ShardId::from_bytes([8; 16]));
    assert_eq!(place.import().unwrap_err().code(), "signatures-unchecked");
    place.options.accept = vec![Importer::UNCHECKED.to_owned()];
    let ImportError::Misfits { listed, total } = place.import().unwrap_err() else { panic!() };
    let named: Vec<_> = listed.iter().map(|misfit| (misfit.seq.0, misfit.code)).collect();
    let expected = [
        (1, "invalid-field"),
        (2, "duplicate-op-id"),
        (4, "invalid-field"),
        (5, "duplicate-op-id"),
    ];
    assert_eq!((named.as_slice(), total), (expected.as_slice(), 4));
    assert!(!place.join("new").exists(), "nothing was written");
    place.options.skip_misfits = true;
    for (appended, before) in [(2, 0), (0, 2)] {
        let imported = place.import().unwrap();
        assert_eq!(
            (imported.appended, imported.in_log_before, imported.skipped),
            (appended, before, 4)
        );
        assert_eq!(imported.file.accepted, ["signatures-unchecked"]);
        let MisfitDocument { seq, code, detail } = &imported.file.skipped[0];
        assert_eq!((seq.as_str(), code.as_str()), ("1", "invalid-field"));
        assert!(detail.starts_with("op must be"), "{detail}");
    }
    assert_eq!(place.entries().len(), 2);
}

#[test]
fn a_source_that_does_not_hold_is_refused_but_for_what_is_accepted() {
    let image = unsigned(&[("spend", "a", 1, 9_000), ("spend", "b", 1, 8_000)]);
    let mut place = Place::new(&image);
    place.options.source.key_actions.clear();
    place.options.source.shard_id = Some(ShardId::from_bytes([8; 16]));
    place.options.accept = vec![Importer::UNCHECKED.to_owned()];
    let ImportError::NotValid(report) = place.import().unwrap_err() else { panic!() };
    assert_eq!(super::codes(&report), ["time-reversed"]);
    place.options.accept.push("time-reversed".to_owned());
    let imported = place.import().unwrap();
    assert_eq!(imported.file.accepted, ["signatures-unchecked", "time-reversed"]);
    place.options.accept = vec!["chain-broken".to_owned()];
    assert_eq!(place.import().unwrap_err().code(), "failure-not-acceptable");

    let mut changed = reference();
    let name = super::path("log.000001.cbor");
    let mut bytes = changed.file(&name).unwrap().to_vec();
    bytes[300] ^= 1;
    changed.insert(name, bytes);
    let place = Place::new(&changed);
    assert_eq!(place.import().unwrap_err().code(), "source-not-valid");
    assert!(RealDisk.list(Path::new(&place.join("new"))).is_err());
}

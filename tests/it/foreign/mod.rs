//! The shards of the TypeScript library: vectors, the reference shard, changes to it, imports of it.

mod import;
mod mutations;
mod range;
mod reference;
mod vectors;

use std::path::{Path, PathBuf};

use countersign::foreign::{ForeignOptions, ForeignReport, verify_foreign_shard};
use countersign::store::disk::Disk;
use countersign::verify::VerifyError;
use countersign_core::foreign::{KeyAction, read_key_actions};
use countersign_core::hash::Digest;
use countersign_core::keys::{PublicKey, ShardId};
use countersign_tests::image::Image;
use countersign_tests::json::text;
use countersign_tests::vector;
use serde_json::Value;

/// Where the reference shard lies in an image.
const SHARD: &str = "/old";

fn digest(value: &Value) -> Digest {
    Digest::from_hex(text(value)).unwrap()
}

fn public_key(value: &Value) -> PublicKey {
    PublicKey::from_hex(text(value)).unwrap()
}

fn shard_id(value: &Value) -> ShardId {
    ShardId::parse(text(value)).unwrap()
}

/// Every case of a vector file, and how many there must be.
fn cases(path: &str, count: usize) -> Vec<Value> {
    let file = vector(&format!("metering/{path}"));
    let cases = file["cases"].as_array().unwrap().clone();
    assert_eq!(cases.len(), count, "{path}");
    cases
}

fn manifest() -> Value {
    vector("metering/reference-shard-manifest.json")
}

/// The reference shard as an image.
fn reference() -> Image {
    let mut image = Image::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/metering/reference-shard");
    for file in manifest()["files"].as_array().unwrap() {
        let name = text(&file["name"]);
        image.insert(path(name), std::fs::read(root.join(name)).unwrap());
    }
    image
}

fn path(name: &str) -> PathBuf {
    Path::new(SHARD).join(name)
}

fn actions(manifest: &Value) -> Vec<KeyAction> {
    read_key_actions(manifest["keyActions"].to_string().as_bytes()).unwrap()
}

/// What the manifest lets a verifier know.
fn options() -> ForeignOptions {
    let manifest = manifest();
    ForeignOptions {
        operator_public_key: Some(public_key(&manifest["operator"]["publicKey"])),
        key_actions: actions(&manifest),
        ..ForeignOptions::default()
    }
}

fn verify(image: &Image, options: &ForeignOptions) -> Result<ForeignReport, VerifyError> {
    verify_on(&image.to_disk(), options)
}

fn verify_on(disk: &dyn Disk, options: &ForeignOptions) -> Result<ForeignReport, VerifyError> {
    verify_foreign_shard(disk, Path::new(SHARD), options, |_, _| {})
}

/// A report on an image that can be read.
fn report(image: &Image) -> ForeignReport {
    verify(image, &options()).unwrap()
}

fn codes(report: &ForeignReport) -> Vec<&'static str> {
    report.failures.iter().map(|failure| failure.code).collect()
}

//! The server as a browser, or somebody worse, would ask it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use countersign_core::chain::Operation;
use countersign_core::keys::{ShardId, SigningKey, create_process_key_action};

use super::*;
use crate::signal::Interrupt;
use crate::store::disk::RealDisk;
use crate::store::{Clock as _, MeteringLogShard, SystemClock, WriterOptions, shard_status};

const SHARD: &str = "0199b1c0-0000-7000-8000-00000000c0de";

/// A server with a shard and samples, which ends with the test.
struct Running {
    address: SocketAddr,
    interrupt: Interrupt,
    thread: Option<JoinHandle<()>>,
    directory: tempfile::TempDir,
}

impl Running {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let shard = directory.path().join("shard");
        make_shard(&shard);
        let samples = directory.path().join("samples");
        fs::create_dir_all(samples.join("deep")).unwrap();
        fs::write(samples.join("samples.json"), "{\"a\":1}").unwrap();
        fs::write(samples.join("deep/one.txt"), "one").unwrap();
        fs::write(samples.join(".hidden"), "secret").unwrap();
        fs::write(directory.path().join("operator.key"), "secret").unwrap();
        std::os::unix::fs::symlink(directory.path().join("operator.key"), samples.join("link"))
            .unwrap();
        let status = shard_status(&RealDisk, &shard).unwrap();
        let site = Site::default().with_shard(&shard, &status).unwrap();
        let site = site.with_samples(&samples).unwrap();
        let server = Server::bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let (address, interrupt) = (server.address(), Interrupt::default());
        let watched = interrupt.clone();
        let thread = Some(std::thread::spawn(move || serve(server, site, &watched)));
        Self { address, interrupt, thread, directory }
    }

    /// Asks with these lines behind the first, and returns status, head and body.
    fn ask(&self, line: &str, fields: &str) -> (u16, String, Vec<u8>) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let host = if fields.contains("Host:") { "" } else { "Host: localhost\r\n" };
        let request = format!("{line} HTTP/1.1\r\n{host}Connection: close\r\n{fields}\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_lowercase(), answer[end + 4..].to_vec())
    }

    fn get(&self, path: &str) -> (u16, String, Vec<u8>) {
        self.ask(&format!("GET {path}"), "")
    }

    fn segment(&self) -> Vec<u8> {
        fs::read(self.directory.path().join("shard/log.000001.cbor")).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.interrupt.set();
        self.thread.take().unwrap().join().unwrap();
    }
}

fn make_shard(directory: &std::path::Path) {
    let (operator, process) = (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]));
    let now_ms = SystemClock.now_us() / 1_000;
    let shard_id = ShardId::parse(SHARD).unwrap();
    let public_key = process.public_key();
    let certificate =
        create_process_key_action(&operator, shard_id, public_key, now_ms, now_ms + 60_000)
            .unwrap();
    let options = WriterOptions { prefill: false, ..WriterOptions::default() };
    let shard = MeteringLogShard::create(directory, &certificate, process, &options).unwrap();
    let operation = Operation {
        op: "spend",
        member_id: &[3; 32],
        asset_id: "tokens",
        amount: -5,
        op_id: "request-1",
        context_hash: &[0; 32],
    };
    shard.append(&operation).unwrap();
    shard.close().unwrap();
}

const SEGMENT: &str = "/shards/0199b1c0-0000-7000-8000-00000000c0de/log.000001.cbor";

#[test]
fn a_segment_is_served_whole_in_parts_and_not_twice() {
    let server = Running::start();
    let bytes = server.segment();
    let (status, head, body) = server.get(SEGMENT);
    assert_eq!((status, body), (200, bytes.clone()));
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap().to_owned();
    assert!(head.contains("accept-ranges: bytes"), "{head}");
    for (range, part) in [("0-3", 0..4), ("10-19", 10..20), ("-5", bytes.len() - 5..bytes.len())] {
        let (status, head, body) =
            server.ask(&format!("GET {SEGMENT}"), &format!("Range: bytes={range}\r\n"));
        assert_eq!((status, &*body), (206, &bytes[part.clone()]), "{range}");
        let place = format!("bytes {}-{}/{}", part.start, part.end - 1, bytes.len());
        assert!(head.contains(&format!("content-range: {place}")), "{head}");
    }
    let beyond = format!("Range: bytes={}-\r\n", bytes.len());
    assert_eq!(server.ask(&format!("GET {SEGMENT}"), &beyond).0, 416);
    let known = format!("If-None-Match: {tag}\r\n");
    assert_eq!(server.ask(&format!("GET {SEGMENT}"), &known).0, 304);
    // A range of a version that is no longer there is answered with all of the new one.
    let other = "Range: bytes=0-3\r\nIf-Range: \"other\"\r\n";
    assert_eq!(server.ask(&format!("GET {SEGMENT}"), other).0, 200);
    let (status, head, body) = server.ask(&format!("HEAD {SEGMENT}"), "");
    assert_eq!((status, body.len()), (200, 0));
    assert!(head.contains(&format!("content-length: {}", bytes.len())), "{head}");
}

#[test]
fn what_is_not_listed_is_not_there() {
    let server = Running::start();
    assert_eq!(server.get("/samples/samples.json").2, b"{\"a\":1}");
    assert_eq!(server.get("/samples/deep/one.txt").2, b"one");
    let shard = format!("/shards/{SHARD}");
    for path in [
        "/samples/.hidden",
        "/samples/link",
        "/samples/../operator.key",
        "/samples/..%2foperator.key",
        "/samples/%2e%2e/operator.key",
        "/samples/deep/../../operator.key",
        "/samples//etc/passwd",
        "/samples/",
        "/../operator.key",
        "//etc/passwd",
        &format!("{shard}/state.json"),
        &format!("{shard}/writer.lock"),
        &format!("{shard}/log.000002.cbor"),
        &format!("{shard}/log.1.cbor"),
        &format!("{shard}/../../operator.key"),
        &format!("{shard}/log.000001.cbor/../state.json"),
        "/shards/0199b1c0-0000-7000-8000-00000000c0df/log.000001.cbor",
        "/nothing",
    ] {
        let (status, _, body) = server.get(path);
        assert_eq!(status, 404, "{path}: {}", String::from_utf8_lossy(&body));
        assert!(!body.windows(6).any(|six| six == b"secret"), "{path}");
    }
}

#[test]
fn every_answer_says_what_pages_may_do() {
    let server = Running::start();
    for path in ["/", "/shards.json", SEGMENT, "/nothing", "/samples/samples.json"] {
        let (_, head, _) = server.get(path);
        for field in [
            "content-security-policy: default-src 'none';",
            "frame-ancestors 'none'",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "cross-origin-resource-policy: same-origin",
        ] {
            assert!(head.contains(field), "{path}: {head}");
        }
    }
    let listed: serde_json::Value = serde_json::from_slice(&server.get("/shards.json").2).unwrap();
    assert_eq!(listed["shards"][0]["shardId"], SHARD);
    assert_eq!(listed["shards"][0]["segments"][0]["bytes"], server.segment().len().to_string());
}

#[test]
fn the_page_is_there_or_how_to_build_it() {
    let server = Running::start();
    let (status, head, body) = server.get("/");
    let text = String::from_utf8(body).unwrap();
    if Site::has_page() {
        assert_eq!(status, 200);
        assert!(head.contains("content-type: text/html"), "{head}");
        assert!(text.contains("<!doctype html>"), "{text}");
        assert!(one_file_template().is_some());
    } else {
        assert_eq!(status, 503);
        assert!(text.contains("cargo xtask page"), "{text}");
    }
}

#[test]
fn other_hosts_methods_and_sizes_are_refused() {
    let server = Running::start();
    assert_eq!(server.ask("GET /", "Host: example.org\r\n").0, 421);
    let (status, head, _) = server.ask("POST /", "Content-Length: 0\r\n");
    assert_eq!(status, 405);
    assert!(head.contains("allow: get, head"), "{head}");
    assert_eq!(server.get(&format!("/{}", "x".repeat(3_000))).0, 414);
    assert_eq!(server.ask("GET /", &format!("X: {}\r\n", "x".repeat(20_000))).0, 431);
    assert_eq!(server.ask("GET /", &"X: y\r\n".repeat(100)).0, 431);
}

#[test]
fn an_address_in_use_and_a_shard_twice_are_told() {
    let server = Running::start();
    let error = Server::bind(server.address).unwrap_err();
    assert_eq!(error.code(), "address-in-use");
    assert!(error.to_string().contains("is in use by another program"), "{error}");
    let shard = server.directory.path().join("shard");
    let status = shard_status(&RealDisk, &shard).unwrap();
    let site = Site::default().with_shard(&shard, &status).unwrap();
    assert_eq!(site.with_shard(&shard, &status).unwrap_err().code(), "shard-served-twice");
}

#[test]
fn it_ends_although_somebody_keeps_a_connection() {
    let server = Running::start();
    let idle = TcpStream::connect(server.address).unwrap();
    let start = std::time::Instant::now();
    drop(server);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    drop(idle);
}

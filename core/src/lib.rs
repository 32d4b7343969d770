//! Countersign's formats and rules: signed, append-only records that anyone can check.
//!
//! This crate decides what bytes mean and whether a check passes. It has no clock, no disk, no
//! network, no randomness, no threads and no logging: time and bytes come in as arguments, and
//! verdicts go out as values. It is `no_std` (with `alloc`) on every target, so the native binary
//! and the browser package run the very same checks.
//!
//! | room | what lives there |
//! |---|---|
//! | [`limits`], [`tags`] | every bound, every domain tag, in one place each |
//! | [`codec`] | deterministic CBOR: a straight-line encoder and a strict, borrowing decoder |
//! | [`hash`] | the 32-byte [`Digest`](hash::Digest) and the hash functions |
//! | [`keys`] | strict Ed25519, certificates, revocations |
//! | [`chain`] | records, the chain tip, the signing cadence, walking a run of records |
//! | [`frame`] | length-prefixed frames and segment names |
//! | [`recovery`] | what a scan saw, and the decision table over it |
//! | [`merkle`] | RFC 9162 trees: roots, frontier, inclusion, multi- and consistency proofs |
//! | [`bmt`] | Swarm's chunks and files: addresses, inclusion proofs, strict verification |
//! | [`document`] | JSON documents: one spelling for each value, strict reading |
//! | [`settlement`] | batches: settlements and what they commit to |
//! | [`proof`] | documents that stand alone: inclusion, exclusion, statements, receipts, contradictions |
//! | [`dispute`] | accounts as a projection of the log, challenges, responses, resolutions |
//! | [`verify`] | a whole shard, segment by segment, in constant memory |
//! | [`foreign`] | reads the older TypeScript record layout; never writes it |
#![no_std]
#![deny(unsafe_code)]

extern crate alloc;

pub mod bmt;
pub mod chain;
pub mod codec;
pub mod dispute;
pub mod document;
pub mod foreign;
pub mod frame;
pub mod hash;
pub mod keys;
pub mod limits;
pub mod merkle;
pub mod proof;
pub mod recovery;
mod seq;
pub mod settlement;
pub mod tags;
pub mod verify;

pub use seq::{Seq, SeqRange};

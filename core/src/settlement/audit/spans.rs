//! Cuts a run at its settlements and makes ready what they are held against.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::mem;

use crate::Seq;
use crate::chain::{Control, Operation, Record, RecordSink};
use crate::frame::Place;
use crate::hash::{Blake3, Digest};
use crate::limits::DIGEST_SIZE;
use crate::merkle::leaf_hashes;
use crate::settlement::{BatchSettlementAction, IndexLeaf};

/// One entry, as far as a settlement commits to it beside its record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) leaf: IndexLeaf,
    /// The asset's place among the names of its part.
    pub(super) asset: u32,
    pub(super) amount: i128,
}

/// Records of one batch, in order.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) leaf_hashes: Vec<Digest>,
    pub(super) lines: Vec<Line>,
    pub(super) assets: Vec<String>,
}

/// A settlement at the end of a span; its record is none of the span's.
#[derive(Debug)]
pub(super) struct Closing {
    pub(super) place: Place,
    pub(super) seq: Seq,
    pub(super) action: Box<BatchSettlementAction>,
}

/// The records of a run up to a settlement, or to its end.
#[derive(Debug)]
pub(super) struct Span {
    /// Seq and `prevHash` of its first record, or of the settlement right away; `None` if the run
    /// holds no record.
    pub(super) first: Option<(Seq, Digest)>,
    /// Whether every record is here: no frame is unreadable and no seq left out.
    pub(super) is_whole: bool,
    /// Whether every `prevHash` is the tip before it.
    pub(super) is_linked: bool,
    pub(super) part: Part,
    pub(super) closing: Option<Closing>,
    /// The seq that comes next, and the tip before it.
    pub(super) next: Option<(Seq, Digest)>,
}

/// Takes the records of one run.
#[derive(Debug)]
pub(super) struct Spans<'a> {
    done: Vec<Span>,
    open: Span,
    /// The records of the open span, and its operations; their lines are made at its end.
    records: Vec<&'a [u8]>,
    operations: Vec<(&'a [u8; DIGEST_SIZE], &'a str, Seq)>,
    /// Asset and amount of each.
    moved: Vec<(u32, i128)>,
    assets: BTreeMap<&'a str, u32>,
    /// The asset of the entry before: most entries have the same.
    last_asset: Option<(&'a str, u32)>,
}

impl Default for Spans<'_> {
    fn default() -> Self {
        Self {
            done: Vec::new(),
            open: Span::new(None),
            records: Vec::new(),
            operations: Vec::new(),
            moved: Vec::new(),
            assets: BTreeMap::new(),
            last_asset: None,
        }
    }
}

impl Span {
    const fn new(next: Option<(Seq, Digest)>) -> Self {
        let part = Part { leaf_hashes: Vec::new(), lines: Vec::new(), assets: Vec::new() };
        Self { first: next, is_whole: true, is_linked: true, part, closing: None, next }
    }
}

impl<'a> Spans<'a> {
    /// The spans of the run, in order.
    pub(super) fn finish(mut self) -> Vec<Span> {
        self.close(None);
        self.done
    }

    fn close(&mut self, closing: Option<Closing>) {
        self.open.part.leaf_hashes = leaf_hashes::<Blake3>(&self.records);
        let leaves = IndexLeaf::of_all(&self.operations).into_iter().zip(&self.moved);
        let lines =
            leaves.map(|(leaf, (asset, amount))| Line { leaf, asset: *asset, amount: *amount });
        self.open.part.lines.extend(lines);
        self.open.closing = closing;
        let next = Span::new(self.open.next);
        self.done.push(mem::replace(&mut self.open, next));
        self.records.clear();
        self.operations.clear();
        self.moved.clear();
        self.assets.clear();
        self.last_asset = None;
    }

    #[inline]
    fn line(&mut self, operation: &Operation<'a>, seq: Seq) {
        let name = operation.asset_id;
        let asset = match self.last_asset {
            Some((last, asset)) if last == name => asset,
            _ => self.asset(name),
        };
        self.operations.push((operation.member_id, operation.op_id, seq));
        self.moved.push((asset, operation.amount));
    }

    fn asset(&mut self, name: &'a str) -> u32 {
        let assets = &mut self.open.part.assets;
        let asset = *self.assets.entry(name).or_insert_with(|| {
            assets.push(name.to_owned());
            // A run has fewer entries than the number has values.
            u32::try_from(assets.len().saturating_sub(1)).unwrap_or(u32::MAX)
        });
        self.last_asset = Some((name, asset));
        asset
    }
}

impl<'a> RecordSink<'a> for Spans<'a> {
    #[inline]
    fn record(&mut self, place: Place, bytes: &'a [u8], record: &Record<'a>, tip: &Digest) {
        let (seq, prev_hash) = (record.seq(), record.prev_hash());
        if let Some((next, tip)) = &self.open.next {
            self.open.is_whole &= seq == *next;
            self.open.is_linked &= prev_hash == tip;
        }
        if self.open.first.is_none() {
            self.open.first = Some((seq, *prev_hash));
        }
        match record {
            Record::Entry(entry) => self.line(&entry.operation, seq),
            Record::Control(control) => {
                if let Control::Settlement(settlement) = &control.body {
                    let action = Box::new(BatchSettlementAction::from(settlement));
                    self.open.next = Some((seq, *prev_hash));
                    self.close(Some(Closing { place, seq, action }));
                }
            }
        }
        self.records.push(bytes);
        self.open.next = Some((seq.next(), *tip));
    }

    fn unreadable(&mut self) {
        self.open.is_whole = false;
    }
}

//! Which operations have been written: `(memberId, opId)` to seq, for the last so many.

use std::hash::Hasher as _;

use countersign_core::Seq;
use countersign_core::chain::Operation;
use hashbrown::HashTable;
use siphasher::sip128::{Hasher128 as _, SipHasher13};

/// What the table knows of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lookup {
    /// Nothing.
    New,
    /// It was written with the same content.
    Same(Seq),
    /// It was written with other content.
    Different(Seq),
}

/// 128 bits of a keyed hash stand for the operation's key, 64 for its content: 32 bytes an
/// operation in all. The key is secret and made anew at every start, so nobody can aim for a
/// collision, and by chance one takes 2^64 operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slot {
    key: u128,
    content: u64,
    seq: Seq,
}

/// An operation's fingerprints, computed before the writer's lock is taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fingerprint {
    key: u128,
    content: u64,
}

/// The secret that fingerprints are keyed with.
#[derive(Clone, Copy, Debug)]
pub(super) struct DedupeKey([u8; 16]);

impl DedupeKey {
    pub(super) const fn new(secret: [u8; 16]) -> Self {
        Self(secret)
    }

    /// O(bytes of the operation), about 60 ns.
    pub(super) fn fingerprint(&self, operation: &Operation<'_>) -> Fingerprint {
        let mut hasher = SipHasher13::new_with_key(&self.0);
        hasher.write(operation.member_id);
        hasher.write(operation.op_id.as_bytes());
        let key = hasher.finish128();
        // Goes on from the key's state: equal keys meet equal contents only.
        hasher.write_u8(0xff);
        hasher.write(operation.op.as_bytes());
        hasher.write_u8(0xff);
        hasher.write(operation.asset_id.as_bytes());
        hasher.write_i128(operation.amount);
        hasher.write(operation.context_hash);
        Fingerprint { key: key.as_u128(), content: hasher.finish128().h1 }
    }
}

/// A ring of the last operations with an index over it.
///
/// All memory is reserved at the start, so no append ever pays for a growing table; pages that
/// are not used stay untouched. Lookup, insert and evict are O(1).
#[derive(Debug)]
pub(super) struct Dedupe {
    ring: std::collections::VecDeque<Slot>,
    /// Positions counted from the first operation ever inserted, so that they survive eviction.
    index: HashTable<u32>,
    evicted: u32,
    capacity: usize,
}

impl Dedupe {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            ring: std::collections::VecDeque::with_capacity(capacity),
            index: HashTable::with_capacity(capacity),
            evicted: 0,
            capacity,
        }
    }

    #[inline]
    pub(super) fn lookup(&self, fingerprint: &Fingerprint) -> Lookup {
        let found = self.index.find(bucket(fingerprint.key), |position| {
            self.slot(*position).is_some_and(|slot| slot.key == fingerprint.key)
        });
        match found.and_then(|position| self.slot(*position)) {
            None => Lookup::New,
            Some(slot) if slot.content == fingerprint.content => Lookup::Same(slot.seq),
            Some(slot) => Lookup::Different(slot.seq),
        }
    }

    /// Remembers an operation that was not known; forgets the oldest when full.
    #[inline]
    pub(super) fn insert(&mut self, fingerprint: &Fingerprint, seq: Seq) {
        if self.capacity == 0 {
            return;
        }
        if self.ring.len() == self.capacity
            && let Some(oldest) = self.ring.pop_front()
        {
            self.unindex(oldest.key, self.evicted);
            self.evicted = self.evicted.wrapping_add(1);
        }
        // The ring holds fewer than 2^32 operations, so wrapping positions stay distinct.
        let position =
            self.evicted.wrapping_add(u32::try_from(self.ring.len()).unwrap_or(u32::MAX));
        let Fingerprint { key, content } = *fingerprint;
        self.ring.push_back(Slot { key, content, seq });
        let (ring, evicted) = (&self.ring, self.evicted);
        self.index.insert_unique(bucket(key), position, |position| {
            let at = position.wrapping_sub(evicted) as usize;
            ring.get(at).map_or(0, |slot| bucket(slot.key))
        });
    }

    /// Forgets everything from `seq` on: it was not written after all.
    pub(super) fn forget_from(&mut self, seq: Seq) {
        while let Some(newest) = self.ring.pop_back_if(|slot| slot.seq >= seq) {
            let count = u32::try_from(self.ring.len()).unwrap_or(u32::MAX);
            self.unindex(newest.key, self.evicted.wrapping_add(count));
        }
    }

    fn slot(&self, position: u32) -> Option<&Slot> {
        self.ring.get(position.wrapping_sub(self.evicted) as usize)
    }

    fn unindex(&mut self, key: u128, position: u32) {
        if let Ok(entry) = self.index.find_entry(bucket(key), |at| *at == position) {
            entry.remove();
        }
    }
}

/// 64 of the key's bits, for the index.
const fn bucket(key: u128) -> u64 {
    (key >> 64) as u64
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    fn operation(op_id: &str, amount: i128) -> Operation<'_> {
        Operation {
            op: "earn",
            member_id: &[1; 32],
            asset_id: "joule",
            amount,
            op_id,
            context_hash: &[0; 32],
        }
    }

    #[test]
    fn agrees_with_a_plain_list_through_eviction_and_rollback() {
        let key = DedupeKey::new([7; 16]);
        let capacity = 13;
        let mut dedupe = Dedupe::new(capacity);
        let mut model: VecDeque<(u64, i128, u64)> = VecDeque::new();
        let mut random = 1_u64;
        let mut seq = 0;
        for _ in 0..20_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let (id, amount) = ((random >> 33) % 25, i128::from((random >> 60) & 1));
            if (random >> 40).is_multiple_of(20) {
                let from = seq - (seq % 5).min(seq);
                dedupe.forget_from(Seq(from));
                model.retain(|(_, _, at)| *at < from);
                seq = from;
            }
            let op_id = id.to_string();
            let fingerprint = key.fingerprint(&operation(&op_id, amount));
            let expected = match model.iter().find(|(known, ..)| *known == id) {
                None => Lookup::New,
                Some((_, with, at)) if *with == amount => Lookup::Same(Seq(*at)),
                Some((.., at)) => Lookup::Different(Seq(*at)),
            };
            assert_eq!(dedupe.lookup(&fingerprint), expected);
            if expected == Lookup::New {
                dedupe.insert(&fingerprint, Seq(seq));
                model.push_back((id, amount, seq));
                if model.len() > capacity {
                    model.pop_front();
                }
                seq += 1;
            }
        }
    }

    #[test]
    fn every_field_but_the_time_is_content() {
        let key = DedupeKey::new([7; 16]);
        let base = operation("a", 1);
        let mut dedupe = Dedupe::new(4);
        dedupe.insert(&key.fingerprint(&base), Seq(3));
        assert_eq!(dedupe.lookup(&key.fingerprint(&base)), Lookup::Same(Seq(3)));
        for changed in [
            Operation { op: "spend", ..base },
            Operation { asset_id: "watt", ..base },
            Operation { amount: 2, ..base },
            Operation { context_hash: &[1; 32], ..base },
        ] {
            let found = dedupe.lookup(&key.fingerprint(&changed));
            assert_eq!(found, Lookup::Different(Seq(3)), "{changed:?}");
        }
        for other in [Operation { op_id: "b", ..base }, Operation { member_id: &[2; 32], ..base }] {
            assert_eq!(dedupe.lookup(&key.fingerprint(&other)), Lookup::New, "{other:?}");
        }
    }
}

//! What strict verification refuses, and the edges of certificates and revocations.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use ed25519_dalek::Verifier as _;
use proptest::prelude::*;
use sha2::Digest as _;

use super::*;
use crate::Seq;
use crate::hash::{Digest, hex};
use crate::limits::MAX_PROCESS_KEY_LIFETIME_MS;

/// A field, and something that changes it.
type Change<T> = (&'static str, fn(&mut T));

const SHARD: ShardId = ShardId::from_bytes([7; 16]);

fn operator() -> SigningKey {
    SigningKey::from_seed(&[1; 32])
}

fn process() -> SigningKey {
    SigningKey::from_seed(&[2; 32])
}

fn certificate() -> Certificate {
    create_process_key_action(&operator(), SHARD, process().public_key(), 1_000, 2_000).unwrap()
}

fn point(hex: &str) -> [u8; 32] {
    hex::decode_array(hex).unwrap()
}

/// An unsigned 256-bit integer, high half first; just enough arithmetic to forge a signature.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Wide(u128, u128);

/// Order of the base point, RFC 8032 section 5.1.
const ORDER: Wide = Wide(1 << 124, 0x14de_f9de_a2f7_9cd6_5812_631a_5cf5_d3ed);

impl Wide {
    fn read(bytes: &[u8; 32]) -> Self {
        let half = |at: usize| u128::from_le_bytes(bytes[at..at + 16].try_into().unwrap());
        Self(half(16), half(0))
    }

    fn write(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(&self.1.to_le_bytes());
        bytes[16..].copy_from_slice(&self.0.to_le_bytes());
        bytes
    }

    fn add(self, other: Self) -> Self {
        let (low, carry) = self.1.overflowing_add(other.1);
        Self(self.0 + other.0 + u128::from(carry), low)
    }

    /// Reduced modulo the order, of two that are.
    fn add_reduced(self, other: Self) -> Self {
        let sum = self.add(other);
        if sum < ORDER {
            return sum;
        }
        let (low, borrow) = sum.1.overflowing_sub(ORDER.1);
        Self(sum.0 - ORDER.0 - u128::from(borrow), low)
    }

    /// Little-endian `bytes` times `self`, modulo the order.
    fn times(self, bytes: &[u8]) -> Self {
        let bits = bytes.iter().rev().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
        bits.fold(Self(0, 0), |value, bit| {
            let double = value.add_reduced(value);
            if bit == 1 { double.add_reduced(self) } else { double }
        })
    }
}

/// The secret scalar of a seed, RFC 8032 section 5.1.5.
fn scalar(seed: &[u8; 32]) -> [u8; 32] {
    let mut scalar: [u8; 32] = sha2::Sha512::digest(seed)[..32].try_into().unwrap();
    scalar[0] &= 248;
    scalar[31] = scalar[31] & 127 | 64;
    scalar
}

/// A signature whose `R` is given and contributes nothing: `S = k * a`, with `k = H(R, A, M)`.
fn with_neutral_r(r: [u8; 32], seed: &[u8; 32], message: &[u8]) -> Signature {
    let public_key = SigningKey::from_seed(seed).public_key();
    let k = sha2::Sha512::new()
        .chain_update(r)
        .chain_update(public_key.as_bytes())
        .chain_update(message)
        .finalize();
    let s = Wide(0, 1).times(&scalar(seed)).times(&k);
    Signature::from_bytes([r, s.write()].concat().try_into().unwrap())
}

/// Every encoding of a point of small order: the canonical ones, and those with a `y` of 2^255-19
/// and more or with the sign bit set where `x` is 0.
const SMALL_ORDER: [&str; 14] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

/// The verdict of a single verification, which must be that of tables, with and without one of
/// this key, and that of the library's own strict verification.
fn verify(key: &VerifyingKey, message: &[u8], signature: &Signature) -> Result<(), Error> {
    let verdict = key.verify(message, signature);
    let mut tables = KeyTables::default();
    for _ in 0..66 {
        assert_eq!(tables.verify(key, message, signature), verdict);
    }
    let signed = Signed { key, message, signature };
    assert_eq!(tables.hold_each(&[signed, signed]), [verdict.is_ok(); 2]);
    let public_key = key.public_key();
    let theirs = ed25519_dalek::VerifyingKey::from_bytes(public_key.as_bytes()).unwrap();
    let theirs = theirs.verify_strict(message, &(*signature.as_bytes()).into());
    assert_eq!(verdict.is_ok(), theirs.is_ok());
    verdict
}

#[test]
fn public_keys_of_small_order_are_refused() {
    for encoding in SMALL_ORDER {
        let key = PublicKey::from_bytes(point(encoding));
        assert_eq!(VerifyingKey::new(&key).unwrap_err(), Error::InvalidPublicKey(key));
        let made = create_process_key_action(&operator(), SHARD, key, 0, 1);
        assert_eq!(made.unwrap_err(), Error::InvalidPublicKey(key));
    }
}

#[test]
fn public_keys_that_are_not_canonical_or_no_point_are_refused() {
    let (mut refused, mut taken) = (0, 0);
    // The 19 encodings of a y from 2^255-19 on; some of them are points of large order.
    for low in 0xed..=0xff {
        for sign in [0x7f, 0xff] {
            let mut encoding = [0xff; 32];
            (encoding[0], encoding[31]) = (low, sign);
            let key = PublicKey::from_bytes(encoding);
            assert_eq!(VerifyingKey::new(&key).unwrap_err(), Error::InvalidPublicKey(key));
            // The same point in its canonical form.
            let mut encoding = [0; 32];
            (encoding[0], encoding[31]) = (low - 0xed, sign & 0x80);
            match VerifyingKey::new(&PublicKey::from_bytes(encoding)) {
                Ok(_) => taken += 1,
                Err(_) => refused += 1,
            }
        }
    }
    assert!(taken > 0 && refused > 0, "{taken} {refused}");
}

#[test]
fn an_r_of_small_order_is_refused_where_plain_verification_takes_it() {
    let seed = [2; 32];
    let key = SigningKey::from_seed(&seed).public_key();
    let signature = with_neutral_r(point(SMALL_ORDER[0]), &seed, b"any message");
    let plain = ed25519_dalek::VerifyingKey::from_bytes(key.as_bytes()).unwrap();
    let theirs = ed25519_dalek::Signature::from_bytes(signature.as_bytes());
    assert!(plain.verify(b"any message", &theirs).is_ok());

    let refused = Err(Error::InvalidSignature { public_key: key });
    let strict = VerifyingKey::new(&key).unwrap();
    assert_eq!(verify(&strict, b"any message", &signature), refused);
    for encoding in SMALL_ORDER {
        let signature = with_neutral_r(point(encoding), &seed, b"any message");
        assert_eq!(verify(&strict, b"any message", &signature), refused, "{encoding}");
    }
}

#[test]
fn a_bad_signature_among_many_fails_alone() {
    // Two keys take turns; of both there come to be tables, and the first have none yet.
    let seeds = [[2; 32], [1; 32]];
    let keys = seeds.each_ref().map(SigningKey::from_seed);
    let verifying = keys.each_ref().map(|key| VerifyingKey::new(&key.public_key()).unwrap());
    let message = |at: usize| at.to_le_bytes();
    let turns = || (0..140).zip([0, 1].into_iter().cycle());
    let good: Vec<_> = turns().map(|(at, by)| keys[by].sign(&message(at))).collect();
    let messages: Vec<_> = (0..140).map(message).collect();
    let zero_s = |r: &Signature| {
        let mut bytes = *r.as_bytes();
        bytes[32..].fill(0);
        Signature::from_bytes(bytes)
    };
    let mut met = KeyTables::default();
    for (bad, _) in turns() {
        let mut signatures = good.clone();
        signatures[bad] = match bad % 5 {
            // Another message's, another key's, an `S` too large, one of 0, an `R` of small order.
            0 => good[(bad + 2) % 140],
            1 => keys[(bad + 1) % 2].sign(&message(bad)),
            2 => Signature::from_bytes([0xff; 64]),
            3 => zero_s(&good[bad]),
            _ => with_neutral_r(point(SMALL_ORDER[0]), &seeds[bad % 2], &message(bad)),
        };
        let signed: Vec<_> = turns()
            .map(|(at, by)| Signed {
                key: &verifying[by],
                message: &messages[at],
                signature: &signatures[at],
            })
            .collect();
        let verdict = |signed: &Signed<'_>| signed.key.verify(signed.message, signed.signature);
        let one_by_one: Vec<_> = signed.iter().map(|signed| verdict(signed).is_ok()).collect();
        assert_eq!(one_by_one.iter().position(|holds| !holds), Some(bad));
        assert_eq!(met.hold_each(&signed), one_by_one, "{bad}");
        // In batches of every size, too.
        let apart = signed.chunks(bad + 1).flat_map(|some| met.hold_each(some));
        assert_eq!(apart.collect::<Vec<_>>(), one_by_one, "{bad}");
    }
}

#[test]
fn an_s_of_the_group_order_or_more_is_refused() {
    let (key, message) = (process(), b"message");
    let verifying = VerifyingKey::new(&key.public_key()).unwrap();
    let signature = key.sign(message);
    assert_eq!(verify(&verifying, message, &signature), Ok(()));
    let (r, s) = signature.as_bytes().split_at(32);
    let mut s = Wide::read(s.try_into().unwrap());
    assert!(s < ORDER);
    // Below 2^256 the same S has up to fifteen more encodings.
    for _ in 0..15 {
        s = s.add(ORDER);
        let changed = Signature::from_bytes([r, &s.write()].concat().try_into().unwrap());
        let refused = Err(Error::InvalidSignature { public_key: key.public_key() });
        assert_eq!(verify(&verifying, message, &changed), refused);
    }
}

/// The point plus the one of order 2, `(-x, -y)`, of encoded points.
fn plus_order_two(point: &[u8; 32]) -> [u8; 32] {
    let prime = Wide(u128::MAX >> 1, u128::MAX - 18);
    let Wide(high, low) = Wide::read(point);
    let (low, borrow) = prime.1.overflowing_sub(low);
    let high = prime.0 - (high & prime.0) - u128::from(borrow);
    let mut sum = Wide(high, low).write();
    sum[31] |= !point[31] & 0x80;
    sum
}

#[test]
fn keys_with_a_part_of_small_order_are_judged_alike_with_tables_and_without() {
    let seeds = [[2; 32], [3; 32]];
    let [a, r] = seeds.map(|seed| *SigningKey::from_seed(&seed).public_key().as_bytes());
    let key = PublicKey::from_bytes(plus_order_two(&a));
    assert_ne!(key.as_bytes(), &a);
    let verifying = VerifyingKey::new(&key).unwrap();
    let mut verdicts = [0; 2];
    for message in 0..16_u8 {
        let k = sha2::Sha512::new()
            .chain_update(r)
            .chain_update(key.as_bytes())
            .chain_update([message])
            .finalize();
        let [a, r_scalar] = seeds.map(|seed| Wide(0, 1).times(&scalar(&seed)));
        let s = r_scalar.add_reduced(a.times(&k));
        let signature = Signature::from_bytes([r, s.write()].concat().try_into().unwrap());
        // k·A has the point of order 2 in it when k is odd: then R is another point.
        let holds = verify(&verifying, &[message], &signature).is_ok();
        verdicts[usize::from(holds)] += 1;
    }
    assert!(verdicts[0] > 0 && verdicts[1] > 0, "{verdicts:?}");
}

proptest! {
    #[test]
    fn a_signature_holds_for_one_message_and_one_key(
        seed in any::<[u8; 32]>(),
        message in prop::collection::vec(any::<u8>(), 0..100),
        bit in 0_usize..512,
        other in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let key = SigningKey::from_seed(&seed);
        let verifying = VerifyingKey::new(&key.public_key()).unwrap();
        prop_assert_eq!(verifying.public_key(), key.public_key());
        prop_assert_eq!(verifying.fingerprint(), fingerprint(&key.public_key()));
        let signature = key.sign(&message);
        prop_assert!(verify(&verifying, &message, &signature).is_ok());
        let mut changed = *signature.as_bytes();
        changed[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(verify(&verifying, &message, &Signature::from_bytes(changed)).is_err());
        prop_assert_eq!(verify(&verifying, &other, &signature).is_ok(), other == message);
        let stranger = VerifyingKey::new(&process().public_key()).unwrap();
        prop_assert!(verify(&stranger, &message, &signature).is_err());
    }
}

#[test]
fn a_key_lives_from_one_millisecond_to_seven_days() {
    let make = |from: u64, to: u64| {
        create_process_key_action(&operator(), SHARD, process().public_key(), from, to)
    };
    let from = 1_760_000_000_000;
    let week = MAX_PROCESS_KEY_LIFETIME_MS;
    assert_eq!(week, 604_800_000);
    for (lifetime, is_good) in [(0, false), (1, true), (week, true), (week + 1, false)] {
        let expected = if is_good {
            Ok(())
        } else {
            Err(Error::InvalidLifetime { not_before_ms: from, expires_at_ms: from + lifetime })
        };
        assert_eq!(make(from, from + lifetime).map(|_| ()), expected, "{lifetime}");
        // The verifier draws the same line, whoever signed.
        let mut forged = certificate();
        (forged.not_before_ms, forged.expires_at_ms) = (from, from + lifetime);
        forged.operator_signature = operator().sign(&forged.signed_bytes());
        assert_eq!(forged.verify(&operator().public_key()), expected, "{lifetime}");
    }
    assert!(make(2, 1).is_err());
    assert!(make(u64::MAX - 1, u64::MAX).is_ok());
    assert!(make(0, u64::MAX).is_err());
}

#[test]
fn a_certificate_covers_its_start_and_not_its_end() {
    let certificate = certificate();
    let covered = [999_999, 1_000_000, 1_999_999, 2_000_000].map(|ts| certificate.covers(ts));
    assert_eq!(covered, [false, true, true, false]);
}

#[test]
fn a_certificate_holds_as_a_whole_only() {
    let trusted = operator().public_key();
    let good = certificate();
    assert_eq!(good.verify(&trusted), Ok(()));
    let refused = Err(Error::InvalidSignature { public_key: trusted });
    let other_key = SigningKey::from_seed(&[3; 32]).public_key();
    let changes: [Change<Certificate>; 4] = [
        ("shardId", |c| c.shard_id = ShardId::from_bytes([8; 16])),
        ("publicKey", |c| c.public_key = SigningKey::from_seed(&[3; 32]).public_key()),
        ("notBeforeMs", |c| c.not_before_ms += 1),
        ("expiresAtMs", |c| c.expires_at_ms -= 1),
    ];
    for (field, change) in changes {
        let mut changed = good;
        change(&mut changed);
        assert_eq!(changed.verify(&trusted), refused, "{field}");
    }
    let versions = [(0, Error::FormatUnknown { found: 0 }), (2, Error::FormatTooNew { found: 2 })];
    for (version, error) in versions {
        let mut changed = Certificate { format_version: version, ..good };
        changed.operator_signature = operator().sign(&changed.signed_bytes());
        assert_eq!(changed.verify(&trusted), Err(error));
    }
    let wrong = Error::WrongOperatorKey { expected: other_key, found: trusted };
    assert_eq!(good.verify(&other_key), Err(wrong));
    let mut by_another = good;
    by_another.operator_public_key = other_key;
    let wrong = Error::WrongOperatorKey { expected: trusted, found: other_key };
    assert_eq!(by_another.verify(&trusted), Err(wrong));
}

#[test]
fn a_revocation_holds_for_its_shard_and_its_fields() {
    let (trusted, key) = (operator().public_key(), process().public_key());
    let make = |reason, from| {
        create_process_key_revoke_action(&operator(), SHARD, key, 5_000, reason, from)
    };
    for reason in [Reason::Rotation, Reason::Shutdown, Reason::KeyCompromise] {
        assert_eq!(Reason::parse(reason.as_str()), Some(reason));
        assert_eq!(make(reason, None).unwrap().verify(SHARD, &trusted), Ok(()));
        let from = Some(Seq(30));
        if reason == Reason::KeyCompromise {
            assert_eq!(make(reason, from).unwrap().verify(SHARD, &trusted), Ok(()));
            continue;
        }
        assert_eq!(make(reason, from), Err(Error::UnexpectedEffectiveAtSeq));
        let mut forged = make(reason, None).unwrap();
        forged.effective_at_seq = from;
        forged.operator_signature = operator().sign(&forged.signed_bytes(SHARD));
        assert_eq!(forged.verify(SHARD, &trusted), Err(Error::UnexpectedEffectiveAtSeq));
    }
    assert_eq!(Reason::parse("Rotation"), None);
    assert_eq!(Reason::parse(""), None);

    let good = make(Reason::KeyCompromise, None).unwrap();
    let refused = Err(Error::InvalidSignature { public_key: trusted });
    assert_eq!(good.verify(ShardId::from_bytes([8; 16]), &trusted), refused);
    let changes: [Change<Revocation>; 4] = [
        ("publicKey", |r| r.public_key = SigningKey::from_seed(&[3; 32]).public_key()),
        ("revokedAtMs", |r| r.revoked_at_ms += 1),
        ("reason", |r| r.reason = Reason::Shutdown),
        ("effectiveAtSeq", |r| r.effective_at_seq = Some(Seq(0))),
    ];
    for (field, change) in changes {
        let mut changed = good;
        change(&mut changed);
        assert_eq!(changed.verify(SHARD, &trusted), refused, "{field}");
    }
    let stranger = SigningKey::from_seed(&[3; 32]).public_key();
    assert!(good.verify(SHARD, &stranger).is_err());
}

#[test]
fn shard_ids_have_one_spelling() {
    let text = "0199b1c0-0000-7000-8000-00000000c0de";
    assert_eq!(ShardId::parse(text).unwrap().to_string(), text);
    for wrong in [
        "0199B1C0-0000-7000-8000-00000000C0DE",
        "0199b1c000007000800000000000c0de",
        "0199b1c0-0000-7000-8000-00000000c0d",
        "0199b1c0-0000-7000-8000-00000000c0def",
        "0199b1c0-0000-7000-8000-00000000c0dg",
        "0199b1c0-0000-7000-80000-0000000c0de",
        "{199b1c0-0000-7000-8000-00000000c0de}",
        "é199b1c-0000-7000-8000-00000000c0de",
        "",
    ] {
        assert_eq!(ShardId::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn a_receipt_is_no_signature_over_a_tip() {
    let (seq, digest) = (Seq(5), Digest::from_bytes([9; 32]));
    let receipt = receipt_message(&SHARD, seq, &digest);
    assert_ne!(receipt, signature_message(&SHARD, seq, &digest, &digest));
    assert_ne!(receipt, receipt_message(&SHARD, Seq(6), &digest));
    assert_ne!(receipt, receipt_message(&ShardId::from_bytes([8; 16]), seq, &digest));
}

#[test]
fn a_signing_key_never_prints_its_seed() {
    let seed = [0xab; 32];
    let shown = format!("{:?}", SigningKey::from_seed(&seed));
    assert!(!shown.contains("abab"), "{shown}");
}

#[test]
fn codes_are_distinct_and_messages_name_both_values() {
    let (a, b) = (operator().public_key(), process().public_key());
    let errors = [
        Error::InvalidPublicKey(a),
        Error::InvalidSignature { public_key: a },
        Error::FormatTooNew { found: 77 },
        Error::FormatUnknown { found: 0 },
        Error::InvalidLifetime { not_before_ms: 11, expires_at_ms: 22 },
        Error::WrongOperatorKey { expected: a, found: b },
        Error::UnexpectedEffectiveAtSeq,
    ];
    let mut codes: Vec<_> = errors.iter().map(Error::code).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), errors.len());
    let text = errors.map(|error| error.to_string());
    assert!(text[0].contains(&a.to_string()) && text[1].contains(&a.to_string()));
    assert!(text[2].contains("77") && text[4].contains("11") && text[4].contains("22"));
    assert!(text[5].contains(&a.to_string()) && text[5].contains(&b.to_string()));
}

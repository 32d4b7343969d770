//! Which key is active, and from where one no longer counts.

use super::*;
use crate::keys;

fn keyring(keys: &[u8]) -> Keyring {
    let mut keyring = Keyring::new(SHARD, operator().public_key());
    for (seq, number) in (0..).zip(keys) {
        keyring.certify(Seq(seq), &certificate(*number)).unwrap();
    }
    keyring
}

fn revoke(keyring: &mut Keyring, seq: u64, number: u8, reason: Reason, from: Option<u64>) -> bool {
    keyring.revoke(Seq(seq), &revocation(number, reason, from)).unwrap()
}

fn active(keyring: &Keyring) -> Option<keys::PublicKey> {
    keyring.active().map(|key| key.certificate.public_key)
}

fn key(number: u8) -> keys::PublicKey {
    process(number).public_key()
}

#[test]
fn the_active_key_is_the_last_certified_that_was_not_revoked_since() {
    assert_eq!(active(&keyring(&[])), None);
    let mut ring = keyring(&[0, 1]);
    assert_eq!(active(&ring), Some(key(1)));
    // Rotation revokes the old key: nothing changes hands.
    assert!(revoke(&mut ring, 2, 0, Reason::Rotation, None));
    assert_eq!(active(&ring), Some(key(1)));
    assert!(revoke(&mut ring, 3, 1, Reason::Shutdown, None));
    assert_eq!(active(&ring), None);
    // A key that is certified again after its revocation is active again.
    ring.certify(Seq(4), &certificate(0)).unwrap();
    assert_eq!(active(&ring), Some(key(0)));

    // Revoking the newer key gives the place back to the older one.
    let mut ring = keyring(&[0, 1]);
    assert!(revoke(&mut ring, 2, 1, Reason::Rotation, None));
    assert_eq!(active(&ring), Some(key(0)));

    // Renewing is a second certificate for one key; one revocation takes both back.
    let mut ring = keyring(&[0, 0]);
    assert_eq!(ring.keys().len(), 2);
    assert!(revoke(&mut ring, 2, 0, Reason::Rotation, None));
    assert_eq!(active(&ring), None);
    assert!(ring.keys().iter().all(|key| key.revoked_at == Some(Seq(2))));
}

#[test]
fn the_lowest_effective_seq_of_all_compromises_counts() {
    let mut ring = keyring(&[0, 1]);
    assert!(revoke(&mut ring, 10, 0, Reason::Rotation, None));
    assert_eq!(ring.compromised_from(&key(0)), None);
    // Told later, without a seq: from the revocation record on.
    assert!(revoke(&mut ring, 20, 0, Reason::KeyCompromise, None));
    assert_eq!(ring.compromised_from(&key(0)), Some(Seq(20)));
    assert!(revoke(&mut ring, 30, 0, Reason::KeyCompromise, Some(7)));
    assert_eq!(ring.compromised_from(&key(0)), Some(Seq(7)));
    for (seq, from) in [(40, Some(9)), (50, None)] {
        assert!(revoke(&mut ring, seq, 0, Reason::KeyCompromise, from));
        assert_eq!(ring.compromised_from(&key(0)), Some(Seq(7)));
    }
    assert_eq!(ring.keys()[0].revoked_at, Some(Seq(10)));
    assert_eq!(ring.compromised_from(&key(1)), None);
    // Certified again, the key stays compromised.
    ring.certify(Seq(60), &certificate(0)).unwrap();
    assert_eq!(ring.compromised_from(&key(0)), Some(Seq(7)));
}

#[test]
fn documents_that_do_not_hold_change_nothing() {
    let mut ring = keyring(&[0]);
    assert!(!revoke(&mut ring, 1, 5, Reason::Rotation, None), "never certified");
    let mut forged = revocation(0, Reason::Rotation, None);
    forged.revoked_at_ms += 1;
    let public_key = operator().public_key();
    let refused = Err(keys::Error::InvalidSignature { public_key });
    assert_eq!(ring.revoke(Seq(1), &forged), refused);
    let mut forged = certificate(1);
    forged.expires_at_ms -= 1;
    let refused = Err(keys::Error::InvalidSignature { public_key });
    assert_eq!(ring.certify(Seq(1), &forged), refused);
    assert_eq!(ring.keys().len(), 1);
    assert_eq!(active(&ring), Some(key(0)));
    assert_eq!((ring.shard_id(), ring.operator()), (SHARD, operator().public_key()));
}

#[test]
fn a_saved_keyring_comes_back_and_a_forged_active_key_does_not() {
    let mut ring = keyring(&[0, 1]);
    assert!(revoke(&mut ring, 2, 0, Reason::KeyCompromise, Some(1)));
    let mut restored = keyring(&[]);
    for k in ring.keys() {
        let (revoked_at, from) = (k.revoked_at, k.compromised_from);
        restored.restore(k.certificate, k.certified_at, revoked_at, from).unwrap();
    }
    assert_eq!(active(&restored), Some(key(1)));
    assert_eq!(restored.compromised_from(&key(0)), Some(Seq(1)));

    let mut forged = certificate(2);
    forged.expires_at_ms += 1;
    assert!(restored.restore(forged, Seq(3), None, None).is_err());
    assert_eq!(restored.keys().len(), 2);
}

//! Passwords: Argon2id with bounded memory, so many at once, and so many tries for an address.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use argon2::{Algorithm, Argon2, Params, Version};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use tokio::sync::Semaphore;

use crate::Error;

/// What one verification costs: 19 MiB and two passes (OWASP's Password Storage Cheat Sheet).
const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT: usize = 16;
const OUTPUT: usize = 32;
/// Verifications at once: what passwords take of the machine's memory is twice `MEMORY_KIB`.
const AT_ONCE: usize = 2;
/// Verifications that wait for their turn, or have it.
const WAITING_MAX: usize = 32;
/// How long one waits.
const TURN_MAX: Duration = Duration::from_secs(5);
/// Tries for an address within `WINDOW_S`.
const TRIES_MAX: u32 = 10;
const WINDOW_S: i64 = 600;
/// Addresses without a member whose tries are counted; beyond it the one that was tried first is forgotten.
const STRANGERS_MAX: usize = 10_000;
/// Shortest and longest password, characters.
const CHARS: std::ops::RangeInclusive<usize> = 10..=200;
/// The beginning of what is stored of a password.
const PREFIX: &str = "$argon2id$v=19$m=19456,t=2,p=1$";
/// What an address without a member is verified against, so that it takes as long; no password is known to be right.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdC4uLg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Verifies passwords, within bounds.
#[derive(Debug)]
pub(crate) struct Passwords {
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
    tries: Mutex<Tries>,
}

/// Tries by address: how many since when, seconds.
#[derive(Debug, Default)]
struct Tries {
    members: HashMap<String, (u32, i64)>,
    strangers: HashMap<String, (u32, i64)>,
}

impl Default for Passwords {
    fn default() -> Passwords {
        Passwords {
            places: Arc::new(Semaphore::new(WAITING_MAX)),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            tries: Mutex::default(),
        }
    }
}

impl Passwords {
    /// What is stored of a new password.
    ///
    /// # Errors
    /// `InvalidMember` for one that is too short or too long, `Busy`, `Journal` without randomness.
    pub(crate) async fn stored(&self, password: &str) -> Result<String, Error> {
        let chars = password.chars().count();
        if !CHARS.contains(&chars) {
            let (least, most) = CHARS.into_inner();
            return Err(Error::InvalidMember(format!("a password has {least} to {most} characters; this has {chars}")));
        }
        let mut salt = [0; SALT];
        getrandom::fill(&mut salt)
            .map_err(|error| journal::Error::Away(format!("the system gives no random numbers: {error}")))?;
        let password = password.to_owned();
        let hash = self.in_turn(move || derived(&password, &salt)).await?;
        Ok(format!("{PREFIX}{}${}", STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash)))
    }

    /// Whether a password is the one of an address; `stored` is None where nobody has the address, which takes as long.
    ///
    /// # Errors
    /// `TooManyTries` for the address, `Busy`.
    pub(crate) async fn is_right(
        &self,
        (email, password): (&str, &str),
        stored: Option<&str>,
        now_s: i64,
    ) -> Result<bool, Error> {
        // No password is longer, and none that is should cost more.
        let password: String = password.chars().take(CHARS.end() + 1).collect();
        self.count(email, stored.is_some(), now_s)?;
        let (is_member, stored) = (stored.is_some(), stored.unwrap_or(NOBODYS).to_owned());
        let is_same = self.in_turn(move || verified(&password, &stored)).await?;
        if is_same && is_member {
            self.tries.lock().unwrap_or_else(PoisonError::into_inner).members.remove(email);
        }
        Ok(is_same && is_member)
    }

    /// Counts a try before it is made, so that many at once are no way around it.
    fn count(&self, email: &str, is_member: bool, now_s: i64) -> Result<(), Error> {
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        if !is_member && tries.strangers.len() >= STRANGERS_MAX && !tries.strangers.contains_key(email) {
            let oldest = tries.strangers.iter().min_by_key(|(_, (_, since))| *since).map(|(email, _)| email.clone());
            oldest.and_then(|oldest| tries.strangers.remove(&oldest));
        }
        let counted = if is_member { &mut tries.members } else { &mut tries.strangers };
        let (count, since) = counted.entry(email.to_owned()).or_insert((0, now_s));
        if now_s - *since >= WINDOW_S {
            (*count, *since) = (0, now_s);
        }
        if *count >= TRIES_MAX {
            return Err(Error::TooManyTries);
        }
        *count += 1;
        Ok(())
    }

    /// Does what takes memory, so many at once. The turn is held until it is done, also where nobody waits for it any more.
    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Error::Busy)?;
        let turn = tokio::time::timeout(TURN_MAX, Arc::clone(&self.turns).acquire_owned()).await;
        let turn = turn.map_err(|_| Error::Busy)?.map_err(|_| Error::Busy)?;
        let worked = tokio::task::spawn_blocking(move || {
            let done = work();
            drop((turn, place));
            done
        });
        worked.await.map_err(|_| Error::Busy)
    }
}

/// Whether a text is what `stored` gives.
pub(crate) fn is_stored(text: &str) -> bool {
    parsed(text).is_some()
}

fn parsed(stored: &str) -> Option<([u8; SALT], [u8; OUTPUT])> {
    let (salt, hash) = stored.strip_prefix(PREFIX)?.split_once('$')?;
    let decoded = |text: &str| STANDARD_NO_PAD.decode(text).ok();
    Some((decoded(salt)?.try_into().ok()?, decoded(hash)?.try_into().ok()?))
}

fn verified(password: &str, stored: &str) -> bool {
    let Some((salt, hash)) = parsed(stored) else { return false };
    // Every byte is looked at, so that the time says nothing about which differ.
    derived(password, &salt).iter().zip(hash).fold(0, |differing, (left, right)| differing | (left ^ right)) == 0
}

fn derived(password: &str, salt: &[u8; SALT]) -> [u8; OUTPUT] {
    let params =
        Params::new(MEMORY_KIB, PASSES, LANES, Some(OUTPUT)).expect("the parameters are within Argon2's bounds");
    let mut hash = [0; OUTPUT];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.as_bytes(), salt, &mut hash)
        .expect("a salt of 16 bytes and a password of at most 201 characters are within Argon2's bounds");
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: &str = "ana@shop.example";

    #[test]
    fn the_hash_is_that_of_the_reference_implementation() {
        // printf 'correct horse' | argon2 'sixteen bytes ok' -id -t 2 -k 19456 -p 1 -l 32 -r
        let hash = derived("correct horse", b"sixteen bytes ok");
        assert_eq!(crate::key::hex(&hash), "3aae8d51ff2851ac2e55622a59146b07cd0c62529f90de8d9b82ba9b9841ad3c");
    }

    #[tokio::test]
    async fn a_password_is_known_again_and_another_is_not() {
        let passwords = Passwords::default();
        let stored = passwords.stored("correct horse").await.unwrap();
        assert!(is_stored(&stored) && is_stored(NOBODYS) && !stored.contains("correct"));
        assert_ne!(stored, passwords.stored("correct horse").await.unwrap(), "each has a salt of its own");
        for (password, is_right) in [("correct horse", true), ("correct horsf", false), ("", false)] {
            assert_eq!(passwords.is_right((ANA, password), Some(&stored), 0).await.unwrap(), is_right, "{password}");
        }
        assert!(!passwords.is_right((ANA, "correct horse"), None, 0).await.unwrap(), "nobody has the address");
        for wrong in ["short", &"x".repeat(201)] {
            assert_eq!(passwords.stored(wrong).await.unwrap_err().code(), "invalid_member");
        }
    }

    #[tokio::test]
    async fn an_address_is_tried_so_often_and_again_after_a_while_whoever_has_it() {
        let passwords = Passwords::default();
        for is_member in [true, false] {
            for _ in 0..TRIES_MAX {
                passwords.count(ANA, is_member, 100).unwrap();
            }
            assert_eq!(passwords.count(ANA, is_member, 699).unwrap_err().code(), "too_many_tries");
            passwords.count("ben@shop.example", is_member, 699).unwrap();
            passwords.count(ANA, is_member, 700).unwrap();
        }
    }

    #[tokio::test]
    async fn the_right_password_lets_go_of_the_tries() {
        let passwords = Passwords::default();
        let stored = passwords.stored("correct horse").await.unwrap();
        for _ in 0..TRIES_MAX + 1 {
            assert!(passwords.is_right((ANA, "correct horse"), Some(&stored), 0).await.unwrap());
        }
    }

    #[tokio::test]
    async fn a_flood_of_strangers_forgets_no_try_for_a_member() {
        let passwords = Passwords::default();
        for _ in 0..TRIES_MAX {
            passwords.count(ANA, true, 0).unwrap();
        }
        for at in 0..=STRANGERS_MAX {
            passwords.count(&format!("{at}@x.example"), false, 1).unwrap();
        }
        assert_eq!(passwords.count(ANA, true, 2).unwrap_err().code(), "too_many_tries");
        assert_eq!(passwords.tries.lock().unwrap().strangers.len(), STRANGERS_MAX);
    }

    #[tokio::test]
    async fn who_finds_no_place_is_told_at_once_and_no_more_run_than_may() {
        let passwords = Arc::new(Passwords::default());
        let running: Vec<_> =
            (0..WAITING_MAX).map(|_| Arc::clone(&passwords.places).try_acquire_owned().unwrap()).collect();
        assert_eq!(passwords.stored("correct horse").await.unwrap_err().code(), "busy");
        drop(running);
        assert_eq!(passwords.turns.available_permits(), AT_ONCE);
        passwords.stored("correct horse").await.unwrap();
    }
}

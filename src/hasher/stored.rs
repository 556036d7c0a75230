//! Hashes that were stored: how much work they may ask for.

use std::ops::RangeInclusive;

use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::{Algorithm, Params, Version};

use crate::domain::token::secret::PhcString;

/// What a stored hash may ask for at most: what stands in the database is no reason to take gigabytes.
const MOST_MEMORY: u32 = 64 * 1024;
const MOST_PASSES: u32 = 100;
const MOST_LANES: u32 = 4;
const LENGTH_OF_SALT: RangeInclusive<usize> = 8..=64;
const LENGTH_OF_OUTPUT: RangeInclusive<usize> = 16..=64;
/// The longest PHC string within these bounds, and some more.
const LONGEST: usize = 300;

/// Reads a stored hash, unless it asks for more work than it may.
///
/// # Errors
/// What is wrong with it.
pub(super) fn parse(hash: &PhcString) -> Result<(PasswordHash, Params), &'static str> {
    let text = Some(hash.as_str()).filter(|text| text.len() <= LONGEST);
    let hash = text.and_then(|text| PasswordHash::new(text).ok());
    let params = hash.as_ref().and_then(|hash| Params::try_from(hash).ok());
    let (Some(hash), Some(params)) = (hash, params) else {
        return Err("the stored text is no PHC string of Argon2");
    };
    let (salt, output) = lengths(&hash);
    let is_within_bounds = hash.algorithm == Algorithm::Argon2id.ident()
        && hash.version == Some(Version::V0x13.into())
        && params.m_cost() <= MOST_MEMORY
        && params.t_cost() <= MOST_PASSES
        && params.p_cost() <= MOST_LANES
        && LENGTH_OF_SALT.contains(&salt)
        && LENGTH_OF_OUTPUT.contains(&output);
    if is_within_bounds {
        Ok((hash, params))
    } else {
        Err("the stored hash is not one that scimward makes")
    }
}

/// How long salt and output are.
pub(super) fn lengths(hash: &PasswordHash) -> (usize, usize) {
    let salt = hash.salt.as_ref().map_or(0, |salt| salt.as_ref().len());
    (salt, hash.hash.as_ref().map_or(0, Output::len))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use secrecy::SecretString;

    use crate::domain::token::secret::PhcString;
    use crate::entropy::OsEntropy;
    use crate::hasher::{HashCost, Hasher};

    #[tokio::test]
    async fn a_stored_hash_that_asks_for_too_much_is_not_computed() {
        let cost = HashCost { memory: 8, passes: 1 };
        let hasher = Hasher::start(cost, 1, 4, Arc::new(OsEntropy)).unwrap();
        let secret = || SecretString::from("a secret");
        let good = hasher.hash(secret()).await.unwrap();
        assert_eq!(hasher.verify(secret(), good.clone()).await, Ok(true));
        assert!(hasher.is_current(&good));
        let text = good.as_str();
        let (head, output) = text.rsplit_once('$').unwrap();
        let (start, salt) = head.rsplit_once('$').unwrap();

        for (stronger, accepted) in [
            (text.replace("m=8,", "m=65536,"), true),
            (text.replace("t=1,", "t=2,"), true),
            (format!("{start}$c29tZXNhbHQ${output}"), true),
            (text.replace("m=8,", "m=65537,"), false),
            (text.replace("m=8,", "m=4294967295,"), false),
            (text.replace("t=1,", "t=101,"), false),
            (text.replace("t=1,", "t=4294967295,"), false),
            (text.replace("m=8,", "m=64,").replace("p=1", "p=5"), false),
            (text.replace("argon2id", "argon2i"), false),
            (text.replace("argon2id", "argon2d"), false),
            (text.replace("v=19", "v=16"), false),
            (text.replace("$v=19", ""), false),
            (format!("{start}$c2FsdA${output}"), false),
            (format!("{start}${salt}$c2hvcnQtb3V0cA"), false),
            (head.to_owned(), false),
            (format!("{text}{}", "A".repeat(300)), false),
            ("x".repeat(1_000_000), false),
            (String::new(), false),
        ] {
            let stored = PhcString::new(stronger.clone());
            assert!(!hasher.is_current(&stored), "{stronger}");
            // Only what is cheap is computed here.
            let is_cheap = !accepted || !stronger.contains("m=65536");
            if is_cheap {
                assert_eq!(hasher.verify(secret(), stored).await.is_ok(), accepted, "{stronger}");
            }
        }
    }
}

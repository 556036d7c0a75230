//! User and password in a URL.

/// User and password, or the host after them, cannot be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "user and password cannot be told from the host: write the special characters in them \
     percent-encoded, %40 for @, %2F for /, %3F for ?, %23 for # and %25 for %"
)]
pub struct AmbiguousLogin;

/// Checks that a URL has at most one `@`, and that before the first `/`, `?` or `#`: readers of URLs
/// disagree about all others, and what one of them takes for the host may be half of a password.
///
/// # Errors
/// [`AmbiguousLogin`], which repeats nothing of the URL.
pub fn check_login(url: &str) -> Result<(), AmbiguousLogin> {
    let (_, rest) = url.split_once("://").ok_or(AmbiguousLogin)?;
    let login = rest.split_once('@');
    let is_clear =
        login.is_none_or(|(login, rest)| !login.contains(['/', '?', '#']) && !rest.contains('@'));
    if is_clear { Ok(()) } else { Err(AmbiguousLogin) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_with_a_special_character_is_ambiguous_unless_it_is_encoded() {
        for text in
            ["x://h", "x://u@h:1/p?q#f", "x://u:p@h", "x://u:p%40%2F@h?a=b%40c", "x://u:p:q@h"]
        {
            assert_eq!(check_login(text), Ok(()), "{text}");
        }
        for text in [
            "x://u:p@q@h",
            "x://u:p/q@h",
            "x://u:p?q@h",
            "x://u:p#q@h",
            "x://u:p@h/x@y",
            "x://u:p@h?a=b@c",
            "x:u:p@h",
            "",
        ] {
            assert_eq!(check_login(text), Err(AmbiguousLogin), "{text}");
        }
    }
}

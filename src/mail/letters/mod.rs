//! The words of the mails. They say what is true when they are sent, and never hold a token.

mod alert;
mod certificate;
mod expiry;
mod generated;
mod invitation;
mod key;
mod last_use;
mod new_login;
mod old_token;
mod passkeys;
mod password_link;
mod refused;
mod revoked;
mod silent;
mod still_used;
mod test_mail;
mod time_to_expiry;
mod works_again;

pub use self::alert::{Change, Told, alert};
pub use self::certificate::certificate;
pub use self::expiry::{Expiry, expiry};
pub use self::generated::{Generated, generated};
pub use self::invitation::invitation;
pub use self::key::{key_created, key_expires};
pub use self::new_login::new_login;
pub use self::old_token::{OldToken, old_token};
pub use self::passkeys::{PasskeyChange, passkeys};
pub use self::password_link::password_link;
pub use self::refused::{RefusedFacts, refused};
pub use self::revoked::revoked;
pub use self::silent::{Silence, silent};
pub use self::still_used::{StillUsed, still_used};
pub use self::test_mail::test_mail;
pub use self::works_again::{OutageReport, works_again};
use super::Letterhead;
use crate::domain::identity_provider::{IdentityProvider, unmarked};
use crate::domain::mail::recipient::Recipient;

/// What follows a mail about sync that has stopped.
const WILL_WORK_AGAIN: &str = "You will receive a mail when SCIM sync works again.";

/// The steps by which a new token is entered in the identity provider.
fn entering(letterhead: &Letterhead) -> Vec<String> {
    let guide = letterhead.provider.map(IdentityProvider::guide).filter(|guide| guide.is_known());
    let Some(guide) = guide else {
        let step = "Enter it in the SCIM application of your identity provider and test the \
                    connection.";
        return vec![step.to_owned()];
    };
    let [enter, then] = guide.steps().map(|step| unmarked(&step));
    vec![format!("In {}, {enter}", guide.name), then]
}

/// The link to the page on which tokens are generated.
fn settings_link(letterhead: &Letterhead) -> (&'static str, String) {
    ("Open SCIM Token settings", letterhead.public_url.join("/admin/authentication"))
}

/// The same, for those who are to look rather than to generate.
fn authentication_link(letterhead: &Letterhead) -> (&'static str, String) {
    ("Open Authentication", settings_link(letterhead).1)
}

/// Why `recipient` gets a mail about the token.
fn reason(recipient: &Recipient, letterhead: &Letterhead) -> String {
    if recipient.admin().is_some() {
        return server_admin_reason(letterhead);
    }
    let Letterhead { product, public_url, .. } = letterhead;
    format!(
        "You receive this mail because your address is configured to receive notifications about \
         the SCIM token of {product} at {}. It was sent automatically.",
        public_url.authority()
    )
}

/// Why somebody gets a mail that nobody else gets.
fn personal_reason(letterhead: &Letterhead) -> String {
    let Letterhead { product, public_url, .. } = letterhead;
    format!(
        "You receive this mail because it is about your account of {product} at {}. It was sent \
         automatically.",
        public_url.authority()
    )
}

fn server_admin_reason(letterhead: &Letterhead) -> String {
    let Letterhead { product, public_url, team, .. } = letterhead;
    let everybody = match team.as_slice() {
        [] => "Every Server Admin receives it.".to_owned(),
        [address] => format!("Every Server Admin and {address} receive it."),
        [one, other] => format!("Every Server Admin, {one} and {other} receive it."),
        more => format!("Every Server Admin and {} team addresses receive it.", more.len()),
    };
    format!(
        "You receive this mail because you are a Server Admin of {product} at {}. {everybody} It \
         was sent automatically.",
        public_url.authority()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_admin_reads_who_else_gets_the_mail() {
        for (team, expected) in [
            (&[][..], "catalog.example.com. Every Server Admin receives it. It was"),
            (&["a@b.example"], "Every Server Admin and a@b.example receive it."),
            (&["a@b.example", "c@d.example"], "Admin, a@b.example and c@d.example receive it."),
            (&["a@b.example"; 3], "Every Server Admin and 3 team addresses receive it."),
        ] {
            let letterhead = Letterhead {
                product: "Acme Catalog".to_owned(),
                public_url: "https://catalog.example.com".parse().unwrap(),
                from: "scim@catalog.example.com".parse().unwrap(),
                provider: None,
                team: team.iter().map(|address| address.parse().unwrap()).collect(),
            };
            let reason = server_admin_reason(&letterhead);
            assert!(reason.contains(expected), "{reason}");
        }
    }
}

//! The words of the mails. They say what is true when they are sent, and never hold a token.

mod alert;
mod certificate;
mod expiry;
mod generated;
mod invitation;
mod key;
mod last_use;
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

fn server_admin_reason(letterhead: &Letterhead) -> String {
    let Letterhead { product, public_url, .. } = letterhead;
    format!(
        "You receive this mail because you are a Server Admin of {product} at {}. Every Server \
         Admin receives it. It was sent automatically.",
        public_url.authority()
    )
}

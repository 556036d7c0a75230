//! What to do with a new token, in the words of the identity provider that was chosen.

use crate::domain::identity_provider::{GENERAL, Guide, IdentityProvider, TokenForm};
use crate::web::Site;
use crate::web::pages::paths::{IDENTITY_PROVIDER, IDENTITY_PROVIDER_STEPS};
use crate::web::session::Link;

/// What stands below a new token.
pub(crate) struct NextSteps {
    pub(crate) guide: &'static Guide,
    /// How the identity provider takes the token.
    pub(crate) alone: bool,
    pub(crate) whole: bool,
    pub(crate) steps: [String; 2],
    pub(crate) base_url: Option<String>,
}

impl NextSteps {
    pub(crate) fn new(provider: Option<IdentityProvider>, site: &Site) -> Self {
        let guide = provider.map_or(GENERAL, IdentityProvider::guide);
        Self {
            guide,
            alone: guide.form == TokenForm::Alone,
            whole: guide.form == TokenForm::Header,
            steps: guide.steps(),
            base_url: site.scim_base_url.as_ref().map(ToString::to_string),
        }
    }
}

/// The same in a few words, with marks.
pub(super) fn in_short(provider: Option<IdentityProvider>) -> String {
    let guide = provider.map_or(GENERAL, IdentityProvider::guide);
    if !guide.is_known() {
        return "Now enter it in the SCIM application of your identity provider and test the \
                connection."
            .to_owned();
    }
    let Guide { name, open, paste, then, .. } = guide;
    format!("Now enter it in {name}: **{open}**, {paste}. Then {then}")
}

/// Where all of it stands.
pub(super) fn link(provider: Option<IdentityProvider>) -> Link {
    let guide = provider.map_or(GENERAL, IdentityProvider::guide);
    if guide.is_known() {
        Link::new(IDENTITY_PROVIDER_STEPS, format!("All steps for {}", guide.name))
    } else {
        Link::new(IDENTITY_PROVIDER, "Show me where")
    }
}

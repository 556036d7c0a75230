//! What all pages have around their content, as the templates need it.

mod banner;
pub(super) mod time;

use actix_web::{HttpResponse, HttpResponseBuilder};
use askama::Template;

use self::time::utc_text;
use super::error_page::PageError;
use crate::service::mails::Banner;
use crate::web::session::{Flash, SignedIn};
use crate::web::{Shared, assets};

/// What every page knows.
pub(super) struct Shell {
    /// The product's name.
    pub(super) product: String,
    /// The host under which people reach it.
    pub(super) host: String,
    /// What the URLs of assets begin with.
    pub(super) assets: &'static str,
    /// When the page was made.
    pub(super) printed: String,
}

impl Shell {
    /// The shell at the present instant.
    pub(super) fn new(shared: &Shared) -> Self {
        Self {
            product: shared.site.product_name.clone(),
            host: shared.site.public_url.authority().to_owned(),
            assets: assets::prefix(),
            printed: utc_text(shared.services.tokens.now()),
        }
    }
}

/// The pages in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The SCIM token.
    Authentication,
    /// The people.
    ServerAdmins,
    /// The mails.
    Notifications,
    /// What happened.
    Activity,
    /// Oneself; not in the navigation.
    Account,
}

/// The pages in their order: place, path, icon and name.
const NAVIGATION: &[(Place, &str, &str, &str)] = &[
    (Place::Authentication, "/admin/authentication", "key", "Authentication"),
    (Place::ServerAdmins, "/admin/server-admins", "people", "Server Admins"),
    (Place::Notifications, "/admin/notifications", "mail", "Notifications"),
    (Place::Activity, "/admin/activity", "history", "Activity"),
];

/// What pages behind the login have around their content.
pub(super) struct Frame {
    /// The reader's name.
    pub(super) name: String,
    /// Two letters of it.
    pub(super) initials: String,
    /// What every form carries.
    pub(super) csrf: String,
    /// The navigation.
    pub(super) nav: Vec<NavItem>,
    /// Messages and warnings at the top.
    pub(super) notices: Vec<Notice>,
}

/// A link of the navigation.
pub(super) struct NavItem {
    pub(super) href: &'static str,
    pub(super) icon: &'static str,
    pub(super) text: &'static str,
    pub(super) current: bool,
}

/// A message in a box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notice {
    /// `info`, `success`, `attention` or `danger`.
    pub(super) tone: &'static str,
    pub(super) icon: &'static str,
    /// The ARIA role, if a screen reader shall read it at once.
    pub(super) role: Option<&'static str>,
    /// Whether the script puts the focus on it.
    pub(super) takes_focus: bool,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) link: Option<Link>,
}

/// A link in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) href: &'static str,
    pub(super) text: &'static str,
}

/// A word with an icon and a colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Badge {
    /// `neutral`, `success`, `attention` or `danger`.
    pub(super) tone: &'static str,
    pub(super) icon: &'static str,
    pub(super) text: String,
}

impl Badge {
    pub(super) fn new(tone: &'static str, icon: &'static str, text: impl Into<String>) -> Self {
        Self { tone, icon, text: text.into() }
    }
}

impl From<Flash> for Notice {
    fn from(flash: Flash) -> Self {
        let (tone, icon) =
            if flash.good { ("success", "check-circle-fill") } else { ("attention", "alert") };
        Self {
            tone,
            icon,
            role: Some("status"),
            takes_focus: true,
            title: flash.title,
            text: flash.text,
            link: None,
        }
    }
}

impl Frame {
    /// The frame of a page whose handler has read what the banners need itself.
    pub(super) fn with(shared: &Shared, me: &SignedIn, place: Place, known: &Banner) -> Self {
        let flash = me.take_flash().map(Notice::from);
        let zone = shared.site.timezone;
        let expiry = banner::expiry(known.history.newest.as_ref(), place, known.now, zone);
        let mail = banner::silence(&known.health, place);
        let notices = flash.into_iter().chain(expiry).chain(mail).collect();
        Self { notices, ..Self::plain(me, place) }
    }

    /// The frame without messages and warnings.
    pub(super) fn plain(me: &SignedIn, place: Place) -> Self {
        Self {
            name: me.admin.name.to_string(),
            initials: initials(me.admin.name.as_str()),
            csrf: me.csrf.clone(),
            nav: navigation(place),
            notices: Vec::new(),
        }
    }

    /// The frame of any other page.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn load(
        shared: &Shared,
        me: &SignedIn,
        place: Place,
    ) -> Result<Self, PageError> {
        let known = shared.services.mails.banner().await?;
        Ok(Self::with(shared, me, place, &known))
    }
}

fn navigation(place: Place) -> Vec<NavItem> {
    let item = |&(of, href, icon, text)| NavItem { href, icon, text, current: of == place };
    NAVIGATION.iter().map(item).collect()
}

/// The first letters of the first and the last word.
pub(super) fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next().and_then(|word| word.chars().next());
    let last = words.next_back().and_then(|word| word.chars().next());
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

/// A page as an answer.
pub(super) fn page(mut answer: HttpResponseBuilder, view: &impl Template) -> HttpResponse {
    match view.render() {
        Ok(html) => answer.content_type("text/html; charset=utf-8").body(html),
        Err(error) => {
            tracing::error!(%error, "a template cannot be rendered");
            HttpResponse::InternalServerError().finish()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_those_of_the_first_and_the_last_word() {
        for (name, expected) in [
            ("Ada Lovelace", "AL"),
            ("ada", "A"),
            ("Juan Carlos de la Cruz", "JC"),
            ("山田 太郎", "山太"),
            ("محمد علي", "مع"),
            ("", ""),
        ] {
            assert_eq!(initials(name), expected);
        }
    }
}

//! The navigation of Admin Settings.

use crate::web::pages::paths;

/// The sections of Admin Settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    /// The SCIM token.
    Authentication,
    /// What to do in the identity provider.
    IdentityProvider,
    /// The people.
    ServerAdmins,
    /// The API keys.
    ApiKeys,
    /// The mails.
    Notifications,
    /// What happened.
    Activity,
    /// Oneself; not in the navigation.
    Account,
    /// No page.
    None,
}

/// The navigation in its order: section, path, icon and name.
const NAVIGATION: &[(Section, &str, &str, &str)] = &[
    (Section::Authentication, paths::AUTHENTICATION, "key", "Authentication"),
    (Section::IdentityProvider, paths::IDENTITY_PROVIDER, "plug", "Identity provider"),
    (Section::ServerAdmins, paths::SERVER_ADMINS, "people", "Server Admins"),
    (Section::ApiKeys, paths::API_KEYS, "terminal", "API keys"),
    (Section::Notifications, paths::NOTIFICATIONS, "mail", "Notifications"),
    (Section::Activity, paths::ACTIVITY, "history", "Activity"),
];

/// What the navigation calls the page at a path, which may have a query.
pub(crate) fn page_name(path: &str) -> &'static str {
    let path = path.split('?').next().unwrap_or(path);
    let is_part = |href: &str| {
        path.strip_prefix(href).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let item = NAVIGATION.iter().find(|(_, href, _, _)| is_part(href));
    item.map_or("Admin Settings", |(_, _, _, name)| name)
}

/// A link of the navigation.
pub(crate) struct NavItem {
    pub(crate) href: &'static str,
    pub(crate) icon: &'static str,
    pub(crate) text: &'static str,
    pub(crate) current: bool,
}

/// The navigation as a page of `section` shows it.
pub(super) fn navigation(section: Section) -> Vec<NavItem> {
    let item = |&(of, href, icon, text)| NavItem { href, icon, text, current: of == section };
    NAVIGATION.iter().map(item).collect()
}

//! Messages and warnings at the top of a page.

use crate::web::session::Flash;

/// A message in a box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    /// `info`, `success`, `attention` or `danger`.
    pub(crate) tone: &'static str,
    pub(crate) icon: &'static str,
    /// The ARIA role, if a screen reader should read it at once.
    pub(crate) role: Option<&'static str>,
    /// Whether the script puts the focus on it.
    pub(crate) takes_focus: bool,
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) link: Option<NoticeLink>,
}

/// Where to go about a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NoticeLink {
    pub(crate) href: &'static str,
    pub(crate) text: &'static str,
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

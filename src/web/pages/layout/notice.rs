//! Messages and warnings at the top of a page.

use chrono::TimeDelta;

use super::time::utc_text;
use crate::service::HourlyLimit;
use crate::web::session::{Flash, Link};

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
    /// Whether the text has marks of what stands out.
    pub(crate) marked: bool,
    pub(crate) link: Option<Link>,
}

/// The message that something was not done, because it was done too often.
pub(crate) fn limited(title: &str, HourlyLimit { limit, until }: HourlyLimit) -> Flash {
    // No minute is named that is too early by seconds.
    let until = utc_text(until + TimeDelta::seconds(59));
    let why = format!(
        "You have done this {limit} times in the last hour, which is the limit. It is possible \
         again from {until}."
    );
    Flash::warning(title, why)
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
            marked: flash.marked,
            link: flash.link,
        }
    }
}

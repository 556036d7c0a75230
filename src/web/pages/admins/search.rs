//! Finding somebody among many Server Admins.

use form_urlencoded::Serializer;
use serde::Deserialize;

use crate::domain::admin::ServerAdmin;
use crate::domain::admin::person::AdminId;
use crate::service::mails::MailHealth;
use crate::web::pages::layout::text::folded;
use crate::web::pages::paths::SERVER_ADMINS;

/// With so many, nobody needs to search.
const FEW: usize = 8;
/// People on a page.
const SHOWN: usize = 25;

/// What is asked for.
#[derive(Default, Deserialize)]
pub(crate) struct ListQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    show: String,
    page: Option<usize>,
    #[serde(default)]
    invitations: String,
}

/// The form, as it was filled in.
pub(super) struct SearchForm {
    pub(super) text: String,
    pub(super) choices: Vec<Choice>,
}

pub(super) struct Choice {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) is_chosen: bool,
}

/// What is known of people besides.
pub(super) struct Facts<'a> {
    pub(super) health: &'a MailHealth,
    /// Who has a passkey.
    pub(super) holders: &'a [AdminId],
}

type Which = fn(&ServerAdmin, &Facts<'_>) -> bool;

/// What can be chosen: the value in the query, its name, and who is meant.
const CHOICES: [(&str, &str, Which); 5] = [
    ("", "Everyone", |_, _| true),
    ("active", "Active", |admin, _| admin.active),
    ("mail-failed", "Mail failed", |admin, known| known.health.unreachable.contains(&admin.id)),
    ("without-passkey", "Without a passkey", |admin, known| {
        admin.active && !known.holders.contains(&admin.id)
    }),
    ("deactivated", "Deactivated", |admin, _| !admin.active),
];

/// Where one is among many pages.
pub(super) struct Pager {
    /// `1 to 25 of 199`
    pub(super) range: String,
    pub(super) previous: Option<PageLink>,
    pub(super) next: Option<PageLink>,
}

pub(super) struct PageLink {
    pub(super) href: String,
    pub(super) text: String,
}

impl ListQuery {
    /// Whether somebody in particular is looked for.
    fn is_filtered(&self) -> bool {
        !self.q.trim().is_empty() || !self.show.is_empty()
    }

    /// Whether all open invitations are wanted.
    pub(super) fn shows_all_invitations(&self) -> bool {
        self.invitations == "all"
    }

    /// Those who are meant, in their order: who cannot be reached, then `me`, then all by name.
    pub(super) fn find<'a>(
        &self,
        admins: &'a [ServerAdmin],
        known: &Facts<'_>,
        me: &ServerAdmin,
    ) -> Vec<&'a ServerAdmin> {
        let words = folded(&self.q);
        let words: Vec<&str> = words.split_whitespace().collect();
        let which = CHOICES.iter().find(|(code, ..)| *code == self.show);
        let is_meant = |admin: &&ServerAdmin| {
            let text = folded(&format!("{} {}", admin.name, admin.email));
            which.is_none_or(|(_, _, which)| which(admin, known))
                && words.iter().all(|word| text.contains(word))
        };
        let mut found: Vec<_> = admins.iter().filter(is_meant).collect();
        found.sort_by_key(|admin| {
            (!known.health.unreachable.contains(&admin.id), admin.id != me.id)
        });
        found
    }

    /// The form; none where everybody is seen at a glance.
    pub(super) fn form(&self, admins: usize) -> Option<SearchForm> {
        let choice = |(code, name, _): &(&'static str, &'static str, Which)| Choice {
            code,
            name,
            is_chosen: *code == self.show,
        };
        (admins > FEW || self.is_filtered()).then(|| SearchForm {
            text: self.q.clone(),
            choices: CHOICES.iter().map(choice).collect(),
        })
    }

    /// What to say when nobody was found.
    pub(super) fn nobody(&self) -> String {
        match self.q.trim() {
            "" => "Nobody matches.".to_owned(),
            text => format!("Nobody matches “{text}”."),
        }
    }

    /// The page that is asked for, or the nearest that there is; its people and the way to others.
    pub(super) fn page<'a>(
        &self,
        found: &'a [&'a ServerAdmin],
    ) -> (&'a [&'a ServerAdmin], Option<Pager>) {
        let last = found.len().div_ceil(SHOWN).max(1);
        let page = self.page.unwrap_or(1).clamp(1, last);
        let (start, end) = ((page - 1) * SHOWN, (page * SHOWN).min(found.len()));
        let pager = (last > 1).then(|| Pager {
            range: format!("{} to {end} of {}", start + 1, found.len()),
            previous: (page > 1).then(|| self.link(page - 1, format!("Previous {SHOWN}"))),
            next: (page < last)
                .then(|| self.link(page + 1, format!("Next {}", (found.len() - end).min(SHOWN)))),
        });
        (found.get(start..end).unwrap_or_default(), pager)
    }

    fn link(&self, page: usize, text: String) -> PageLink {
        let mut query = Serializer::new(String::new());
        for (name, value) in [("q", self.q.trim()), ("show", &self.show)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.append_pair("page", &page.to_string());
        PageLink { href: format!("{SERVER_ADMINS}?{}", query.finish()), text }
    }
}

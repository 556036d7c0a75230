//! `Admin Settings → Activity`: everything that has happened, by pages.

use std::fmt::Write as _;

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::feed::{self, Entry, Part};
use crate::domain::activity::Kind;
use crate::domain::activity::timeline::Position;
use crate::service::activity::Place;
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::layout::{self, Layout};
use crate::web::pages::paths::{ACTIVITY, ACTIVITY_CSV, ACTIVITY_JSON};
use crate::web::session::SignedIn;

#[derive(Template)]
#[template(path = "activity/page.html")]
struct Page {
    layout: Layout,
    filter: Filter,
    feed: Vec<Entry>,
    links: Links,
}

/// What the address of the page says.
#[derive(Deserialize)]
pub(crate) struct Query {
    #[serde(default)]
    kind: String,
    before: Option<String>,
    after: Option<String>,
}

/// `GET /admin/activity?kind=...&before=...`.
pub(crate) async fn page(
    shared: web::Data<Shared>,
    me: SignedIn,
    query: web::Query<Query>,
) -> Result<HttpResponse, PageError> {
    let filter = Filter::parse(&query.kind)?;
    let place = place(&query)?;
    let listed = shared.services.activity.page(place, &filter.kinds).await?;
    let view = Page {
        layout: Layout::load(&shared, &me, layout::Section::Activity).await?,
        feed: feed::entries(&listed.entries, me.admin.id, me.now),
        links: Links::new(&filter, place, listed.newer, listed.older),
        filter,
    };
    Ok(layout::page(HttpResponse::Ok(), &view))
}

fn place(query: &Query) -> Result<Place, PageError> {
    let read = |text: &String| {
        text.parse::<Position>()
            .map_err(|_malformed| PageError::BadRequest("The address names no page of the list."))
    };
    match (&query.before, &query.after) {
        (None, None) => Ok(Place::Newest),
        (Some(before), _) => Ok(Place::Before(read(before)?)),
        (None, Some(after)) => Ok(Place::After(read(after)?)),
    }
}

/// Which kinds of entries are shown.
pub(crate) struct Filter {
    /// What stands in the URL: a topic, a kind or nothing.
    code: &'static str,
    name: &'static str,
    /// The kinds, or nothing for all.
    pub(crate) kinds: Vec<Kind>,
}

impl Filter {
    /// Reads the name of a topic or a kind.
    ///
    /// # Errors
    /// [`PageError::BadRequest`] when there is no such kind.
    pub(crate) fn parse(code: &str) -> Result<Self, PageError> {
        if code.is_empty() {
            return Ok(Self { code: "", name: "Everything", kinds: Vec::new() });
        }
        if let Some(topic) = feed::topics().iter().find(|topic| topic.code == code) {
            let feed::Topic { code, name, kinds } = topic;
            return Ok(Self { code, name, kinds: kinds.to_vec() });
        }
        let kind: Kind = code
            .parse()
            .map_err(|_unknown| PageError::BadRequest("There is no such kind of activity."))?;
        Ok(Self { code: kind.as_str(), name: feed::name(kind), kinds: vec![kind] })
    }

    fn is(&self, code: &str) -> bool {
        self.code == code
    }

    fn query(&self) -> String {
        if self.code.is_empty() { String::new() } else { format!("?kind={}", self.code) }
    }
}

/// Where the links of the page lead.
struct Links {
    newest: Option<String>,
    newer: Option<String>,
    older: Option<String>,
    csv: String,
    json: String,
}

impl Links {
    fn new(
        filter: &Filter,
        place: Place,
        newer: Option<Position>,
        older: Option<Position>,
    ) -> Self {
        let query = filter.query();
        let to = |name: &str, position: Position| {
            let mut link = format!("{ACTIVITY}{query}");
            let separator = if query.is_empty() { '?' } else { '&' };
            let _ = write!(link, "{separator}{name}={position}");
            link
        };
        Self {
            newest: (place != Place::Newest && newer.is_some())
                .then(|| format!("{ACTIVITY}{query}")),
            newer: newer.map(|position| to("after", position)),
            older: older.map(|position| to("before", position)),
            csv: format!("{ACTIVITY_CSV}{query}"),
            json: format!("{ACTIVITY_JSON}{query}"),
        }
    }
}

//! `Admin Settings → Activity`: everything that has happened, by pages.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::feed::{self, FeedEntry};
use super::filter::Filter;
use super::sentence::Part;
use crate::domain::activity::TOPICS;
use crate::domain::activity::timeline::{Cursor, TimelinePage};
use crate::service::activity::PageRequest;
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::layout::{self, Layout};
use crate::web::pages::names::Names;
use crate::web::pages::paths::{ACTIVITY, ACTIVITY_CSV, ACTIVITY_JSON};
use crate::web::session::SignedIn;

#[derive(Template)]
#[template(path = "activity/page.html")]
struct ActivityPage {
    layout: Layout,
    filter: Filter,
    feed: Vec<FeedEntry>,
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
    let wanted = wanted(&query)?;
    let listed = shared.services.activity.page(wanted, &filter.kinds).await?;
    let names = Names::new(&shared.services.admins.list().await?, me.admin.id);
    let view = ActivityPage {
        layout: Layout::load(&shared, &me, layout::Section::Activity).await?,
        feed: feed::entries(&listed.entries, &names, me.now),
        links: Links::new(&filter, wanted, &listed),
        filter,
    };
    Ok(layout::page(HttpResponse::Ok(), &view))
}

fn wanted(query: &Query) -> Result<PageRequest, PageError> {
    let read = |text: &String| {
        text.parse::<Cursor>()
            .map_err(|_malformed| PageError::BadRequest("The address names no page of the list."))
    };
    match (&query.before, &query.after) {
        (None, None) => Ok(PageRequest::Newest),
        (Some(before), _) => Ok(PageRequest::Before(read(before)?)),
        (None, Some(after)) => Ok(PageRequest::After(read(after)?)),
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
    fn new(filter: &Filter, wanted: PageRequest, page: &TimelinePage) -> Self {
        let query = filter.query();
        let to = |name: &str, cursor: Cursor| {
            let separator = if query.is_empty() { '?' } else { '&' };
            format!("{ACTIVITY}{query}{separator}{name}={cursor}")
        };
        Self {
            newest: (wanted != PageRequest::Newest && page.newer.is_some())
                .then(|| format!("{ACTIVITY}{query}")),
            newer: page.newer.map(|cursor| to("after", cursor)),
            older: page.older.map(|cursor| to("before", cursor)),
            csv: format!("{ACTIVITY_CSV}{query}"),
            json: format!("{ACTIVITY_JSON}{query}"),
        }
    }
}

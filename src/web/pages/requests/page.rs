//! `Admin Settings → Authentication → Requests`: the last 48 hours, and who sent them.

use actix_web::{HttpResponse, web};
use askama::Template;

use super::card::RequestsView;
use crate::domain::requests::callers::LIMIT;
use crate::domain::requests::series::Step;
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::layout::{self, Layout, Section};
use crate::web::session::SignedIn;

#[derive(Template)]
#[template(path = "requests/page.html")]
struct RequestsPage {
    layout: Layout,
    view: RequestsView,
}

/// `GET /admin/requests`.
pub(crate) async fn page(
    shared: web::Data<Shared>,
    me: SignedIn,
) -> Result<HttpResponse, PageError> {
    let overview = shared.services.requests.overview(Step::Hour).await?;
    let view = RequestsPage {
        layout: Layout::load(&shared, &me, Section::Authentication).await?,
        view: RequestsView::new(&overview, LIMIT, me.now),
    };
    Ok(layout::page(HttpResponse::Ok(), &view))
}

//! What surrounds every page: the origin check before it, headers and error pages after it.

use std::cell::Cell;
use std::rc::Rc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{ACCEPT, HeaderMap, SET_COOKIE};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, web};

use super::PageError;
use super::layout::Shell;
use crate::web::{Shared, csrf, headers};

/// Whether a request has come as far as its handler.
#[derive(Clone, Default)]
struct Reached(Rc<Cell<bool>>);

/// The innermost layer of the pages: what fails before it has changed nothing.
pub(super) async fn reach(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if let Some(reached) = request.extensions().get::<Reached>() {
        reached.0.set(true);
    }
    next.call(request).await
}

/// The outermost layer of the pages.
pub(super) async fn answer_pages(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(shared) = request.app_data::<web::Data<Shared>>().cloned() else {
        return Ok(request.into_response(HttpResponse::InternalServerError()));
    };
    let json = wants_json(request.headers());
    if !csrf::origin_is_ours(&request, &shared.site) {
        return Ok(request.into_response(render(&PageError::ForeignOrigin, &shared, json)));
    }
    let reached = Reached::default();
    request.extensions_mut().insert(reached.clone());
    match next.call(request).await {
        Ok(response) => Ok(finish(response.map_into_boxed_body(), &shared, json)),
        // Only what surrounds the handlers fails in this way: loading or keeping the session.
        Err(error) => {
            let cause = format!("{error:?}");
            let broken = if reached.0.get() {
                PageError::SessionLost(cause)
            } else {
                PageError::SessionUnknown(cause)
            };
            let answer = render(&broken, &shared, json);
            Err(InternalError::from_response(error, answer).into())
        }
    }
}

fn finish(
    response: ServiceResponse<BoxBody>,
    shared: &Shared,
    json: bool,
) -> ServiceResponse<BoxBody> {
    let rendered = response.response().error().map(|error| {
        let known = error.as_error::<PageError>();
        let status = response.status();
        known.map_or_else(
            || render(&PageError::from_status(status), shared, json),
            |error| render(error, shared, json),
        )
    });
    let mut response = match rendered {
        Some(mut rendered) => {
            for cookie in response.headers().get_all(SET_COOKIE) {
                rendered.headers_mut().append(SET_COOKIE, cookie.clone());
            }
            response.into_response(rendered)
        }
        None => response,
    };
    headers::apply(response.headers_mut(), &shared.site);
    response
}

fn render(error: &PageError, shared: &Shared, json: bool) -> HttpResponse {
    let reference = shared.services.sessions.random_text();
    let mut answer = error.answer(Shell::new(shared), &reference, json);
    headers::apply(answer.headers_mut(), &shared.site);
    answer
}

/// Whether the script of a page asks rather than the browser itself.
pub(super) fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.starts_with("application/json"))
}

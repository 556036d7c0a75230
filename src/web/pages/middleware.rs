//! What surrounds every page: the origin check before it, headers and error pages after it.

use std::cell::Cell;
use std::rc::Rc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::ConnectionType;
use actix_web::http::header::SET_COOKIE;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, web};

use super::error_page::{self, Asked};
use super::form_body;
use super::layout::{Layout, Section};
use super::paths::ADMIN;
use super::proof;
use crate::audit::Line;
use crate::domain::activity::Attempt;
use crate::domain::masking::path_fit_for_log;
use crate::domain::network::source::Source;
use crate::web::error::PageError;
use crate::web::now::Now;
use crate::web::session::SignedIn;
use crate::web::{Shared, client, connections, csrf, headers, session, spelling};

/// Whether a request has come as far as its handler.
#[derive(Clone, Default)]
struct HandlerReached(Rc<Cell<bool>>);

/// The innermost layer of the pages: what fails before it has changed nothing. A change that asks for a
/// proof is answered here, where the session is known.
pub(super) async fn reach(
    shared: web::Data<Shared>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if let Some(reached) = request.extensions().get::<HandlerReached>() {
        reached.0.set(true);
    }
    let answer = next.call(request).await?.map_into_boxed_body();
    let error = answer.response().error().map(Error::as_error);
    let is_error = error.is_some();
    if matches!(error, Some(Some(PageError::ProofRequired))) {
        match proof::ask(&shared, answer.request()).await {
            Ok(Some(asked)) => return Ok(answer.into_response(asked)),
            Ok(None) => (),
            Err(failure) => return Ok(answer.error_response(PageError::from(failure))),
        }
    }
    if is_error {
        keep_menu(answer.request(), &shared);
    }
    Ok(answer)
}

/// Errors inside Admin Settings keep its menu. Only here the session can still be read.
fn keep_menu(request: &HttpRequest, shared: &Shared) {
    let reader = SignedIn::find(request).filter(|_| request.path().starts_with(ADMIN));
    if let Some(me) = reader {
        let layout = Layout::without_notices(shared, &me, Section::None);
        request.extensions_mut().insert(layout);
    }
}

/// The outermost layer of the pages.
pub(super) async fn answer_pages(
    shared: web::Data<Shared>,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let asked = Asked::by(request.request());
    let address = client::address(request.request(), &shared.site.trusted_proxies);
    let source = client::source(request.request(), address);
    request.extensions_mut().insert(source);
    let plain = || Layout::plain(&shared, shared.services.now());
    let render = |error: &PageError| render(error, plain(), &shared, &asked);
    if !shared.is_ready() {
        return Ok(request.into_response(render(&PageError::Starting)));
    }
    if !spelling::is_plain(request.head().uri.path()) {
        return Ok(request.into_response(render(&PageError::NotFound)));
    }
    if !csrf::origin_is_ours(&request, &shared.site) {
        log_refusal(&shared, request.request(), &PageError::ForeignOrigin);
        return Ok(request.into_response(render(&PageError::ForeignOrigin)));
    }
    if let Err(error) = form_body::read(&mut request).await {
        return Ok(finish(request.error_response(error), &shared, &asked));
    }
    let reached = HandlerReached::default();
    request.extensions_mut().insert(reached.clone());
    // A form has arrived when it has arrived whole.
    request.extensions_mut().insert(Now(shared.services.now()));
    match next.call(request).await {
        Ok(response) => Ok(finish(response.map_into_boxed_body(), &shared, &asked)),
        // Only what surrounds the handlers fails in this way: loading or storing the session.
        Err(error) => {
            let cause = format!("{error:?}");
            let broken = if reached.0.get() {
                PageError::SessionNotStored(cause)
            } else {
                PageError::SessionNotLoaded(cause)
            };
            Err(InternalError::from_response(error, render(&broken)).into())
        }
    }
}

fn finish(
    response: ServiceResponse<BoxBody>,
    shared: &Shared,
    asked: &Asked,
) -> ServiceResponse<BoxBody> {
    let render =
        |error: &PageError| render(error, layout(response.request(), shared), shared, asked);
    let is_late = connections::is_late(response.request());
    let rendered = response.response().error().map(|error| match error.as_error() {
        _ if is_late => render(&PageError::TooSlow),
        Some(known) => {
            log_refusal(shared, response.request(), known);
            render(known)
        }
        None => render(&PageError::from_status(response.status())),
    });
    let has_ended = response.response().error().and_then(|error| error.as_error::<PageError>());
    let has_ended = matches!(has_ended, Some(PageError::SessionEnded));
    let mut response = match rendered {
        Some(mut rendered) => {
            if has_ended {
                session::draft::keep(response.request(), &mut rendered, shared);
            }
            for cookie in response.headers().get_all(SET_COOKIE) {
                rendered.headers_mut().append(SET_COOKIE, cookie.clone());
            }
            response.into_response(rendered)
        }
        None => response,
    };
    headers::apply(response.headers_mut());
    if form_body::holds_password(response.request()) {
        // The buffer of the connection holds it until it ends.
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    response
}

/// What stands around an error.
fn layout(request: &HttpRequest, shared: &Shared) -> Layout {
    let kept = request.extensions_mut().remove::<Layout>();
    kept.unwrap_or_else(|| Layout::plain(shared, shared.services.now()))
}

fn render(error: &PageError, layout: Layout, shared: &Shared, asked: &Asked) -> HttpResponse {
    if error.is_ours() {
        shared.services.log_failure(&error.to_string(), &asked.reference);
    }
    let mut answer = error_page::answer(error, layout, asked);
    headers::apply(answer.headers_mut());
    answer
}

/// Logs what was refused because of where it came from: what use cases refuse, they log themselves.
fn log_refusal(shared: &Shared, request: &HttpRequest, error: &PageError) {
    let attempt = match error {
        PageError::ForeignOrigin => Attempt::ForeignOrigin,
        PageError::ForeignForm => Attempt::ForeignForm,
        PageError::SessionEnded if !request.method().is_safe() => Attempt::FormWithoutSession,
        _ => return,
    };
    let source = request.extensions().get::<Source>().cloned().unwrap_or_default();
    // Whatever path leads nowhere is the same attempt.
    let path = request.match_pattern().map(|_| path_fit_for_log(request.path()));
    let line = Line::of_attempt(attempt, source).about(path.unwrap_or("no page".to_owned()));
    let line = match session::holder(request) {
        Some(holder) => line.by(holder),
        None => line,
    };
    shared.services.log(line);
}

//! Any bytes as the body of a form.

use actix_web::body::BoxBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::Bytes;
use actix_web::{App, Error, HttpRequest, HttpResponse, test, web};
use futures_util::stream;
use secrecy::{ExposeSecret, SecretString};

use super::admins::fields::PersonFields;
use super::form_body;
use super::login::LoginFields;
use crate::domain::admin::password::prepare;
use crate::domain::token::lifespan::Lifespan;
use crate::domain::visible::is_invisible;

/// Stands in the answer to a form that holds a password.
const MARK: &str = "x-password";

/// The first byte says in how large parts the others arrive.
///
/// # Panics
/// If the handler gets something else than was sent.
pub fn form(data: &[u8]) {
    let Some((size, body)) = data.split_first() else { return };
    let Ok(runtime) = actix_web::rt::Runtime::new() else { return };
    let (status, read, is_marked) = runtime.block_on(through_the_reader(usize::from(*size), body));
    if body.len() > 16 * 1024 {
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    } else {
        assert_eq!((status, &*read), (StatusCode::OK, body));
        let mut fields = form_urlencoded::parse(body);
        let holds_password = fields.any(|(name, value)| {
            matches!(&*name, "password" | "present" | "fresh") && !value.is_empty()
        });
        assert_eq!(is_marked, holds_password, "{}", body.escape_ascii());
    }
    fields(&String::from_utf8_lossy(body));
}

/// What the handler behind the reader gets: its answer, the body, and whether there is a password.
async fn through_the_reader(size: usize, body: &[u8]) -> (StatusCode, Bytes, bool) {
    let parts: Vec<Result<Bytes, PayloadError>> =
        body.chunks(size + 1).map(|part| Ok(Bytes::copy_from_slice(part))).collect();
    let app = App::new().wrap(from_fn(read)).route("/form", web::post().to(echo));
    let app = test::init_service(app).await;
    let mut request = test::TestRequest::post().uri("/form").to_request();
    *request.payload() = Payload::Stream { payload: Box::pin(stream::iter(parts)) };
    let answer = test::call_service(&app, request).await;
    let status = answer.status();
    let is_marked = answer.headers().contains_key(MARK);
    (status, test::read_body(answer).await, is_marked)
}

async fn read(
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match form_body::read(&mut request).await {
        Ok(()) => next.call(request).await,
        Err(error) => Ok(request.error_response(error)),
    }
}

async fn echo(request: HttpRequest, body: Bytes) -> HttpResponse {
    let mut answer = HttpResponse::Ok();
    if form_body::holds_password(&request) {
        answer.insert_header((MARK, "yes"));
    }
    answer.body(body)
}

/// What a body says, in the types that handlers take it as.
fn fields(body: &str) {
    if let Ok(form) = web::Query::<LoginFields>::from_query(body) {
        form.check();
    }
    if let Ok(mut person) = web::Query::<PersonFields>::from_query(body)
        && let Some((name, email)) = person.parse()
    {
        let shown = format!("{name} {email}");
        assert!(shown.chars().all(|c| !is_invisible(c)), "{shown:?}");
        assert!(email.as_str().matches('@').count() == 1, "{shown:?}");
        assert!(!email.as_str().contains(['\r', '\n', ' ', '<', '>', ',']), "{shown:?}");
    }
    for (_, value) in form_urlencoded::parse(body.as_bytes()) {
        let once = prepare(&SecretString::from(&*value));
        assert_eq!(prepare(&once).expose_secret(), once.expose_secret(), "{value:?}");
        if let Ok(lifespan) = value.parse::<Lifespan>() {
            assert!((1..=6).contains(&lifespan.months()) && value.len() == 1, "{value:?}");
        }
    }
}

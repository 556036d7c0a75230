//! What surrounds every request: its connection learns when it begins and ends, and its body has a
//! deadline.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use actix_http::error::PayloadError;
use actix_http::{ConnectionType, Payload, Request, Response};
use actix_web::HttpResponse;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use actix_web::http::header::HeaderValue;
use actix_web::http::{StatusCode, Uri};
use actix_web::web::Bytes;
use futures_util::Stream;
use pin_project_lite::pin_project;

use super::access_log::Access;
use super::connection::{After, Connection};
use super::protection::protect;
use super::registry::Registry;
use super::request_ids::{X_REQUEST_ID, given};

/// The application, surrounded.
pub(super) struct Requests<S> {
    pub(super) application: S,
    pub(super) is_https: bool,
    /// Present if every request is logged.
    pub(super) access_log: Option<Arc<Registry>>,
}

impl<S> Service<Request> for Requests<S>
where
    S: Service<Request, Response = ServiceResponse, Error = actix_web::Error>,
{
    type Response = ServiceResponse;
    type Error = Response<actix_web::body::BoxBody>;
    type Future = Answer<S::Future>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.application.poll_ready(context).map_err(|error| error.error_response().into())
    }

    fn call(&self, mut request: Request) -> Self::Future {
        // Offers of another protocol are withdrawn; one that was overlooked ends the connection.
        let must_close = request.head().connection_type() == ConnectionType::Upgrade;
        let connection = request.conn_data::<Arc<Connection>>().cloned();
        if let Some(connection) = &connection {
            match request.take_payload() {
                Payload::None => connection.request_begins(false),
                body => {
                    connection.request_begins(true);
                    let body = Body { body, connection: Arc::clone(connection) };
                    *request.payload() = Payload::Stream { payload: Box::pin(body) };
                }
            }
        }
        let given = connection.as_ref().and_then(|connection| {
            let text = given(request.head().headers(), connection.is_of_proxy())?;
            HeaderValue::from_str(text).ok()
        });
        let access = self.access_log.as_ref().zip(connection.as_ref());
        let access = access.map(|(registry, connection)| {
            Box::new(Access::begin(&request, connection, &registry.trusted_proxies))
        });
        let handler = self.application.call(request);
        Answer { handler, connection, given, access, must_close, is_https: self.is_https }
    }
}

pin_project! {
    /// The answer to a request.
    pub(super) struct Answer<F> {
        #[pin]
        handler: F,
        connection: Option<Arc<Connection>>,
        // The id that a proxy has given the request.
        given: Option<HeaderValue>,
        // Present if it is logged.
        access: Option<Box<Access>>,
        must_close: bool,
        is_https: bool,
    }
}

impl<F> Future for Answer<F>
where
    F: Future<Output = Result<ServiceResponse, actix_web::Error>>,
{
    type Output = Result<ServiceResponse, Response<actix_web::body::BoxBody>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = ready!(this.handler.poll(context));
        let mut answer = answer.map(forget_request).map_err(|error| error.error_response());
        let response = match &mut answer {
            Ok(answer) => answer.response_mut(),
            Err(response) => response,
        };
        let must_close =
            *this.must_close || response.head().connection_type() == ConnectionType::Close;
        let after = this.connection.as_ref().map(|c| c.request_ends(must_close));
        finish(response, after.unwrap_or(After::Closed));
        let id = this.given.take().or_else(|| this.connection.as_ref().map(|c| c.ids.header()));
        if let Some(id) = id {
            response.headers_mut().insert(X_REQUEST_ID, id);
        }
        protect(response.headers_mut(), *this.is_https);
        if let Some(access) = this.access.take() {
            let status = response.status();
            let count = |_: &mut _, body| access.count(status, body);
            answer = match answer {
                Ok(answer) => Ok(answer.map_body(count)),
                Err(response) => Err(response.map_body(count)),
            };
        }
        Poll::Ready(answer.map_err(Into::into))
    }
}

/// The HTTP library keeps requests that are done, to use them again. What they hold is dropped now,
/// and wiped with the buffer in which it arrived: there are credentials in it.
fn forget_request(answer: ServiceResponse) -> ServiceResponse {
    let (request, response) = answer.into_parts();
    let mut request = ServiceRequest::from_request(request);
    request.headers_mut().clear();
    request.head_mut().uri = Uri::default();
    request.match_info_mut().get_mut().update(&Uri::default());
    let (request, _body) = request.into_parts();
    ServiceResponse::new(request, response)
}

fn finish(response: &mut HttpResponse, after: After) {
    if after == After::TooLate {
        *response.status_mut() = StatusCode::REQUEST_TIMEOUT;
    }
    if after != After::Kept {
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
}

/// A request's body, which must arrive in time.
struct Body {
    body: Payload,
    connection: Arc<Connection>,
}

impl Stream for Body {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = Pin::new(&mut self.body).poll_next(context);
        match next {
            Poll::Ready(None) => self.connection.body_ends(),
            Poll::Pending if self.connection.is_late() => {
                let error = PayloadError::Io(io::ErrorKind::TimedOut.into());
                return Poll::Ready(Some(Err(error)));
            }
            _ => {}
        }
        next
    }
}

impl Drop for Body {
    /// What has arrived whole without having been read does not cost the client its connection.
    fn drop(&mut self) {
        let mut context = Context::from_waker(Waker::noop());
        loop {
            match Pin::new(&mut self.body).poll_next(&mut context) {
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(None) => return self.connection.body_ends(),
                Poll::Ready(Some(Err(_))) | Poll::Pending => return,
            }
        }
    }
}

//! One request to a receiver over a connection of its own: no redirect is followed, and no variable
//! of the environment puts a proxy in between.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::handshake;
use hyper::header::{CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use crate::mail::trust::{Trust, TrustAdvice, tls_problem};

/// So many bytes are read of what a receiver says about a refusal, and for so long.
const BODY_LIMIT: usize = 600;
const BODY_TIME: Duration = Duration::from_secs(1);
const PROGRAM: &str = concat!("scimward/", env!("CARGO_PKG_VERSION"));

const ADVICE: TrustAdvice = TrustAdvice {
    authority: "name the authority that signed it, or the certificate itself, in PEM form with \
                SSL_CERT_FILE",
    name: "write the host in SCIMWARD_WEBHOOKS as the certificate does",
};

/// What a receiver has answered.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) status: u16,
    /// The words that belong to the status.
    pub(super) reason: String,
    /// The beginning of the body.
    pub(super) body: String,
    pub(super) retry_after: Option<String>,
}

/// Posts JSON. An answer has to begin within `limit`.
///
/// # Errors
/// What kept the receiver from answering: the end of a sentence that begins with its host.
pub(super) async fn post(
    url: &str,
    headers: &[(&'static str, String)],
    body: String,
    limit: Duration,
) -> Result<Received, String> {
    let deadline = Instant::now() + limit;
    let url: Url = url.parse().map_err(|_malformed| "has no usable URL".to_owned())?;
    let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
        return Err("has no usable URL".to_owned());
    };
    let name = match &host {
        Host::Domain(name) => (*name).to_owned(),
        Host::Ipv4(ip) => ip.to_string(),
        Host::Ipv6(ip) => ip.to_string(),
    };
    let authority = url.port().map_or_else(|| host.to_string(), |port| format!("{host}:{port}"));
    let request = request(&url, &authority, headers, body)?;
    let stream = until(deadline, TcpStream::connect((name.as_str(), port))).await?;
    let stream = stream.map_err(|error| format!("cannot be reached: {error}"))?;
    if url.scheme() != "https" {
        return converse(stream, request, deadline).await;
    }
    let config = Trust::load(None)?.into_client().map_err(|error| error.to_string())?;
    let server = ServerName::try_from(name.clone()).map_err(|error| error.to_string())?;
    let stream =
        until(deadline, TlsConnector::from(Arc::new(config)).connect(server, stream)).await?;
    let stream = stream.map_err(|error| match tls_problem(&error, &name, &ADVICE) {
        Some(problem) => format!("is not trusted: {problem}"),
        None => format!("cannot encrypt: {error}"),
    })?;
    converse(stream, request, deadline).await
}

fn request(
    url: &Url,
    authority: &str,
    headers: &[(&'static str, String)],
    body: String,
) -> Result<Request<Full<Bytes>>, String> {
    let target = url
        .query()
        .map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let mut request = Request::post(target)
        .header(HOST, authority)
        .header(USER_AGENT, PROGRAM)
        .header(CONTENT_TYPE, "application/json");
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    // The error could repeat the target.
    request.body(Full::from(body)).map_err(|_malformed| "has no usable URL".to_owned())
}

/// Sends the request and reads the answer.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    request: Request<Full<Bytes>>,
    deadline: Instant,
) -> Result<Received, String> {
    let opened = handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = opened.map_err(|error| broken(&error))?;
    let answer = async move {
        let response = until(deadline, sender.send_request(request)).await?;
        Ok(receive(response.map_err(|error| broken(&error))?).await)
    };
    let (mut answer, mut connection) = (pin!(answer), pin!(connection));
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        // Everything that has arrived can still be read.
        _ended = &mut connection => answer.await,
    }
}

async fn until<F: IntoFuture>(deadline: Instant, future: F) -> Result<F::Output, String> {
    let in_time = timeout_at(deadline, future).await;
    in_time.map_err(|_elapsed| "did not answer in time".to_owned())
}

/// The status decides: a body that never ends takes nothing from it.
async fn receive(response: Response<Incoming>) -> Received {
    let status = response.status();
    let retry_after = response.headers().get(RETRY_AFTER);
    let retry_after = retry_after.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut body = Vec::new();
    if !status.is_success() {
        // Whatever has arrived by then is enough.
        let _elapsed = timeout(BODY_TIME, begin(response.into_body(), &mut body)).await;
    }
    Received {
        status: status.as_u16(),
        reason: status.canonical_reason().unwrap_or_default().to_owned(),
        body: String::from_utf8_lossy(&body).into_owned(),
        retry_after,
    }
}

/// Reads the first bytes of a body.
async fn begin(mut body: Incoming, read: &mut Vec<u8>) {
    while read.len() < BODY_LIMIT
        && let Some(Ok(frame)) = body.frame().await
    {
        let data = frame.data_ref().map(AsRef::as_ref).unwrap_or_default();
        read.extend_from_slice(data.get(..BODY_LIMIT - read.len()).unwrap_or(data));
    }
}

fn broken(error: &hyper::Error) -> String {
    let why = if error.is_parse() {
        "answered something else than HTTP"
    } else if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        "closed the connection without an answer"
    } else {
        "broke the connection off"
    };
    why.to_owned()
}

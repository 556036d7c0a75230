//! The bare handler: the least that actix does to send these bytes.

use std::path::Path;

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::{self, Bytes};
use actix_web::{App, HttpResponse, HttpServer};

/// Serves the answer in this file for every request.
pub(crate) fn serve(port: u16, answer: &Path) {
    let text = std::fs::read_to_string(answer).expect("the answer to give");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
    let headers: Vec<(HeaderName, HeaderValue)> = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .filter(|(name, _)| !["date", "content-length"].contains(name))
        .map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value")))
        .collect();
    let body = Bytes::copy_from_slice(body.as_bytes());
    let server = HttpServer::new(move || {
        let (headers, body) = (headers.clone(), body.clone());
        App::new().route(
            super::VALIDATE,
            web::get().to(move || {
                let mut answer = HttpResponse::Ok().body(body.clone());
                for (name, value) in &headers {
                    answer.headers_mut().insert(name.clone(), value.clone());
                }
                std::future::ready(answer)
            }),
        )
    });
    let server = server.bind(("127.0.0.1", port)).expect("a free port");
    actix_web::rt::System::new().block_on(server.run()).expect("a server");
}

//! Style sheets, script, icons and font: embedded in the binary, under a URL that changes with them.

use std::fmt::Write as _;
use std::sync::LazyLock;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::middleware::Compress;
use actix_web::{HttpResponse, web};
use rust_embed::RustEmbed;

use super::spelling::plain;

#[derive(RustEmbed)]
#[folder = "static/"]
struct Static;

/// `/static/` and a digest of every file. One digest for all keeps references between files valid
/// as they are.
static PREFIX: LazyLock<String> = LazyLock::new(|| {
    let mut digest = blake3::Hasher::new();
    for name in Static::iter() {
        if let Some(file) = Static::get(&name) {
            digest.update(name.as_bytes()).update(&file.data);
        }
    }
    let digest = digest.finalize();
    let mut prefix = String::from("/static/");
    for byte in digest.as_bytes().iter().take(6) {
        let _ = write!(prefix, "{byte:02x}");
    }
    prefix
});

/// What the URLs of all assets begin with, without a slash at the end.
pub(super) fn prefix() -> &'static str {
    &PREFIX
}

/// `/static/DIGEST/NAME`.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::resource("/static/{digest:[0-9a-f]{12}}/{name:.*}")
            .guard(plain())
            .wrap(Compress::default())
            .route(web::get().to(asset))
            .route(web::head().to(asset)),
    );
}

async fn asset(path: web::Path<(String, String)>) -> HttpResponse {
    let (digest, name) = path.into_inner();
    let Some(file) = Static::get(&name) else {
        return HttpResponse::NotFound().insert_header((CACHE_CONTROL, "no-store")).finish();
    };
    // While instances of two releases serve side by side, a page may ask the other one.
    let current = prefix().strip_prefix("/static/") == Some(&digest);
    let caching = if current { "public, max-age=31536000, immutable" } else { "no-cache" };
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, caching))
        .content_type(content_type(&name))
        .body(file.data.into_owned())
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        _ => "text/plain; charset=utf-8",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_custom_property_of_the_style_sheet_is_defined() {
        let text = |name| String::from_utf8(Static::get(name).unwrap().data.into_owned()).unwrap();
        let all = text("tokens.css") + &text("app.css");
        let used = all.split("var(").skip(1).filter_map(|rest| rest.split([')', ',']).next());

        for name in used {
            assert!(all.contains(&format!("{name}:")), "{name} is used but not defined");
        }
    }
}

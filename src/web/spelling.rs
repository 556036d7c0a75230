//! A path of ours has one spelling.
//!
//! The router reads a percent sign and two digits as what they stand for. That would give every path
//! spellings that the rules of a proxy do not know.

use actix_web::guard::{Guard, fn_guard};

/// Whether a path is spelled without percent signs: no path of a page, an asset or a probe has one.
pub(super) fn is_plain(path: &str) -> bool {
    !path.contains('%')
}

/// Keeps all other spellings from a route.
pub(super) fn plain() -> impl Guard {
    fn_guard(|context| is_plain(context.head().uri.path()))
}

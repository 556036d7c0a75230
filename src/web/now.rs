//! The instant of a request.

use chrono::{DateTime, Utc};

/// When a request arrived: asked once, so that a page never mixes two instants.
///
/// The pages' middleware keeps it in the extensions of the request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now(pub(crate) DateTime<Utc>);

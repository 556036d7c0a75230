//! Which kinds of activity a page or a file holds.

use crate::domain::activity::{Kind, TOPICS};
use crate::web::error::PageError;

/// A choice among the kinds.
pub(super) struct Filter {
    /// What stands in the URL: a topic, a kind or nothing.
    code: &'static str,
    pub(super) name: &'static str,
    /// The kinds, or nothing for all.
    pub(super) kinds: Vec<Kind>,
}

impl Filter {
    /// Reads the name of a topic or a kind.
    pub(super) fn parse(code: &str) -> Result<Self, PageError> {
        if code.is_empty() {
            return Ok(Self { code: "", name: "Everything", kinds: Vec::new() });
        }
        if let Some(topic) = TOPICS.iter().find(|topic| topic.code == code) {
            return Ok(Self { code: topic.code, name: topic.name, kinds: topic.kinds.to_vec() });
        }
        let kind: Kind = code
            .parse()
            .map_err(|_unknown| PageError::BadRequest("There is no such kind of activity."))?;
        Ok(Self { code: kind.as_str(), name: kind.info().name, kinds: vec![kind] })
    }

    pub(super) fn is(&self, code: &str) -> bool {
        self.code == code
    }

    /// The query of an address with this filter.
    pub(super) fn query(&self) -> String {
        if self.code.is_empty() { String::new() } else { format!("?kind={}", self.code) }
    }
}

//! What a worker thread answers with, and what all endpoints have in common.

use std::cell::{Cell, RefCell};
use std::net::IpAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::{HttpRequest, rt, web};

use super::answer::ScimError;
use super::documents::Documents;
use crate::domain::token::refusal::Refusal;
use crate::domain::token::secret::{PresentedToken, TokenId};
use crate::service::usage::RefusedRequest;
use crate::service::validation::{Decision, ValidToken, Validator};
use crate::service::{Failure, Services};
use crate::web::client::{address, agent, source};
use crate::web::{Shared, Site, connections};

/// What a worker thread answers with.
pub struct ApiState {
    pub(super) documents: Documents,
    /// The last valid token, with the part of its description that stays the same: nearly always
    /// the next one is the same.
    pub(super) described: RefCell<Option<(TokenId, String)>>,
    shared: web::Data<Shared>,
    validator: Validator,
    /// When it was last logged that tokens cannot be checked.
    complained: Cell<Option<Instant>>,
}

impl ApiState {
    /// For the current thread.
    pub fn new(shared: &web::Data<Shared>) -> Rc<Self> {
        Rc::new(Self {
            documents: Documents::new(&shared.site),
            described: RefCell::default(),
            shared: web::Data::clone(shared),
            validator: shared.services.validation.validator(),
            complained: Cell::default(),
        })
    }

    /// Whether the database is ready.
    pub(super) fn is_ready(&self) -> bool {
        self.shared.is_ready()
    }

    pub(super) fn site(&self) -> &Site {
        &self.shared.site
    }

    pub(super) fn services(&self) -> &Services {
        &self.shared.services
    }

    /// The client's address.
    pub(super) fn address(&self, request: &HttpRequest) -> IpAddr {
        address(request, &self.site().trusted_proxies).to_canonical()
    }

    /// Decides about a token that `from` presents.
    ///
    /// # Errors
    /// [`ScimError::Unavailable`] when no decision can be made in time.
    pub(super) async fn decide(
        &self,
        presented: &PresentedToken,
        from: IpAddr,
    ) -> Result<Decision, ScimError> {
        self.validator.validate(presented, from).await.map_err(|failure| {
            self.complain(&failure);
            ScimError::Unavailable
        })
    }

    /// Counts that nothing could be decided, and logs why, once a second at most: every request
    /// fails alike.
    fn complain(&self, cause: &Failure) {
        self.services().usage.undecided();
        let now = Instant::now();
        let last = self.complained.get();
        if last.is_none_or(|last| now.duration_since(last) >= Duration::from_secs(1)) {
            self.complained.set(Some(now));
            tracing::error!(error = %cause, "tokens cannot be checked");
        }
    }

    /// Records a use.
    pub(super) fn record_use(&self, request: &HttpRequest, from: IpAddr, token: &ValidToken) {
        connections::prove(request);
        let usage = &self.services().usage;
        usage.accepted(&token.id, from, agent(request), token.now);
        if let Some(ends_at) = token.ends_at {
            usage.old_token_presented(ends_at, token.now);
        }
    }

    /// Tells the Server Admins in the background if a text from a URL is a valid token.
    pub(super) fn look_for_leak(self: &Rc<Self>, request: &HttpRequest, text: &str, from: IpAddr) {
        let Ok(presented) = PresentedToken::parse(text) else { return };
        let api = Rc::clone(self);
        let by = source(request, from);
        rt::spawn(async move {
            if let Ok(Decision::Valid(token)) = api.decide(&presented, from).await {
                tracing::warn!(token.id = %token.id, "the valid token was sent in a URL");
                let (reason, known) = (Refusal::TokenInUrl, Some(&token.id));
                let refused = RefusedRequest { reason, known, looks_like_ours: true };
                api.services().usage.refused(refused, by);
            }
        });
    }
}

//! Who may pass: from the request to a valid token, or to the answer that refuses it.
//!
//! The verdict comes first and throttling after it, so that a valid token is never held up because
//! of what others behind the same address do.

use std::net::IpAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::http::header::{AUTHORIZATION, HeaderValue};
use actix_web::{HttpRequest, rt};

use super::Api;
use super::answer::Problem;
use super::authorization_header::{self, Carriers};
use super::query::{self, ACCESS_TOKEN};
use crate::domain::token::refusal::Refusal;
use crate::domain::token::secret::{PresentedToken, TokenId};
use crate::service::Failure;
use crate::service::validation::{ValidToken, Verdict};
use crate::web::client::{address, agent};

/// How a surface speaks of refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Surface {
    /// SCIM resources and the validation endpoint.
    Endpoint,
    /// A proxy asks on behalf of a request whose query belongs to the application behind it, and
    /// turns any status but 401 and 403 into a failure of its own.
    ForwardAuth,
    /// Documents that are public: whoever presents something wants it checked.
    Discovery,
}

impl Surface {
    const fn problem(self, reason: Refusal) -> Problem {
        match (reason, self) {
            (Refusal::NoCredentials | Refusal::TokenInUrl, _)
            | (
                Refusal::WrongScheme | Refusal::ColonAfterBearer,
                Self::Endpoint | Self::ForwardAuth,
            ) => Problem::NoToken,
            (Refusal::DuplicateHeader, Self::Endpoint | Self::Discovery) => Problem::ManyTokens,
            (Refusal::WrongNetwork, _) => Problem::WrongNetwork,
            _ => Problem::InvalidToken,
        }
    }
}

/// Why a request may not pass, and how it is told.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Denial {
    /// With this problem.
    Problem(Problem),
    /// With the seconds to wait.
    Wait(u32),
}

/// The valid token that `request` presents.
///
/// # Errors
/// The answer to give instead.
pub(crate) async fn authenticate(
    machine: &Rc<Api>,
    request: &HttpRequest,
    surface: Surface,
) -> Result<ValidToken, Denial> {
    let from = machine.address(request);
    let refuse = |reason, known: Option<&TokenId>| {
        let wait = machine.shared.services.refusals.refuse(reason, known, from, agent(request));
        Err(wait.map_or_else(|| Denial::Problem(surface.problem(reason)), Denial::Wait))
    };
    let presented = match present(machine, request, surface, from) {
        Ok(presented) => presented,
        Err(reason) => return refuse(reason, None),
    };
    match machine.decide(&presented, from).await {
        Ok(Verdict::Valid(token)) if !machine.lets_in(from) => {
            refuse(Refusal::WrongNetwork, Some(&token.id))
        }
        Ok(Verdict::Valid(token)) => {
            machine.record_use(request, from, &token);
            Ok(token)
        }
        Ok(Verdict::Refused { reason, known }) => refuse(reason, known.as_ref()),
        Err(Undecided) => Err(Denial::Problem(Problem::Unavailable)),
    }
}

fn present(
    machine: &Rc<Api>,
    request: &HttpRequest,
    surface: Surface,
    from: IpAddr,
) -> Result<PresentedToken, Refusal> {
    let in_url = match surface {
        Surface::ForwardAuth => None,
        Surface::Endpoint | Surface::Discovery => {
            query::value(request.query_string(), ACCESS_TOKEN)
        }
    };
    let has_query_token = in_url.is_some();
    if let Some(text) = in_url {
        machine.look_for_leak(request, &text, from);
    }
    authorization_header::presented(Carriers {
        lines: request.headers().get_all(AUTHORIZATION).map(HeaderValue::as_bytes),
        has_query_token,
        accept_bare_token: machine.site().accept_bare_token,
    })
}

/// No decision could be made.
pub(crate) struct Undecided;

impl Api {
    /// Decides about a token that `from` presents, in time or not at all.
    pub(crate) async fn decide(
        &self,
        presented: &PresentedToken,
        from: IpAddr,
    ) -> Result<Verdict, Undecided> {
        self.validator.validate(presented, from).await.map_err(|failure| {
            self.complain(&failure);
            Undecided
        })
    }

    /// Counts that nothing could be decided, and logs why, once a second at most: every request
    /// fails alike.
    fn complain(&self, cause: &Failure) {
        self.shared.services.usage.undecided();
        let now = Instant::now();
        let last = self.complained.get();
        if last.is_none_or(|last| now.duration_since(last) >= Duration::from_secs(1)) {
            self.complained.set(Some(now));
            tracing::error!(error = %cause, "tokens cannot be checked");
        }
    }

    /// Whether tokens are accepted from this address.
    fn lets_in(&self, from: IpAddr) -> bool {
        self.site().client_networks.as_ref().is_none_or(|networks| networks.contains(from))
    }

    /// Records a use.
    pub(crate) fn record_use(&self, request: &HttpRequest, from: IpAddr, token: &ValidToken) {
        self.shared.services.usage.accepted(&token.id, from, agent(request), token.now);
    }

    /// Tells the Server Admins in the background if a text from a URL is a token that is live.
    pub(crate) fn look_for_leak(self: &Rc<Self>, request: &HttpRequest, text: &str, from: IpAddr) {
        let Ok(presented) = PresentedToken::parse(text) else { return };
        let machine = Rc::clone(self);
        let agent = agent(request).map(ToOwned::to_owned);
        rt::spawn(async move {
            if let Ok(Verdict::Valid(token)) = machine.decide(&presented, from).await {
                tracing::warn!(token.id = %token.id, "the live token was sent in a URL");
                let usage = &machine.shared.services.usage;
                usage.refused(Refusal::TokenInUrl, Some(&token.id), from, agent.as_deref());
            }
        });
    }

    /// The client's address.
    pub(crate) fn address(&self, request: &HttpRequest) -> IpAddr {
        address(request, &self.site().trusted_proxies).to_canonical()
    }
}

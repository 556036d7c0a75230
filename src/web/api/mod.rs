//! Answers to SCIM clients, reverse proxies and applications.
//!
//! Every path of machines meets in one function below, which chooses by target; the files beside it
//! answer one surface each. No middleware, no session, no redirect: clients drop credentials on one.

mod answer;
mod authenticate;
mod authorization_header;
mod discovery;
mod documents;
mod forward_auth;
mod head_limit;
mod introspect;
mod path;
mod query;
mod scim;
mod validate;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Instant;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};

use self::answer::{Answers, JSON, Problem};
use self::documents::Documents;
use self::path::Target;
use super::{Shared, Site};
use crate::service::validation::Validator;

pub use self::path::owns;

/// The methods of resources that can only be read.
const READ_ONLY: &str = "GET, HEAD, OPTIONS";

/// What one worker thread answers machines with.
pub struct Api {
    shared: web::Data<Shared>,
    validator: Validator,
    answers: Answers,
    documents: Documents,
    /// The last valid token: nearly always the next one too.
    described: RefCell<Option<validate::Described>>,
    /// When it was last logged that tokens cannot be checked.
    complained: Cell<Option<Instant>>,
}

impl Api {
    /// For the current thread.
    pub fn new(shared: &web::Data<Shared>) -> Rc<Self> {
        let validation = &shared.services.validation;
        Rc::new(Self {
            shared: web::Data::clone(shared),
            validator: validation.validator(),
            answers: Answers::new(validation.label(), shared.site.public_url.is_https()),
            documents: Documents::new(&shared.site),
            described: RefCell::default(),
            complained: Cell::default(),
        })
    }

    fn site(&self) -> &Site {
        &self.shared.site
    }
}

const PATHS: [&str; 5] = [
    "/v1/token/validate",
    "/scim/v2/Users",
    "/scim/v2/Groups",
    "/forward-auth",
    "/oauth2/introspect",
];

/// The paths that most requests use; others find the same function as [`unmatched`].
pub fn routes(config: &mut web::ServiceConfig) {
    for path in PATHS {
        config.service(web::resource(path).to(answer));
    }
}

/// Answers a path of machines that is not spelled as documented, or that leads nowhere.
pub async fn unmatched(request: HttpRequest, payload: web::Payload) -> HttpResponse {
    answer(request, payload).await
}

async fn answer(request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let Some(machine) = request.app_data::<Rc<Api>>() else {
        return HttpResponse::InternalServerError().finish();
    };
    if head_limit::is_too_large(&request) {
        return machine.answers.problem(Problem::HeadTooLarge);
    }
    match path::target(request.path()) {
        Some(Target::Validate) => validate::answer(machine, &request).await,
        Some(Target::Scim(resource)) => scim::answer(machine, &request, resource).await,
        Some(Target::ForwardAuth) => forward_auth::answer(machine, &request).await,
        Some(Target::Discovery(document, id)) => {
            discovery::answer(machine, &request, document, id.as_deref()).await
        }
        Some(Target::Introspect) => introspect::answer(machine, &request, payload).await,
        Some(Target::OpenApi) => openapi(machine, &request),
        Some(Target::Nowhere) | None => machine.answers.problem(Problem::NotFound),
    }
}

fn openapi(machine: &Api, request: &HttpRequest) -> HttpResponse {
    match *request.method() {
        Method::GET | Method::HEAD => machine.answers.ok(JSON, machine.documents.openapi()),
        Method::OPTIONS => machine.answers.options(READ_ONLY),
        _ => machine.answers.wrong_method(READ_ONLY),
    }
}

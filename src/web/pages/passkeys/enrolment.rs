//! Adding a passkey: from the account page, or as what comes before everything else where one is
//! required.

use actix_web::http::header::REFERRER_POLICY;
use actix_web::{HttpResponse, HttpResponseBuilder, web};
use askama::Template;
use serde::Deserialize;

use super::account::NameFields;
use super::{asked, codes, refused};
use crate::domain::network::agent::short_name;
use crate::service::passkeys::{Enrolled, PasskeyError};
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::layout::text::sentence;
use crate::web::pages::layout::{self, Layout};
use crate::web::pages::paths::{ACCOUNT, HOME, PASSKEYS, go_to};
use crate::web::session::{AnySession, AnySessionForm, Flash, NoFields, SignedIn};

#[derive(Template)]
#[template(path = "passkeys/enrolment.html")]
struct EnrolmentPage {
    layout: Layout,
    /// What the passkey is called, unless it is changed.
    name: String,
    error: Option<String>,
}

/// What the form for a new passkey sends.
#[derive(Deserialize)]
pub(crate) struct NewFields {
    #[serde(default)]
    name: String,
    #[serde(default)]
    signed: String,
    #[serde(default)]
    answer: String,
}

/// `GET /login/enrol`.
pub(crate) async fn page(
    shared: web::Data<Shared>,
    me: AnySession,
) -> Result<HttpResponse, PageError> {
    let AnySession(me) = me;
    if !me.must_enrol {
        return Ok(go_to(HOME));
    }
    let kept = me.take_kept(PASSKEYS);
    let name = kept.map_or_else(|| me.browser(), |NameFields { name }| name);
    Ok(show(HttpResponse::Ok(), &shared, &me, name, None))
}

/// `POST /admin/account/passkeys/begin`.
pub(crate) async fn begin(
    shared: web::Data<Shared>,
    form: AnySessionForm<NoFields>,
) -> Result<HttpResponse, PageError> {
    match shared.services.passkeys.ask_for_new(form.me.author()).await {
        Ok(challenge) => Ok(asked(&challenge)),
        Err(PasskeyError::Failed(failure)) => Err(failure.into()),
        Err(_) => Err(PageError::NotFound),
    }
}

/// `POST /admin/account/passkeys`.
pub(crate) async fn add(
    shared: web::Data<Shared>,
    form: AnySessionForm<NewFields>,
) -> Result<HttpResponse, PageError> {
    let AnySessionForm { me, fields: NewFields { name, signed, answer } } = form;
    let added = match name.parse() {
        Ok(name) => {
            let enrolled = shared.services.passkeys.enrol(name, &signed, &answer, me.author());
            enrolled.await.map_err(|error| refused::enrolment(error, me.now))
        }
        Err(invalid) => Err(Ok(sentence(invalid))),
    };
    match added {
        Ok(Enrolled::First(codes)) => Ok(codes::show(&shared, &me, &codes)),
        Ok(Enrolled::Further) => {
            me.leave(&Flash::done("The passkey was added.", ""));
            Ok(go_to(ACCOUNT))
        }
        Err(error) => Ok(refuse(&shared, &me, name, error?)),
    }
}

fn refuse(shared: &Shared, me: &SignedIn, name: String, error: String) -> HttpResponse {
    if me.must_enrol {
        return show(HttpResponse::UnprocessableEntity(), shared, me, name, Some(error));
    }
    me.leave(&Flash::warning(error, "Nothing was changed."));
    go_to(ACCOUNT)
}

fn show(
    mut answer: HttpResponseBuilder,
    shared: &Shared,
    me: &SignedIn,
    name: String,
    error: Option<String>,
) -> HttpResponse {
    answer.insert_header((REFERRER_POLICY, "same-origin"));
    let layout = Layout { csrf: me.csrf.clone(), ..Layout::plain(shared, me.now) };
    layout::page(answer, &EnrolmentPage { layout, name, error })
}

impl SignedIn {
    /// What people call the browser of this request: the name of a new passkey.
    pub(super) fn browser(&self) -> String {
        short_name(self.source().agent.as_deref())
    }
}

//! Recovery codes: shown once, in the answer to the form that has made them.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::domain::admin::recovery::RecoveryCode;
use crate::service::passkeys::PasskeyError;
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::layout::time::Moment;
use crate::web::pages::layout::{self, Layout, Section, limited};
use crate::web::pages::paths::{ACCOUNT, HOME, go_to};
use crate::web::session::{self, Flash, NoFields, SignedIn, SignedInForm};

#[derive(Template)]
#[template(path = "passkeys/codes.html")]
struct CodesPage {
    layout: Layout,
    email: String,
    made: Moment,
    codes: Vec<String>,
    /// Where the reader goes from here.
    onward: &'static str,
}

/// `POST /admin/account/recovery-codes`.
pub(crate) async fn make(
    shared: web::Data<Shared>,
    form: SignedInForm<NoFields>,
) -> Result<HttpResponse, PageError> {
    let me = form.me;
    let why = match shared.services.passkeys.make_codes(me.author()).await {
        Ok(codes) => return Ok(show(&shared, &me, &codes)),
        Err(PasskeyError::Failed(failure)) => return Err(failure.into()),
        Err(PasskeyError::HourlyLimit(limit)) => limited("No codes were made.", limit),
        Err(_) => Flash::warning("No codes were made.", "They exist only beside a passkey."),
    };
    me.leave(&why);
    Ok(go_to(ACCOUNT))
}

/// The codes, for the one who made them.
pub(super) fn show(shared: &Shared, me: &SignedIn, codes: &[RecoveryCode]) -> HttpResponse {
    let view = CodesPage {
        layout: Layout::without_notices(shared, me, Section::Account),
        email: me.admin.email.to_string(),
        made: Moment::day(me.now),
        codes: codes.iter().map(RecoveryCode::shown).collect(),
        onward: if me.must_enrol { HOME } else { ACCOUNT },
    };
    let mut answer = HttpResponse::Ok();
    session::shows_secret(&mut answer, shared);
    layout::page(answer, &view)
}

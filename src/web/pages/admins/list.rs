//! `Admin Settings → Server Admins`: who they are, and who is invited.

use actix_web::{HttpResponse, HttpResponseBuilder, web};
use askama::Template;

use super::card::AdminLine;
use super::fields::PersonFields;
use super::invitations::OpenInvitations;
use super::search::{Facts, ListQuery, Pager, SearchForm};
use crate::domain::admin::person::{AdminId, EmailAddress};
use crate::service::mails::MailHealth;
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::layout::{self, Layout, Section};
use crate::web::pages::paths::INVITE;
use crate::web::session::SignedIn;

#[derive(Template)]
#[template(path = "admins/list.html")]
struct ListPage {
    layout: Layout,
    /// How many are active.
    active: usize,
    /// Who generated the token that is accepted.
    generated_by: Option<AdminId>,
    people: Vec<AdminLine>,
    /// What to say if there are none.
    nobody: String,
    search: Option<SearchForm>,
    pager: Option<Pager>,
    mails: String,
    /// Whether the form is open that invites.
    invites: bool,
    invite: PersonFields,
    open: OpenInvitations,
}

impl ListPage {
    fn generated_token(&self, person: &AdminLine) -> bool {
        self.generated_by == Some(AdminId(person.id))
    }
}

/// `GET /admin/server-admins`.
pub(crate) async fn page(
    shared: web::Data<Shared>,
    me: SignedIn,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse, PageError> {
    let invite = me.take_kept(INVITE).unwrap_or_default();
    show(&shared, &me, &query, invite, HttpResponse::Ok()).await
}

/// The page with an invitation as it was entered.
pub(crate) async fn show(
    shared: &Shared,
    me: &SignedIn,
    query: &ListQuery,
    invite: PersonFields,
    answer: HttpResponseBuilder,
) -> Result<HttpResponse, PageError> {
    let mails = &shared.services.mails;
    let admins = shared.services.admins.list().await?;
    let invitations = shared.services.admins.invitations().await?;
    let banner = mails.banner_facts().await?;
    let (health, history) = (&banner.health, &banner.history);
    let token = history.unrevoked().filter(|token| token.expires_at > me.now);
    let holders = shared.services.passkeys.holders().await?;
    let found = query.find(&admins, &Facts { health, holders: &holders }, &me.admin);
    let (shown, pager) = query.page(&found);
    let view = ListPage {
        layout: Layout::with(shared, me, Section::ServerAdmins, &banner),
        active: health.active_admins,
        generated_by: token.and_then(|token| token.generated_by.admin_id()),
        people: shown
            .iter()
            .map(|admin| AdminLine::new(admin, health, me.admin.id, me.now))
            .collect(),
        nobody: query.nobody(),
        search: query.form(admins.len()),
        pager,
        mails: recipients(health, mails.team_addresses()),
        invites: !invite.is_empty() || health.active_admins == 1,
        invite,
        open: OpenInvitations::new(invitations, query.shows_all_invitations()),
    };
    Ok(layout::page(answer, &view))
}

/// Who receives the mails, and what is missing.
fn recipients(health: &MailHealth, team: &[EmailAddress]) -> String {
    let is_alone = health.active_admins == 1;
    let alone = "nobody else can log in. Invite a second Server Admin.";
    if health.directory.is_some() {
        let mails = "Outgoing mail is not set up. Nobody will be notified";
        return if is_alone { format!("{mails}, and {alone}") } else { format!("{mails}.") };
    }
    let people = if is_alone { "Only you" } else { "Every Server Admin" };
    let recipients = match team {
        [] => people.to_owned(),
        [one] => format!("{people} and {one}"),
        [.., last] => {
            let first: Vec<_> = team.iter().rev().skip(1).rev().map(EmailAddress::as_str).collect();
            format!("{people}, {} and {last}", first.join(", "))
        }
    };
    let verb = if is_alone || !team.is_empty() { "receive" } else { "receives" };
    if is_alone {
        return format!("{recipients} {verb} the mails, and {alone}");
    }
    format!("{recipients} {verb} the mails.")
}

//! The made-up company, and what its people and its identity provider do.

use anyhow::Context;
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};

use super::clock::StoryClock;
use super::people::{Client, PASSWORD, PROVIDER, Person};
use crate::clock::Clock;
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::actor::Author;
use crate::domain::admin::code::SecretCode;
use crate::domain::admin::link::LinkPurpose;
use crate::domain::admin::person::EmailAddress;
use crate::domain::identity_provider::IdentityProvider;
use crate::domain::keys::scope::Scope;
use crate::domain::keys::secret::KeyId;
use crate::domain::token::lifespan::Lifespan;
use crate::domain::token::refusal::Refusal;
use crate::domain::token::secret::{PlainToken, PresentedToken};
use crate::service::Services;
use crate::service::admins::NewAdmin;
use crate::service::keys::NewKey;
use crate::service::mails::LinkMail;
use crate::service::tokens::{CurrentToken, Generate};
use crate::service::usage::RefusedRequest;
use crate::service::validation::{Decision, Validator};

/// The company at the instant that its clock shows.
pub(super) struct Company {
    /// What its people do.
    pub(super) services: Services,
    /// The instant at which the story ends.
    pub(super) present: DateTime<Utc>,
    clock: StoryClock,
    validator: Validator,
    /// What was entered in the identity provider.
    entered: Option<PlainToken>,
}

impl Company {
    pub(super) fn new(services: Services, clock: StoryClock) -> Self {
        let validator = services.validation.validator();
        Self { present: clock.now(), services, clock, validator, entered: None }
    }

    /// The day so many days before the present.
    pub(super) fn days_ago(&self, days: i64) -> NaiveDate {
        self.present.date_naive() - TimeDelta::days(days)
    }

    /// The token that the identity provider uses at the end.
    pub(super) fn into_token(self) -> Option<PlainToken> {
        self.entered
    }

    /// Goes on to an instant. On every morning until then mails are sent and the identity provider
    /// syncs.
    pub(super) async fn go_to(&mut self, at: DateTime<Utc>) -> anyhow::Result<()> {
        let mut day = self.clock.now().date_naive();
        while time(day, 9, 0) < at {
            if time(day, 9, 0) > self.clock.now() {
                self.clock.set(time(day, 9, 0));
                self.minute().await?;
                self.sync(requests_of(day)).await?;
            }
            day += TimeDelta::days(1);
        }
        self.clock.set(at);
        Ok(())
    }

    /// What the server does by itself in every minute, without looking for what is old.
    async fn minute(&self) -> anyhow::Result<()> {
        self.services.upkeep.write_usage().await?;
        self.services.mails.send_due(|| false).await?;
        Ok(())
    }

    /// What the server does by itself once in a while; it notes that the token has expired.
    pub(super) async fn tidy(&self) -> anyhow::Result<()> {
        Ok(self.services.upkeep.run_once().await?)
    }

    /// Mails an invitation and returns its code.
    pub(super) async fn invite(&self, person: &Person, by: &Person) -> anyhow::Result<SecretCode> {
        let (name, email) = (person.name.parse()?, person.email.parse::<EmailAddress>()?);
        let author = self.author(by).await?;
        let invitation = self.services.admins.invite(name, email.clone(), author).await?;
        let mail = LinkMail {
            name: person.name,
            admin: None,
            address: email,
            by: by.name,
            link: &format!("/invitation?code={}", invitation.code.expose()),
            digest: invitation.code.digest(),
            expires_at: invitation.expires_at,
        };
        self.services.mails.invite(mail).await?;
        Ok(invitation.code)
    }

    /// Makes somebody a Server Admin by the link of the first start.
    pub(super) async fn set_up(&self, who: &Person) -> anyhow::Result<()> {
        let code = self.services.admins.setup_code().await?.context("somebody was faster")?;
        self.join(LinkPurpose::Setup, &code, who).await
    }

    /// Makes somebody a Server Admin by an invitation.
    pub(super) async fn accept(&self, code: &SecretCode, who: &Person) -> anyhow::Result<()> {
        self.join(LinkPurpose::Invitation, code, who).await
    }

    async fn join(
        &self,
        purpose: LinkPurpose,
        code: &SecretCode,
        who: &Person,
    ) -> anyhow::Result<()> {
        let (name, email) = (who.name.parse()?, who.email.parse()?);
        let new = NewAdmin { name, email, password: PASSWORD.into() };
        self.services.admins.join(purpose, code, new, who.client.source()).await?;
        Ok(())
    }

    pub(super) async fn log_in(&self, who: &Person) -> anyhow::Result<()> {
        let from = who.client.source();
        self.services.logins.log_in(who.email, PASSWORD.into(), from, None).await?;
        Ok(())
    }

    pub(super) async fn log_out(&self, who: &Person) -> anyhow::Result<()> {
        Ok(self.services.sessions.log_out(self.author(who).await?).await?)
    }

    /// Guesses a password of somebody who does not exist.
    pub(super) async fn guess(&self, email: &str, client: &Client) {
        let guess = self.services.logins.log_in(email, "admin".into(), client.source(), None);
        let _refused = guess.await;
    }

    pub(super) async fn generate(
        &self,
        lifespan: Lifespan,
        by: &Person,
    ) -> anyhow::Result<PlainToken> {
        let wanted = Generate {
            lifespan,
            current: CurrentToken::Revoke,
            by: self.author(by).await?,
            form: None,
        };
        let token = self.services.tokens.generate(wanted).await?.plain;
        self.minute().await?;
        Ok(token)
    }

    /// Makes an API key.
    pub(super) async fn make_key(
        &self,
        (name, scope): (&str, Scope),
        months: &str,
        by: &Person,
    ) -> anyhow::Result<()> {
        let (name, validity) = (name.parse()?, months.parse()?);
        let new = NewKey { name, scope, validity, request: None };
        self.services.keys.create(new, self.author(by).await?).await?;
        self.minute().await
    }

    /// A program uses an API key.
    pub(super) async fn use_key(&self, name: &str, client: &Client) -> anyhow::Result<()> {
        let key = self.key(name).await?;
        self.services.usage.key_accepted(&key, client.address, Some(client.agent), true);
        self.minute().await
    }

    pub(super) async fn revoke_key(&self, name: &str, by: &Person) -> anyhow::Result<()> {
        self.services.keys.revoke(self.key(name).await?, self.author(by).await?).await?;
        Ok(())
    }

    async fn key(&self, name: &str) -> anyhow::Result<KeyId> {
        let keys = self.services.keys.list().await?.into_iter();
        let mut named = keys.filter(|key| key.name.as_str() == name);
        Ok(named.next().context("no such key")?.id)
    }

    /// Chooses the identity provider whose words the product uses.
    pub(super) async fn choose(&self, which: IdentityProvider, by: &Person) -> anyhow::Result<()> {
        self.services.identity_provider.choose(which, self.author(by).await?).await?;
        Ok(())
    }

    /// Enters a token in the identity provider, and syncs.
    pub(super) async fn enter(&mut self, token: PlainToken) -> anyhow::Result<()> {
        self.entered = Some(token);
        self.sync(1).await
    }

    /// The identity provider sends requests.
    pub(super) async fn sync(&self, times: usize) -> anyhow::Result<()> {
        let Some(token) = &self.entered else { return Ok(()) };
        let presented = PresentedToken::parse(token.expose())?;
        let Client { address, agent } = PROVIDER;
        for _ in 0..times {
            match self.validator.validate(&presented, address).await? {
                Decision::Valid(token) => {
                    self.services.usage.accepted(&token.id, address, Some(agent), token.now);
                }
                Decision::Refused { reason, known } => {
                    let looks_like_ours = true;
                    let known = known.as_ref();
                    let refused = RefusedRequest { reason, known, looks_like_ours };
                    self.services.usage.refused_or_throttled(refused, PROVIDER.source());
                }
            }
        }
        self.minute().await
    }

    /// Requests without a usable token.
    pub(super) async fn refuse(
        &self,
        reason: Refusal,
        times: usize,
        client: &Client,
    ) -> anyhow::Result<()> {
        for _ in 0..times {
            let refused = RefusedRequest { reason, known: None, looks_like_ours: false };
            self.services.usage.refused_or_throttled(refused, client.source());
        }
        self.minute().await
    }

    /// Somebody in a session.
    pub(super) async fn author(&self, who: &Person) -> anyhow::Result<Author> {
        let (admin, source) = (self.admin(who).await?, who.client.source());
        let session = self.services.sessions.begin(admin, source.clone()).await?;
        Ok(Author::Session { digest: session.digest(), source })
    }

    /// The Server Admin who plays a person.
    pub(super) async fn admin(&self, person: &Person) -> anyhow::Result<ServerAdmin> {
        self.services.admins.by_email(person.email.parse()?).await?.context(person.name)
    }
}

/// How many requests the identity provider sends in the morning: fewer on weekends.
fn requests_of(day: NaiveDate) -> usize {
    match day.weekday() {
        Weekday::Sat | Weekday::Sun => 4,
        Weekday::Mon => 25,
        _ if day.day().is_multiple_of(2) => 18,
        _ => 21,
    }
}

/// A time of day, in UTC.
pub(super) fn time(day: NaiveDate, hour: i64, minute: i64) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::minutes(hour * 60 + minute)
}

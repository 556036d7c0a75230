//! What happened in the months before the visit, in its order.

use anyhow::Context;
use chrono::{DateTime, Months, NaiveDate, TimeDelta, Utc};

use super::company::{Company, time};
use super::people::{
    ADA, ALAN, GRACE, KATHERINE, MISTYPED, MONITORING, PASSWORD, PIPELINE, PROVIDER, SCANNER,
    SCRIPT,
};
use crate::domain::admin::actor::Author;
use crate::domain::identity_provider::IdentityProvider;
use crate::domain::keys::scope::Scope;
use crate::domain::token::lifespan::Lifespan;
use crate::domain::token::refusal::Refusal;
use crate::domain::token::secret::PlainToken;

/// The API keys: one that expires soon, one that is good for long, and one that is not needed.
const TERRAFORM: &str = "Terraform";
const GRAFANA: &str = "Grafana";
const REPORT: &str = "Weekly report";

/// Days that are left of the token at the visit.
const LEFT: i64 = 12;

/// Plays the story and returns the token that is valid at its end.
pub(super) async fn play(mut company: Company) -> anyhow::Result<PlainToken> {
    let expiry = time(company.days_ago(-LEFT), 9, 14);
    let (lifespan, generated) = term(expiry, (1..=6).rev()).context("no lifespan fits")?;
    first_token(&mut company, generated.date_naive()).await?;
    second_token(&mut company, lifespan, generated).await?;
    quiet_months(&mut company).await?;
    Box::pin(last_weeks(&mut company)).await?;
    company.into_token().context("no token is in use")
}

/// A token that nobody replaces in time; it expires on the eve of `replaced_on`.
async fn first_token(company: &mut Company, replaced_on: NaiveDate) -> anyhow::Result<()> {
    let expiry = time(replaced_on - TimeDelta::days(1), 14, 3);
    let (lifespan, generated) = term(expiry, 1..=6).context("no lifespan fits")?;
    let day = generated.date_naive();
    company.go_to(time(day, 13, 40)).await?;
    company.set_up(&ADA).await?;
    company.go_to(time(day, 13, 44)).await?;
    let to_grace = company.invite(&GRACE, &ADA).await?;
    let to_katherine = company.invite(&KATHERINE, &ADA).await?;
    company.go_to(time(day, 13, 52)).await?;
    company.accept(&to_grace, &GRACE).await?;
    company.go_to(generated).await?;
    let token = company.generate(lifespan, &ADA).await?;
    company.choose(IdentityProvider::Okta, &ADA).await?;
    company.go_to(time(day, 14, 11)).await?;
    company.refuse(Refusal::BadChecksum, 3, &PROVIDER).await?;
    company.go_to(time(day, 14, 21)).await?;
    company.enter(token).await?;
    company.go_to(time(day, 16, 5)).await?;
    company.accept(&to_katherine, &KATHERINE).await?;

    company.go_to(expiry).await?;
    company.tidy().await?;
    company.go_to(expiry + TimeDelta::minutes(26)).await?;
    company.sync(38).await
}

/// Its replacement, which the identity provider gets late.
async fn second_token(
    company: &mut Company,
    lifespan: Lifespan,
    generated: DateTime<Utc>,
) -> anyhow::Result<()> {
    let later = |minutes| generated + TimeDelta::minutes(minutes);
    company.go_to(later(-2)).await?;
    company.log_in(&GRACE).await?;
    company.go_to(generated).await?;
    let token = company.generate(lifespan, &GRACE).await?;
    for minutes in [10, 19] {
        company.go_to(later(minutes)).await?;
        company.sync(7).await?;
    }
    company.go_to(later(23)).await?;
    company.enter(token).await
}

/// Months in which sync works.
async fn quiet_months(company: &mut Company) -> anyhow::Result<()> {
    company.go_to(time(company.days_ago(124), 3, 12)).await?;
    company.refuse(Refusal::NoCredentials, 18, &SCANNER).await?;
    for second in 0..3 {
        company.go_to(time(company.days_ago(96), 2, 40) + TimeDelta::seconds(second)).await?;
        company.guess("root@example.com", &SCANNER).await;
    }
    company.go_to(time(company.days_ago(80), 11, 20)).await?;
    company.make_key((TERRAFORM, Scope::Replace), "3", &ADA).await?;
    company.make_key((REPORT, Scope::Read), "6", &ADA).await?;
    company.use_key(REPORT, &SCRIPT).await?;
    company.go_to(time(company.days_ago(74), 10, 5)).await?;
    let katherine = company.admin(&KATHERINE).await?;
    let admins = company.services.admins.clone();
    admins.set_password(&katherine, PASSWORD.into(), Author::CommandLine).await?;
    company.go_to(time(company.days_ago(74), 10, 8)).await?;
    company.log_in(&KATHERINE).await?;

    company.go_to(time(company.days_ago(58), 11, 30)).await?;
    let invitation = company.invite(&ALAN, &ADA).await?;
    company.go_to(time(company.days_ago(58), 13, 15)).await?;
    admins.withdraw(invitation.digest(), company.author(&ADA).await?).await?;

    company.go_to(time(company.days_ago(47), 16, 30)).await?;
    company.log_in(&GRACE).await?;
    admins.set_active(katherine.id, false, company.author(&GRACE).await?).await?;
    company.go_to(time(company.days_ago(47), 16, 41)).await?;
    company.log_out(&GRACE).await?;
    company.go_to(time(company.days_ago(33), 8, 5)).await?;
    company.log_in(&GRACE).await?;
    admins.set_active(katherine.id, true, company.author(&GRACE).await?).await?;
    Ok(())
}

/// Weeks in which things go wrong: an address is mistyped, and a proxy drops the header.
async fn last_weeks(company: &mut Company) -> anyhow::Result<()> {
    let katherine = company.admin(&KATHERINE).await?;
    company.go_to(time(company.days_ago(20), 15, 50)).await?;
    company.log_in(&ADA).await?;
    let (services, ada) = (company.services.clone(), company.author(&ADA).await?);
    services.admins.set_profile(katherine.id, katherine.name, MISTYPED.parse()?, ada).await?;
    company.go_to(time(company.days_ago(16), 10, 12)).await?;
    company.make_key((GRAFANA, Scope::Read), "12", &GRACE).await?;
    company.revoke_key(REPORT, &GRACE).await?;
    company.go_to(time(company.days_ago(8), 13, 38)).await?;
    company.refuse(Refusal::NoCredentials, 210, &PROVIDER).await?;
    company.go_to(time(company.days_ago(3), 9, 41)).await?;
    company.log_in(&ADA).await?;
    services.mails.test_own(company.author(&ADA).await?).await?;
    company.go_to(time(company.days_ago(2), 14, 2)).await?;
    company.log_in(&GRACE).await?;
    for hours in (4..34).rev() {
        company.go_to(company.present - TimeDelta::hours(hours)).await?;
        company.sync(if hours % 3 == 0 { 5 } else { 2 }).await?;
    }
    company.go_to(company.present - TimeDelta::hours(3)).await?;
    company.refuse(Refusal::BadChecksum, 5, &SCRIPT).await?;
    company.use_key(TERRAFORM, &PIPELINE).await?;
    company.go_to(company.present - TimeDelta::minutes(4)).await?;
    company.use_key(GRAFANA, &MONITORING).await?;
    company.sync(1).await
}

/// Lifespan and start of a token that expires at `expiry`: the first of `months` that fits. Not all
/// do, because months differ in length.
fn term(
    expiry: DateTime<Utc>,
    mut months: impl Iterator<Item = i64>,
) -> Option<(Lifespan, DateTime<Utc>)> {
    months.find_map(|months| {
        let lifespan = Lifespan::try_from(months).ok()?;
        let start = expiry.checked_sub_months(Months::new(lifespan.months().into()))?;
        (lifespan.expiry(start) == expiry).then_some((lifespan, start))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_has_a_long_and_a_short_term_before_it() {
        let first: DateTime<Utc> = "2027-01-01T09:14:00Z".parse().unwrap();
        for day in 0..4 * 366 {
            let expiry = first + TimeDelta::days(day);

            let (long, start) = term(expiry, (1..=6).rev()).unwrap();
            let (short, _) = term(expiry, 1..=6).unwrap();

            assert_eq!(long.expiry(start), expiry);
            assert!(long.months() >= 5 && short.months() <= 2, "{expiry}: {long}, {short}");
        }
    }
}

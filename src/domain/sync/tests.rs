//! The states at their boundaries.

use super::alarms::{self, Alarm};
use super::refused::RefusedGroup;
use super::*;
use crate::domain::admin::actor::Actor;
use crate::domain::network::source::Source;
use crate::domain::token::lifespan::Lifespan;
use crate::domain::token::refusal::Refusal;
use crate::domain::token::secret::{PhcString, TokenId};
use crate::domain::token::{LateUse, Revocation};

const OKTA: [u8; 4] = [203, 0, 113, 24];

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn id(name: &str) -> TokenId {
    TokenId::parse(name).unwrap()
}

fn token(name: &str, generated: &str) -> Token {
    let lifespan = Lifespan::try_from(6).unwrap();
    Token {
        id: id(name),
        hash: Some(PhcString::new("$argon2id$".to_owned())),
        lifespan,
        generated_at: at(generated),
        generated_by: Actor::CommandLine,
        generated_from: Source::command_line(),
        expires_at: lifespan.expiry(at(generated)),
        uncopied_at: None,
        kept: None,
        revocation: None,
        first_used_at: None,
        last_use: None,
        late_use: None,
    }
}

fn used(mut token: Token, last: &str) -> Token {
    token.first_used_at = Some(token.generated_at);
    token.last_use = Some(LastUse { at: at(last), from: OKTA.into(), agent: None });
    token
}

fn revoked(mut token: Token, when: &str) -> Token {
    token.hash = None;
    token.revocation = Some(Revocation { at: at(when), by: Actor::CommandLine, replaced_by: None });
    token
}

fn presented(mut token: Token, when: &str) -> Token {
    token.late_use = Some(LateUse { count: 2, at: at(when), from: OKTA.into() });
    token
}

fn history(newest: Token, predecessors: Vec<Token>) -> TokenHistory {
    TokenHistory { newest: Some(newest), predecessors }
}

fn fault(first: &str, last: &str) -> RefusedGroup {
    RefusedGroup {
        reason: Refusal::BadChecksum,
        token: None,
        from: Some(OKTA.into()),
        agent: None,
        looks_like_ours: true,
        is_known_source: false,
        count: 2,
        first_at: at(first),
        last_at: at(last),
    }
}

fn refused(groups: Vec<RefusedGroup>) -> Connection {
    let refused = RefusedRequests { groups, before_at: None };
    Connection { refused, ..Connection::default() }
}

fn quiet(quiet: TimeDelta, longest_pause: TimeDelta, known_days: i64) -> Connection {
    let known = TimeDelta::days(known_days);
    let rhythm = Rhythm { quiet: Some(quiet), longest_pause, known };
    Connection { rhythm, ..Connection::default() }
}

fn state(history: &TokenHistory, connection: &Connection, now: &str) -> Option<SyncHealth> {
    health(history, connection, SilenceRule::Auto, at(now))
}

/// A token that was generated at 09:00, after one that was used until 08:59.
fn rotation(late: Option<&str>) -> TokenHistory {
    let old = revoked(
        used(token("7F3K2M9d", "2026-11-01T09:00:00Z"), "2026-11-25T08:59:00Z"),
        "2026-11-25T09:00:00Z",
    );
    let old = late.map_or(old.clone(), |late| presented(old, late));
    history(token("Q9T4XB12", "2026-11-25T09:00:00Z"), vec![old])
}

#[test]
fn without_a_token_there_is_no_sync() {
    let none = TokenHistory::default();
    assert_eq!(state(&none, &Connection::default(), "2026-11-25T09:00:00Z"), None);
}

#[test]
fn without_a_valid_token_sync_has_stopped() {
    let connection = refused(vec![fault("2027-05-25T08:50:00Z", "2027-05-25T08:59:59Z")]);
    let expiring = history(token("Q9T4XB12", "2026-11-25T09:00:00Z"), vec![]);
    for (now, expected) in [
        ("2027-05-25T08:59:59Z", SyncHealth::Refused),
        ("2027-05-25T09:00:00Z", SyncHealth::Stopped),
        ("2027-06-25T09:00:00Z", SyncHealth::Stopped),
    ] {
        assert_eq!(state(&expiring, &connection, now), Some(expected), "{now}");
    }
    let ended = revoked(token("Q9T4XB12", "2026-11-25T09:00:00Z"), "2026-11-25T09:10:00Z");
    let state = state(&history(ended, vec![]), &Connection::default(), "2026-11-25T09:10:00Z");
    assert_eq!(state, Some(SyncHealth::Stopped));
}

#[test]
fn who_still_sends_an_older_token_has_not_switched() {
    let connection = Connection::default();
    for (late, now, expected) in [
        (None, "2026-11-25T09:20:00Z", SyncHealth::Waiting),
        (Some("2026-11-25T09:00:00Z"), "2026-11-25T09:14:59Z", SyncHealth::Waiting),
        (Some("2026-11-25T09:00:00Z"), "2026-11-25T09:15:00Z", SyncHealth::NotSwitched),
        (Some("2026-11-25T09:00:00Z"), "2026-12-25T09:15:00Z", SyncHealth::NotSwitched),
        // Presented before this token was generated.
        (Some("2026-11-25T08:59:59Z"), "2026-11-25T09:15:00Z", SyncHealth::Waiting),
    ] {
        assert_eq!(state(&rotation(late), &connection, now), Some(expected), "{late:?} {now}");
    }
    let mut uncopied = rotation(Some("2026-11-25T09:00:30Z"));
    uncopied.newest.as_mut().unwrap().uncopied_at = Some(at("2026-11-25T09:01:00Z"));
    assert_eq!(
        state(&uncopied, &connection, "2026-11-25T09:01:00Z"),
        Some(SyncHealth::NotSwitched)
    );
    let mut switched = rotation(Some("2026-11-25T09:16:00Z"));
    switched.newest = switched.newest.map(|token| used(token, "2026-11-25T09:10:00Z"));
    assert_eq!(state(&switched, &connection, "2026-11-25T09:17:00Z"), Some(SyncHealth::Working));
}

#[test]
fn every_token_since_the_last_one_that_was_used_is_a_predecessor() {
    let first = presented(
        revoked(
            used(token("7F3K2M9d", "2026-11-01T09:00:00Z"), "2026-11-25T08:30:00Z"),
            "2026-11-25T08:40:00Z",
        ),
        "2026-11-25T09:16:00Z",
    );
    let second = revoked(token("B2B2B2B2", "2026-11-25T08:40:00Z"), "2026-11-25T08:50:00Z");
    let third = revoked(token("C3C3C3C3", "2026-11-25T08:50:00Z"), "2026-11-25T09:00:00Z");
    let newest = token("Q9T4XB12", "2026-11-25T09:00:00Z");
    let all = history(newest, vec![third, second, first]);

    let presented: Vec<&str> =
        presented_predecessors(&all).map(|token| token.id.as_str()).collect();
    assert_eq!(presented, ["7F3K2M9d"]);
    assert_eq!(
        state(&all, &Connection::default(), "2026-11-25T09:17:00Z"),
        Some(SyncHealth::NotSwitched)
    );
}

#[test]
fn refusals_alone_mean_refused() {
    let working =
        history(used(token("Q9T4XB12", "2026-11-01T09:00:00Z"), "2026-11-25T08:50:00Z"), vec![]);
    let faults = refused(vec![fault("2026-11-25T09:00:00Z", "2026-11-25T09:10:00Z")]);
    let scanner = RefusedGroup {
        reason: Refusal::NoCredentials,
        looks_like_ours: false,
        ..fault("2026-11-25T09:00:00Z", "2026-11-25T09:10:00Z")
    };
    let known = RefusedGroup { is_known_source: true, ..scanner.clone() };
    let application = RefusedGroup { reason: Refusal::UnknownApplication, ..known.clone() };
    let mut mixed = faults.clone();
    mixed.refused.before_at = Some(at("2026-11-25T08:58:00Z"));
    for (connection, now, expected) in [
        (&faults, "2026-11-25T09:10:00Z", SyncHealth::Refused),
        (&faults, "2026-11-25T09:24:59Z", SyncHealth::Refused),
        (&faults, "2026-11-25T09:25:00Z", SyncHealth::Working),
        // A scanner without a token does not turn every page red.
        (&refused(vec![scanner]), "2026-11-25T09:10:00Z", SyncHealth::Working),
        (&refused(vec![known]), "2026-11-25T09:10:00Z", SyncHealth::Refused),
        (&refused(vec![application]), "2026-11-25T09:10:00Z", SyncHealth::Working),
        // Something was accepted between two refusals.
        (&mixed, "2026-11-25T09:12:59Z", SyncHealth::Working),
        (&mixed, "2026-11-25T09:13:00Z", SyncHealth::Refused),
    ] {
        assert_eq!(state(&working, connection, now), Some(expected), "{now}");
    }
}

#[test]
fn while_a_token_is_entered_its_refusals_belong_to_that() {
    let first = history(token("Q9T4XB12", "2026-11-25T09:00:00Z"), vec![]);
    let faults = refused(vec![fault("2026-11-25T09:01:00Z", "2026-11-25T09:14:00Z")]);
    for (now, expected) in [
        ("2026-11-25T09:14:59Z", SyncHealth::Waiting),
        ("2026-11-25T09:15:00Z", SyncHealth::Refused),
        ("2026-11-25T09:29:00Z", SyncHealth::Waiting),
    ] {
        assert_eq!(state(&first, &faults, now), Some(expected), "{now}");
    }
}

#[test]
fn silence_begins_with_its_limit() {
    let working =
        history(used(token("Q9T4XB12", "2026-10-01T09:00:00Z"), "2026-11-15T09:00:00Z"), vec![]);
    let (limit, second) = (TimeDelta::days(9), TimeDelta::seconds(1));
    let three_days = TimeDelta::days(3);
    for (connection, expected) in [
        (quiet(limit - second, three_days, 30), SyncHealth::Working),
        (quiet(limit, three_days, 30), SyncHealth::Silent),
        (quiet(TimeDelta::hours(71), TimeDelta::hours(1), 5), SyncHealth::Working),
        (quiet(TimeDelta::hours(72), TimeDelta::hours(1), 5), SyncHealth::Silent),
    ] {
        assert_eq!(state(&working, &connection, "2026-11-25T09:00:00Z"), Some(expected));
    }
    let off = health(
        &working,
        &quiet(TimeDelta::days(90), three_days, 120),
        SilenceRule::Off,
        at("2026-11-25T09:00:00Z"),
    );
    assert_eq!(off, Some(SyncHealth::Working));
}

#[test]
fn a_token_that_was_never_used_waits_for_a_day() {
    // The connection was silent before; the new token begins anew.
    let connection = quiet(TimeDelta::days(30), TimeDelta::hours(1), 60);
    for (now, expected) in [
        ("2026-11-25T09:00:00Z", SyncHealth::Waiting),
        ("2026-11-26T08:59:59Z", SyncHealth::Waiting),
        ("2026-11-26T09:00:00Z", SyncHealth::Silent),
    ] {
        assert_eq!(state(&rotation(None), &connection, now), Some(expected), "{now}");
    }
}

#[test]
fn mails_follow_the_states() {
    let working =
        history(used(token("Q9T4XB12", "2026-10-01T09:00:00Z"), "2026-11-15T09:00:00Z"), vec![]);
    let now = "2026-11-25T09:00:00Z";
    let silent = quiet(TimeDelta::days(10), TimeDelta::days(3), 30);
    let unlearnt = quiet(TimeDelta::days(10), TimeDelta::days(3), 13);
    let refused_since = |first| refused(vec![fault(first, now)]);
    for (history, connection, first_mail, expected) in [
        (&working, &silent, None, vec![Alarm::Silent]),
        (&working, &silent, Some("2026-11-18T09:00:01Z"), vec![Alarm::Silent]),
        (&working, &silent, Some("2026-11-18T09:00:00Z"), vec![Alarm::Silent, Alarm::StillSilent]),
        (&working, &unlearnt, None, vec![]),
        (&working, &refused_since("2026-11-25T08:00:01Z"), None, vec![]),
        (&working, &refused_since("2026-11-25T08:00:00Z"), None, vec![Alarm::Refused]),
        // Never used: not before the connection is quiet for too long.
        (
            &history(token("Q9T4XB12", "2026-11-23T09:00:00Z"), vec![]),
            &quiet(TimeDelta::days(8), TimeDelta::days(3), 30),
            None,
            vec![],
        ),
        (
            &history(token("Q9T4XB12", "2026-11-23T09:00:00Z"), vec![]),
            &silent,
            None,
            vec![Alarm::Silent],
        ),
    ] {
        let first_mail = first_mail.map(at);
        let due = alarms::due(history, connection, SilenceRule::Auto, first_mail, at(now));
        assert_eq!(due, expected);
    }
}

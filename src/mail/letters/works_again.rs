//! The report about an outage that has ended.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::{Letterhead, authentication_link, reason};
use crate::domain::calendar::{LocalText, date, date_text, span};
use crate::domain::identity_provider::IdentityProvider;
use crate::domain::mail::recipient::Recipient;
use crate::domain::network::agent::described;
use crate::domain::sync::outage::Outage;
use crate::domain::sync::refused::RefusedGroup;
use crate::domain::token::Token;
use crate::mail::letter::{Letter, Parts, Tone};

/// Reasons and sources that are told apart.
const SHOWN: usize = 5;

/// An outage that has ended.
#[derive(Debug, Clone, Copy)]
pub struct OutageReport<'a> {
    /// The outage.
    pub outage: &'a Outage,
    /// What was refused in it.
    pub refused: &'a [RefusedGroup],
    /// The token that was accepted.
    pub token: &'a Token,
}

/// Tells that SCIM sync works again.
pub fn works_again(
    report: &OutageReport<'_>,
    zone: Tz,
    recipient: &Recipient,
    letterhead: &Letterhead,
) -> Letter {
    let OutageReport { outage, refused, token } = *report;
    let length = span(outage.ended_at - outage.began_at);
    let ended = LocalText::new(outage.ended_at, zone);
    let by = described(Some(outage.from), outage.agent.as_deref());
    let count: u64 = refused.iter().map(|group| group.count).sum();
    let mut facts = vec![
        ("Stopped", LocalText::new(outage.began_at, zone).fact()),
        ("Works since", ended.fact()),
        ("Refused", requests(count)),
    ];
    if count > 0 {
        facts.push(("Reasons", numbered(refused, |group| group.reason.what().to_owned())));
        let from = |group: &RefusedGroup| described(group.from, group.agent.as_deref());
        facts.push(("From", numbered(refused, from)));
    }
    let expiry = date_text(date(token.expires_at, zone));
    facts.push(("Token", format!("{}, expires on {expiry}", token.id)));
    let steps = if count == 0 { Vec::new() } else { repeating(letterhead.provider) };
    let advice = if count == 0 {
        format!(
            "No request was refused. If users changed in the meantime, look in {} whether they \
             were synced.",
            letterhead.provider_name()
        )
    } else {
        "Some identity providers do not repeat by themselves what was refused.".to_owned()
    };
    let parts = Parts {
        subject: format!("SCIM sync works again after {length}"),
        preview: format!("It works since {}. Refused: {}.", ended.fact(), requests(count)),
        tone: Tone::Note,
        heading: "SCIM sync works again".to_owned(),
        paragraphs: vec![
            format!(
                "A request was accepted on {}, from {by}. Before that, SCIM sync stood still for \
                 {length}.",
                ended.phrase()
            ),
            advice,
        ],
        facts,
        steps,
        link: authentication_link(letterhead),
        closing: "Nothing else is to be done.".to_owned(),
        reason: reason(recipient, letterhead),
    };
    parts.render(letterhead)
}

/// How to repeat what was refused.
fn repeating(provider: Option<IdentityProvider>) -> Vec<String> {
    const OTHERS: &str = "start a full sync, or look for failed tasks and repeat them.";
    let Some(guide) = provider.map(IdentityProvider::guide).filter(|guide| guide.is_known()) else {
        let known = [IdentityProvider::Entra, IdentityProvider::Okta].map(IdentityProvider::guide);
        let known = known.iter().map(|guide| format!("{}: {}", guide.name, guide.repeat));
        return known.chain([format!("Others: {OTHERS}")]).collect();
    };
    if guide.repeat.is_empty() {
        let name = guide.name;
        return vec![format!("In {name}, {OTHERS} Identity provider in Admin Settings says more.")];
    }
    vec![format!("In {}, {}", guide.name, guide.repeat)]
}

fn requests(count: u64) -> String {
    match count {
        0 => "None".to_owned(),
        1 => "1 request".to_owned(),
        count => format!("{count} requests"),
    }
}

/// `The request carries no token: 210; ...`, the most frequent first.
fn numbered(groups: &[RefusedGroup], name: impl Fn(&RefusedGroup) -> String) -> String {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for group in groups {
        *counts.entry(name(group)).or_default() += group.count;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let others: u64 = counts.iter().skip(SHOWN).map(|(_, count)| count).sum();
    let shown = counts.iter().take(SHOWN).map(|(name, count)| format!("{name}: {count}"));
    let others = (others > 0).then(|| format!("others: {others}"));
    shown.chain(others).collect::<Vec<_>>().join("; ")
}

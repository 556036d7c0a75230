//! Histories made by hand: one that is right, and one for each thing that cannot be.

use std::ops::Range;

use super::*;

fn span(at: Range<u64>) -> Span {
    Span { begin: Duration::from_millis(at.start), end: Duration::from_millis(at.end), at: 0 }
}

fn generated(id: &str, replaced: Option<&str>, at: Range<u64>) -> (Change, Span) {
    let (id, replaced) = (id.to_owned(), replaced.map(str::to_owned));
    (Change::Generated { id, replaced, old: None, kept: None }, span(at))
}

fn beside(id: &str, kept: &str, at: Range<u64>) -> (Change, Span) {
    let (id, kept) = (id.to_owned(), Some(kept.to_owned()));
    (Change::Generated { id, replaced: None, old: None, kept }, span(at))
}

fn revoked(id: &str, at: Range<u64>) -> (Change, Span) {
    (Change::Revoked { id: id.to_owned(), old: None }, span(at))
}

fn unknown(at: Range<u64>) -> (Change, Span) {
    (Change::GenerationUnknown, span(at))
}

fn asked(id: &str, accepted: bool, at: Range<u64>) -> Validation {
    Validation { id: id.to_owned(), accepted, span: span(at) }
}

/// `a` from 10 to 20, replaced by `b` from 30 to 40.
fn replacement() -> Vec<(Change, Span)> {
    vec![generated("a", None, 10..20), generated("b", Some("a"), 30..40)]
}

fn check(changes: &[(Change, Span)], validations: &[Validation]) -> Result<Proof, Vec<Violation>> {
    let (changes, validations) = (changes.to_vec(), validations.to_vec());
    History { changes, validations, rows: Vec::new() }.check()
}

#[test]
fn what_overlaps_may_go_either_way() {
    for accepted in [true, false] {
        let validations = [
            asked("a", accepted, 11..12),
            asked("a", accepted, 29..31),
            asked("a", accepted, 39..90),
            asked("b", accepted, 25..31),
            asked("b", accepted, 39..90),
        ];
        for validation in validations {
            assert!(check(&replacement(), &[validation]).is_ok());
        }
    }
}

#[test]
fn what_does_not_overlap_is_judged_and_counted() {
    let validations = [
        asked("a", true, 20..30),
        asked("a", false, 30..41),
        asked("a", false, 40..41),
        asked("b", true, 40..41),
        asked("b", false, 8..9),
        asked("never", false, 1..2),
    ];

    let proof = check(&replacement(), &validations);

    let expected =
        Proof { generations: 2, accepted: 2, refused: 1, overlapping: 1, ..Proof::default() };
    assert_eq!(proof, Ok(expected));
}

#[test]
fn a_kept_token_is_judged_like_the_one_beside_it_until_it_ends() {
    let changes = [generated("a", None, 10..20), beside("b", "a", 30..40)];
    for (id, accepted, at, is_right) in
        [("a", true, 41..42, true), ("a", false, 41..42, false), ("b", false, 41..42, false)]
    {
        assert_eq!(
            check(&changes, &[asked(id, accepted, at)]).is_ok(),
            is_right,
            "{id} {accepted}"
        );
    }
    let by_hand = (Change::RevokedOld { id: "a".to_owned() }, span(50..60));
    let both = (Change::Revoked { id: "b".to_owned(), old: Some("a".to_owned()) }, span(50..60));
    for (end, stays) in [(by_hand, true), (both, false)] {
        let changes = [&changes[..], &[end]].concat();
        for (id, accepted) in [("a", false), ("b", stays)] {
            assert!(check(&changes, &[asked(id, accepted, 61..62)]).is_ok(), "{id}");
            assert!(check(&changes, &[asked(id, !accepted, 61..62)]).is_err(), "{id}");
        }
    }
    // Of a kept one that the next generation does not keep, nothing need be said.
    let changes = [&changes[..], &[generated("c", Some("b"), 50..60)]].concat();
    assert!(check(&changes, &[asked("a", true, 61..62)]).is_err());
}

#[test]
fn a_replaced_token_that_is_accepted_is_found() {
    let late = asked("a", true, 40..41);
    let found = check(&replacement(), std::slice::from_ref(&late));
    assert_eq!(found, Err(vec![Violation::AcceptedAfterItsEnd(late)]));

    let after_a_revocation = asked("a", true, 31..32);
    let changes = [generated("a", None, 10..20), revoked("a", 21..31)];
    let found = check(&changes, std::slice::from_ref(&after_a_revocation));
    assert_eq!(found, Err(vec![Violation::AcceptedAfterItsEnd(after_a_revocation)]));

    // Whatever the later ones say that they replaced.
    let two_later = asked("a", true, 60..61);
    let unheard = generated("b", Some("x"), 50..60);
    let changes = [generated("a", None, 10..20), unknown(20..30), unheard];
    let found = check(&changes, std::slice::from_ref(&two_later));
    assert_eq!(found, Err(vec![Violation::AcceptedAfterItsEnd(two_later)]));
}

#[test]
fn a_time_in_which_no_token_is_valid_is_found() {
    for refused in [asked("a", false, 20..30), asked("b", false, 40..41)] {
        let found = check(&replacement(), std::slice::from_ref(&refused));
        assert_eq!(found, Err(vec![Violation::RefusedWhileValid(refused)]));
    }
}

#[test]
fn a_token_that_comes_back_is_found() {
    let back = asked("a", true, 33..34);
    let found = check(&replacement(), &[asked("a", false, 31..33), back.clone()]);
    assert_eq!(found, Err(vec![Violation::AcceptedAgain(back)]));
}

#[test]
fn a_token_that_nobody_generated_is_found() {
    for early in [asked("a", true, 9..10), asked("never", true, 50..51)] {
        let found = check(&replacement(), std::slice::from_ref(&early));
        assert_eq!(found, Err(vec![Violation::AcceptedUngenerated(early)]));
    }
}

#[test]
fn two_tokens_that_replaced_the_same_one_are_found() {
    let changes = [&replacement()[..], &[generated("c", Some("a"), 35..45)]].concat();
    let found = check(&changes, &[]).unwrap_err();
    assert!(found.contains(&Violation::EndedNotOnce("a".to_owned())), "{found:?}");
}

#[test]
fn two_tokens_of_which_none_replaced_the_other_are_found() {
    let revocation = revoked("a", 20..30);
    let (b, c) = (generated("b", None, 40..50), generated("c", None, 40..50));
    let found = check(&[generated("a", None, 10..20), revocation, b, c], &[]).unwrap_err();
    assert!(found.contains(&Violation::EndedNotOnce("b".to_owned())), "{found:?}");
    assert!(found.contains(&Violation::Unexplained), "{found:?}");
}

#[test]
fn a_chain_that_goes_back_in_time_is_found() {
    let before_its_birth = [generated("a", None, 30..40), generated("b", Some("a"), 10..20)];
    let past_another =
        [generated("a", None, 10..20), revoked("x", 25..30), generated("b", Some("a"), 30..40)];
    for changes in [&before_its_birth[..], &past_another] {
        let found = check(changes, &[]).unwrap_err();
        assert!(found.contains(&Violation::OutOfOrder("a".to_owned())), "{found:?}");
    }
}

#[test]
fn a_lost_answer_explains_one_change_at_any_later_time() {
    let changes = [generated("a", None, 10..20), unknown(30..40)];
    assert!(check(&changes, &[asked("a", true, 50..51), asked("a", false, 60..61)]).is_ok());
    let early = asked("a", false, 21..29);
    let found = check(&changes, std::slice::from_ref(&early));
    assert_eq!(found, Err(vec![Violation::RefusedWhileValid(early)]));

    let explained = generated("b", Some("x"), 50..60);
    let changes = [&changes[..], &[explained]].concat();
    assert!(check(&changes, &[asked("a", false, 41..42), asked("b", true, 60..61)]).is_ok());

    let second = [&changes[..], &[generated("c", Some("y"), 70..80)]].concat();
    let found = check(&second, &[]).unwrap_err();
    assert!(found.contains(&Violation::Unexplained), "{found:?}");
}

#[test]
fn a_lost_answer_excuses_nothing_once_its_turn_has_passed() {
    // `b` says that it replaced `a`, so the lost generation did not come between them.
    let changes = [generated("a", None, 10..20), unknown(12..15), replacement()[1].clone()];
    let refused = asked("a", false, 21..22);
    let found = check(&changes, std::slice::from_ref(&refused));
    assert_eq!(found, Err(vec![Violation::RefusedWhileValid(refused)]));
}

/// `b` beside `a` at ten o'clock, and what is presented at seconds after that: whether it was
/// accepted, and whether that is found stored before the next.
fn by_the_clock(asked: &[(&str, bool, i64, bool)]) -> Result<Proof, Vec<Violation>> {
    const TEN: i64 = 10 * 60 * 60;
    let mut history = History { changes: Vec::new(), validations: Vec::new(), rows: Vec::new() };
    let at = |span: Span, seconds: i64| Span { at: TEN + seconds, ..span };
    for (change, span) in [generated("a", None, 10..20), beside("b", "a", 30..40)] {
        history.changes.push((change, at(span, 0)));
    }
    for (number, (id, accepted, seconds, is_stored)) in (0_u64..).zip(asked) {
        let begin = 100 * (number + 1);
        let span = at(span(begin..begin + 10), *seconds);
        let validation = Validation { id: (*id).to_owned(), accepted: *accepted, span };
        history.validations.push(validation);
        if *is_stored {
            let span = at(self::span(begin + 20..begin + 30), *seconds);
            let (first_used, last_used) = (Some(span.at), Some(span.at));
            history.rows.push(Row { id: (*id).to_owned(), first_used, last_used, span });
        }
    }
    history.check()
}

#[test]
fn a_kept_token_ends_to_the_second() {
    let (minute, hour) = (60, 60 * 60);
    let day = 24 * hour;
    let new = |at| ("b", true, at, true);
    let old = |accepted, at| ("a", accepted, at, true);
    for (asked, is_right) in [
        // Its time is over.
        (vec![old(true, day - 1), old(false, day)], true),
        (vec![old(true, day)], false),
        (vec![old(false, day - 1)], false),
        // The new one has proven itself, and nobody has presented the old one since.
        (vec![new(7 * minute), old(false, hour + 7 * minute)], true),
        (vec![new(7 * minute), old(true, hour + 7 * minute)], false),
        (vec![new(7 * minute), old(false, hour + 7 * minute - 1)], false),
        // It was presented meanwhile.
        (vec![new(0), old(true, hour - 1), old(false, 2 * hour - 1)], true),
        (vec![new(0), old(true, hour - 1), old(true, 2 * hour - 1)], false),
        (vec![new(0), old(true, hour - 1), old(false, 2 * hour - 2)], false),
        // However often that is.
        (vec![new(day - hour), old(true, day - 1), old(false, day)], true),
        (vec![new(day - hour), old(true, day - 1), old(true, day)], false),
        // What has ended stays so.
        (vec![old(false, day), old(true, day - 1)], false),
    ] {
        assert_eq!(by_the_clock(&asked).is_ok(), is_right, "{asked:?}");
    }
    let proof = by_the_clock(&[new(0), old(true, hour - 1), old(false, 2 * hour - 1)]).unwrap();
    assert_eq!((proof.last_seconds, proof.ended), (1, [1, 0]));
}

#[test]
fn a_use_that_may_be_lost_explains_an_earlier_end_and_a_later_one() {
    let hour = 60 * 60;
    for accepted in [true, false] {
        // The first use of the new one, before its process died: the old one may go on.
        assert!(by_the_clock(&[("b", true, 0, false), ("a", accepted, hour, true)]).is_ok());
        // The last use of the old one.
        let last = ("a", true, hour - 1, false);
        assert!(by_the_clock(&[("b", true, 0, true), last, ("a", accepted, hour, true)]).is_ok());
    }
    let last = ("a", true, hour - 1, false);
    let late = [("b", true, 0, true), last, ("a", true, 2 * hour - 1, true)];
    assert!(by_the_clock(&late).is_err());
}

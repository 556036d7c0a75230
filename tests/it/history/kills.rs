//! Processes that are killed while they generate a token.
//!
//! Events decide when they are killed, not the clock: a request was sent, an answer has come, others
//! got so many answers since, or the token before was refused for the first time, which is when the
//! change is made and its answer is on its way.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::changes::{PAGE, first_value, generation};
use super::checker::Id;
use super::questions::Dice;
use super::run::id_of;
use crate::support::actors::{ScimClient, Visitor};
use crate::support::database::Database;
use crate::support::http::{Request, Response, connect};
use crate::support::on_each_database;
use crate::support::process::Scimward;

on_each_database!(
    a_killed_server_leaves_exactly_one_token,
    a_killed_command_leaves_exactly_one_token,
    a_program_that_asks_again_after_a_kill_gets_one_token,
);

const ROUNDS: usize = 10;
/// More questions than are ever answered while a token is generated.
const QUESTIONS: usize = 100_000;
const ADMINS: [&str; 2] = ["Ada", "Grace"];

/// When to kill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// At once after the last byte was sent.
    Sent,
    /// After another instance has answered so many questions.
    Answered(usize),
    /// When the token before is refused.
    Replaced,
    /// When the generation was acknowledged.
    Acknowledged,
}

impl Moment {
    fn of(round: usize, dice: &mut Dice) -> Self {
        match round % 5 {
            0 => Self::Sent,
            1 | 2 => Self::Answered(dice.below(60)),
            3 => Self::Replaced,
            _ => Self::Acknowledged,
        }
    }

    /// `holder` holds the token that is being replaced.
    fn wait(self, holder: &ScimClient, acknowledged: impl FnOnce()) {
        match self {
            Self::Sent => {}
            Self::Answered(count) => drop((0..count).find(|_| !holder.is_accepted())),
            Self::Replaced => {
                let replaced = (0..QUESTIONS).any(|_| !holder.is_accepted());
                assert!(replaced, "no token is generated");
            }
            Self::Acknowledged => acknowledged(),
        }
    }
}

/// What is known between two rounds.
struct World<'a> {
    database: &'a Database,
    scimward: Scimward,
    /// The valid token.
    token: String,
    /// All that there were, in their order.
    ids: Vec<Id>,
    /// Rounds that left the token, and rounds that replaced it without an answer.
    kept: usize,
    unheard: usize,
}

impl<'a> World<'a> {
    fn begin(database: &'a Database) -> Self {
        let scimward = Scimward::on(database);
        let token = generate(&scimward);
        let ids = vec![id_of(&token)];
        Self { database, scimward, token, ids, kept: 0, unheard: 0 }
    }

    /// What must hold after a process was killed while it generated a token, and did or did not
    /// acknowledge it.
    fn check(&mut self, acknowledged: Option<String>, servers: &[SocketAddr]) {
        // Waits for what a killed process has left to the server of the database.
        self.database.ask("UPDATE locks SET taken = taken + 1 WHERE name = 'tokens'");
        let ids = self.database.ask("SELECT id FROM tokens ORDER BY position");
        let unrevoked = self.database.ask("SELECT id FROM tokens WHERE revoked_at IS NULL");
        assert_eq!(unrevoked, ids[ids.len() - 1..]);
        assert_eq!(ids[..self.ids.len()], self.ids, "a token is lost");
        let is_replaced = ids.len() > self.ids.len();
        for server in servers {
            let accepts = |token: &str| ScimClient::new(*server, token).is_accepted();
            assert_eq!(accepts(&self.token), !is_replaced);
            assert!(acknowledged.as_deref().is_none_or(accepts));
        }
        assert!(ids.len() <= self.ids.len() + 1, "two replaced the same token");
        self.ids = ids;
        if let Some(token) = acknowledged {
            assert_eq!(self.ids.last(), Some(&id_of(&token)), "what was acknowledged is lost");
            self.token = token;
        } else if is_replaced {
            self.unheard += 1;
            self.token = generate(&self.scimward);
            self.ids.push(id_of(&self.token));
        } else {
            self.kept += 1;
        }
    }
}

fn generate(scimward: &Scimward) -> String {
    let ended = scimward.run(&["token", "generate"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    ended.stdout.trim_end().to_owned()
}

fn a_killed_server_leaves_exactly_one_token(database: &Database) {
    let mut world = World::begin(database);
    for name in ADMINS {
        world.scimward.add_admin(name);
    }
    let witness = world.scimward.serve();
    let mut victim = world.scimward.serve();
    let mut dice = Dice::new(1);
    for round in 0..ROUNDS {
        let address = victim.address;
        // The pages are to know that the token is in use.
        assert!(ScimClient::new(address, &world.token).is_accepted());
        let forms = ADMINS.map(|name| opened_form(address, name));
        let (has_sent, sent) = channel();
        let (has_answered, answered) = channel();
        let sending = forms.map(|form| {
            let (has_sent, has_answered) = (has_sent.clone(), has_answered.clone());
            std::thread::spawn(move || send(&form, address, &has_sent, &has_answered))
        });
        let next = |events: &Receiver<()>| events.recv().expect("the sender goes on");
        for _ in ADMINS {
            next(&sent);
        }
        let holder = ScimClient::new(witness.address, &world.token);
        Moment::of(round, &mut dice).wait(&holder, || next(&answered));
        // Kills it.
        drop(victim);

        victim = world.scimward.serve();

        let tokens =
            sending.map(|thread| thread.join().expect("it is sent").as_ref().and_then(token_in));
        let acknowledged: Vec<String> = tokens.into_iter().flatten().collect();
        assert!(acknowledged.len() <= 1);
        world.check(acknowledged.into_iter().next(), &[witness.address, victim.address]);
    }
    assert!(world.kept > 0 && world.ids.len() > 1);
}

/// The form as the page shows it to a Server Admin who has just signed in, ready to be sent.
fn opened_form(address: SocketAddr, name: &str) -> Request {
    let admin = Visitor::signed_in(address, name);
    let (form, _) = generation(&admin, &admin.get(PAGE).expect(200));
    form.header("Cookie", &admin.cookie_header())
}

/// Sends a form and says so; the answer, if it arrives.
fn send(
    form: &Request,
    to: SocketAddr,
    sent: &Sender<()>,
    answered: &Sender<()>,
) -> Option<Response> {
    let mut stream = connect(to);
    stream.write_all(&form.bytes(to)).expect("the server reads");
    sent.send(()).expect("the test waits");
    let mut answer = Vec::new();
    // A connection that is reset has answered nothing more.
    let _ = stream.read_to_end(&mut answer);
    let _ = answered.send(());
    (!answer.is_empty()).then(|| Response::parse(&answer))
}

/// The token in an answer that tells of one, and that arrived whole.
fn token_in(answer: &Response) -> Option<String> {
    assert!([201, 409].contains(&answer.status), "{}: {}", answer.status, answer.text());
    Some(first_value(answer.body.as_slice())?["token"].as_str()?.to_owned())
}

fn a_killed_command_leaves_exactly_one_token(database: &Database) {
    let mut world = World::begin(database);
    let servers = [world.scimward.serve(), world.scimward.serve()];
    let addresses = servers.each_ref().map(|server| server.address);
    let mut dice = Dice::new(2);
    for round in 0..ROUNDS {
        let holder = ScimClient::new(addresses[0], &world.token);
        let mut child = world.scimward.spawn(&["token", "generate", "--json"]);
        let mut printed = child.stdout.take().expect("a pipe");
        let mut json = None;
        Moment::of(round, &mut dice).wait(&holder, || json = first_value(&mut printed));
        child.kill().expect("it is there until it is waited for");
        child.wait().expect("it has ended");

        let json = json.or_else(|| first_value(printed));

        let token = json.map(|json| json["token"].as_str().expect("a token").to_owned());
        world.check(token, &addresses);
    }
    assert!(world.kept > 0 && world.ids.len() > 1);
    for server in servers {
        assert_eq!(server.stop().code, 0);
    }
}

fn a_program_that_asks_again_after_a_kill_gets_one_token(database: &Database) {
    let scimward = Scimward::on(database);
    let key =
        scimward.run(&["key", "add", "--name", "Terraform", "--scope", "replace", "--months", "1"]);
    assert_eq!(key.code, 0, "{key:?}");
    let authorization = format!("Bearer {}", key.stdout.trim_end());
    let witness = scimward.serve();
    let mut victim = scimward.serve();
    let mut dice = Dice::new(3);
    let (mut generated_anew, mut told) = (0, 0);
    for round in 0..ROUNDS {
        let holder = ScimClient::new(witness.address, &generate(&scimward));
        let request = Request::new("POST", "/v1/admin/token")
            .header("Authorization", &authorization)
            .header("Idempotency-Key", &format!("round-{round}"))
            .body("application/json", r#"{"months": 3}"#);
        let (has_sent, sent) = channel();
        let (has_answered, answered) = channel();
        let (first, address) = (request.clone(), victim.address);
        let sending = std::thread::spawn(move || send(&first, address, &has_sent, &has_answered));
        sent.recv().expect("the sender goes on");
        Moment::of(round, &mut dice).wait(&holder, || answered.recv().expect("an answer"));
        // Kills it.
        drop(victim);
        sending.join().expect("it is sent");
        // Waits for what the killed process has left to the server of the database.
        database.ask("UPDATE locks SET taken = taken + 1 WHERE name = 'tokens'");
        victim = scimward.serve();

        let again = request.send(victim.address);

        assert!([201, 409].contains(&again.status), "{}: {}", again.status, again.text());
        let live = database.ask("SELECT id FROM tokens WHERE revoked_at IS NULL");
        assert_eq!(live.len(), 1);
        assert_eq!(database.ask("SELECT id FROM tokens").len(), 2 * (round + 1));
        assert_eq!(again.json()["token_id"], live[0].as_str());
        if again.status == 201 {
            generated_anew += 1;
        } else {
            told += 1;
        }
        let repeated = request.send(victim.address).expect(409);
        assert_eq!(repeated.json()["token_id"], live[0].as_str());
    }
    assert!(generated_anew > 0 && told > 0);
}

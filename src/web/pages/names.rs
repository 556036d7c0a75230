//! How Server Admins are named to a reader, so that a name alone always means the same person.
//!
//! Names are not unique and can be changed. A name stands alone if it is its owner's today and no one
//! else's; otherwise the address stands with it.

use std::collections::HashMap;

use crate::domain::admin::ServerAdmin;
use crate::domain::admin::actor::Actor;
use crate::domain::admin::person::AdminId;

/// The names of today, for one reader.
pub(crate) struct Names {
    me: AdminId,
    people: HashMap<AdminId, Person>,
}

struct Person {
    /// The name in the form in which two of them are compared.
    key: String,
    email: String,
    is_alone: bool,
}

impl Names {
    /// The names of `admins`, for the reader `me`.
    pub(crate) fn new(admins: &[ServerAdmin], me: AdminId) -> Self {
        let mut holders: HashMap<String, usize> = HashMap::new();
        for admin in admins {
            *holders.entry(key(admin.name.as_str())).or_default() += 1;
        }
        let person = |admin: &ServerAdmin| {
            let key = key(admin.name.as_str());
            let is_alone = holders.get(&key) == Some(&1);
            (admin.id, Person { key, email: admin.email.to_string(), is_alone })
        };
        Self { me, people: admins.iter().map(person).collect() }
    }

    /// Whether it was the reader.
    pub(crate) fn is_me(&self, actor: &Actor) -> bool {
        actor.admin_id() == Some(self.me)
    }

    /// The address that tells who it was, where the name does not: as it was then, if it is known.
    pub(crate) fn address<'a>(&'a self, actor: &'a Actor) -> Option<&'a str> {
        let person = self.people.get(&actor.admin_id()?);
        if person.is_some_and(|person| person.is_alone && person.key == key(actor.name())) {
            return None;
        }
        actor.email().or(person.map(|person| person.email.as_str()))
    }

    /// The name, with the address where it is needed.
    pub(crate) fn text(&self, actor: &Actor) -> String {
        match self.address(actor) {
            Some(address) => format!("{} ({address})", actor.name()),
            None => actor.name_in_sentence().to_owned(),
        }
    }
}

fn key(name: &str) -> String {
    name.to_lowercase()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::admin::password::HashedPassword;
    use crate::domain::token::secret::PhcString;

    fn admin(id: i64, name: &str) -> ServerAdmin {
        ServerAdmin {
            id: AdminId(id),
            name: name.parse().unwrap(),
            email: format!("{id}@example.com").parse().unwrap(),
            password: HashedPassword {
                hash: PhcString::new(String::new()),
                generation: String::new(),
            },
            active: true,
            created_at: DateTime::UNIX_EPOCH,
            last_login_at: None,
        }
    }

    fn actor(id: i64, name: &str, email: Option<&str>) -> Actor {
        Actor::Admin { id: AdminId(id), name: name.to_owned(), email: email.map(str::to_owned) }
    }

    #[test]
    fn a_name_stands_alone_if_it_means_one_person_then_and_now() {
        let admins = [admin(1, "Ada"), admin(2, "Grace"), admin(3, "grace"), admin(4, "Alan")];
        let names = Names::new(&admins, AdminId(1));
        for (id, name, email, text) in [
            (1, "Ada", Some("1@example.com"), "Ada"),
            (2, "Grace", Some("then@example.com"), "Grace (then@example.com)"),
            (3, "grace", None, "grace (3@example.com)"),
            // Who was called so meanwhile.
            (4, "Ada", Some("4@example.com"), "Ada (4@example.com)"),
            (4, "Alan", None, "Alan"),
            (9, "Alan", None, "Alan"),
        ] {
            assert_eq!(names.text(&actor(id, name, email)), text);
        }
        for other in [Actor::CommandLine, Actor::System] {
            assert_eq!(names.text(&other), other.name_in_sentence());
        }
    }
}

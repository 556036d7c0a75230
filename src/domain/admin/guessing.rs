//! How long it takes to guess a password.

use zxcvbn::zxcvbn;

/// Guesses that a password must withstand, as a power of ten. Three or four words do that have nothing
/// to do with each other; a word twice, two dates or a walk on the keyboard do not.
const WITHSTANDS: f64 = 13.0;
/// Characters that are looked at together: looking at more takes much longer and tells little.
const STRETCH: usize = 40;
/// Long passwords that everybody knows, although each is made of uncommon parts.
const WELL_KNOWN: [&str; 2] = ["correct horse battery staple", "correcthorsebatterystaple"];

/// What a guesser tries first: the names of the service and of the person.
#[derive(Debug, Clone, Default)]
pub struct OwnWords(Vec<String>);

impl OwnWords {
    /// The words of a service of this name on this host.
    pub fn of_service(product: &str, host: &str) -> Self {
        Self::default().with("scimward").with(product).with(host)
    }

    /// Adds those of a person with this name and address.
    #[must_use]
    pub fn and_person(self, name: &str, email: &str) -> Self {
        self.with(name).with(email)
    }

    /// Adds a text, the words in it and all of them in one.
    fn with(mut self, text: &str) -> Self {
        let text = text.to_lowercase();
        let words = || text.split(|c: char| !c.is_alphanumeric());
        self.0.push(words().collect());
        self.0.extend(words().filter(|word| word.chars().count() >= 3).map(str::to_owned));
        self.0.extend(text.split('@').map(str::to_owned));
        self.0.push(text);
        self
    }
}

/// Whether a password is guessed early. It may take a second for one that is made to take long.
pub(super) fn is_guessable(password: &str, own: &OwnWords) -> bool {
    let own = own.0.iter().map(String::as_str).filter(|word| !word.is_empty());
    let own: Vec<&str> = own.chain(WELL_KNOWN).collect();
    let characters: Vec<char> = password.chars().collect();
    let mut stretches =
        characters.chunks(STRETCH).map(|stretch| stretch.iter().collect::<String>());
    !stretches.any(|stretch| zxcvbn(&stretch, &own).guesses_log10() >= WITHSTANDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> OwnWords {
        OwnWords::of_service("Acme Directory", "sync.example.com")
            .and_person("Ada Lovelace", "countess@analytical.example")
    }

    #[test]
    fn what_everybody_guesses_is_guessable() {
        for text in [
            "aaaaaaaaaaaaaaa",
            "abababababababab",
            "aaaaabbbbbcccccddddd",
            "passwordpassword1",
            "PasswordPassword1!",
            "P@ssw0rdP@ssw0rd",
            "Password1234567890",
            "thisismypassword",
            "passwortpasswort1",
            "correct horse battery staple",
            "CorrectHorseBatteryStaple",
            "qwertyuiop123456",
            "qwertyuiopasdfghjkl",
            "1qaz2wsx3edc4rfv",
            "!QAZ2wsx#EDC4rfv",
            "asdfghjkl;'zxcvbnm",
            "йцукенйцукенйцукен",
            "密码密码密码密码密码密码密码密码",
            "abcdefghijklmnopqrs",
            "123456789012345",
            "a1b2c3d4e5f6g7h8",
            "Summer2026Summer2026",
            "20.11.2026 20.11.2026",
            "1985-03-19 1985-03-19",
            "letmeinletmeinletmein",
            "admin admin admin admin",
            "administratoradministrator",
            "monkeydragonfootball",
            &"password".repeat(16),
        ] {
            assert!(is_guessable(text, &own()), "{text}");
        }
    }

    #[test]
    fn what_the_service_and_the_person_are_called_is_guessable() {
        for text in [
            "AdaLovelace2026",
            "lovelace ada 1815",
            "countess@analytical.example",
            "Countess.Analytical1",
            "AcmeDirectory2026!",
            "acme directory 1",
            "sync.example.com",
            "syncexamplecom123",
            "scimwardscimward",
            "ScimwardAcmeAda1",
        ] {
            assert!(is_guessable(text, &own()), "{text}");
        }
    }

    #[test]
    fn four_words_and_random_characters_are_not_guessable() {
        for text in [
            "correct zebra pump lantern",
            "blumentopf kaffee lampe",
            "paper lamp river stone",
            "kP9x!mQ2vL7#tR4w",
            "äöüß長いパスワード十五文字です",
            "ada likes seven zebras",
            &format!("{} and then four honest words", "a".repeat(40)),
        ] {
            assert!(!is_guessable(text, &own()), "{text}");
        }
    }
}

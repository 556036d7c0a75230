//! What was tried and refused, and stands in the log alone: the activity list is for what happened.

macro_rules! attempts {
    ($($(#[$doc:meta])* $attempt:ident: $code:literal, $name:literal;)*) => {
        /// The kinds of attempts.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Attempt { $($(#[$doc])* $attempt,)* }

        impl Attempt {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$attempt,)*];

            /// What the log calls it: it never changes.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$attempt => $code,)* }
            }

            /// The same in words.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$attempt => $name,)* }
            }
        }
    };
}

attempts! {
    /// A login that was not looked at, because too many before it have failed; `subject` is the
    /// e-mail address.
    LoginThrottled: "login_throttled", "Login refused after too many failures";
    /// A password, recovery code or passkey in a session that was not looked at, because too many
    /// before it were wrong; `subject` is the e-mail address.
    ProofThrottled: "proof_throttled", "Confirmation refused after too many failures";
    /// A login with a passkey that was refused; `detail` says why.
    PasskeyRefused: "passkey_refused", "Login with a passkey refused";
    /// A change that a rule forbids; `subject` is the kind of activity it would have been, `detail`
    /// the rule.
    ChangeRefused: "change_refused", "Change refused";
    /// A form without a session, or of one that has ended; `subject` is its path.
    FormWithoutSession: "form_without_session", "Form without a session refused";
    /// A form without the CSRF token of the session that it came with; `subject` is its path.
    ForeignForm: "foreign_form", "Form of another session refused";
    /// A request that a page of another site has made; `subject` is its path.
    ForeignOrigin: "foreign_origin", "Request of another site refused";
    /// A request with an API key that is not accepted, or without one; `subject` is why, `detail` the id of
    /// the key, if one has it.
    KeyRefused: "api_key_refused", "API key refused";
}

//! What is known of each identity provider.
//!
//! It comes from the vendors' own documentation and published tests; what customers and other
//! products say is marked as reported.

use super::TokenForm::{Alone, Either, Header};
use super::Value::{BaseUrl, Chosen, Entered, Token};
use super::{Field, Guide, IdentityProvider, Value, YOURS};

const fn field(name: &'static str, value: Value) -> Field {
    Field { name, note: "", is_reported: false, value }
}

const fn noted(name: &'static str, note: &'static str, value: Value) -> Field {
    Field { name, note, is_reported: false, value }
}

const fn reported(name: &'static str, note: &'static str, value: Value) -> Field {
    Field { name, note, is_reported: true, value }
}

/// What the Authentication page says after a test that failed, and what to do about it.
pub const TEST_FAILS: &[(&str, &str)] = &[
    (
        "Nothing new at all",
        "The request did not arrive: check the address, DNS, the firewall, the certificate.",
    ),
    ("The request carries no token", "The field is empty, or a proxy removes `Authorization`."),
    (
        "The Authorization header does not begin with “Bearer”",
        "Choose bearer token as the method, or put `Bearer ` in front.",
    ),
    ("The header carries “Bearer” twice", "The identity provider adds it: enter the token alone."),
    ("The header carries a colon after “Bearer”", "Write `Bearer`, a space, the token."),
    ("The token is mistyped, cut off or not one of ours", "Copy all 63 characters again."),
    ("The token was replaced, or was revoked", "Enter the newest token."),
    ("The token has expired", "Ask a Server Admin to generate a new one."),
    (
        "A valid token came from a network that is not allowed",
        "Add the identity provider’s addresses to `SCIMWARD_CLIENT_NETWORKS`.",
    ),
];

/// What holds without a choice.
pub const GENERAL: &Guide = &Guide {
    code: "other",
    choice: "Another identity provider",
    name: YOURS,
    form: Either,
    limits: "",
    place: "In the SCIM application of your identity provider.",
    fields: &[field("SCIM base URL", BaseUrl), noted("Token", "63 characters, `scimw_…`", Token)],
    finish: "Then test the connection and save.",
    open: "SCIM application of your identity provider",
    paste: "paste the token",
    then: "Test the connection and save. Then look for tasks that failed and repeat them.",
    why: "",
    repeat: "",
    look: "Look at the provisioning of the SCIM application: is it switched on, and does it show \
           errors?",
};

const OKTA_LOOK: &str = "**Provisioning → To App**: is it switched on? **Dashboard → Tasks**: are \
                         there failed tasks?";
const OKTA_RETRY: &str = "**Dashboard → Tasks**: select the failed tasks, **Retry Selected**.";
const OKTA_WHY: &str = "Okta does not repeat a task that failed with 401 by itself.";
const OKTA_REPEAT: &str = "open Dashboard → Tasks, select the failed tasks and choose Retry Selected. Okta does not repeat a task that failed with 401 by itself.";

const OKTA: &Guide = &Guide {
    code: "okta",
    choice: "Okta, token alone",
    name: "Okta",
    form: Alone,
    limits: "",
    place: "In Okta: **Applications → your app → Provisioning → Integration → Edit**. No tab \
            Provisioning? Choose SCIM under **General → App Settings** first.",
    fields: &[
        noted("SCIM connector base URL", "must not contain an underscore", BaseUrl),
        field("Unique identifier field for users", Entered("userName")),
        field("Authentication Mode", Chosen("HTTP Header")),
        reported("Authorization", "the token alone, Okta adds “Bearer ”", Token),
    ],
    finish: "Then **Test Connector Configuration** (catalogue apps: **Test API Credentials**), then \
             **Save**.",
    open: "Provisioning → Integration → Edit",
    paste: "paste it into **Authorization**, test, **Save**",
    then: OKTA_RETRY,
    why: OKTA_WHY,
    repeat: OKTA_REPEAT,
    look: OKTA_LOOK,
};

const OKTA_HEADER: &Guide = &Guide {
    code: "okta-header",
    choice: "Okta, whole header (Header Auth)",
    name: "Okta",
    form: Header,
    limits: "",
    place: "In Okta: **Applications → your app → Provisioning → Integration → Edit**.",
    fields: &[
        reported("Base URL", "must not contain an underscore", BaseUrl),
        reported("API Token", "“Bearer ” and the token: Okta sends the field as it is", Token),
    ],
    finish: "Then **Test API Credentials**, then **Save**.",
    open: "Provisioning → Integration → Edit",
    paste: "paste the header value into **API Token**, test, **Save**",
    then: OKTA_RETRY,
    why: OKTA_WHY,
    repeat: OKTA_REPEAT,
    look: OKTA_LOOK,
};

const ENTRA: &Guide = &Guide {
    code: "entra",
    choice: "Microsoft Entra ID",
    name: "Microsoft Entra ID",
    form: Alone,
    limits: "",
    place: "In Microsoft Entra ID: **Enterprise applications → your app → Provisioning**, mode \
            **Automatic**, **Admin Credentials**.",
    fields: &[
        noted("Tenant URL", "`?aadOptscim062020` at the end is understood", BaseUrl),
        noted(
            "Secret Token",
            "the token alone, Entra adds “Bearer ”; never leave it blank: Entra then sends a token \
             of its own",
            Token,
        ),
    ],
    finish: "Then **Test Connection**, then **Save**. Mappings and Settings appear after saving.",
    open: "Provisioning → Admin Credentials",
    paste: "paste it into **Secret Token**",
    then: "**Test Connection**, **Save**, **Restart provisioning**.",
    why: "Without the restart nothing happens for hours.",
    repeat: "open the provisioning of the application and choose Restart provisioning.",
    look: "**Provisioning**: is the job switched on, or is it paused or in quarantine? The \
           provisioning logs show the errors.",
};

const ONE_LOGIN: &Guide = &Guide {
    code: "onelogin",
    choice: "OneLogin",
    name: "OneLogin",
    form: Alone,
    limits: "",
    place: "In OneLogin: **Applications → your app → Configuration**.",
    fields: &[
        reported("SCIM Base URL", "", BaseUrl),
        reported("SCIM Bearer Token", "the token alone", Token),
    ],
    finish: "Then **API Connection → Enable**, then **Save**.",
    open: "Configuration",
    paste: "paste it into **SCIM Bearer Token**, **Save**",
    then: "**Users → Provisioning**: retry what failed.",
    why: "If **API Status** is not **Enabled**, enable it again first.",
    repeat: "open Users → Provisioning and retry what failed.",
    look: "**Configuration**: is **API Status** Enabled? **Users → Provisioning**: did something \
           fail?",
};

const PING_ONE: &Guide = &Guide {
    code: "pingone",
    choice: "PingOne",
    name: "PingOne",
    form: Alone,
    limits: "",
    place: "In PingOne: **Integrations → Provisioning → your connection → Configuration → edit**.",
    fields: &[
        field("SCIM base URL", BaseUrl),
        field("Users resource", Entered("/Users")),
        field("Groups resource", Entered("/Groups")),
        field("SCIM version", Chosen("2.0")),
        field("Authentication method", Chosen("OAuth 2 Bearer Token")),
        noted("OAuth access token", "the token alone", Token),
        noted("Auth type header", "a custom text is sent as it is", Entered("Bearer")),
    ],
    finish: "Then **Test connection**: it says “Connection Successful”. Without it PingOne does not \
             provision.",
    open: "Integrations → Provisioning → your connection → Configuration → edit",
    paste: "paste it into **OAuth access token**",
    then: "**Test connection**, **Save**.",
    why: "",
    repeat: "",
    look: "**Integrations → Provisioning**: is the connection switched on, and does **Test \
           connection** succeed?",
};

const PING_FEDERATE: &Guide = &Guide {
    code: "pingfederate",
    choice: "PingFederate",
    name: "PingFederate",
    form: Alone,
    limits: "",
    place: "In PingFederate, with the add-on SCIM Provisioner: **SP connection → Outbound \
            Provisioning → Configure channels → Target**.",
    fields: &[
        field("SCIM URL", BaseUrl),
        field("SCIM version", Chosen("2.0")),
        field("Authentication method", Chosen("OAuth 2 Bearer Token")),
        noted("Access token", "the token alone", Token),
        noted("Authorization header type", "leave it", Entered("Bearer")),
    ],
    finish: "Then save.",
    open: "Outbound Provisioning → Configure channels → Target",
    paste: "paste it into **Access token**",
    then: "**Save**. The next cycle uses it.",
    why: "",
    repeat: "",
    look: "Look into `provisioner.log`.",
};

const JUMP_CLOUD: &Guide = &Guide {
    code: "jumpcloud",
    choice: "JumpCloud",
    name: "JumpCloud",
    form: Alone,
    limits: "JumpCloud tests by creating a user and a group and deleting them again. So the base URL \
             must lead to a SCIM service that can do that: scimward alone refuses the user with 501, \
             whatever the token is.",
    place: "In JumpCloud: **SSO Applications → your app → Identity Management**.",
    fields: &[
        field("SCIM version", Chosen("2.0")),
        field("Base URL", BaseUrl),
        noted("Token key", "the token alone", Token),
        noted(
            "Test user email",
            "your service must accept it",
            Chosen("an address that does not exist yet"),
        ),
    ],
    finish: "Then **Test connection**, **Activate**, **Save**.",
    open: "Identity Management",
    paste: "paste it into **Token key**",
    then: "**Test connection**, **Save**.",
    why: "The test user must not exist yet.",
    repeat: "",
    look: "**Identity Management**: is it activated, and does **Test connection** succeed?",
};

const GOOGLE: &Guide = &Guide {
    code: "google",
    choice: "Google Workspace",
    name: "Google Workspace",
    form: Alone,
    limits: "Google provisions only into applications of its own catalogue that support it; a custom \
             SAML app has no provisioning.",
    place: "In Google Workspace: **Apps → Web and mobile apps → your app → Autoprovisioning → \
            Configure**.",
    fields: &[noted("Access token", "the token alone", Token), field("Endpoint URL", BaseUrl)],
    finish: "Then save.",
    open: "Autoprovisioning → Edit the authorization",
    paste: "paste it into **Access token**",
    then: "**Save**. What failed in between is tried again in a later run.",
    why: "",
    repeat: "",
    look: "**Autoprovisioning** shows how many errors there were; the reasons are in the audit log.",
};

impl IdentityProvider {
    /// Every one, in the order of the list.
    pub const ALL: &[Self] = &[
        Self::Okta,
        Self::OktaHeader,
        Self::Entra,
        Self::OneLogin,
        Self::PingOne,
        Self::PingFederate,
        Self::JumpCloud,
        Self::Google,
        Self::Other,
    ];

    /// What is known of it.
    pub const fn guide(self) -> &'static Guide {
        match self {
            Self::Okta => OKTA,
            Self::OktaHeader => OKTA_HEADER,
            Self::Entra => ENTRA,
            Self::OneLogin => ONE_LOGIN,
            Self::PingOne => PING_ONE,
            Self::PingFederate => PING_FEDERATE,
            Self::JumpCloud => JUMP_CLOUD,
            Self::Google => GOOGLE,
            Self::Other => GENERAL,
        }
    }
}

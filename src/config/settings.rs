//! Every setting there is. A call of [`ConfigReader`] is one: its name, its default, how it is read, and
//! the field that takes it.

use std::net::SocketAddr;
use std::time::Duration;

use super::files;
use super::parse;
use super::reader::{ConfigReader, list, secret_list, secret_url, words};
use crate::domain::admin::person::EmailAddress;
use crate::domain::identity_provider::scim_url::ScimUrl;
use crate::domain::introspection_client::IntrospectionClients;
use crate::domain::mail::milestone::Schedule;
use crate::domain::network::Networks;
use crate::domain::network::public_url::PublicUrl;
use crate::mail::{Letterhead, MailServer, Mailer};
use crate::service::ServiceSettings;
use crate::service::mails::MailSettings;
use crate::service::passkeys;
use crate::service::sync::Silence;
use crate::store::DatabaseUrl;
use crate::telemetry::LogSettings;
use crate::web::Site;
use crate::web::tls::TlsFiles;
use crate::webhook;

/// Everything that can be configured, as the layers take it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// For serving HTTPS.
    pub tls: Option<TlsFiles>,
    /// How long a connection is kept between requests.
    pub keep_alive: Duration,
    /// Where to serve metrics.
    pub metrics_listen: Option<SocketAddr>,
    /// The database.
    pub database: DatabaseUrl,
    /// How long a server waits for the database when it starts.
    pub database_wait: Duration,
    /// For the use cases.
    pub services: ServiceSettings,
    /// For requests and answers.
    pub site: Site,
    /// For the log.
    pub log: LogSettings,
    /// What is possible and dangerous, a sentence each.
    pub warnings: Vec<String>,
    /// Variables of the environment that only look like settings: the platform's own.
    pub ignored: Vec<String>,
}

/// Reads the rows, in the order of the manual.
pub(super) fn read(read: &mut ConfigReader) -> Settings {
    let listen = read.setting("listen", "127.0.0.1:8080", parse::address);
    let database = read.setting(
        secret_url::<DatabaseUrl>("database_url"),
        "sqlite:data/scimward.db",
        str::parse::<DatabaseUrl>,
    );
    let database_wait = read.setting("database_wait", "60", parse::database_wait);
    let public_url = public_url(read, listen);
    let product_name = read.setting(words("product_name"), "scimward", parse::product_name);
    let mails = mails(read, &public_url, &product_name);
    let trusted_proxies =
        read.optional(list("trusted_proxies"), Networks::parse).unwrap_or_default();
    let tls = tls(read);
    let scim_base_url = read.optional("scim_base_url", str::parse::<ScimUrl>);
    let introspection_clients = read
        .optional(secret_list("introspection_clients"), IntrospectionClients::parse)
        .unwrap_or_default();
    let keep_alive = read.setting("keep_alive", "75", parse::keep_alive);
    let metrics_listen = read.optional("metrics_listen", parse::address);
    let access_log = read.setting("access_log", "false", parse::flag);
    let site = Site {
        product_name,
        public_url,
        scim_base_url,
        timezone: mails.schedule.zone,
        trusted_proxies,
        access_log,
        introspection_clients,
        connection_test: read.setting("connection_test", "true", parse::flag),
        accept_bare_token: read.setting("accept_bare_token", "false", parse::flag),
        client_networks: read.optional(list("client_networks"), Networks::parse),
    };
    forbid_plain_http(read, listen, tls.is_some() || !site.trusted_proxies.is_empty());
    let services = services(read, mails, &site.public_url);
    let log = log(read);
    warn(read, &database, &site, tls.as_ref(), metrics_listen);
    Settings {
        listen,
        tls,
        keep_alive,
        metrics_listen,
        database,
        database_wait,
        services,
        site,
        log,
        warnings: read.take_warnings(),
        ignored: read.take_ignored(),
    }
}

fn log(read: &mut ConfigReader) -> LogSettings {
    LogSettings {
        level: read.setting("log", "info", parse::log_level),
        format: read.setting("log_format", "text", parse::log_format),
    }
}

/// Notes what is possible and dangerous.
fn warn(
    read: &mut ConfigReader,
    database: &DatabaseUrl,
    site: &Site,
    tls: Option<&TlsFiles>,
    metrics_listen: Option<SocketAddr>,
) {
    if let Some(danger) = database.danger() {
        read.warning("database_url", danger);
    }
    if let Some(danger) = tls.and_then(|tls| files::readable(&tls.key)) {
        read.warning("tls_key", &danger);
    }
    if site.trusted_proxies.is_everywhere() {
        read.warning(
            "trusted_proxies",
            "every address counts as a proxy, so anybody chooses the address they seem to come \
             from: name the proxies alone",
        );
    }
    if metrics_listen.is_some_and(|address| !address.ip().to_canonical().is_loopback()) {
        read.warning(
            "metrics_listen",
            "everybody who reaches this address can read the metrics without a login: let only the \
             monitoring reach it",
        );
    }
    if site.scim_base_url.as_ref().is_some_and(ScimUrl::has_underscore) {
        read.warning("scim_base_url", "it contains an underscore, and Okta refuses such a URL");
    }
    if !site.public_url.is_https() && !site.public_url.is_local() {
        read.warning(
            "public_url",
            "passwords and session cookies cross the network unencrypted: use https",
        );
    }
}

fn public_url(read: &mut ConfigReader, listen: SocketAddr) -> PublicUrl {
    let is_https = read.will_find("tls_cert");
    let is_missing = !read.will_find("public_url");
    let public_url = read.optional("public_url", str::parse);
    if is_missing && listen.ip().to_canonical().is_unspecified() {
        read.problem(
            "public_url",
            &format!(
                "SCIMWARD_LISTEN={listen} means every address of this machine, and links cannot \
                 name them all: set it to where people reach scimward, such as \
                 https://scim.example.com"
            ),
        );
    }
    public_url.unwrap_or_else(|| PublicUrl::of_listener(listen, is_https))
}

fn services(
    read: &mut ConfigReader,
    mails: MailSettings,
    public_url: &PublicUrl,
) -> ServiceSettings {
    ServiceSettings {
        mails,
        confirm_identity: read.setting("confirm_identity", "true", parse::flag),
        require_passkey: require_passkey(read, public_url),
        activity_retention: read.setting("activity_retention_days", "400", parse::days),
    }
}

fn require_passkey(read: &mut ConfigReader, public_url: &PublicUrl) -> bool {
    let is_required = read.setting("require_passkey", "false", parse::flag);
    if is_required && !passkeys::are_possible(public_url) {
        read.problem(
            "require_passkey",
            &format!(
                "browsers know no passkeys under {public_url}: set SCIMWARD_PUBLIC_URL to an https \
                 address with a host name, such as https://scim.example.com"
            ),
        );
    }
    is_required
}

fn mails(read: &mut ConfigReader, public_url: &PublicUrl, product_name: &str) -> MailSettings {
    let is_sent = read.will_find("smtp_url") || read.will_find("smtp_url_file");
    let server = read.optional(secret_url::<MailServer>("smtp_url"), str::parse::<MailServer>);
    let from = mail_from(read, is_sent);
    let extra = read.optional(list("mail_to_extra"), parse::email_addresses).unwrap_or_default();
    MailSettings {
        letterhead: Letterhead {
            product: product_name.to_owned(),
            public_url: public_url.clone(),
            from,
            provider: None,
            team: extra.clone(),
        },
        extra,
        webhooks: read.optional(secret_list("webhooks"), webhook::parse).unwrap_or_default(),
        mailer: {
            let directory = read.setting("mail_dir", "data/mail", parse::path);
            server.map_or(Mailer::Directory(directory), |server| Mailer::Server(server.into()))
        },
        schedule: Schedule {
            zone: read.setting("timezone", "UTC", parse::zone),
            time: read.setting("notify_at", "09:00", parse::time_of_day),
        },
        silence: Silence::new(read.setting("silence_after", "auto", parse::silence)),
    }
}

/// Mail servers refuse mails from a sender that does not exist, or they end in spam.
fn mail_from(read: &mut ConfigReader, is_sent: bool) -> EmailAddress {
    let is_missing = !read.will_find("mail_from");
    let from = read.setting("mail_from", "scimward@localhost", str::parse);
    if is_sent && is_missing {
        read.problem(
            "smtp_url",
            "SCIMWARD_MAIL_FROM is missing: set it to the address that mails come from, such as \
             scim@example.com",
        );
    }
    from
}

fn tls(read: &mut ConfigReader) -> Option<TlsFiles> {
    let cert = read.optional("tls_cert", parse::path);
    let key = read.optional("tls_key", parse::path);
    match (cert, key) {
        (Some(cert), Some(key)) => return Some(TlsFiles { cert, key }),
        (Some(_), None) => {
            read.problem("tls_cert", "SCIMWARD_TLS_KEY is missing: set both or neither");
        }
        (None, Some(_)) => {
            read.problem("tls_key", "SCIMWARD_TLS_CERT is missing: set both or neither");
        }
        (None, None) => {}
    }
    None
}

/// A token must not cross a network in the clear (RFC 6750 section 5.3).
fn forbid_plain_http(read: &mut ConfigReader, listen: SocketAddr, is_encrypted: bool) {
    let is_allowed = read.setting("allow_plain_http", "false", parse::flag);
    if !is_encrypted && !is_allowed && !listen.ip().to_canonical().is_loopback() {
        read.problem(
            "listen",
            "on this address the token would cross the network unencrypted: set SCIMWARD_TLS_CERT \
             and SCIMWARD_TLS_KEY, or name the TLS proxy in SCIMWARD_TRUSTED_PROXIES, or set \
             SCIMWARD_ALLOW_PLAIN_HTTP=true",
        );
    }
}

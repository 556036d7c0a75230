//! Short names of callers and browsers.
//!
//! A user agent is what a program says about itself, often at length and in the names of others: every
//! browser calls itself Mozilla. People get a name that they know; it proves nothing.

use std::net::IpAddr;

use super::source::address_text;

/// The longest name, in characters.
const LENGTH: usize = 40;
/// What stands where a program does not name itself.
const UNNAMED: &str = "unnamed";
/// How the user agents of identity providers begin.
const IDENTITY_PROVIDERS: &[(&str, &str)] = &[
    ("Okta", "Okta"),
    ("AADProvisioning", "Microsoft Entra"),
    ("OneLogin", "OneLogin"),
    ("PingOne", "PingOne"),
    ("PingFederate", "PingFederate"),
    ("JumpCloud", "JumpCloud"),
    ("Google-Auto-Provisioning", "Google"),
];
/// Browsers by the product that only they name. Those that also name the product of another come first.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("HeadlessChrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
/// Systems by what only they name, in the same order.
const SYSTEMS: &[(&str, &str)] = &[
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
];

/// What people call a program that calls itself `agent`: `Okta`, `curl 8`, `Firefox on Windows`. At most
/// 40 characters.
pub fn short_name(agent: Option<&str>) -> String {
    let agent = agent.unwrap_or_default().trim();
    let name = identity_provider(agent)
        .map(str::to_owned)
        .or_else(|| browser(agent))
        .unwrap_or_else(|| product(agent));
    if name.chars().count() <= LENGTH {
        return name;
    }
    name.chars().take(LENGTH - 1).chain(['…']).collect()
}

/// `203.0.113.24 (Okta)`: where requests come from, and what sends them.
pub fn described(from: Option<IpAddr>, agent: Option<&str>) -> String {
    match from {
        Some(from) => format!("{} ({})", address_text(from), short_name(agent)),
        None => "various addresses".to_owned(),
    }
}

fn identity_provider(agent: &str) -> Option<&'static str> {
    if starts_with(agent, "Microsoft") && agent.to_ascii_uppercase().contains("SCIM") {
        return Some("Microsoft Entra");
    }
    let known = IDENTITY_PROVIDERS.iter().find(|(beginning, _)| starts_with(agent, beginning));
    known.map(|(_, name)| *name)
}

fn starts_with(agent: &str, beginning: &str) -> bool {
    agent.get(..beginning.len()).is_some_and(|start| start.eq_ignore_ascii_case(beginning))
}

/// A browser and its system. Programs that pretend to be one name themselves last.
fn browser(agent: &str) -> Option<String> {
    if !agent.starts_with("Mozilla/") {
        return None;
    }
    let find = |table: &[(&str, &'static str)]| {
        table.iter().find(|(part, _)| agent.contains(part)).map(|(_, name)| *name)
    };
    match (find(BROWSERS), find(SYSTEMS)) {
        (Some(browser), Some(system)) => Some(format!("{browser} on {system}")),
        (Some(browser), None) => Some(browser.to_owned()),
        (None, _) => {
            let is_product = |word: &&str| word.contains('/') && !word.contains("://");
            agent.rsplit([' ', ';', '(']).find(is_product).map(product)
        }
    }
}

/// Name and major version of the first product (RFC 9110 section 10.1.5).
fn product(agent: &str) -> String {
    let first = agent.split_whitespace().next().unwrap_or(UNNAMED);
    let Some((name, version)) = first.split_once('/') else { return first.to_owned() };
    if name.is_empty() {
        return first.to_owned();
    }
    let version = version.strip_prefix(['v', 'V']).unwrap_or(version);
    let major: String = version.chars().take_while(char::is_ascii_digit).collect();
    if major.is_empty() { name.to_owned() } else { format!("{name} {major}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_get_the_names_that_people_know() {
        for (agent, name) in [
            ("Okta SCIM Client 1.0.0", "Okta"),
            ("okta-provisioning", "Okta"),
            ("AADProvisioning/1.0", "Microsoft Entra"),
            ("Microsoft.SCIM.Client/2.1", "Microsoft Entra"),
            ("Microsoft Azure scim validator", "Microsoft Entra"),
            ("Microsoft Office/16.0", "Microsoft"),
            ("OneLogin/1.0 SCIM", "OneLogin"),
            ("PingOne Provisioner", "PingOne"),
            ("PingFederate/12.0", "PingFederate"),
            ("JumpCloud-SCIM/3", "JumpCloud"),
            ("Google-Auto-Provisioning", "Google"),
            ("curl/8.11.0", "curl 8"),
            ("Go-http-client/2.0", "Go-http-client 2"),
            ("Apache-HttpClient/4.5.13 (Java/17.0.2)", "Apache-HttpClient 4"),
            ("python-requests/2.31.0", "python-requests 2"),
            ("node", "node"),
            ("tool/v3.1", "tool 3"),
            ("tool/next", "tool"),
            ("tool/ 1", "tool"),
            ("/1.0", "/1.0"),
            ("(compatible)", "(compatible)"),
            ("é/1", "é 1"),
            ("", "unnamed"),
            ("  ", "unnamed"),
        ] {
            assert_eq!(short_name(Some(agent)), name, "{agent}");
        }
        assert_eq!(short_name(None), "unnamed");
    }

    #[test]
    fn browsers_are_named_with_their_system() {
        let webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
        for (agent, name) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0",
                "Firefox on Windows",
            ),
            (
                &format!("Mozilla/5.0 (X11; Linux x86_64) {webkit} Chrome/131.0.0.0 Safari/537.36"),
                "Chrome on Linux",
            ),
            (
                &format!("Mozilla/5.0 (Windows NT 10.0) {webkit} Chrome/131.0 Safari/537.36 Edg/1"),
                "Edge on Windows",
            ),
            (
                &format!("Mozilla/5.0 (Linux; Android 10; K) {webkit} Chrome/131.0 Safari/537.36"),
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/18 Safari/605",
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605 CriOS/131 Safari/604",
                "Chrome on iOS",
            ),
            ("Mozilla/5.0 (Fuchsia) Firefox/133.0", "Firefox"),
            ("Mozilla/5.0 (Windows NT 10.0; de-DE) PowerShell/7.4.1", "PowerShell 7"),
            ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com)", "Googlebot 2"),
            ("Mozilla/5.0", "Mozilla 5"),
        ] {
            assert_eq!(short_name(Some(agent)), name, "{agent}");
        }
    }

    #[test]
    fn a_name_has_at_most_40_characters() {
        let long = short_name(Some(&"é".repeat(200)));

        assert_eq!(long.chars().count(), 40);
        assert!(long.ends_with('…'));
        assert_eq!(short_name(Some(&"x".repeat(40))), "x".repeat(40));
    }
}

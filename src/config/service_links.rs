//! What container platforms put into the environment of every process, unasked.
//!
//! For a Service called `scimward`, or one whose name begins with `scimward-`, Kubernetes sets
//! variables that begin as our settings do. They are known by their ends together with what they
//! hold, so that a setting somebody meant to write is still refused.

use std::net::IpAddr;

/// Whether Kubernetes has set this variable, for a Service: `SCIMWARD_PORT=tcp://10.0.0.7:8080`.
pub(super) fn is_injected(variable: &str, value: &str) -> bool {
    let is_host = || variable.ends_with("_SERVICE_HOST") && is_address(value);
    let is_number = || {
        let name = variable.rsplit_once("_SERVICE_PORT").map(|(_, name)| name);
        name.is_some_and(|name| name.is_empty() || name.starts_with('_')) && is_port(value)
    };
    let is_first_port = || variable.ends_with("_PORT") && is_endpoint(value);
    let part_of_port = || variable.rsplit_once("_PORT_").map(|(_, name)| about_a_port(name, value));
    is_host() || is_number() || is_first_port() || part_of_port() == Some(true)
}

/// `8080_TCP`, `8080_TCP_PROTO`, `8080_TCP_PORT`, `8080_TCP_ADDR`.
fn about_a_port(name: &str, value: &str) -> bool {
    let mut parts = name.split('_');
    let (number, protocol) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    is_port(number)
        && is_protocol(&protocol.to_ascii_lowercase())
        && match (parts.next(), parts.next()) {
            (None, _) => is_endpoint(value),
            (Some("PROTO"), None) => is_protocol(value),
            (Some("PORT"), None) => is_port(value),
            (Some("ADDR"), None) => is_address(value),
            _ => false,
        }
}

fn is_endpoint(value: &str) -> bool {
    value.split_once("://").is_some_and(|(protocol, rest)| {
        let address = rest.rsplit_once(':');
        is_protocol(protocol)
            && address.is_some_and(|(address, port)| {
                is_address(address.trim_matches(['[', ']'])) && is_port(port)
            })
    })
}

fn is_protocol(text: &str) -> bool {
    matches!(text, "tcp" | "udp" | "sctp")
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok_and(|port| port != 0)
}

fn is_address(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kubernetes_sets_is_told_from_a_mistake() {
        for (variable, value) in [
            ("SCIMWARD_SERVICE_HOST", "10.0.0.7"),
            ("SCIMWARD_SERVICE_HOST", "fd00::7"),
            ("SCIMWARD_SERVICE_PORT", "8080"),
            ("SCIMWARD_SERVICE_PORT_HTTP", "8080"),
            ("SCIMWARD_SERVICE_PORT_HTTP_METRICS", "9464"),
            ("SCIMWARD_PORT", "tcp://10.0.0.7:8080"),
            ("SCIMWARD_PORT", "udp://fd00::7:8080"),
            ("SCIMWARD_PORT", "tcp://[fd00::7]:8080"),
            ("SCIMWARD_PORT_8080_TCP", "tcp://10.0.0.7:8080"),
            ("SCIMWARD_PORT_8080_TCP_PROTO", "tcp"),
            ("SCIMWARD_PORT_8080_TCP_PORT", "8080"),
            ("SCIMWARD_PORT_8080_TCP_ADDR", "10.0.0.7"),
            ("SCIMWARD_PORT_53_UDP_ADDR", "10.0.0.7"),
            ("SCIMWARD_POSTGRES_SERVICE_HOST", "10.0.0.8"),
            ("SCIMWARD_POSTGRES_SERVICE_PORT", "5432"),
            ("SCIMWARD_POSTGRES_PORT", "tcp://10.0.0.8:5432"),
            ("SCIMWARD_POSTGRES_PORT_5432_TCP_ADDR", "10.0.0.8"),
            ("SCIMWARD_PORT_FORWARD_PORT_80_TCP", "tcp://10.0.0.8:80"),
            ("SCIMWARD_PORT_FORWARD_SERVICE_HOST", "10.0.0.8"),
            ("SCIMWARD_SERVICE_PORT_80_TCP", "8080"),
        ] {
            assert!(is_injected(variable, value), "{variable}={value}");
        }
        for (variable, value) in [
            ("SCIMWARD_PORT", "8080"),
            ("SCIMWARD_PORT", "http://10.0.0.7:8080"),
            ("SCIMWARD_PORT", "tcp://scimward:8080"),
            ("SCIMWARD_PORT", ""),
            ("SCIMWARD_SERVICE_HOST", "scim.example.com"),
            ("SCIMWARD_SERVICE_PORT", "http"),
            ("SCIMWARD_SERVICE_PORTS", "8080"),
            ("SCIMWARD_SMTP_PORT", "587"),
            ("SCIMWARD_PORT_8080_TCP", "8080"),
            ("SCIMWARD_PORT_8080_TCP_ADDRESS", "10.0.0.7"),
            ("SCIMWARD_PORT_8080_TCP_ADDR_X", "10.0.0.7"),
            ("SCIMWARD_PORT_HTTP_TCP", "tcp://10.0.0.7:8080"),
            ("SCIMWARD_LISTEN_PORT", "8080"),
            ("SCIMWARD_LISTN", "10.0.0.7:8080"),
        ] {
            assert!(!is_injected(variable, value), "{variable}={value}");
        }
    }
}

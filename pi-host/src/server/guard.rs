//! Who may talk to the server: pages that it served itself, opened under a name that is its own.
//!
//! A page from elsewhere in the same browser could otherwise listen to the microphone: by its own
//! requests (they carry a foreign `Origin`), or by a name that it points at this machine (DNS
//! rebinding: a foreign `Host`). An address in numbers cannot be pointed elsewhere, so it is good
//! as `Host` wherever the server listens to others than this machine at all.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::refuse;

/// The names and addresses under which the server may be addressed.
#[derive(Clone, Debug)]
pub(super) struct Hosts {
    listen: IpAddr,
    names: Vec<String>,
}

impl Hosts {
    /// For a server on `listen`; `names` are good besides loopback and the address itself.
    #[must_use]
    pub(super) fn new(listen: SocketAddr, names: &[String], host_name: &str) -> Self {
        let mut names: Vec<String> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
        if !listen.ip().is_loopback() {
            let own = host_name.to_ascii_lowercase();
            names.extend([format!("{own}.local"), own]);
        }
        Self { listen: listen.ip(), names }
    }

    /// Whether `authority` (`pi.local:8080`, `[::1]:8080`) is a name of this server.
    #[must_use]
    pub(super) fn allow(&self, authority: &str) -> bool {
        let host = without_port(authority).to_ascii_lowercase();
        if let Ok(address) = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            return address.is_loopback() || address == self.listen || !self.listen.is_loopback();
        }
        host == "localhost" || self.names.contains(&host)
    }
}

fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// Why a request is refused, if it is.
fn objection(hosts: &Hosts, headers: &HeaderMap, is_api: bool) -> Option<&'static str> {
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or(""));
    let Some(host) = text(header::HOST) else { return Some("the request names no host") };
    if headers.get_all(header::HOST).iter().count() > 1 || !hosts.allow(host) {
        return Some("this server is not known under that host name; add it with --allow-host NAME");
    }
    if let Some(origin) = text(header::ORIGIN) {
        let of = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        if !of.is_some_and(|authority| authority.eq_ignore_ascii_case(host)) {
            return Some("requests from pages of other sites are refused");
        }
    }
    let site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    if is_api && matches!(site, Some("cross-site" | "same-site")) {
        return Some("requests from pages of other sites are refused");
    }
    None
}

/// Lets a request through or refuses it, and puts the security headers on every answer.
pub(super) async fn guard(State(hosts): State<Arc<Hosts>>, request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/api/");
    let mut response = match objection(&hosts, request.headers(), is_api) {
        Some(why) => refuse(StatusCode::FORBIDDEN, why).into_response(),
        None => next.run(request).await,
    };
    for (name, value) in [
        (
            "content-security-policy",
            // `blob:` is the WAV that the page has fetched and plays.
            "default-src 'self'; media-src 'self' blob:; object-src 'none'; base-uri 'none'; \
             form-action 'self'; frame-ancestors 'none'",
        ),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(listen: &str) -> Hosts {
        Hosts::new(listen.parse().unwrap(), &["Meter.example".into()], "Pi")
    }

    #[test]
    fn loopback_serves_loopback_names_and_those_it_was_told() {
        let hosts = hosts("127.0.0.1:8080");
        for good in [
            "localhost:8080",
            "LOCALHOST",
            "127.0.0.1:8080",
            "127.0.0.1",
            "[::1]:8080",
            "[::1]",
            "meter.example:1",
        ] {
            assert!(hosts.allow(good), "{good}");
        }
        for bad in
            ["evil.example:8080", "192.168.1.5:8080", "pi.local", "", "localhost.evil.example", "127.0.0.1.x"]
        {
            assert!(!hosts.allow(bad), "{bad}");
        }
    }

    #[test]
    fn a_server_for_others_also_goes_by_its_addresses_and_its_own_name() {
        let hosts = hosts("0.0.0.0:8080");
        for good in ["192.168.1.5:8080", "[fe80::1]:8080", "pi", "pi.local:8080", "localhost"] {
            assert!(hosts.allow(good), "{good}");
        }
        assert!(!hosts.allow("evil.example"));
    }

    #[test]
    fn foreign_origins_are_refused() {
        let hosts = hosts("127.0.0.1:8080");
        let ask = |pairs: &[(&'static str, &'static str)], is_api| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(*name, HeaderValue::from_static(value));
            }
            objection(&hosts, &headers, is_api).is_none()
        };
        const HOST: (&str, &str) = ("host", "127.0.0.1:8080");
        assert!(ask(&[HOST], true));
        assert!(ask(&[HOST, ("origin", "http://127.0.0.1:8080")], true));
        assert!(ask(&[HOST, ("sec-fetch-site", "same-origin")], true));
        assert!(ask(&[HOST, ("sec-fetch-site", "cross-site")], false), "a link to the page");
        for foreign in
            ["http://evil.example", "http://127.0.0.1:8081", "null", "", "file://", "127.0.0.1:8080"]
        {
            assert!(!ask(&[HOST, ("origin", foreign)], true), "{foreign}");
        }
        assert!(!ask(&[HOST, ("sec-fetch-site", "cross-site")], true));
        assert!(!ask(&[], true));
        assert!(!ask(&[HOST, ("host", "evil.example")], true));
    }
}

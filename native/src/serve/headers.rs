//! What every answer carries, and which requests get one at all.

use axum::extract::Request;
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// What the page may load. `www/index.html` says the same, for servers that send no headers, less
/// `frame-ancestors`, which only a header can say. Requests may leave the origin since people may
/// type the address of a shard.
pub(super) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; \
    script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self'; \
    font-src 'self'; manifest-src 'self'; connect-src 'self' https: http:; base-uri 'none'; \
    form-action 'none'; require-trusted-types-for 'script'; trusted-types countersign; \
    frame-ancestors 'none'";

/// Bytes of a request's target.
const MAX_TARGET_SIZE: usize = 2 * 1024;
/// Bytes of a request's fields, names and values.
const MAX_FIELDS_SIZE: usize = 16 * 1024;

const FIELDS: [(HeaderName, HeaderValue); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ),
];

/// Lets requests through that read, and names the host in a way that fits where we listen.
pub(super) async fn guard(is_loopback: bool, request: Request, next: Next) -> Response {
    let mut response = if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let allow = [(header::ALLOW, HeaderValue::from_static("GET, HEAD"))];
        (StatusCode::METHOD_NOT_ALLOWED, allow, "only reading is possible here\n").into_response()
    } else if request.uri().path().len() + request.uri().query().map_or(0, str::len)
        > MAX_TARGET_SIZE
    {
        (StatusCode::URI_TOO_LONG, "nothing here has so long a name\n").into_response()
    } else if size(request.headers()) > MAX_FIELDS_SIZE {
        let too_large = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        (too_large, "these are too many fields\n").into_response()
    } else if is_loopback && !names_loopback(request.headers()) {
        // A page elsewhere whose name was made to lead here must not read what is served here.
        (StatusCode::MISDIRECTED_REQUEST, "ask for localhost or 127.0.0.1\n").into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    for (name, value) in FIELDS {
        headers.insert(name, value);
    }
    let policy = HeaderValue::from_static(CONTENT_SECURITY_POLICY);
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

fn size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
}

/// Whether the field `Host` is one of this machine's own names.
fn names_loopback(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else {
        return false;
    };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "localhost" | "[::1]")
        || name.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machines_names_are_answered() {
        let host = |text: &'static str| {
            HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(text))])
        };
        for name in
            ["localhost", "localhost:8787", "127.0.0.1:80", "127.0.0.1", "[::1]:8787", "[::1]"]
        {
            assert!(names_loopback(&host(name)), "{name}");
        }
        for name in
            ["example.org", "localhost.example.org", "127.0.0.1.example.org:80", "10.0.0.1", ""]
        {
            assert!(!names_loopback(&host(name)), "{name}");
        }
        assert!(!names_loopback(&HeaderMap::new()));
    }
}

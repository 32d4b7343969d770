//! The page, embedded in the program.

use axum::http::header::{self, HeaderMap};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use countersign_core::hash::blake3;

use super::content::media_type;

/// The page's files, by their paths. Empty if it was not built before the program was.
static ASSETS: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/page_assets.rs"));

/// The file that `prove … --html` fills; no part of the page's own requests.
const ONE_FILE: &str = "one-file.html";
/// Files below are named after their contents.
const NAMED_BY_CONTENT: &str = "assets/";
/// Read by browsers before they look for anything newer.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// Asked for again each time, and answered with "not modified".
pub(super) const ASK_AGAIN: &str = "no-cache";

const NOT_BUILT: &str = "\
The page is not part of this program: it was not built before the program was.

To build it, with Node 20 or newer, in a checkout of the sources:

    cargo xtask page
    cargo xtask run

Everything else works without it: `countersign --help` lists the commands.
";

/// The template of the file that `prove … --html` writes; `None` if the page was not built.
pub fn one_file_template() -> Option<&'static str> {
    asset(ONE_FILE).and_then(|bytes| std::str::from_utf8(bytes).ok())
}

/// Whether the page is part of the program.
pub(super) fn is_built() -> bool {
    asset("index.html").is_some()
}

fn asset(path: &str) -> Option<&'static [u8]> {
    let found = ASSETS.binary_search_by_key(&path, |(name, _)| *name).ok()?;
    ASSETS.get(found).map(|(_, bytes)| *bytes)
}

/// Answers with the page's file of this path, which begins with a slash.
pub(super) fn respond(path: &str, headers: &HeaderMap) -> Response {
    let path = path.trim_start_matches('/');
    let path = if path.is_empty() { "index.html" } else { path };
    let Some(bytes) = asset(path) else {
        return if path == "index.html" && !is_built() {
            (StatusCode::SERVICE_UNAVAILABLE, NOT_BUILT).into_response()
        } else {
            (StatusCode::NOT_FOUND, "there is nothing here\n").into_response()
        };
    };
    let cache = if path.starts_with(NAMED_BY_CONTENT) { FOREVER } else { ASK_AGAIN };
    let tag = format!("\"{}\"", blake3(bytes));
    let Ok(tag) = HeaderValue::from_str(&tag) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let fields =
        [(header::CACHE_CONTROL, HeaderValue::from_static(cache)), (header::ETAG, tag.clone())];
    if has_tag(headers, &tag) {
        return (StatusCode::NOT_MODIFIED, fields).into_response();
    }
    let media_type = [(header::CONTENT_TYPE, HeaderValue::from_static(media_type(path)))];
    (fields, media_type, bytes).into_response()
}

/// Whether the asker has this version already.
pub(super) fn has_tag(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let (Some(field), Ok(tag)) = (headers.get(header::IF_NONE_MATCH), tag.to_str()) else {
        return false;
    };
    field.to_str().is_ok_and(|field| field.split(',').any(|one| one.trim() == tag))
}

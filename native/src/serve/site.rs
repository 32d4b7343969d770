//! What is served, and where.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::{Method, StatusCode, Uri};
use axum::middleware;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use super::shards::Shards;
use super::{ServeError, file, headers, page};
use crate::store::ShardStatus;

/// How deep directories of samples go.
const DEPTH: usize = 3;

/// What is served: the page always, samples and shards if there are any.
///
/// ```
/// use countersign::serve::Site;
///
/// let directory = tempfile::tempdir()?;
/// std::fs::write(directory.path().join("samples.json"), "{}")?;
/// let site = Site::default().with_samples(directory.path())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// Files by the path behind `/samples/`.
    samples: BTreeMap<String, PathBuf>,
    shards: Shards,
}

impl Site {
    /// Serves the files below `directory`, as they are now, under `/samples/`.
    pub fn with_samples(mut self, directory: &Path) -> Result<Self, ServeError> {
        list(directory, "", DEPTH, &mut self.samples)
            .map_err(|error| ServeError::Samples { path: directory.to_owned(), error })?;
        Ok(self)
    }

    /// Serves the segments of the shard in `directory`, whose status is at hand.
    pub fn with_shard(
        mut self,
        directory: &Path,
        status: &ShardStatus,
    ) -> Result<Self, ServeError> {
        self.shards.add(directory, status)?;
        Ok(self)
    }

    /// Whether the page is part of the program; everything else is served without it too.
    pub fn has_page() -> bool {
        page::is_built()
    }

    pub(super) fn router(self, is_loopback: bool) -> Router {
        Router::new()
            .route("/shards.json", get(list_shards))
            .route("/shards/{*path}", get(segment))
            .route("/samples/{*path}", get(sample))
            .fallback(asset)
            .with_state(Arc::new(self))
            .layer(middleware::from_fn(move |request: Request, next| {
                headers::guard(is_loopback, request, next)
            }))
    }
}

/// Plain files below `directory` that are not hidden.
fn list(
    directory: &Path,
    prefix: &str,
    depth: usize,
    found: &mut BTreeMap<String, PathBuf>,
) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let Some(name) = entry.file_name().to_str().map(|name| format!("{prefix}{name}")) else {
            continue;
        };
        let kind = entry.file_type()?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if kind.is_file() {
            found.insert(name, entry.path());
        } else if kind.is_dir() && depth > 1 {
            list(&entry.path(), &format!("{name}/"), depth - 1, found)?;
        }
    }
    Ok(())
}

async fn asset(request: Request) -> Response {
    page::respond(request.uri().path(), request.headers())
}

async fn list_shards(State(site): State<Arc<Site>>) -> Response {
    let listed = tokio::task::spawn_blocking(move || site.shards.to_json().to_string()).await;
    let Ok(listed) = listed else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let fields = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (fields, listed).into_response()
}

async fn segment(
    State(site): State<Arc<Site>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let path = uri.path().strip_prefix("/shards/").unwrap_or_default();
    match site.shards.segment(path) {
        Some(path) => file::respond(&path, &method, &headers).await,
        None => (StatusCode::NOT_FOUND, "there is no such segment\n").into_response(),
    }
}

async fn sample(
    State(site): State<Arc<Site>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let path = uri.path();
    match site.samples.get(path.strip_prefix("/samples/").unwrap_or_default()) {
        Some(path) => file::respond(path, &method, &headers).await,
        None => page::respond(path, &headers),
    }
}

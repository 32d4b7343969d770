//! Files on disk, whole or in part, in pieces of bounded size.

use std::convert::Infallible;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use http_body::{Frame, SizeHint};
use tokio::sync::mpsc;

use super::content::media_type;
use super::page::{ASK_AGAIN, has_tag};
use super::range::{self, Range};

/// Bytes read at once.
const PIECE: usize = 256 * 1024;
/// Pieces that wait to be sent.
const WAITING: usize = 2;

/// Answers with a file. Opening it follows no link at its end, and it must be a plain file.
pub(super) async fn respond(path: &Path, method: &Method, headers: &HeaderMap) -> Response {
    let path = path.to_owned();
    let opened = tokio::task::spawn_blocking(move || open(&path).map(|opened| (opened, path)));
    let ((file, size, tag), path) = match opened.await {
        Ok(Ok(opened)) => opened,
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => {
            return (StatusCode::NOT_FOUND, "there is no such file\n").into_response();
        }
        _ => return (StatusCode::INTERNAL_SERVER_ERROR, "it cannot be read\n").into_response(),
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let fields = [
        (header::CACHE_CONTROL, HeaderValue::from_static(ASK_AGAIN)),
        (header::ETAG, tag.clone()),
        (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type(&name))),
    ];
    if has_tag(headers, &tag) {
        return (StatusCode::NOT_MODIFIED, fields).into_response();
    }
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    // A range of another version than the one that the asker knows would not fit to what it has.
    let is_same = headers.get(header::IF_RANGE).is_none_or(|known| *known == tag);
    let range = range::read(text(header::RANGE).filter(|_| is_same), size);
    let (status, first, length, place) = match range {
        Range::Whole => (StatusCode::OK, 0, size, None),
        Range::Part(first, last) => {
            let length = last.saturating_sub(first).saturating_add(1);
            let place = format!("bytes {first}-{last}/{size}");
            (StatusCode::PARTIAL_CONTENT, first, length, Some(place))
        }
        Range::Outside => {
            let place = [(header::CONTENT_RANGE, format!("bytes */{size}"))];
            return (StatusCode::RANGE_NOT_SATISFIABLE, fields, place).into_response();
        }
    };
    let place = place.map(|place| [(header::CONTENT_RANGE, place)]);
    let body = if *method == Method::HEAD {
        Body::empty()
    } else {
        Body::new(FileBody::start(file, first, length))
    };
    let length = [(header::CONTENT_LENGTH, length)];
    let mut response = (status, fields, body).into_response();
    for (name, value) in length {
        response.headers_mut().insert(name, HeaderValue::from(value));
    }
    for (name, value) in place.into_iter().flatten() {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Opens a plain file: its size, and a tag that changes when the file does.
fn open(path: &Path) -> io::Result<(File, u64, HeaderValue)> {
    let mut options = File::options();
    options.read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    let (size, inode) = (metadata.len(), metadata.ino());
    let (seconds, nanos) = (metadata.mtime(), metadata.mtime_nsec());
    let tag = HeaderValue::from_str(&format!("\"{inode:x}-{size:x}-{seconds:x}.{nanos:x}\""));
    Ok((file, size, tag.map_err(io::Error::other)?))
}

/// A part of a file as the body of an answer. Reading stays at most [`WAITING`] pieces ahead, and
/// ends when nobody takes them any more.
struct FileBody {
    pieces: mpsc::Receiver<Bytes>,
    left: u64,
}

impl FileBody {
    fn start(file: File, first: u64, length: u64) -> Self {
        let (sender, pieces) = mpsc::channel(WAITING);
        // A file that gets shorter meanwhile ends the body early; the asker sees that by its length.
        tokio::task::spawn_blocking(move || read(file, first, length, &sender));
        Self { pieces, left: length }
    }
}

fn read(mut file: File, first: u64, length: u64, pieces: &mpsc::Sender<Bytes>) -> io::Result<()> {
    file.seek(SeekFrom::Start(first))?;
    let mut file = file.take(length);
    loop {
        let mut piece = Vec::new();
        let size = (&mut file).take(PIECE as u64).read_to_end(&mut piece)?;
        if size == 0 || pieces.blocking_send(piece.into()).is_err() {
            return Ok(());
        }
    }
}

impl http_body::Body for FileBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.pieces.poll_recv(context).map(|piece| {
            piece.map(|piece| {
                self.left = self.left.saturating_sub(piece.len() as u64);
                Ok(Frame::data(piece))
            })
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

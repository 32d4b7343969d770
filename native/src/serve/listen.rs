//! Listening, limits, and the end of it.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;

use super::{ServeError, Site};
use crate::signal::Interrupt;

/// Bytes of a request's first line and fields together.
const MAX_HEAD_SIZE: usize = 32 * 1024;
/// Fields of a request.
const MAX_FIELDS: usize = 64;
/// How long a request may take to arrive.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// Connections at a time; more wait to be accepted.
const MAX_CONNECTIONS: usize = 256;
/// How long answers that are on their way may take at the end.
const END_TIME: Duration = Duration::from_secs(3);
/// How often we look whether somebody asked us to end.
const LOOK: Duration = Duration::from_millis(50);
/// Threads that serve; reading files has its own.
const THREADS: usize = 2;

/// A server that listens and does not answer yet.
#[derive(Debug)]
pub struct Server {
    runtime: Runtime,
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Listens on `address`; port 0 takes any that is free.
    pub fn bind(address: SocketAddr) -> Result<Self, ServeError> {
        let runtime = Builder::new_multi_thread().worker_threads(THREADS).enable_all().build();
        let runtime = runtime.map_err(ServeError::Runtime)?;
        let listener = runtime.block_on(TcpListener::bind(address)).map_err(|error| {
            if error.kind() == io::ErrorKind::AddrInUse {
                ServeError::AddressInUse(address)
            } else {
                ServeError::Listen { address, error }
            }
        })?;
        let address = listener.local_addr().map_err(ServeError::Runtime)?;
        Ok(Self { runtime, listener, address })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Serves `site` until `interrupt` is set, then finishes the answers that are on their way, for a
/// few seconds at most.
pub fn serve(server: Server, site: Site, interrupt: &Interrupt) {
    let Server { runtime, listener, address } = server;
    let router = site.router(address.ip().is_loopback());
    runtime.block_on(run(listener, router, interrupt));
    // A file that is being read for somebody who went away is of no interest.
    runtime.shutdown_background();
}

async fn run(listener: TcpListener, router: Router, interrupt: &Interrupt) {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut end = pin!(ended(interrupt));
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &room) => accepted,
            () = &mut end => break,
        };
        let Some((stream, permit)) = accepted else { continue };
        // Answers are short or long, never a stream of small writes.
        let _ = stream.set_nodelay(true);
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .max_headers(MAX_FIELDS)
            .max_buf_size(MAX_HEAD_SIZE);
        let service = TowerToHyperService::new(router.clone());
        let connection = graceful.watch(builder.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // What goes wrong on one connection is the asker's to know.
            let _ = connection.await;
            drop(permit);
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(END_TIME, graceful.shutdown()).await;
}

/// The next connection, once there is room for it.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(room).acquire_owned().await.ok()?;
    if let Ok((stream, _)) = listener.accept().await {
        return Some((stream, permit));
    }
    // Out of file descriptors, most likely: some connection has to end first.
    tokio::time::sleep(LOOK).await;
    None
}

async fn ended(interrupt: &Interrupt) {
    while !interrupt.is_set() {
        tokio::time::sleep(LOOK).await;
    }
}

//! The page and what it asks for, on a thread of its own so that capture does not depend on it.
//!
//! ```text
//! GET /, /assets/*    the page
//! GET /api/live       WebSocket: history, then levels, gaps and states as they come
//! GET /api/status     the state as JSON
//! GET /api/wav        the WAV of a period
//! ```
//!
//! Limits: 128 connections, 64 pages, 2 exports at once, 60 s without a byte, 10 minutes of
//! history, 64 messages in front of a slow page.

mod export;
mod guard;
pub mod hub;
mod limit;
mod live;
mod page;

use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router, middleware};
use tokio::sync::{Semaphore, watch};

use self::guard::Hosts;
use self::hub::{Hub, Status};
use crate::config::Web;
use crate::error::{Failure, plain};

/// Half of them for pages; what they fetch takes a moment each. Far below the 1,024 files of a process.
const CONNECTIONS_MAX: usize = 128;
const PAGES_MAX: usize = 64;
const EXPORTS_MAX: usize = 2;
/// A connection without a byte for so long is given up; a page is sent a ping every 20 s.
const IDLE_MAX: Duration = Duration::from_secs(60);
/// How long the last messages may take once the program ends.
const GRACE: Duration = Duration::from_secs(1);

/// What the routes share.
struct Shared {
    hub: Arc<Hub>,
    archive: Option<PathBuf>,
    pages: Arc<Semaphore>,
    exports: Arc<Semaphore>,
    stopping: watch::Receiver<bool>,
}

/// An address that is taken, but not yet served.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    hosts: Hosts,
    address: SocketAddr,
}

impl Bound {
    /// Takes the address.
    ///
    /// # Errors
    /// It is taken already, not this machine's, or not allowed.
    pub fn new(web: &Web) -> Result<Self, Failure> {
        let refused = |error: io::Error| {
            let remedy = match error.kind() {
                ErrorKind::AddrInUse => format!(
                    "the port is taken; choose another with --listen {}:{}, or stop the program that has it",
                    web.listen.ip(),
                    web.listen.port().checked_add(1).unwrap_or(8080)
                ),
                ErrorKind::AddrNotAvailable => {
                    "this machine does not have that address; take --listen 127.0.0.1:8080".into()
                }
                ErrorKind::PermissionDenied => "ports below 1024 are for root; take one above".into(),
                _ => plain(&error),
            };
            Failure::failed(format!("--listen {}: {remedy}", web.listen))
        };
        let listener = TcpListener::bind(web.listen).map_err(refused)?;
        listener.set_nonblocking(true).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Ok(Self { hosts: Hosts::new(address, &web.allow_hosts, &name), listener, address })
    }

    /// The address, with its real port.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the answer is dropped or stopped. `archive`: the folder that exports read.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn serve(self, hub: Arc<Hub>, archive: Option<PathBuf>) -> Result<Server, Failure> {
        let failed = |error: io::Error| Failure::failed(format!("the page's server: {}", plain(&error)));
        if !self.address.ip().is_loopback() {
            let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
            tracing::warn!(
                "everybody who can reach this machine can listen, without a password; from elsewhere the page is http://{name}:{}",
                self.address.port()
            );
        }
        let (stop, stopping) = watch::channel(false);
        let shared = Arc::new(Shared {
            hub,
            archive,
            pages: Arc::new(Semaphore::new(PAGES_MAX)),
            exports: Arc::new(Semaphore::new(EXPORTS_MAX)),
            stopping,
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let serve = move || {
            let mut stopping = shared.stopping.clone();
            runtime.block_on(async {
                let served = async {
                    let listener = tokio::net::TcpListener::from_std(self.listener)?;
                    let listener = limit::Limited::new(listener, CONNECTIONS_MAX, IDLE_MAX);
                    let mut until = shared.stopping.clone();
                    let router = router(Arc::clone(&shared), self.hosts);
                    axum::serve(listener, router.into_make_service_with_connect_info::<limit::Work>())
                        .with_graceful_shutdown(async move { live::stopped(&mut until).await })
                        .await
                };
                let cut_off = async {
                    live::stopped(&mut stopping).await;
                    tokio::time::sleep(GRACE).await;
                };
                tokio::select! {
                    result = served => if let Err(error) = result {
                        tracing::error!("the page's server has ended: {}", plain(&error));
                    },
                    () = cut_off => {}
                }
            });
            // An export that is still being read must not hold up the end.
            runtime.shutdown_background();
        };
        let thread = thread::Builder::new().name("page".into()).spawn(serve).map_err(failed)?;
        Ok(Server { stop, thread: Some(thread) })
    }
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Server {
    /// Sends the last messages and ends, within a second.
    fn drop(&mut self) {
        // The thread may have gone already; then nobody is there to be told.
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn router(shared: Arc<Shared>, hosts: Hosts) -> Router {
    Router::new()
        .route("/api/live", get(live::live))
        .route("/api/status", get(status))
        .route("/api/wav", get(export::export))
        .fallback(get(page::serve))
        .layer(middleware::from_fn_with_state(Arc::new(hosts), guard::guard))
        .with_state(shared)
}

async fn status(State(shared): State<Arc<Shared>>) -> Json<Status> {
    Json(shared.hub.status_now())
}

/// An answer that says no, with one sentence.
fn refuse(status: StatusCode, why: &str) -> impl IntoResponse + use<> {
    (status, Json(serde_json::json!({ "error": why })))
}

/// Waits for `future` on this thread.
///
/// # Errors
/// The system gives no event queue.
pub fn block_on<F: Future>(future: F) -> io::Result<F::Output> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(future))
}

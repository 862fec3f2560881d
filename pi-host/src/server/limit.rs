//! A bound on open connections: each takes a file descriptor, and the archive needs some as well. And on
//! how long one may be silent, so that nobody keeps the others out for ever.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};

/// Accepts no more than so many connections at once; others wait in the system's queue.
pub(super) struct Limited {
    listener: TcpListener,
    places: Arc<Semaphore>,
    idle_max: Duration,
}

/// A connection and its place, which it loses when no byte goes either way for too long.
pub(super) struct Placed {
    stream: TcpStream,
    idle: Pin<Box<Sleep>>,
    idle_max: Duration,
    work: Work,
    _place: Option<OwnedSemaphorePermit>,
}

/// Whether an answer is being made: the silence is ours then, and does not count.
#[derive(Clone, Debug, Default)]
pub(super) struct Work(Arc<AtomicUsize>);

/// Work under way, until it is dropped.
pub(super) struct Working(Work);

impl Work {
    pub(super) fn begin(&self) -> Working {
        self.0.fetch_add(1, Ordering::Relaxed);
        Working(self.clone())
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Connected<IncomingStream<'_, Limited>> for Work {
    fn connect_info(stream: IncomingStream<'_, Limited>) -> Self {
        stream.io().work.clone()
    }
}

impl Placed {
    fn new(stream: TcpStream, idle_max: Duration, place: Option<OwnedSemaphorePermit>) -> Self {
        Self { stream, idle: Box::pin(sleep(idle_max)), idle_max, work: Work::default(), _place: place }
    }

    fn moved(&mut self) {
        self.idle.as_mut().reset(Instant::now() + self.idle_max);
    }

    /// Nothing moves now: pending, or an error once that has lasted too long.
    fn stuck<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        loop {
            ready!(self.idle.as_mut().poll(context));
            if self.work.0.load(Ordering::Relaxed) == 0 {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            self.moved();
        }
    }

    fn written(
        &mut self,
        written: Poll<io::Result<usize>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if written.is_pending() {
            return self.stuck(context);
        }
        self.moved();
        written
    }
}

impl Limited {
    pub(super) fn new(listener: TcpListener, connections_max: usize, idle_max: Duration) -> Self {
        Self { listener, places: Arc::new(Semaphore::new(connections_max)), idle_max }
    }
}

impl Listener for Limited {
    type Io = Placed;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Placed, SocketAddr) {
        // Nobody closes the semaphore, so there is always a place in the end.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        // Tries again by itself when the system is short of something.
        let (stream, address) = Listener::accept(&mut self.listener).await;
        (Placed::new(stream, self.idle_max, place), address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl AsyncRead for Placed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if Pin::new(&mut self.stream).poll_read(context, buffer)?.is_pending() {
            return self.stuck(context);
        }
        self.moved();
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Placed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.written(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::{Body, Bytes};
    use axum::extract::ConnectInfo;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const IDLE_MAX: Duration = Duration::from_millis(100);
    const ASK: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

    /// Serves `router` with two places while `talk` lasts.
    fn with_server<F: Future>(router: Router, talk: impl FnOnce(SocketAddr) -> F) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let service = router.into_make_service_with_connect_info::<Work>();
            tokio::spawn(async { axum::serve(Limited::new(listener, 2, IDLE_MAX), service).await });
            tokio::time::timeout(Duration::from_secs(60), talk(address)).await.unwrap();
        });
    }

    async fn ask(address: SocketAddr) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(ASK).await.unwrap();
        stream
    }

    async fn answer(mut stream: TcpStream) -> String {
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }

    #[test]
    fn silent_connections_make_room() {
        with_server(Router::new().route("/", get(|| async { "here" })), async |address| {
            let silent =
                [TcpStream::connect(address).await.unwrap(), TcpStream::connect(address).await.unwrap()];
            assert!(answer(ask(address).await).await.ends_with("here"));
            drop(silent);
        });
    }

    #[test]
    fn whoever_does_not_read_makes_room() {
        let endless = || async {
            let pieces =
                futures_util::stream::repeat_with(|| Ok::<_, io::Error>(Bytes::from_static(&[0; 65_536])));
            Body::from_stream(pieces)
        };
        let router = Router::new().route("/", get(|| async { "here" })).route("/endless", get(endless));
        with_server(router, async |address| {
            let mut deaf = Vec::new();
            for _ in 0..2 {
                let mut stream = TcpStream::connect(address).await.unwrap();
                stream.write_all(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
                stream.readable().await.unwrap();
                deaf.push(stream);
            }
            assert!(answer(ask(address).await).await.ends_with("here"));
        });
    }

    #[test]
    fn an_answer_that_takes_its_time_is_waited_for() {
        let slow = |ConnectInfo(work): ConnectInfo<Work>| async move {
            let _working = work.begin();
            sleep(IDLE_MAX * 5).await;
            "here"
        };
        with_server(Router::new().route("/", get(slow)), async |address| {
            assert!(answer(ask(address).await).await.ends_with("here"));
        });
    }
}

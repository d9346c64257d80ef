//! The accept loop: our own small one around hyper, because the framework's sets no timers and spins when
//! there are no file descriptors left. A connection has so long to say something, so long for a request's
//! head, so long to do nothing, and so many may be open.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::uri::Scheme;
use http_body_util::BodyExt;
use http_body_util::combinators::BoxBody;
use hyper::body::Body;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use poem::web::{LocalAddr, RemoteAddr};
use poem::{Request, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use crate::config::Http;

/// The whole of it (RFC 9113, 3.4): with less, the connection builder would wait for the rest for ever.
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Whoever answers requests.
pub trait Answers: Send + Sync + 'static {
    /// Answers one, whatever happens.
    fn answer(&self, request: Request) -> impl Future<Output = Response> + Send;
}

/// Serves until `stop` is done, then finishes what is under way, within the time that is set for it.
pub async fn serve<D: Answers>(listener: TcpListener, door: Arc<D>, config: &Http, stop: impl Future<Output = ()>) {
    let seats = Arc::new(Semaphore::new(config.connection_limit));
    let graceful = GracefulShutdown::new();
    let head_time = Duration::from_secs(config.header_read_timeout_seconds);
    let idle_time = Duration::from_secs(config.idle_timeout_seconds);
    let local = listener.local_addr().unwrap_or(SocketAddr::from(([0, 0, 0, 0], 0)));
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(head_time);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(head_time)
        .max_concurrent_streams(100)
        .max_header_list_size(32 * 1024);
    let (tell_end, end) = watch::channel(false);
    tokio::pin!(stop);
    loop {
        let seat = tokio::select! {
            () = &mut stop => break,
            seat = Arc::clone(&seats).acquire_owned() => seat,
        };
        let (stream, peer) = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, most likely: trying again at once would only burn the processor.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        let _ = stream.set_nodelay(true);
        let (door, builder, watcher, mut end) = (Arc::clone(&door), builder.clone(), graceful.watcher(), end.clone());
        tokio::spawn(async move {
            let _seat = seat;
            // Browsers connect before they have anything to say; at the end nobody waits for that.
            tokio::select! {
                said = tokio::time::timeout(head_time, first_words(&stream)) => if !matches!(said, Ok(Ok(()))) {
                    return;
                },
                _ = end.wait_for(|end| *end) => return,
            }
            let (begin, under_way) = watch::channel(0usize);
            let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
                let (door, begun, moving) = (Arc::clone(&door), UnderWay::begin(&begin), begin.clone());
                async move {
                    let _begun = begun;
                    let from = (request, LocalAddr(local.into()), RemoteAddr(peer.into()), Scheme::HTTP);
                    let response: hyper::Response<BoxBody<Bytes, io::Error>> = door.answer(from.into()).await.into();
                    Ok::<_, std::convert::Infallible>(response.map(|body| watched(body, moving)))
                }
            });
            let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
            tokio::select! {
                ended = watcher.watch(connection) => if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended early");
                },
                () = idle(under_way, idle_time) => {}
            }
        });
    }
    drop(listener);
    let _ = tell_end.send(true);
    let patience = Duration::from_secs(config.shutdown_timeout_seconds);
    if tokio::time::timeout(patience, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests were still under way when the time for them was over");
    }
}

/// A request that has begun and is not answered yet.
struct UnderWay(watch::Sender<usize>);

impl UnderWay {
    fn begin(count: &watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// Of an answer that does not lie in memory: each piece of it that is fetched says that somebody is there.
fn watched(body: BoxBody<Bytes, io::Error>, moving: watch::Sender<usize>) -> BoxBody<Bytes, io::Error> {
    if body.size_hint().exact().is_some() {
        return body;
    }
    let fetched = move |piece| {
        moving.send_modify(|_| ());
        piece
    };
    body.map_frame(fetched).boxed()
}

/// Waits until no request has been under way for so long, and no piece of an answer was fetched. HTTP/2 clients that only answer pings, half a head
/// in HTTP/2, and clients that do not read their answer: hyper has a timer for none of them.
async fn idle(mut under_way: watch::Receiver<usize>, patience: Duration) {
    while under_way.wait_for(|count| *count == 0).await.is_ok() {
        if tokio::time::timeout(patience, under_way.changed()).await.is_err() {
            return;
        }
    }
    std::future::pending::<()>().await;
}

/// Waits until a connection has said enough to tell HTTP/2 from HTTP/1. hyper has a timer for a request's head,
/// but none for a client that says nothing, or half a preface.
async fn first_words(stream: &TcpStream) -> io::Result<()> {
    let mut words = [0u8; HTTP2_PREFACE.len()];
    loop {
        let length = stream.peek(&mut words).await?;
        let said = words.get(..length).unwrap_or_default();
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if length == HTTP2_PREFACE.len() || !HTTP2_PREFACE.starts_with(said) {
            return Ok(());
        }
        // Part of a preface: what is there stays there, so waiting for «readable» would not wait.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

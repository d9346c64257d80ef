//! Below HTTP clients: bytes on a connection, and HTTP/2 without the manners of a browser.

use std::net::SocketAddr;
use std::time::Duration;

use http::{Method, Request, Version};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// No answer takes longer, and no connection that is to be closed stays longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// One connection, byte by byte.
pub struct Wire(TcpStream);

impl Wire {
    pub async fn open(at: SocketAddr) -> Self {
        Self(TcpStream::connect(at).await.expect("a connection"))
    }

    /// A server that has heard enough may close; what is not heard any more is no failure.
    pub async fn say(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.0.write_all(bytes.as_ref()).await;
    }

    /// Everything until the server closes; fails when it does not.
    pub async fn rest(&mut self) -> String {
        let mut all = Vec::new();
        let closed = timeout(PATIENCE, self.0.read_to_end(&mut all)).await;
        assert!(closed.is_ok(), "the connection was not closed; it said {:?}", String::from_utf8_lossy(&all));
        String::from_utf8_lossy(&all).into_owned()
    }

    /// One answer with a length, leaving the connection open.
    pub async fn answer(&mut self) -> String {
        let mut said = Vec::new();
        while !is_whole(&said) {
            let read = timeout(PATIENCE, self.0.read_buf(&mut said)).await.expect("an answer in time").expect("an open connection");
            assert!(read > 0, "closed in the middle of {:?}", String::from_utf8_lossy(&said));
        }
        String::from_utf8_lossy(&said).into_owned()
    }

    /// Whether it is still open and silent after this long.
    pub async fn is_silent_for(&mut self, time: Duration) -> bool {
        timeout(time, self.0.read_u8()).await.is_err()
    }
}

fn is_whole(said: &[u8]) -> bool {
    let text = String::from_utf8_lossy(said);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    body.len() >= length.unwrap_or(0)
}

/// Sends these bytes on a connection of their own and gives the whole answer.
pub async fn raw(at: SocketAddr, bytes: impl AsRef<[u8]>) -> String {
    let mut wire = Wire::open(at).await;
    wire.say(bytes).await;
    wire.rest().await
}

/// The status of a raw answer; 0 when there was none.
pub fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

/// The head of a raw answer without what differs each time, its lines sorted.
pub fn lasting_head(answer: &str) -> Vec<String> {
    let head = answer.split("\r\n\r\n").next().unwrap_or_default().to_ascii_lowercase();
    let mut lines: Vec<String> =
        head.lines().filter(|line| !line.starts_with("date:") && !line.starts_with("x-request-id:")).map(str::to_owned).collect();
    lines.sort();
    lines
}

/// The body of a raw answer.
pub fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

/// A GET over HTTP/2 with prior knowledge: the status, and the body. `uri` is absolute, or a path alone for a
/// request without `:authority`.
pub async fn http2(at: SocketAddr, uri: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let stream = TcpStream::connect(at).await.expect("a connection");
    let (sender, connection) = h2::client::handshake(stream).await.expect("HTTP/2");
    let driving = tokio::spawn(connection);
    let mut request = Request::builder().method(Method::GET).uri(uri);
    // Only a request that says it came by HTTP/1.1 may leave `:authority` out.
    request = request.version(if uri.starts_with('/') { Version::HTTP_11 } else { Version::HTTP_2 });
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut sender = sender.ready().await.expect("room for a request");
    let (answer, _) = sender.send_request(request.body(()).expect("a request"), true).expect("a request sent");
    let Ok(answer) = timeout(PATIENCE, answer).await.expect("an answer in time") else {
        driving.abort();
        return (0, String::new());
    };
    let (head, mut stream) = answer.into_parts();
    let mut all = Vec::new();
    while let Some(chunk) = stream.data().await {
        let chunk = chunk.expect("a body");
        let _ = stream.flow_control().release_capacity(chunk.len());
        all.extend_from_slice(&chunk);
    }
    driving.abort();
    (head.status.as_u16(), String::from_utf8_lossy(&all).into_owned())
}

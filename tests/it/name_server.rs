//! A small name server: real DNS over UDP and TCP on loopback, with the records that a test sets, and the faults.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, ResponseCode};
use hickory_proto::rr::rdata::{CNAME, TXT};
use hickory_proto::rr::{Name, RData, Record};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

/// What is at a name. What nobody has set is no name at all.
#[derive(Clone)]
pub enum At {
    /// One TXT record for each; of one record each text is a string of its own.
    Texts(Vec<Vec<String>>),
    /// Another name, whose records come along.
    Alias(String),
    /// The name, and no record of that type.
    Nothing,
    /// An answer with this code.
    Code(ResponseCode),
    /// No answer at all.
    Silence,
    /// After a while.
    Slowly(Duration, Box<At>),
}

impl At {
    /// One record of one string.
    pub fn text(text: &str) -> Self {
        Self::Texts(vec![vec![text.to_owned()]])
    }
}

/// The server. It ends with the runtime that it was started on.
#[derive(Clone)]
pub struct NameServer {
    pub at: SocketAddr,
    zone: Arc<Mutex<HashMap<String, At>>>,
    by_udp: Arc<AtomicUsize>,
    by_tcp: Arc<AtomicUsize>,
}

/// What fits into a datagram when nobody says otherwise (RFC 1035, 2.3.4).
const SMALLEST_PAYLOAD: usize = 512;

impl NameServer {
    /// Listens at a port of its own for both kinds of questions.
    pub async fn start() -> Self {
        let (udp, tcp) = loop {
            let udp = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
            let at = udp.local_addr().expect("an address");
            if let Ok(tcp) = TcpListener::bind(at).await {
                break (Arc::new(udp), tcp);
            }
        };
        let at = udp.local_addr().expect("an address");
        let server = Self { at, zone: Arc::default(), by_udp: Arc::default(), by_tcp: Arc::default() };
        tokio::spawn(server.clone().serve_udp(udp));
        tokio::spawn(server.clone().serve_tcp(tcp));
        server
    }

    /// Puts something at a name.
    pub fn set(&self, name: &str, at: At) {
        self.zone.lock().expect("a zone").insert(name.to_lowercase(), at);
    }

    /// Takes a name away.
    pub fn remove(&self, name: &str) {
        self.zone.lock().expect("a zone").remove(name);
    }

    /// How many questions came by UDP and by TCP.
    pub fn asked(&self) -> (usize, usize) {
        (self.by_udp.load(Ordering::SeqCst), self.by_tcp.load(Ordering::SeqCst))
    }

    async fn serve_udp(self, socket: Arc<UdpSocket>) {
        let mut packet = [0; 4096];
        while let Ok((length, from)) = socket.recv_from(&mut packet).await {
            self.by_udp.fetch_add(1, Ordering::SeqCst);
            let (server, socket, question) = (self.clone(), Arc::clone(&socket), packet[..length].to_vec());
            tokio::spawn(async move {
                let Some(answer) = server.answer(&question).await else { return };
                let most = Message::from_vec(&question).map_or(SMALLEST_PAYLOAD, |asked| usize::from(asked.max_payload()));
                let bytes = answer.to_vec().expect("a message");
                let bytes = if bytes.len() > most { answer.truncate().to_vec().expect("a message") } else { bytes };
                let _ = socket.send_to(&bytes, from).await;
            });
        }
    }

    async fn serve_tcp(self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            let server = self.clone();
            tokio::spawn(async move { server.converse(stream).await });
        }
    }

    async fn converse(&self, mut stream: TcpStream) -> Option<()> {
        loop {
            let length = stream.read_u16().await.ok()?;
            let mut question = vec![0; length.into()];
            stream.read_exact(&mut question).await.ok()?;
            self.by_tcp.fetch_add(1, Ordering::SeqCst);
            let answer = self.answer(&question).await?.to_vec().expect("a message");
            stream.write_u16(u16::try_from(answer.len()).expect("a length")).await.ok()?;
            stream.write_all(&answer).await.ok()?;
        }
    }

    async fn answer(&self, question: &[u8]) -> Option<Message> {
        let asked = Message::from_vec(question).ok()?;
        let mut answer = Message::response(asked.metadata.id, asked.metadata.op_code);
        answer.metadata.message_type = MessageType::Response;
        answer.metadata.recursion_desired = asked.metadata.recursion_desired;
        answer.metadata.recursion_available = true;
        answer.add_queries(asked.queries.clone());
        let mut name = asked.queries.first()?.name().clone();
        let mut found = self.find(&name);
        loop {
            match found {
                At::Texts(texts) => {
                    answer
                        .add_answers(texts.into_iter().map(|strings| Record::from_rdata(name.clone(), 60, RData::TXT(TXT::new(strings)))));
                    return Some(answer);
                }
                At::Alias(to) => {
                    let to = Name::from_ascii(format!("{to}.")).expect("a name");
                    answer.add_answer(Record::from_rdata(name, 60, RData::CNAME(CNAME(to.clone()))));
                    found = self.find(&to);
                    name = to;
                }
                At::Nothing => return Some(answer),
                At::Code(code) => {
                    answer.metadata.response_code = code;
                    return Some(answer);
                }
                At::Silence => return None,
                At::Slowly(pause, then) => {
                    tokio::time::sleep(pause).await;
                    found = *then;
                }
            }
        }
    }

    fn find(&self, name: &Name) -> At {
        let name = name.to_ascii().trim_end_matches('.').to_lowercase();
        self.zone.lock().expect("a zone").get(&name).cloned().unwrap_or(At::Code(ResponseCode::NXDomain))
    }
}

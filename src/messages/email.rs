//! E-mail over SMTP.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use lettre::{Address, transport::smtp::Error as SmtpError};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};

use super::bounces::TOKEN_LENGTH;
use super::dkim::{DkimConfig, Signer};
use super::inbox::{Channel, Inbox};
use super::letters::Mail;
use super::sms::{Accepted, Refusal};
use super::{is_loopback, one_line};

/// Connections kept open for the next mail.
const IDLE_CONNECTIONS: usize = 4;

/// Servers hang up on idle clients; the strictest wait little longer than this.
const IDLE_LIFE: Duration = Duration::from_secs(20);

/// Where e-mail goes.
pub enum Mailer {
    Smtp(Box<Smtp>),
    Inbox(Arc<Inbox>),
}

impl Mailer {
    /// Hands one mail to the mail server.
    pub async fn send(&self, mail: &Mail) -> Result<Accepted, Refusal> {
        match self {
            Mailer::Smtp(smtp) => smtp.send(mail).await,
            Mailer::Inbox(inbox) => {
                inbox.deliver(Channel::Email, &mail.to, &format!("{}\n\n{}", one_line(&mail.subject), mail.whole_text()));
                Ok(Accepted { provider_reference: None })
            }
        }
    }
}

/// How to reach the mail server that takes our mail (RFC 6409).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    pub host: String,
    /// Usually 587 with `starttls` and 465 with `implicit`.
    pub port: u16,
    pub tls: SmtpTls,
    pub username: Option<String>,
    pub password: Option<SecretString>,
    /// The address that all mail comes from.
    pub from: String,
    /// Where mail comes back to that could not be delivered, to be read by `tradecounter message bounce`; the sender's where there is none.
    pub bounce_address: Option<String>,
    /// How long a mail may take to be accepted, from connecting to the last answer.
    #[serde(default = "thirty_seconds")]
    pub timeout_seconds: u64,
    /// A PEM file. When given, only certificates that lead to one of its own are believed, instead of the public ones.
    pub root_certificate: Option<PathBuf>,
}

impl SmtpConfig {
    /// What can be seen without connecting.
    pub fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.tls != SmtpTls::None || is_loopback(&self.host),
            "[email.smtp] mail may go without TLS only to this machine itself: set tls to \"starttls\" or \"implicit\""
        );
        anyhow::ensure!(self.timeout_seconds > 0, "[email.smtp] timeout_seconds must be at least 1");
        self.bounce_address().map(drop)
    }

    /// What signs the mail that goes by this server; None when nothing does. Reads the file of the key.
    ///
    /// # Errors
    /// Says what is missing or wrong, without the key.
    pub fn signer(&self, dkim: &DkimConfig) -> anyhow::Result<Option<Signer>> {
        Signer::new(dkim, self.sender_address()?.domain())
    }

    fn sender_address(&self) -> anyhow::Result<Address> {
        self.from.parse().context("[email.smtp] from, the address that mail comes from")
    }

    fn bounce_address(&self) -> anyhow::Result<Option<Address>> {
        // RFC 5321 §4.5.3.1.1.
        const LONGEST_LOCAL_PART: usize = 64;
        let Some(address) = self.bounce_address.as_deref().filter(|address| !address.is_empty()) else { return Ok(None) };
        let address: Address = address.parse().context("[email.smtp] bounce_address")?;
        let longest = LONGEST_LOCAL_PART - TOKEN_LENGTH - 1;
        anyhow::ensure!(
            address.user().len() <= longest && !address.user().contains('+'),
            "[email.smtp] bounce_address has up to {longest} characters before the @, and no +: what tells messages apart stands behind them"
        );
        Ok(Some(address))
    }
}

/// How the connection is kept private. There is no "if the server can": whoever sits in between could say that it cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpTls {
    /// Starts plain; nothing is said before it has become TLS (RFC 3207).
    Starttls,
    /// TLS from the first byte (RFC 8314).
    Implicit,
    /// Plain. Only to this very machine.
    None,
}

/// A client of one mail server, with a few connections kept open.
///
/// It drives lettre's connections itself, because lettre's pool (tried with 0.11.23) has no time-out after connecting, takes a
/// connection back whose mail was given up half-way, so that the next mail on it is refused, and does not tell whether a mail had
/// been handed over when it failed.
pub struct Smtp {
    host: String,
    port: u16,
    tls: SmtpTls,
    tls_parameters: TlsParameters,
    credentials: Option<Credentials>,
    from: Address,
    bounces: Option<Address>,
    signer: Option<Signer>,
    timeout: Duration,
    idle: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

impl Smtp {
    /// Checks the configuration, and reads the files of the certificate and of the key for signatures. Does not connect.
    pub fn new(config: SmtpConfig, dkim: &DkimConfig) -> anyhow::Result<Smtp> {
        config.check()?;
        let (from, signer) = (config.sender_address()?, config.signer(dkim)?);
        let bounces = config.bounce_address()?;
        let credentials = match (config.username, config.password) {
            (Some(username), Some(password)) => Some(Credentials::new(username, password.expose_secret().to_owned())),
            (None, None) => None,
            _ => anyhow::bail!("the mail server's username and password go together"),
        };
        Ok(Smtp {
            tls_parameters: tls_parameters(&config.host, config.root_certificate.as_deref())?,
            signer,
            from,
            bounces,
            host: config.host,
            port: config.port,
            tls: config.tls,
            credentials,
            timeout: Duration::from_secs(config.timeout_seconds),
            idle: Mutex::default(),
        })
    }

    async fn send(&self, mail: &Mail) -> Result<Accepted, Refusal> {
        let to = recipient(&mail.to)?;
        let content = mail.compose(&self.from, to.clone(), self.signer.as_ref())?;
        let return_path = self.return_path(mail)?;
        let deadline = Instant::now() + self.timeout;

        // Until the server has said that it wants the content, it cannot have taken the mail.
        let mut connection = timeout_at(deadline, self.announce(return_path, to)).await.map_err(|_| {
            tracing::warn!("the mail server did not answer in time");
            Refusal::Unreachable
        })??;
        // From here on silence means that nobody knows.
        let response = timeout_at(deadline, connection.message(&content)).await.map_err(|_| Refusal::TimedOut)?;
        let response = response.map_err(|error| refusal_of_content(&error))?;
        self.keep(connection);
        Ok(Accepted { provider_reference: reference(&response) })
    }

    /// The address that a mail comes back to, when it does: one of its own where it has a token (VERP), so that it need not be looked for
    /// in what comes back.
    fn return_path(&self, mail: &Mail) -> Result<Address, Refusal> {
        match &self.bounces {
            None => Ok(self.from.clone()),
            Some(bounces) if mail.return_token.is_empty() => Ok(bounces.clone()),
            Some(bounces) => Address::new(format!("{}+{}", bounces.user(), mail.return_token), bounces.domain())
                .map_err(|_| Refusal::Rejected("the mail cannot be written".to_owned())),
        }
    }

    /// A connection on which the server waits for the content of a mail to this recipient.
    async fn announce(&self, return_path: Address, to: Address) -> Result<AsyncSmtpConnection, Refusal> {
        let mut connection = match self.reuse().await {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        connection.command(MailFrom::new(Some(return_path), vec![])).await.map_err(|error| refusal_of_command(&error))?;
        connection.command(Rcpt::new(to, vec![])).await.map_err(|error| refusal_of_recipient(&error))?;
        connection.command(Data).await.map_err(|error| refusal_of_command(&error))?;
        Ok(connection)
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Refusal> {
        let ourselves = ClientId::default();
        let from_the_start = (self.tls == SmtpTls::Implicit).then(|| self.tls_parameters.clone());
        let mut connection =
            AsyncSmtpConnection::connect_tokio1((self.host.as_str(), self.port), Some(self.timeout), &ourselves, from_the_start, None)
                .await
                .map_err(|error| refusal_of_connection(&error))?;
        if self.tls == SmtpTls::Starttls {
            connection.starttls(self.tls_parameters.clone(), &ourselves).await.map_err(|error| refusal_of_connection(&error))?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await.map_err(|error| refusal_of_credentials(&error))?;
        }
        Ok(connection)
    }

    /// The connection used last, if it still lives.
    async fn reuse(&self) -> Option<AsyncSmtpConnection> {
        let (mut connection, since) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
        let usable = since.elapsed() < IDLE_LIFE && connection.test_connected().await;
        usable.then_some(connection)
    }

    /// Only a connection whose mail was accepted comes back; dropping any other one closes it.
    fn keep(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(_, since)| since.elapsed() < IDLE_LIFE);
        if idle.len() < IDLE_CONNECTIONS {
            idle.push((connection, Instant::now()));
        }
    }
}

fn thirty_seconds() -> u64 {
    30
}

fn tls_parameters(host: &str, root_certificate: Option<&Path>) -> anyhow::Result<TlsParameters> {
    let mut parameters = TlsParameters::builder(host.to_owned());
    if let Some(path) = root_certificate {
        let file = || format!("the mail server's root_certificate {}", path.display());
        let pem = std::fs::read(path).with_context(file)?;
        // A file without any would be taken, and then no server be believed.
        let holds_one = String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----");
        anyhow::ensure!(holds_one, "{} holds no certificate", file());
        let certificate = Certificate::from_pem(&pem).with_context(file)?;
        parameters = parameters.certificate_store(CertificateStore::None).add_root_certificate(certificate);
    }
    parameters.build().context("TLS for the mail server")
}

/// ASCII only: an address beyond it needs a server that speaks SMTPUTF8 all the way, which nobody can promise.
fn recipient(to: &str) -> Result<Address, Refusal> {
    let plain = to.bytes().all(|byte| byte.is_ascii_graphic());
    to.parse().ok().filter(|_| plain).ok_or(Refusal::InvalidRecipient)
}

/// How the server calls the mail: the first line of its answer, as far as it is readable.
fn reference(response: &Response) -> Option<String> {
    let line: String = one_line(response.first_line()?).chars().take(200).collect();
    (!line.is_empty()).then_some(line)
}

/// No mail had been announced yet, so the cause holds no address and may be logged.
fn refusal_of_connection(error: &SmtpError) -> Refusal {
    let cause = error.to_string();
    tracing::warn!(cause, "no safe connection to the mail server");
    if error.is_transient() { Refusal::RateLimited } else { Refusal::Unreachable }
}

/// A 5xx here means that our credentials are bad (RFC 4954 §6), never that the recipient is.
fn refusal_of_credentials(error: &SmtpError) -> Refusal {
    if error.is_transient() {
        Refusal::RateLimited
    } else if error.is_permanent() || error.is_client() {
        Refusal::Authentication
    } else {
        refusal_of_connection(error)
    }
}

/// What the server says to the sender's address, and to the wish to send.
fn refusal_of_command(error: &SmtpError) -> Refusal {
    match status(error) {
        Some(_) if error.is_transient() => Refusal::RateLimited,
        // "Authentication required", "too weak" and "invalid" (RFC 4954 §6) also come this late.
        Some(530 | 534 | 535 | 538) => Refusal::Authentication,
        Some(_) => Refusal::Rejected(code(error)),
        // What cannot be read as an answer stands in the error, and after the recipient it may repeat the address.
        None => {
            tracing::warn!("the mail server gave no answer that can be read");
            Refusal::Unreachable
        }
    }
}

/// The recipient is at fault only where the server says so: with a detail of class X.1 (RFC 3463 §3.2) or, where it gives no
/// detail, with a code that RFC 5321 §4.2.3 keeps for mailboxes. The same 550 also stands for "you may not relay" (X.7), which is
/// not the recipient's doing.
fn refusal_of_recipient(error: &SmtpError) -> Refusal {
    let code = code(error);
    match (status(error), code.split_once(' ')) {
        (Some(500..), Some((_, detail))) if detail.starts_with("5.1.") => Refusal::InvalidRecipient,
        (Some(550 | 551 | 553), None) => Refusal::InvalidRecipient,
        _ => refusal_of_command(error),
    }
}

/// The content had been handed over: without an answer nobody knows what became of it.
fn refusal_of_content(error: &SmtpError) -> Refusal {
    match status(error) {
        Some(_) => refusal_of_command(error),
        None => Refusal::Unknown("the connection broke before the answer".to_owned()),
    }
}

fn status(error: &SmtpError) -> Option<u16> {
    error.status().map(u16::from)
}

/// The server's code with its detail where it gives one, such as `550 5.1.1`, and nothing of its words: those may repeat the address.
fn code(error: &SmtpError) -> String {
    let code = error.status().map(|code| code.to_string()).unwrap_or_default();
    let words = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    let detail = words.split_whitespace().next().unwrap_or_default();
    let is_detail = detail.split('.').count() == 3 && detail.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_detail { format!("{code} {detail}") } else { code }
}

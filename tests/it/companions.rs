//! Real programs beside a test: the server's own binary, SMS gateways, a mail server. Each keeps what it says in files of
//! the test's own directory, and is gone when its value is.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use crate::secrecy;

/// All that the program has to say, as its log's filter.
pub const EVERYTHING: (&str, &str) = ("TRADECOUNTER__LOG__FILTER", "info,sqlx=debug,tradecounter=trace");

/// The program that users run.
pub const TRADECOUNTER: &str = env!("CARGO_BIN_EXE_tradecounter");

/// A directory that goes when the test does. Others may pass through it, because PostgreSQL does not run as root.
pub struct Directory(pub PathBuf);

impl Directory {
    pub fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("tradecounter-{name}-{}", std::process::id()));
        fs::create_dir_all(&dir).expect("a directory");
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).expect("a directory that can be passed");
        Self(dir)
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A loopback port that nobody listens on, below those that the system gives out by itself.
pub fn free_port() -> u16 {
    static TRIED: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 997).expect("small") * 13;
    for _ in 0..1_000 {
        let port = 15_000 + (first + TRIED.fetch_add(1, Ordering::Relaxed)) % 15_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no port is free");
}

/// Waits until something holds, looking often, and panics when that takes too long.
pub async fn until(what: &str, within: Duration, mut holds: impl FnMut() -> bool) {
    let give_up = Instant::now() + within;
    while !holds() {
        assert!(Instant::now() < give_up, "waited {within:?} in vain until {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What somebody on this machine answers by HTTP.
pub async fn read(port: u16, path: &str) -> String {
    // Fails when it was done already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let answer = reqwest::get(format!("http://127.0.0.1:{port}{path}")).await.expect("an answer");
    answer.text().await.expect("a text")
}

/// Sends a signal to one process.
pub fn signal(pid: u32, name: &str) {
    let sent = Command::new("sh").args(["-c", "kill -\"$1\" \"$2\"", "sh", name]).arg(pid.to_string()).status();
    assert!(sent.is_ok_and(|status| status.success()), "SIG{name} to {pid}");
}

/// A started program.
pub struct Program {
    child: Child,
    /// Some programs end when this is closed.
    stdin: Option<ChildStdin>,
    stdout: PathBuf,
    stderr: PathBuf,
    /// Whether its log is ours to answer for.
    is_ours: bool,
}

impl Program {
    /// Starts it; what it says goes to `NAME.stdout` and `NAME.stderr` in the directory.
    pub fn start(command: &mut Command, directory: &Path, name: &str) -> Self {
        let (stdout, stderr) = (directory.join(format!("{name}.stdout")), directory.join(format!("{name}.stderr")));
        let file = |path: &Path| File::create(path).expect("a file for what a program says");
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(file(&stdout))
            .stderr(file(&stderr))
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let stdin = child.stdin.take();
        let is_ours = [command.get_program()].into_iter().chain(command.get_args()).any(|word| Path::new(word).ends_with("tradecounter"));
        Self { child, stdin, stdout, stderr, is_ours }
    }

    /// The server's own binary, with nothing of the test run's surroundings but what `PATH` says.
    pub fn tradecounter(arguments: &[&str]) -> Command {
        let mut command = Command::new(TRADECOUNTER);
        command.args(arguments).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn said(&self) -> String {
        fs::read_to_string(&self.stdout).unwrap_or_default()
    }

    pub fn complained(&self) -> String {
        fs::read_to_string(&self.stderr).unwrap_or_default()
    }

    /// Waits until it has said these words, on either side.
    pub async fn until_said(&mut self, words: &str, within: Duration) {
        let give_up = Instant::now() + within;
        while !self.said().contains(words) && !self.complained().contains(words) {
            let ended = self.child.try_wait().expect("a state");
            assert!(
                ended.is_none() && Instant::now() < give_up,
                "not said within {within:?}: {words:?}; {ended:?}\n{}\n{}",
                self.said(),
                self.complained()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until it ends by itself.
    pub async fn ended(&mut self, within: Duration) -> ExitStatus {
        let give_up = Instant::now() + within;
        loop {
            if let Some(status) = self.child.try_wait().expect("a state") {
                return status;
            }
            assert!(Instant::now() < give_up, "it did not end within {within:?}:\n{}\n{}", self.said(), self.complained());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().expect("a kill");
        self.child.wait().expect("an end");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // A companion that ends with its standard input also ends what it has started.
        let waits = self.stdin.take().is_some();
        let give_up = Instant::now() + Duration::from_secs(if waits { 8 } else { 0 });
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < give_up {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        if self.is_ours && !std::thread::panicking() {
            secrecy::in_log(&self.complained(), &secrecy::given());
        }
    }
}

/// A Kannel gateway with its fake SMS centre.
pub struct Kannel {
    directory: PathBuf,
    pub port: u16,
    _program: Program,
}

impl Kannel {
    /// Listens at this port; see `tests/kannel/run`.
    pub async fn start(directory: &Directory, port: u16) -> Self {
        let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kannel/run"));
        let home = directory.join("kannel");
        command.arg(&home);
        for port in [port, free_port(), free_port(), free_port()] {
            command.arg(port.to_string());
        }
        let mut program = Program::start(&mut command, &directory.0, "kannel");
        program.until_said("ready", Duration::from_secs(60)).await;
        Self { directory: home, port, _program: program }
    }

    /// What the SMS centre got: `sender receiver text words…`.
    pub fn received(&self) -> String {
        fs::read_to_string(self.directory.join("received")).unwrap_or_default()
    }

    /// Waits until the SMS centre has got these words.
    pub async fn until_received(&self, words: &str) {
        until(&format!("{words:?} is received"), Duration::from_secs(20), || self.received().contains(words)).await;
    }

    /// How many messages this number got.
    pub fn count_to(&self, phone: &str) -> usize {
        self.received().matches(&format!(" {phone} ")).count()
    }

    /// Takes the SMS centre away, or brings it back.
    pub fn set_centre_down(&self, down: bool) {
        let file = self.directory.join("centre-down");
        if down { fs::write(file, "").expect("a file") } else { fs::remove_file(file).expect("no file") }
    }

    /// The part that takes HTTP requests, for signals.
    pub fn smsbox(&self) -> u32 {
        let pid = fs::read_to_string(self.directory.join("smsbox.pid")).expect("a pid");
        pid.trim().parse().expect("a number")
    }
}

/// A mail server.
pub struct Smtp {
    directory: PathBuf,
    pub port: u16,
    _program: Program,
}

impl Smtp {
    /// With `starttls`, `implicit` or `none`; see `tests/smtp/server.py`.
    pub async fn start(directory: &Directory, tls: &str) -> Self {
        let (home, port) = (directory.join("smtp"), free_port());
        let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/smtp/server.py");
        // `make test` puts an interpreter that has aiosmtpd first on the path.
        let mut command = Command::new("python3");
        command.arg(server).arg(&home).arg(port.to_string()).args(["--tls", tls]);
        let mut program = Program::start(&mut command, &directory.0, "smtp");
        program.until_said("ready", Duration::from_secs(30)).await;
        Self { directory: home, port, _program: program }
    }

    /// The authority that its certificate leads to.
    pub fn authority(&self) -> PathBuf {
        self.directory.join("ca.pem")
    }

    /// What arrived, oldest first.
    pub fn received(&self) -> Vec<serde_json::Value> {
        let lines = fs::read_to_string(self.directory.join("received.jsonl")).unwrap_or_default();
        lines.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    }

    /// One of them as it came, counted from 1.
    pub fn eml(&self, number: usize) -> PathBuf {
        self.directory.join(format!("{number}.eml"))
    }
}

/// Twilio, as its own OpenAPI document describes it.
pub struct Prism {
    pub port: u16,
    _program: Program,
}

impl Prism {
    /// See `tests/prism/run`.
    pub async fn start(directory: &Directory) -> Self {
        let port = free_port();
        let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/prism/run"));
        command.arg(port.to_string());
        let mut program = Program::start(&mut command, &directory.0, "prism");
        program.until_said("Prism is listening", Duration::from_secs(60)).await;
        Self { port, _program: program }
    }
}

/// AWS SNS, which looks at signatures and permissions.
pub struct Moto {
    directory: PathBuf,
    pub port: u16,
    _program: Program,
}

impl Moto {
    /// See `tests/sns/server.py`.
    pub async fn start(directory: &Directory) -> Self {
        let (home, port) = (directory.join("sns"), free_port());
        let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sns/server.py");
        // `make test` puts an interpreter that has moto first on the path.
        let mut command = Command::new("python3");
        command.arg(server).arg(&home).arg(port.to_string());
        let mut program = Program::start(&mut command, &directory.0, "sns");
        program.until_said("ready", Duration::from_secs(60)).await;
        Self { directory: home, port, _program: program }
    }

    /// The access key id and the secret of `publisher`, who may publish and nothing else, or of `stranger`, who may nothing.
    pub fn key(&self, user: &str) -> (String, String) {
        let text = fs::read_to_string(self.directory.join(user)).expect("a user");
        let (id, secret) = text.trim().split_once('\n').expect("two lines");
        (id.to_owned(), secret.to_owned())
    }

    /// What was published to phones.
    pub async fn published(&self) -> Vec<serde_json::Value> {
        let all: serde_json::Value = serde_json::from_str(&read(self.port, "/moto-api/data.json").await).expect("JSON");
        all["sns"]["SMS"].as_array().cloned().unwrap_or_default()
    }
}

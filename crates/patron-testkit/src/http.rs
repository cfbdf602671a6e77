//! A small HTTP server on this machine, whose answers a test decides.
#![expect(
    clippy::expect_used,
    reason = "what the server assumes must hold, or the test stops there"
)]

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The path without its query.
    pub path: String,
    /// The query, as it was written.
    pub query: String,
    /// Names in lower case, with their values.
    pub headers: Vec<(String, String)>,
}

impl Request {
    /// Returns a parameter of the query.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let mut parameters = self
            .query
            .split('&')
            .filter_map(|part| part.split_once('='));
        parameters.find_map(|(key, value)| (key == name).then_some(value))
    }

    /// Returns a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find_map(|(key, value)| (key == name).then_some(value.as_str()))
    }
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
    sent: usize,
}

impl Response {
    /// An answer with a status and a body.
    #[must_use]
    pub fn new(status: u16, body: impl Into<String>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
            sent: usize::MAX,
        }
    }

    /// With a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The connection ends after so many bytes of the body.
    #[must_use]
    pub const fn cut_after(mut self, bytes: usize) -> Self {
        self.sent = bytes;
        self
    }
}

/// The server; it answers until the test process ends.
pub struct Server {
    address: String,
    asked: Arc<Mutex<Vec<Request>>>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({})", self.address)
    }
}

impl Server {
    /// Starts a server; the function makes each answer, and is told how many requests came before.
    ///
    /// # Panics
    /// If no port of this machine is free.
    #[must_use]
    pub fn start(answer: impl Fn(&Request, usize) -> Response + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("the port is known").port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that goes away in between is part of some tests.
                if let Err(error) = serve(stream, &log, &answer) {
                    drop(error);
                }
            }
        });
        Self {
            address: format!("http://127.0.0.1:{port}"),
            asked,
        }
    }

    /// Returns its address.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns what was asked until now.
    ///
    /// # Panics
    /// If making an answer panicked.
    #[must_use]
    pub fn asked(&self) -> Vec<Request> {
        self.asked.lock().expect("no answer panicked").clone()
    }
}

fn serve(
    stream: TcpStream,
    log: &Mutex<Vec<Request>>,
    answer: &impl Fn(&Request, usize) -> Response,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let target = first.split(' ').nth(1).unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = Vec::new();
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let request = Request {
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
    };
    let before = {
        let mut log = log.lock().expect("no answer panicked");
        log.push(request.clone());
        log.len() - 1
    };
    send(stream, &answer(&request, before))
}

fn send(mut stream: TcpStream, response: &Response) -> std::io::Result<()> {
    let Response {
        status,
        headers,
        body,
        sent,
    } = response;
    let mut head = format!("HTTP/1.1 {status} -\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes())?;
    let body = body.as_bytes();
    stream.write_all(body.get(..(*sent).min(body.len())).unwrap_or_default())?;
    stream.flush()
}

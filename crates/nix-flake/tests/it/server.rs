//! An HTTP server that answers as it is told and remembers what it was asked.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

/// An answer: status, headers and body.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// A body.
    pub(crate) fn body(body: impl Into<Vec<u8>>) -> Answer {
        Answer { status: "200 OK", headers: Vec::new(), body: body.into() }
    }

    /// A status alone.
    pub(crate) fn status(status: &'static str) -> Answer {
        Answer { status, headers: Vec::new(), body: Vec::new() }
    }

    /// With a header.
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Answer {
        self.headers.push((name, value.into()));
        self
    }
}

/// A request's first line and its headers, in lower case.
type Request = (String, Vec<String>);

/// A server on this machine.
pub(crate) struct Server {
    address: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// A server that answers a path, with the request's headers at hand, by `answer`.
    pub(crate) fn start(answer: impl Fn(&str, &[String]) -> Answer + Send + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let first = lines.next().and_then(Result::ok).unwrap_or_default();
                let headers: Vec<String> = lines
                    .map_while(Result::ok)
                    .take_while(|line| !line.is_empty())
                    .map(|line| line.to_lowercase())
                    .collect();
                let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
                let Answer { status, headers: more, body } = answer(&path, &headers);
                seen.lock().unwrap().push((format!("{first} -> {status}"), headers));
                let mut head =
                    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n", body.len());
                for (name, value) in more {
                    head.push_str(&format!("{name}: {value}\r\n"));
                }
                head.push_str("\r\n");
                _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
            }
        });
        Server { address, requests }
    }

    /// The URL of a path on it.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What it was asked since the last call: `GET /path -> status`.
    pub(crate) fn requests(&self) -> Vec<String> {
        let requests = std::mem::take(&mut *self.requests.lock().unwrap());
        requests.into_iter().map(|(first, _)| first.replace(" HTTP/1.1", "")).collect()
    }
}

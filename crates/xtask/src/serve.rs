//! `cargo xtask serve`: a server of files for one's own machine.

use std::fs::File;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, anyhow, bail};
use tiny_http::{Header, Method, Request, Response, Server};

/// Requests answered at the same time.
const THREADS: usize = 4;

/// A running server; it goes on to the end of the program.
pub struct Site {
    /// Where the page is, as in "http://127.0.0.1:8080".
    pub address: String,
    threads: Vec<std::thread::JoinHandle<()>>,
}

/// Takes `port` of this machine, for this machine only; port 0 is any free one.
pub fn listen(port: u16) -> Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => anyhow!(
            "port {port} is taken by another program: stop that, or choose another port with `cargo xtask serve --port {}`",
            port.checked_add(1).unwrap_or(8080)
        ),
        ErrorKind::PermissionDenied => anyhow!("port {port} is reserved: choose one above 1023 with --port"),
        _ => anyhow!("cannot serve on port {port}: {error}"),
    })
}

impl Site {
    /// Serves the files of `folder`.
    pub fn start(folder: &Path, listener: TcpListener) -> Result<Self> {
        let server = Server::from_listener(listener, None)
            .map_err(|error| anyhow!("cannot serve: {error}"))?;
        let Some(address) = server.server_addr().to_ip() else {
            bail!("the server has no address");
        };
        let (server, folder) = (Arc::new(server), folder.to_path_buf());
        let threads = (0..THREADS).map(|_| {
            let (server, folder) = (Arc::clone(&server), folder.clone());
            std::thread::spawn(move || {
                while let Ok(request) = server.recv() {
                    answer(&folder, request);
                }
            })
        });
        Ok(Self {
            address: format!("http://{address}"),
            threads: threads.collect(),
        })
    }

    /// Goes on until the program is stopped.
    pub fn wait(self) -> Result<()> {
        for thread in self.threads {
            thread
                .join()
                .map_err(|_| anyhow!("the server stopped on a fault of ours"))?;
        }
        Ok(())
    }
}

fn answer(folder: &Path, request: Request) {
    // A reader who leaves while the answer is on its way is no error of ours.
    let _ = match (request.method(), file_of(folder, request.url())) {
        (Method::Get | Method::Head, Some(path)) => match File::open(&path) {
            Ok(file) => {
                // Always with its length, never in chunks: the page shows progress.
                let response = Response::from_file(file).with_chunked_threshold(usize::MAX);
                let headers = [
                    ("Content-Type", media_type(&path)),
                    ("Cache-Control", "no-cache"),
                ];
                request.respond(
                    headers
                        .into_iter()
                        .filter_map(header)
                        .fold(response, Response::with_header),
                )
            }
            Err(_) => {
                request.respond(Response::from_string("cannot be read\n").with_status_code(500))
            }
        },
        (Method::Get | Method::Head, None) => {
            request.respond(Response::from_string("not found\n").with_status_code(404))
        }
        _ => request.respond(Response::from_string("only GET and HEAD\n").with_status_code(405)),
    };
}

fn header((name, value): (&str, &str)) -> Option<Header> {
    Header::from_bytes(name, value).ok()
}

/// The file that an address names, if there is one inside `folder`.
fn file_of(folder: &Path, url: &str) -> Option<PathBuf> {
    let name = url.split(['?', '#']).next()?.trim_start_matches('/');
    let name = decode(name)?;
    if name.split(['/', '\\']).any(|part| part == "..") || Path::new(&name).is_absolute() {
        return None;
    }
    let path = if name.is_empty() {
        folder.join("index.html")
    } else {
        folder.join(name)
    };
    path.is_file().then_some(path)
}

/// Undoes percent-encoding.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

fn media_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("md") => "text/markdown; charset=utf-8",
        Some("txt") => "text/plain; charset=utf-8",
        Some("json" | "webmanifest") => "application/json",
        Some("wasm") => "application/wasm",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("svg") => "image/svg+xml",
        Some("ico") => "image/x-icon",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use super::*;

    fn get(address: &str, path: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address.trim_start_matches("http://"))?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    #[test]
    fn serves_the_folder_and_nothing_else() -> Result<()> {
        let site = Site::start(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
            listen(0)?,
        )?;
        let found = get(&site.address, "/serve%2Ers?x=1")?;
        assert!(found.starts_with("HTTP/1.1 200"), "{found}");
        assert!(found.contains("Content-Length:"), "{found}");
        for path in ["/nothing", "/../Cargo.toml", "/%2e%2e/Cargo.toml", "/%zz"] {
            let missing = get(&site.address, path)?;
            assert!(missing.starts_with("HTTP/1.1 404"), "{path}: {missing}");
        }
        Ok(())
    }

    #[test]
    fn a_taken_port_is_one_line() -> Result<()> {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = taken.local_addr()?.port();
        let error = listen(port)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        assert!(
            error.starts_with(&format!("port {port} is taken")),
            "{error}"
        );
        Ok(())
    }
}

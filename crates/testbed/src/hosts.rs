//! The addresses of a world: one for everything, or, as on the internet, one for each registry and several for remotes.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use axum::http::HeaderMap;
use axum::http::header::HOST;

/// Where a world answers: the same everywhere.
#[derive(Clone, Debug)]
pub(crate) struct Hosts {
    /// `http://127.0.0.1:PORT`, `http://127.0.0.2:PORT`, ...
    urls: Vec<String>,
}

impl Hosts {
    /// Listens on so many addresses of the loopback network, all at one port; a free one for 0.
    pub(crate) fn bind(count: u32, port: u16) -> io::Result<(Self, Vec<TcpListener>)> {
        let mut port = port;
        let (mut urls, mut listeners) = (Vec::new(), Vec::new());
        for n in 0..count.max(1) {
            let address = Ipv4Addr::from_bits(Ipv4Addr::LOCALHOST.to_bits() + n);
            let listener = TcpListener::bind(SocketAddr::from((address, port)))?;
            listener.set_nonblocking(true)?;
            port = listener.local_addr()?.port();
            urls.push(format!("http://{address}:{port}"));
            listeners.push(listener);
        }
        Ok((Self { urls }, listeners))
    }

    /// The world's own address.
    pub(crate) fn main(&self) -> &str {
        self.at(0)
    }

    pub(crate) fn pypi(&self) -> &str {
        self.at(1)
    }

    pub(crate) fn npm(&self) -> &str {
        self.at(2)
    }

    /// The address of a remote server.
    pub(crate) fn remote(&self, index: u64) -> &str {
        self.at(3 + index as usize)
    }

    /// The address that a request was sent to.
    pub(crate) fn asked(&self, headers: &HeaderMap) -> &str {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        self.urls.iter().find(|url| url.strip_prefix("http://") == Some(host)).map_or(self.main(), String::as_str)
    }

    /// `127.0.0.1`, ...
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.urls.iter().filter_map(|url| Some(url.strip_prefix("http://")?.split_once(':')?.0))
    }

    fn at(&self, n: usize) -> &str {
        &self.urls[n % self.urls.len()]
    }
}

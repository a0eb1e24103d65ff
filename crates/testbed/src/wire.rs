//! The listener, with a way past HTTP: a fault can take a connection and put any bytes on it.

use std::io;
use std::net::TcpStream as StdStream;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// Accepts connections.
pub(crate) struct Door(pub(crate) TcpListener);

/// A connection as HTTP has it.
pub(crate) struct Wire {
    stream: TcpStream,
    line: Line,
}

/// The same connection for a fault.
#[derive(Clone, Debug)]
pub(crate) struct Line(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    raw: StdStream,
    taken: AtomicBool,
}

impl Line {
    /// Takes the connection: what HTTP still writes goes nowhere, and the connection ends when the stream
    /// is dropped.
    pub(crate) fn take(&self) -> io::Result<TcpStream> {
        self.0.taken.store(true, Ordering::Release);
        TcpStream::from_std(self.0.raw.try_clone()?)
    }

    fn is_taken(&self) -> bool {
        self.0.taken.load(Ordering::Acquire)
    }
}

impl Listener for Door {
    type Io = Wire;
    type Addr = Line;

    async fn accept(&mut self) -> (Wire, Line) {
        loop {
            let Ok((stream, _)) = self.0.accept().await else { continue };
            // A connection that ended at once is no concern.
            if let Ok(wire) = Wire::new(stream) {
                let line = wire.line.clone();
                return (wire, line);
            }
        }
    }

    fn local_addr(&self) -> io::Result<Line> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl Connected<IncomingStream<'_, Door>> for Line {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        stream.io().line.clone()
    }
}

impl Wire {
    fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        let stream = stream.into_std()?;
        let raw = stream.try_clone()?;
        let line = Line(Arc::new(Shared { raw, taken: AtomicBool::new(false) }));
        Ok(Self { stream: TcpStream::from_std(stream)?, line })
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.line.is_taken() {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.line.is_taken() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

//! The transport of local servers: a message a line, over two pipes.

use std::pin::Pin;

use futures_util::{Sink, Stream, sink, stream};
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};

use super::wire;

type Outgoing = Pin<Box<dyn Sink<ClientJsonRpcMessage, Error = std::io::Error> + Send>>;
type Incoming = Pin<Box<dyn Stream<Item = ServerJsonRpcMessage> + Send>>;

/// At most `bytes` are read. Lines that are no messages are passed over: many servers write their logs there.
pub(super) fn transport<R, W>(reader: R, writer: W, bytes: u64) -> (Outgoing, Incoming)
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let outgoing = sink::unfold(writer, |mut writer, message: ClientJsonRpcMessage| async move {
        let mut line = serde_json::to_vec(&message)?;
        line.push(b'\n');
        writer.write_all(&line).await?;
        writer.flush().await?;
        Ok(writer)
    });
    let incoming = stream::unfold(BufReader::new(reader.take(bytes)), |mut reader| async {
        let mut line = Vec::new();
        loop {
            line.clear();
            if reader.read_until(b'\n', &mut line).await.is_ok_and(|read| read > 0) {
                if let Ok(message) = wire::read(&line) {
                    return Some((message, reader));
                }
            } else {
                return None;
            }
        }
    });
    (Box::pin(outgoing), Box::pin(incoming))
}

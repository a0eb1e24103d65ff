//! The transport of 2024: a stream of events names the address for messages, and carries the answers.

use std::io;
use std::ops::ControlFlow;
use std::pin::Pin;

use futures_util::{sink, stream};
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use url::Url;

use super::events::{Event, Events};
use super::http::{Door, Refused};
use super::{Bounds, Era, Listed, session, wire};
use crate::Error;
use crate::client::{Head, Request, Sink};

/// Lists over the older transport. Without an error, there is no such stream at the address.
pub(super) async fn list(door: &Door, bounds: &Bounds) -> Result<Listed, Option<Error>> {
    let (sender, mut events) = mpsc::unbounded_channel();
    // The reader ends when the set is dropped.
    let mut reading = JoinSet::new();
    let reader = door.clone();
    reading.spawn(async move {
        let request = Request::new(reader.url.clone()).accept("text/event-stream");
        reader.pass(request, &mut Reader { events: None, sender }).await.map(drop)
    });
    let endpoint = loop {
        match events.recv().await {
            Some(Event { name, data }) if name == "endpoint" => break address(&door.url, data.trim())?,
            Some(_) => {}
            None => return Err(None),
        }
    };
    let answers = Box::pin(stream::unfold(events, |mut events| async {
        loop {
            let event = events.recv().await?;
            if let Ok(message) = wire::read(event.data.as_bytes()) {
                return Some((message, events));
            }
        }
    })) as Pin<Box<dyn stream::Stream<Item = ServerJsonRpcMessage> + Send>>;
    let poster = door.clone();
    let questions =
        Box::pin(sink::unfold((poster, endpoint), |(door, endpoint), message: ClientJsonRpcMessage| async move {
            post(&door, &endpoint, &message).await?;
            Ok::<_, Refused>((door, endpoint))
        }));
    session::list((questions, answers), Era::Sessions, bounds)
        .await
        .map_err(|fault| Some(door.take_failure().unwrap_or_else(|| fault.of(door.url.as_str()))))
}

/// Where messages go: an address of the same origin.
fn address(stream: &Url, text: &str) -> Result<Url, Option<Error>> {
    let wrong = |reason: String| Some(Error::format(stream, reason));
    let endpoint = stream.join(text).map_err(|_| wrong("names no address for messages".to_owned()))?;
    if endpoint.origin() != stream.origin() {
        return Err(wrong(format!("sends messages to another host, {}", endpoint.host_str().unwrap_or_default())));
    }
    Ok(endpoint)
}

async fn post(door: &Door, endpoint: &Url, message: &ClientJsonRpcMessage) -> Result<(), Refused> {
    let body = serde_json::to_vec(message)?;
    // The stream holds the place at the host.
    let head = door.pass(Request::post(endpoint.clone(), body).placeless(), &mut Vec::new()).await?;
    if head.status < 400 {
        return Ok(());
    }
    Err(door.fail(Error::Status { url: endpoint.to_string(), status: head.status, wait: None }))
}

/// Passes events on.
struct Reader {
    events: Option<Events>,
    sender: mpsc::UnboundedSender<Event>,
}

impl Sink for Reader {
    fn start(&mut self, head: &Head) -> io::Result<()> {
        let is_stream = head.status < 400 && head.content_type.starts_with("text/event-stream");
        self.events = is_stream.then(Events::default);
        Ok(())
    }

    fn take(&mut self, bytes: &[u8]) -> io::Result<ControlFlow<()>> {
        let Some(events) = &mut self.events else { return Ok(ControlFlow::Break(())) };
        // How much can wait there is bounded by the bytes that a server may send.
        let gone = events.take(bytes).into_iter().any(|event| self.sender.send(event).is_err());
        Ok(if gone { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}

//! Event streams, piece by piece (HTML Living Standard, section 9.2.6).

/// Puts the pieces of an event stream together.
#[derive(Debug, Default)]
pub(super) struct Events {
    line: Vec<u8>,
    /// A carriage return ended the last line: a line feed right after it belongs to it.
    returned: bool,
    event: Event,
}

/// One event.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Event {
    /// What it is; empty means `message`.
    pub(super) name: String,
    /// Its lines of data.
    pub(super) data: String,
}

impl Events {
    /// The events that this piece completes.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut complete = Vec::new();
        for &byte in bytes {
            let follows = std::mem::replace(&mut self.returned, byte == b'\r');
            match byte {
                b'\n' if follows => {}
                b'\n' | b'\r' => {
                    let line = std::mem::take(&mut self.line);
                    complete.extend(self.end_of_line(&String::from_utf8_lossy(&line)));
                }
                byte => self.line.push(byte),
            }
        }
        complete
    }

    fn end_of_line(&mut self, line: &str) -> Option<Event> {
        if line.is_empty() {
            let mut event = std::mem::take(&mut self.event);
            event.data.pop();
            return Some(event).filter(|event| !event.data.is_empty());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event.name),
            "data" => {
                self.event.data.push_str(value);
                self.event.data.push('\n');
            }
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(pieces: &[&[u8]]) -> Vec<(String, String)> {
        let mut events = Events::default();
        let found = pieces.iter().flat_map(|piece| events.take(piece));
        found.map(|event| (event.name, event.data)).collect()
    }

    #[test]
    fn events_have_names_and_lines_of_data() {
        let text = b"\xef\xbb\xbfid: 1\n: a remark\nevent: endpoint\ndata: /messages\n\ndata:one\r\ndata: two\r\n\r\ndata: lost";
        let found = read(&[text]);
        assert_eq!(found, [("endpoint".into(), "/messages".into()), (String::new(), "one\ntwo".into())]);
    }

    proptest! {
        #[test]
        fn where_a_stream_is_cut_changes_nothing(at in 0_usize..60) {
            let text = b"event: message\r\ndata: {\"a\": 1}\r\n\r\ndata: two\n\n\rdata: three\r\r";
            let at = at.min(text.len());
            prop_assert_eq!(read(&[&text[..at], &text[at..]]), read(&[text]));
        }

        #[test]
        fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            read(&[&bytes]);
        }
    }
}

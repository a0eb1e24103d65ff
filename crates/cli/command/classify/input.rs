//! Every form in which tool definitions come: one object a line, one array, or the result of `tools/list`.

use std::io::{BufRead, Read};
use std::ops::Range;

use anyhow::{Context, Result, bail};
use riskdex_classify::Definition;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Longest line, and largest single document, in bytes.
const DOCUMENT_MAX: u64 = 256 << 20;
/// Bytes from which on a batch takes no more lines; with what is written of it, it bounds the memory taken.
const BATCH: usize = 4 << 20;

/// A definition that is not read yet; reading happens in parallel.
pub(super) struct Raw<'b> {
    text: &'b str,
    pub(super) place: Place,
}

/// Where a definition stands in its input.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// Line it starts at, from 1.
    pub(super) line: usize,
    /// How many definitions there are up to it.
    number: usize,
}

/// Some definitions, one after another in one text.
#[derive(Default)]
pub(super) struct Batch {
    text: String,
    /// Where each stands in `text`, and its place in the input.
    pieces: Vec<(Range<usize>, Place)>,
}

impl Batch {
    pub(super) fn definitions(&self) -> impl Iterator<Item = Raw<'_>> {
        self.pieces.iter().map(|(range, place)| Raw { text: &self.text[range.clone()], place: *place })
    }

    fn add(&mut self, text: &str, place: Place) {
        let start = self.text.len();
        self.text.push_str(text);
        self.pieces.push((start..self.text.len(), place));
    }
}

/// The definitions of one input.
pub(super) struct Definitions<R> {
    source: String,
    lines: Option<R>,
    /// The last line that was read, and how many definitions there were so far.
    line: usize,
    number: usize,
    ready: Option<Batch>,
    /// Why nothing more can be read, once what stands before has been given.
    failed: Option<anyhow::Error>,
}

/// The documents that hold many tools.
#[derive(Deserialize)]
struct List<'a> {
    #[serde(borrow)]
    tools: Vec<&'a RawValue>,
}

/// A JSON-RPC answer to `tools/list`.
#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    result: List<'a>,
}

impl<R: BufRead> Definitions<R> {
    /// Looks at the first line to tell the form. Only the line form is streamed; the others are one document.
    pub(super) fn open(source: &str, reader: R) -> Result<Self> {
        let mut definitions =
            Self { source: source.to_owned(), lines: Some(reader), line: 0, number: 0, ready: None, failed: None };
        let mut first = String::new();
        while first.trim().is_empty() {
            let mut bytes = Vec::new();
            if !definitions.read_line(&mut bytes)? {
                definitions.lines = None;
                return Ok(definitions);
            }
            first = definitions.checked(bytes, definitions.line).map_err(|(_, error)| error)?;
        }
        let first = first.trim_start_matches('\u{feff}');
        let text = first.trim();
        let line = definitions.line;
        let whole_line = text.starts_with('{') && serde_json::from_str::<&RawValue>(text).is_ok();
        let mut batch = Batch::default();
        if whole_line && many(text).is_none() {
            batch.add(text, Place { line, number: 1 });
            definitions.number = 1;
        } else {
            // The empty lines before it are put back, so that errors count lines as an editor does.
            let mut document = "\n".repeat(line - 1) + first;
            let reader = definitions.lines.take().into_iter();
            for reader in reader {
                reader.take(DOCUMENT_MAX).read_to_string(&mut document).with_context(|| format!("reading {source}"))?;
            }
            match many(&document) {
                Some(elements) => {
                    let (mut at, mut line) = (0, 1);
                    for (element, number) in elements.iter().map(|raw| raw.get()).zip(1..) {
                        // An element is a part of the document.
                        let start = (element.as_ptr() as usize).saturating_sub(document.as_ptr() as usize);
                        let between = document.as_bytes().get(at..start).unwrap_or_default();
                        line += between.iter().filter(|byte| **byte == b'\n').count();
                        at = start.max(at);
                        batch.add(element, Place { line, number });
                    }
                }
                None => {
                    serde_json::from_str::<&RawValue>(&document).with_context(|| format!("{source} is not JSON"))?;
                    batch.add(&document, Place { line, number: 1 });
                }
            }
        }
        definitions.ready = Some(batch);
        Ok(definitions)
    }

    /// The next definitions; none at the end.
    pub(super) fn batch(&mut self) -> Result<Option<Batch>> {
        if let Some(ready) = self.ready.take() {
            return Ok(Some(ready));
        }
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let first = self.line + 1;
        let (mut text, mut pieces) = (Vec::new(), Vec::new());
        while text.len() < BATCH {
            let start = text.len();
            match self.read_line(&mut text) {
                Ok(true) => {}
                Ok(false) => {
                    self.lines = None;
                    break;
                }
                Err(error) => {
                    text.truncate(start);
                    self.fail(error);
                    break;
                }
            }
            if !text[start..].trim_ascii().is_empty() {
                self.number += 1;
                pieces.push((start..text.len(), Place { line: self.line, number: self.number }));
            }
        }
        let text = self.checked(text, first).unwrap_or_else(|(before, error)| {
            pieces.retain(|(range, _)| range.end <= before.len());
            self.fail(error);
            before
        });
        match self.failed.take() {
            Some(error) if pieces.is_empty() => Err(error),
            failed => {
                self.failed = failed;
                Ok((!pieces.is_empty()).then_some(Batch { text, pieces }))
            }
        }
    }

    /// Reads no more; the first reason counts.
    fn fail(&mut self, error: anyhow::Error) {
        self.lines = None;
        self.failed = Some(error);
    }

    /// Adds the next line; whether there was one.
    fn read_line(&mut self, text: &mut Vec<u8>) -> Result<bool> {
        let Some(reader) = &mut self.lines else { return Ok(false) };
        self.line += 1;
        let place = || format!("{}, line {}", self.source, self.line);
        let read = reader.take(DOCUMENT_MAX).read_until(b'\n', text).with_context(place)?;
        if read as u64 == DOCUMENT_MAX {
            bail!("{}: longer than {} MiB", place(), DOCUMENT_MAX >> 20);
        }
        Ok(read > 0)
    }

    /// Lines as text, of which the first has this number; else the text before the fault, and what it is.
    fn checked(&self, lines: Vec<u8>, first: usize) -> Result<String, (String, anyhow::Error)> {
        String::from_utf8(lines).map_err(|error| {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = first + valid.iter().filter(|byte| **byte == b'\n').count();
            let before = String::from_utf8_lossy(valid).into_owned();
            (before, anyhow::Error::new(error).context(format!("{}, line {line}", self.source)))
        })
    }
}

/// The elements of a document that holds many tools: an array, `{"tools": […]}`, or a JSON-RPC answer with it.
fn many(document: &str) -> Option<Vec<&RawValue>> {
    if document.trim_start().starts_with('[') {
        return serde_json::from_str(document).ok();
    }
    let list = serde_json::from_str::<List<'_>>(document).ok();
    list.or_else(|| serde_json::from_str::<Answer<'_>>(document).ok().map(|a| a.result)).map(|l| l.tools)
}

impl Raw<'_> {
    /// Reads it into memory that was used before, and gives its server; an error names its place.
    pub(super) fn read(&self, definition: &mut Definition, source: &str) -> Result<Option<String>> {
        definition.read(self.text).with_context(|| {
            let Place { line, number } = self.place;
            format!("{source}, line {line} (definition {number}): neither a tool (an object with a name) nor {{server, tool}}")
        })
    }
}

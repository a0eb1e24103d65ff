//! Every form in which tool definitions come: one object a line, one array, or the result of `tools/list`.

use std::io::{BufRead, Read};

use anyhow::{Context, Result, bail};
use riskdex_model::{Annotations, Tool, schema_of_arguments};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// Longest line, and largest single document, in bytes.
const DOCUMENT_MAX: u64 = 256 << 20;

/// A tool, and the server it belongs to where the input says so.
pub(super) struct Definition {
    pub(super) server: Option<String>,
    pub(super) tool: Tool,
    /// Line it starts at, from 1; its position in the array for documents that are one array.
    pub(super) place: usize,
}

/// A definition that is not parsed yet; parsing happens in parallel.
pub(super) struct Raw {
    text: String,
    place: usize,
}

/// The definitions of one input.
pub(super) struct Definitions<R> {
    source: String,
    lines: Option<R>,
    line: usize,
    ready: std::vec::IntoIter<Raw>,
}

/// One line or element: a tool, or an object that wraps one under `tool`. What else it holds is not looked at.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Element {
    server: Option<String>,
    tool: Option<Box<Self>>,
    name: Option<String>,
    title: Option<String>,
    description: Option<String>,
    #[serde(default, alias = "input_schema")]
    input_schema: Value,
    #[serde(alias = "output_schema")]
    output_schema: Option<Value>,
    annotations: Option<Annotations>,
    /// Docker's short form of the input schema.
    arguments: Option<Vec<Value>>,
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
    pub(super) fn open(source: &str, mut reader: R) -> Result<Self> {
        let mut first = String::new();
        let mut line = 0;
        while first.trim().is_empty() {
            first.clear();
            line += 1;
            if read_line(&mut reader, &mut first, source, line)? == 0 {
                return Ok(Self { source: source.to_owned(), lines: None, line, ready: Vec::new().into_iter() });
            }
        }
        let text = first.trim_start_matches('\u{feff}').trim();
        let whole_line = text.starts_with('{') && serde_json::from_str::<&RawValue>(text).is_ok();
        if whole_line && many(text).is_none() {
            let ready = vec![Raw { text: text.to_owned(), place: line }].into_iter();
            return Ok(Self { source: source.to_owned(), lines: Some(reader), line, ready });
        }
        let mut document = text.to_owned();
        reader.take(DOCUMENT_MAX).read_to_string(&mut document).with_context(|| format!("reading {source}"))?;
        let elements = match many(&document) {
            Some(elements) => elements,
            None => {
                vec![serde_json::from_str::<&RawValue>(&document).with_context(|| format!("{source} is not JSON"))?]
            }
        };
        let ready: Vec<Raw> =
            elements.iter().enumerate().map(|(at, raw)| Raw { text: raw.get().to_owned(), place: at + 1 }).collect();
        Ok(Self { source: source.to_owned(), lines: None, line: 0, ready: ready.into_iter() })
    }

    /// The next definitions, at most `max`; none at the end.
    pub(super) fn batch(&mut self, max: usize) -> Result<Vec<Raw>> {
        let mut batch: Vec<Raw> = self.ready.by_ref().take(max).collect();
        let Some(reader) = &mut self.lines else { return Ok(batch) };
        while batch.len() < max {
            let mut text = String::new();
            self.line += 1;
            if read_line(reader, &mut text, &self.source, self.line)? == 0 {
                self.lines = None;
                break;
            }
            if !text.trim().is_empty() {
                batch.push(Raw { text, place: self.line });
            }
        }
        Ok(batch)
    }
}

fn read_line(reader: &mut impl BufRead, text: &mut String, source: &str, line: usize) -> Result<usize> {
    let read = reader.take(DOCUMENT_MAX).read_line(text).with_context(|| format!("{source}, line {line}"))?;
    if read as u64 == DOCUMENT_MAX {
        bail!("{source}, line {line}: longer than {} MiB", DOCUMENT_MAX >> 20);
    }
    Ok(read)
}

/// The elements of a document that holds many tools: an array, `{"tools": […]}`, or a JSON-RPC answer with it.
fn many(document: &str) -> Option<Vec<&RawValue>> {
    if document.starts_with('[') {
        return serde_json::from_str(document).ok();
    }
    let list = serde_json::from_str::<List<'_>>(document).ok();
    list.or_else(|| serde_json::from_str::<Answer<'_>>(document).ok().map(|a| a.result)).map(|l| l.tools)
}

impl Raw {
    /// The definition, or an error that names its place.
    pub(super) fn parse(&self, source: &str) -> Result<Definition> {
        let place = self.place;
        let wrong =
            || format!("{source}, definition {place}: neither a tool (an object with a name) nor {{server, tool}}");
        let mut element: Element = serde_json::from_str(&self.text).with_context(wrong)?;
        let server = element.server.take();
        if let Some(inner) = element.tool.take() {
            element = *inner;
        }
        let Element { name, title, description, input_schema, output_schema, annotations, arguments, .. } = element;
        let name = name.with_context(wrong)?;
        let input_schema = match arguments {
            Some(arguments) if input_schema.is_null() => schema_of_arguments(&arguments).0,
            _ => input_schema,
        };
        let tool = Tool { name, title, description, input_schema, output_schema, annotations, ..Tool::default() };
        Ok(Definition { server, tool, place })
    }
}

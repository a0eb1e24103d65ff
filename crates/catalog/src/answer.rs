use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use rusqlite::types::Type;
use rusqlite::{OptionalExtension, Row, params};

use crate::stored::time;
use crate::{Catalog, Error, Result};

/// What a URL answered last, for the next conditional request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The `ETag` header, as sent.
    pub etag: Option<String>,
    /// The `Last-Modified` header, as sent.
    pub last_modified: Option<String>,
    /// The `Content-Type` header, as sent.
    pub content_type: Option<String>,
    /// SHA-256 of the body, in hex. Names the blob when the body itself is not kept here.
    pub sha256: String,
    /// The body, for documents (stored compressed); none for artifacts, which lie in the blob store.
    pub body: Option<Vec<u8>>,
    /// When it was fetched, or last confirmed.
    pub fetched_at: String,
}

impl Catalog {
    /// What a URL answered last.
    pub fn answer(&self, url: &str) -> Result<Option<Answer>> {
        self.read(format_args!("reading the answer of {url}"), |connection| {
            let sql = "SELECT etag, last_modified, content_type, sha256, fetched_at, body FROM answers WHERE url = ?1";
            Ok(connection.prepare_cached(sql)?.query_row([url], shape).optional()?)
        })
    }

    /// Keeps an answer in place of the last one.
    pub fn remember(&mut self, url: &str, answer: &Answer) -> Result<()> {
        let Answer { etag, last_modified, content_type, sha256, body, fetched_at } = answer;
        let fetched_at = time(fetched_at)?;
        self.write(format_args!("remembering the answer of {url}"), |connection| {
            let sql = "INSERT INTO answers (url, etag, last_modified, content_type, sha256, fetched_at, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT (url) DO UPDATE SET etag = excluded.etag, last_modified = excluded.last_modified,
                     content_type = excluded.content_type, sha256 = excluded.sha256,
                     fetched_at = excluded.fetched_at, body = excluded.body";
            let body = body.as_deref().map(compress).transpose();
            let body = body.map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
            let row = params![url, etag, last_modified, content_type, sha256, fetched_at, body];
            connection.prepare_cached(sql)?.execute(row)?;
            Ok(())
        })
    }

    /// Notes that a URL's last answer still holds.
    pub fn confirm_answer(&mut self, url: &str, now: &str) -> Result<()> {
        let now = time(now)?;
        self.write(format_args!("confirming the answer of {url}"), |connection| {
            match connection.prepare_cached("UPDATE answers SET fetched_at = ?2 WHERE url = ?1")?.execute((url, now))? {
                0 => Err(Error::Unknown(url.to_owned()).into()),
                _ => Ok(()),
            }
        })
    }
}

fn shape(row: &Row<'_>) -> rusqlite::Result<Answer> {
    let body = row.get_ref(5)?.as_blob_or_null()?.map(decompress).transpose();
    Ok(Answer {
        etag: row.get(0)?,
        last_modified: row.get(1)?,
        content_type: row.get(2)?,
        sha256: row.get(3)?,
        fetched_at: row.get(4)?,
        body: body.map_err(|error| rusqlite::Error::FromSqlConversionFailure(5, Type::Blob, error.into()))?,
    })
}

fn compress(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}

/// Only reads what [`compress`] wrote, whose size was bounded when it was fetched.
fn decompress(stored: &[u8]) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    ZlibDecoder::new(stored).read_to_end(&mut body)?;
    Ok(body)
}

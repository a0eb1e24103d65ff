//! Answers that a well-behaved server gives.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use crate::archive::sha256;

/// A document with its ETag, or 304 where the client has it already.
pub(crate) fn document(asked: &HeaderMap, content_type: &str, body: impl Into<Bytes>) -> Response {
    let body = body.into();
    let etag = format!("\"{}\"", &sha256(&body)[..16]);
    let has = asked.get_all(IF_NONE_MATCH).iter().any(|held| held.to_str().is_ok_and(|held| held.contains(&etag)));
    let tag = [(ETAG, etag)];
    if has {
        return (StatusCode::NOT_MODIFIED, tag).into_response();
    }
    (tag, [(CONTENT_TYPE, content_type)], Body::from(body)).into_response()
}

/// 404.
pub(crate) fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "Not Found").into_response()
}

/// Whether the client accepts a media type by name.
pub(crate) fn accepts(asked: &HeaderMap, media_type: &str) -> bool {
    asked.get_all("accept").iter().any(|accept| accept.to_str().is_ok_and(|accept| accept.contains(media_type)))
}

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
    /// The body, for documents; none for artifacts, which lie in the blob store.
    pub body: Option<Vec<u8>>,
    /// When it was fetched, or last confirmed (RFC 3339).
    pub fetched_at: String,
}

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use riskdex_catalog::{self as catalog, Answer, Candidate, Catalog, Due};
use riskdex_model::Server;
use url::Url;

use crate::Error;
use crate::client::{Client, Request, Validators};
use crate::visit::Visit;

/// What the catalog remembers of earlier answers, so that nothing unchanged is asked for twice.
#[derive(Clone)]
pub struct Memory {
    catalog: Arc<Mutex<Catalog>>,
    now: Arc<str>,
}

/// What a run is to do.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    pub(crate) due: Vec<Visit>,
    /// How many servers are not due yet.
    pub(crate) later: usize,
    /// How many listed servers are other listings of servers.
    pub(crate) same: usize,
}

/// A text of an index: fresh, or confirmed to be what it was.
pub(crate) struct Document {
    /// Where it came from, after redirects: what its relative addresses refer to.
    pub(crate) url: Url,
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
}

impl Memory {
    /// The memory of one run, which began at `now` (RFC 3339, UTC).
    pub fn new(catalog: Arc<Mutex<Catalog>>, now: &str) -> Self {
        Self { catalog, now: now.into() }
    }

    /// When this run began.
    pub(crate) fn now(&self) -> &str {
        &self.now
    }

    /// What a source kept under this key.
    pub(crate) async fn recall(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.answer(key).await?.and_then(|answer| answer.body))
    }

    /// Keeps something for a source's next run.
    pub(crate) async fn keep(&self, key: &str, body: Vec<u8>) -> Result<(), Error> {
        let sha256 = crate::artifact::sha256_hex(&body);
        self.remember(key.to_owned(), Answer { sha256, body: Some(body), ..Answer::default() }).await
    }

    /// Gets a document; what the server says has not changed is taken from memory.
    pub(crate) async fn document(&self, client: &Client, request: Request) -> Result<Document, Error> {
        let key = request.url().to_string();
        let _flight = client.host(request.url()).flight(&key).await;
        let known = self.answer(&key).await?;
        let validators = known
            .as_ref()
            .filter(|known| known.body.is_some())
            .map(|known| Validators { etag: known.etag.clone(), last_modified: known.last_modified.clone() });
        let answer = client.get(&request.if_changed(validators.unwrap_or_default())).await?;
        let url = answer.head.url;
        if let (true, Some(known)) = (answer.head.unchanged, known) {
            let (content_type, body) = (known.content_type.unwrap_or_default(), known.body.unwrap_or_default());
            self.with("confirming an answer", move |catalog, now| catalog.confirm_answer(&key, now)).await?;
            return Ok(Document { url, content_type, body });
        }
        let content_type = answer.head.content_type;
        let Validators { etag, last_modified } = answer.head.validators;
        if etag.is_some() || last_modified.is_some() {
            let sha256 = crate::artifact::sha256_hex(&answer.body);
            let (content_type, body) = (Some(content_type.clone()), Some(answer.body.clone()));
            self.remember(key, Answer { etag, last_modified, content_type, sha256, body, ..Answer::default() }).await?;
        }
        Ok(Document { url, content_type, body: answer.body })
    }

    /// The digest of an artifact that the index identifies by something else, from an earlier fetch.
    pub(crate) async fn digest(&self, key: &str) -> Result<Option<String>, Error> {
        Ok(self.answer(key).await?.map(|answer| answer.sha256))
    }

    pub(crate) async fn remember_digest(&self, key: &str, sha256: &str) -> Result<(), Error> {
        self.remember(key.to_owned(), Answer { sha256: sha256.to_owned(), ..Answer::default() }).await
    }

    /// Visits to those of the listed servers that are due (to all of them, when `all` are asked), those first that
    /// matter most: never asked or known to be changed, then those that have been due for longest.
    pub(crate) async fn agenda(
        &self,
        listed: Vec<Server>,
        extractor: &str,
        resumed: Option<String>,
        all: bool,
    ) -> Result<Agenda, Error> {
        let extractor = extractor.to_owned();
        let sort = move |catalog: &mut Catalog, now: &str| {
            let (mut due, mut agenda, mut cards) = (Vec::new(), Agenda::default(), BTreeMap::new());
            for server in listed {
                let Server { package, version, .. } = &server;
                let (listed, extractor, resumed) = (version.as_deref(), extractor.as_str(), resumed.as_deref());
                match catalog.due(&Candidate { package, listed, extractor, resumed }, now)? {
                    Due::Same(other) => {
                        agenda.same += 1;
                        cards.extend(server.card.map(|card| (other, card)));
                    }
                    Due::At(_) if !all => agenda.later += 1,
                    when => due.push((when, server)),
                }
            }
            due.sort_by(|(one, a), (two, b)| (one, &a.slug).cmp(&(two, &b.slug)));
            for (_, mut server) in due {
                // Of two listings of one server, the other may be the one that knows where its tools are stated.
                server.card = server.card.or_else(|| cards.remove(&server.package));
                let read = if all { None } else { catalog.digest_read(&server.package, &extractor)? };
                agenda.due.push(Visit { server, read });
            }
            Ok(agenda)
        };
        self.with("finding out which servers are due", sort).await
    }

    async fn answer(&self, key: &str) -> Result<Option<Answer>, Error> {
        let key = key.to_owned();
        self.with("recalling an answer", move |catalog, _| catalog.answer(&key)).await
    }

    async fn remember(&self, key: String, answer: Answer) -> Result<(), Error> {
        self.with("remembering an answer", move |catalog, now| {
            catalog.remember(&key, &Answer { fetched_at: now.to_owned(), ..answer })
        })
        .await
    }

    /// Uses the catalog on a thread that may block: another writer may hold it for a whole transaction.
    async fn with<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&mut Catalog, &str) -> catalog::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let Self { catalog, now } = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            // A writer that panicked has rolled its transaction back.
            let mut catalog = catalog.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut catalog, &now)
        });
        done.await.map_err(|error| Error::store(doing, error))?.map_err(|error| Error::store(doing, error))
    }
}

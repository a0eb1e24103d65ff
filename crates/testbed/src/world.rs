use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use axum::Router;
use axum::extract::{ConnectInfo, Request as Asked, State};
use axum::http::HeaderMap;
use axum::response::Response;
use percent_encoding::percent_decode_str;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::package::{Package, Project};
use crate::reply::not_found;
use crate::wire::{Door, Line};
use crate::{Fault, npm, pypi};

/// A pretend internet, as long as it lives.
#[derive(Debug)]
pub struct World {
    shared: Arc<Shared>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// A world being described.
#[derive(Debug, Default)]
pub struct Builder {
    books: Books,
    packages: Vec<(Kind, Package)>,
}

/// A request that a world received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET`, ...
    pub method: String,
    /// Path and query, as sent.
    pub path: String,
    /// By name in lower case; the last of several.
    pub headers: BTreeMap<String, String>,
    /// What was answered; none while the answer is being made, and where a fault left HTTP.
    pub status: Option<u16>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Python,
    Npm,
}

#[derive(Debug)]
struct Shared {
    url: String,
    books: Mutex<Books>,
}

/// What a world knows.
#[derive(Debug, Default)]
struct Books {
    /// By canonical name.
    python: BTreeMap<String, Arc<Project>>,
    npm: BTreeMap<String, Arc<Project>>,
    html_only: bool,
    faults: Vec<Rule>,
    requests: Vec<Request>,
    /// How many requests came before those.
    taken: usize,
}

/// When a fault applies.
#[derive(Debug)]
struct Rule {
    /// A path, or with `*` at its end the beginning of one.
    path: String,
    fault: Fault,
    /// How many times it still does, if not for ever.
    times: Option<u32>,
}

impl Rule {
    fn is_for(&self, path: &str) -> bool {
        let matches = match self.path.strip_suffix('*') {
            Some(beginning) => path.starts_with(beginning),
            None => path == self.path,
        };
        matches && self.times != Some(0)
    }
}

impl Books {
    fn publish(&mut self, kind: Kind, package: &Package) -> io::Result<()> {
        match kind {
            Kind::Python => self.python.insert(pypi::canonical(&package.name), Arc::new(package.build_python()?)),
            Kind::Npm => self.npm.insert(package.name.clone(), Arc::new(package.build_npm()?)),
        };
        Ok(())
    }

    fn fault(&mut self, path: &str) -> Option<Fault> {
        let rule = self.faults.iter_mut().find(|rule| rule.is_for(path))?;
        rule.times = rule.times.map(|times| times - 1);
        Some(rule.fault.clone())
    }
}

impl Builder {
    /// Publishes a Python package.
    pub fn pypi(mut self, package: Package) -> Self {
        self.packages.push((Kind::Python, package));
        self
    }

    /// Publishes an npm package.
    pub fn npm(mut self, package: Package) -> Self {
        self.packages.push((Kind::Npm, package));
        self
    }

    /// Has the Python index speak HTML only, as older mirrors do.
    pub fn html_only(mut self) -> Self {
        self.books.html_only = true;
        self
    }

    /// Has a path (with `*` at its end: every path that begins so) always answer wrongly. Of several faults
    /// that apply, the first one does.
    pub fn fault(mut self, path: &str, fault: Fault) -> Self {
        self.books.faults.push(Rule { path: path.to_owned(), fault, times: None });
        self
    }

    /// Likewise, but only the first `times` times.
    pub fn fault_times(mut self, path: &str, fault: Fault, times: u32) -> Self {
        self.books.faults.push(Rule { path: path.to_owned(), fault, times: Some(times) });
        self
    }

    /// Serves the world on a free port of the loopback interface.
    pub fn serve(self) -> io::Result<World> {
        let Self { mut books, packages } = self;
        for (kind, package) in &packages {
            books.publish(*kind, package)?;
        }
        let listener = std::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        listener.set_nonblocking(true)?;
        let shared = Arc::new(Shared { url: format!("http://{}", listener.local_addr()?), books: Mutex::new(books) });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let (end, ended) = oneshot::channel();
        let run = async move {
            let door = Door(TcpListener::from_std(listener)?);
            let serve = axum::serve(door, router.into_make_service_with_connect_info::<Line>());
            tokio::select! {
                served = serve => served,
                _ = ended => Ok(()),
            }
        };
        let thread = std::thread::Builder::new().name("testbed".to_owned()).spawn(move || {
            // It ends when the world is dropped; connections that are still open end with it.
            let _ = runtime.block_on(run);
            runtime.shutdown_background();
        })?;
        Ok(World { shared, end: Some(end), thread: Some(thread) })
    }
}

impl World {
    /// Begins to describe a world.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Its address, `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// The address of the Python index.
    pub fn pypi_index(&self) -> String {
        format!("{}/pypi/simple/", self.url())
    }

    /// The address of the npm registry.
    pub fn npm_registry(&self) -> String {
        format!("{}/npm/", self.url())
    }

    /// Every request since the beginning, or since the last [`World::take_requests`], in order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.books().requests.clone()
    }

    /// The same, and forgets them.
    pub fn take_requests(&self) -> Vec<Request> {
        let mut books = self.shared.books();
        books.taken += books.requests.len();
        std::mem::take(&mut books.requests)
    }

    /// Publishes a Python package, in place of one of that name.
    pub fn publish_pypi(&self, package: &Package) -> io::Result<()> {
        self.shared.books().publish(Kind::Python, package)
    }

    /// Publishes an npm package, in place of one of that name.
    pub fn publish_npm(&self, package: &Package) -> io::Result<()> {
        self.shared.books().publish(Kind::Npm, package)
    }

    /// Has a path answer wrongly from now on, whatever it did before.
    pub fn fault(&self, path: &str, fault: Fault) {
        self.shared.books().faults.insert(0, Rule { path: path.to_owned(), fault, times: None });
    }

    /// Ends every fault.
    pub fn heal(&self) {
        self.shared.books().faults.clear();
    }
}

impl Drop for World {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notes a request and answers it, wrongly where a fault is set.
async fn answer(State(world): State<Arc<Shared>>, ConnectInfo(line): ConnectInfo<Line>, asked: Asked) -> Response {
    let path = asked.uri().path().to_owned();
    let (number, fault) = {
        let mut books = world.books();
        books.requests.push(note(&asked));
        (books.taken + books.requests.len() - 1, books.fault(&path))
    };
    let headers = asked.headers().clone();
    let truth = async { route(&world, &path, &headers) };
    let response = match fault {
        Some(fault) => fault.answer(&path, &line, truth).await,
        None => truth.await,
    };
    let mut books = world.books();
    let at = number.checked_sub(books.taken);
    if let Some(request) = at.and_then(|at| books.requests.get_mut(at)) {
        request.status = Some(response.status().as_u16());
    }
    drop(books);
    response
}

fn note(asked: &Asked) -> Request {
    let header = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Request {
        method: asked.method().to_string(),
        path: asked.uri().to_string(),
        headers: asked.headers().iter().map(|(name, value)| (name.to_string(), header(value))).collect(),
        status: None,
    }
}

fn route(world: &Shared, path: &str, headers: &HeaderMap) -> Response {
    if let Some(rest) = path.strip_prefix("/pypi/simple/") {
        let name = pypi::canonical(rest.trim_end_matches('/'));
        let (project, html_only) = {
            let books = world.books();
            (books.python.get(&name).cloned(), books.html_only)
        };
        return pypi::project(headers, rest, project.as_deref(), &world.url, html_only);
    }
    if let Some((name, file)) = path.strip_prefix("/pypi/files/").and_then(|rest| rest.split_once('/')) {
        let project = world.books().python.get(name).cloned();
        return pypi::file(headers, file, project.as_deref());
    }
    if let Some(rest) = path.strip_prefix("/npm/") {
        let rest = percent_decode_str(rest).decode_utf8_lossy();
        let project = world.books().npm.get(npm::name(&rest)).cloned();
        return npm::answer(headers, &rest, project.as_deref(), &world.url);
    }
    not_found()
}

#[cfg(test)]
mod tests;

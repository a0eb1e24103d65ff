//! Serves a built site, on a loopback address unless the user names another.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use tokio::net::TcpListener;
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;

/// Tried first when the user names no address.
const USUAL_PORT: u16 = 8080;

/// Sent with every answer. The pages need nothing from elsewhere and run no inline script.
const HEADERS: [(HeaderName, &str); 3] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
];

/// Listens where the user said, else on loopback: on the usual port, or on a free one when that is taken.
pub(crate) async fn bind(listen: Option<SocketAddr>) -> Result<TcpListener> {
    if let Some(address) = listen {
        let taken = || format!("cannot listen on {address}; take another address with --listen");
        return TcpListener::bind(address).await.with_context(taken);
    }
    match TcpListener::bind((Ipv4Addr::LOCALHOST, USUAL_PORT)).await {
        Ok(listener) => Ok(listener),
        Err(_) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("cannot listen on a loopback address"),
    }
}

/// Serves `folder` until the process is interrupted; prints the address first.
pub(crate) async fn serve(folder: &Path, listener: TcpListener) -> Result<()> {
    let home = folder.join("index.html");
    ensure!(home.is_file(), "{} is not there; build the site first: riskdex site", home.display());
    let files = ServeDir::new(folder).not_found_service(ServeFile::new(folder.join("404.html")));
    let mut app = Router::new().fallback_service(files);
    for (name, value) in HEADERS {
        app = app.layer(SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value)));
    }
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        let warning = "riskdex: warning: this is no loopback address: whoever reaches it can read the site, without";
        // Whoever closed stderr does not want to know.
        let _closed = writeln!(io::stderr(), "{warning} encryption or password");
    }
    writeln!(io::stdout(), "serving {} on http://{address}/ (Ctrl-C ends it)", folder.display())?;
    axum::serve(listener, app).with_graceful_shutdown(interrupted()).await.context("serving the site")
}

/// Resolves when the process is asked to stop.
pub(crate) async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _no_handler = tokio::signal::ctrl_c().await;
}

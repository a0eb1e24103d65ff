use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use reqwest::header::HeaderValue;
use url::{Origin, Url};

use crate::Error;
use crate::client::authority;

/// The base address of an index, and who named it.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Ends with `/`; never holds a user name or password.
    pub url: Url,
    /// What that host wants to see, when the user has an account there.
    pub credentials: Option<Credentials>,
    /// The flag, variable, file or program that named it.
    pub stated_by: String,
}

impl Endpoint {
    /// Reads an address as users write it; a user name and password in it become [`Credentials`].
    pub fn parse(text: &str, stated_by: &str) -> Result<Self, Error> {
        let wrong = |reason: &str| Error::setting(stated_by, format!("the index address {reason}"));
        let mut url = Url::parse(text.trim()).map_err(|error| wrong(&format!("cannot be read ({error})")))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(wrong("must begin with https:// or http://"));
        }
        let credentials = (!url.username().is_empty() || url.password().is_some()).then(|| {
            let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
            Credentials::basic(&url, &plain(url.username()), &plain(url.password().unwrap_or_default()))
        });
        // Neither can fail: the URL has a host.
        let _ = (url.set_username(""), url.set_password(None));
        url.set_fragment(None);
        url.set_query(None);
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        Ok(Self { url, credentials, stated_by: stated_by.to_owned() })
    }

    /// `HOST:PORT`, for [`ClientConfig::allow_private`](crate::ClientConfig): a user who names an index trusts it,
    /// wherever it stands.
    pub fn host(&self) -> String {
        authority(&self.url)
    }
}

/// A secret and the one origin (scheme, host and port) that may see it.
#[derive(Clone)]
pub struct Credentials {
    origin: Origin,
    header: Option<HeaderValue>,
}

impl Credentials {
    /// A user name and password for the host of `url`.
    pub fn basic(url: &Url, user: &str, password: &str) -> Self {
        Self::encoded(url, &BASE64_STANDARD.encode(format!("{user}:{password}")))
    }

    /// A user name and password that already are in Base64.
    pub fn encoded(url: &Url, base64: &str) -> Self {
        Self::new(url, &format!("Basic {base64}"))
    }

    /// A token for the host of `url`.
    pub fn bearer(url: &Url, token: &str) -> Self {
        Self::new(url, &format!("Bearer {token}"))
    }

    fn new(url: &Url, value: &str) -> Self {
        // A secret that no header can carry (a line end in it) is not sent, and the index will say 401.
        let header = HeaderValue::from_str(value).ok().map(|mut header| {
            header.set_sensitive(true);
            header
        });
        Self { origin: url.origin(), header }
    }

    /// The `Authorization` header, where `url` may see it.
    pub(crate) fn for_url(&self, url: &Url) -> Option<&HeaderValue> {
        self.header.as_ref().filter(|_| url.origin() == self.origin)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials for {}", self.origin.ascii_serialization())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_leave_the_address_and_stay_with_its_origin() {
        let endpoint = Endpoint::parse("https://me:p%40ss@index.corp/simple", "PIP_INDEX_URL").unwrap();
        assert_eq!(endpoint.url.as_str(), "https://index.corp/simple/");
        assert_eq!(endpoint.host(), "index.corp:443");
        assert!(!format!("{endpoint:?}").contains("ss@"), "{endpoint:?}");
        let credentials = endpoint.credentials.unwrap();
        let header = credentials.for_url(&Url::parse("https://index.corp/other").unwrap()).unwrap();
        assert_eq!(header, &format!("Basic {}", BASE64_STANDARD.encode("me:p@ss")));
        for other in ["http://index.corp/", "https://index.corp:444/", "https://files.corp/", "https://corp/"] {
            assert_eq!(credentials.for_url(&Url::parse(other).unwrap()), None, "{other}");
        }
    }

    #[test]
    fn an_address_that_is_none_is_refused_without_showing_it() {
        for text in ["index.corp/simple", "file:///srv/simple", "https://", "me:secret@host"] {
            let error = Endpoint::parse(text, "--pypi-index").unwrap_err().to_string();
            assert!(error.starts_with("--pypi-index: the index address") && !error.contains("secret"), "{error}");
        }
    }
}

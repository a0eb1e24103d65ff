//! Which addresses we go to: public ones over https, and those that the user named.

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::Error;

/// Hosts that the user named: those may be private, and may speak plain http.
#[derive(Debug, Default)]
pub(crate) struct Guard {
    trusted: Vec<(String, Option<u16>)>,
}

/// How a URL may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// At any address: the user named the host.
    Trusted,
    /// At public addresses only.
    Public,
}

impl Guard {
    /// `hosts` are `HOST` (any port) or `HOST:PORT`.
    pub(crate) fn new(hosts: &[String]) -> Result<Self, Error> {
        let parse = |text: &String| {
            let wrong = || Error::setting("allowed hosts", format!("{text:?} is neither HOST nor HOST:PORT"));
            // A bare IPv6 address is full of colons that are no ports.
            let bracketed = if text.parse::<Ipv6Addr>().is_ok() { format!("[{text}]") } else { text.clone() };
            let read = |scheme: &str| Url::parse(&format!("{scheme}://{bracketed}/")).map_err(|_| wrong());
            // A URL drops its scheme's own port; one of the two schemes shows it.
            let (plain, secure) = (read("http")?, read("https")?);
            let host = plain.host_str().filter(|_| plain.path() == "/" && plain.username().is_empty());
            Ok((host.ok_or_else(wrong)?.to_owned(), plain.port().or(secure.port())))
        };
        Ok(Self { trusted: hosts.iter().map(parse).collect::<Result<_, Error>>()? })
    }

    /// Says how `url` may be asked for, before any name is resolved.
    pub(crate) fn door(&self, url: &Url) -> Result<Door, Error> {
        let refused = |reason: String| Err(Error::Refused { url: url.to_string(), reason });
        let Some(host) = url.host().filter(|_| matches!(url.scheme(), "http" | "https")) else {
            return refused(format!("{} is not an address of the web", url.scheme()));
        };
        let name = host.to_string();
        let port = url.port_or_known_default();
        if self.trusted.iter().any(|(host, only)| *host == name && (only.is_none() || *only == port)) {
            return Ok(Door::Trusted);
        }
        let address = match host {
            Host::Ipv4(address) => Some(IpAddr::V4(address)),
            Host::Ipv6(address) => Some(IpAddr::V6(address)),
            Host::Domain(_) => None,
        };
        if let Some(address) = address.filter(|&address| !is_public(address)) {
            return refused(Private(address).to_string());
        }
        if url.scheme() == "http" {
            return refused("plain http is only spoken with hosts that you name (--allow-private)".to_owned());
        }
        Ok(Door::Public)
    }
}

/// A name that leads, at least in part, into a private network.
#[derive(Debug)]
pub(crate) struct Private(IpAddr);

impl fmt::Display for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not a public address (--allow-private HOST lets us go there)", self.0)
    }
}

impl std::error::Error for Private {}

/// Resolves names as the system does and drops addresses that are not public, so that the address which is
/// checked is the one that is connected to.
#[derive(Debug)]
pub(crate) struct PublicOnly {
    /// Hosts of the user's own HTTP proxies, which usually are private. What lies behind a proxy is resolved
    /// by the proxy.
    proxies: BTreeSet<String>,
}

impl PublicOnly {
    /// Takes the proxies from the variables that the HTTP library reads.
    pub(crate) fn from_env() -> Self {
        let names = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
        let urls = names.iter().filter_map(|name| std::env::var(name).ok());
        let host = |text: String| {
            let url = Url::parse(&text).or_else(|_| Url::parse(&format!("http://{text}"))).ok()?;
            url.host_str().map(str::to_owned)
        };
        Self { proxies: urls.filter_map(host).collect() }
    }
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let any = self.proxies.contains(name.as_str());
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let public: Vec<_> = found.iter().copied().filter(|a| any || is_public(a.ip())).collect();
            match (public.is_empty(), found.first()) {
                (true, Some(private)) => Err(Private(private.ip()).into()),
                _ => Ok(Box::new(public.into_iter()) as Addrs),
            }
        })
    }
}

/// Whether an address belongs to the public internet: not private, shared, loopback, link-local (where clouds
/// keep their metadata), multicast or reserved; nor a form of IPv6 that wraps such an address.
/// Source: the IANA special-purpose address registries. Documentation ranges lead nowhere and are let pass.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let protocol = (a, b, c) == (192, 0, 0);
    let benchmark = a == 198 && (b == 18 || b == 19);
    !(a == 0 || a >= 224 || shared || protocol || benchmark)
        && !(address.is_private() || address.is_loopback() || address.is_link_local())
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let s = address.segments();
    let wrapped = |high: u16, low: u16| is_public_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match s {
        // v4-mapped, v4-compatible (with :: and ::1) and NAT64 addresses end in the IPv4 address they stand for.
        [0, 0, 0, 0, 0, 0xffff | 0, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => wrapped(high, low),
        // 6to4 holds it behind its prefix.
        [0x2002, high, low, ..] => wrapped(high, low),
        // Teredo hides it; local NAT64 is a private network.
        [0x2001, 0, ..] | [0x64, 0xff9b, 1, ..] => false,
        // Unique local, link-local, site-local, multicast.
        _ => !(s[0] & 0xfe00 == 0xfc00 || s[0] & 0xff80 == 0xfe80 || s[0] & 0xff00 == 0xff00),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door(trusted: &[&str], url: &str) -> Result<Door, String> {
        let guard = Guard::new(&trusted.iter().map(|&h| h.to_owned()).collect::<Vec<_>>()).unwrap();
        guard.door(&Url::parse(url).unwrap()).map_err(|e| e.to_string())
    }

    #[test]
    fn private_addresses_are_refused_in_every_spelling() {
        for host in [
            "127.0.0.1",
            "2130706433",
            "0x7f.1",
            "0",
            "10.1.2.3",
            "172.31.0.1",
            "192.168.0.1",
            "100.64.0.1",
            "169.254.169.254",
            "192.0.0.192",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "[::1]",
            "[::]",
            "[::ffff:10.0.0.1]",
            "[::ffff:a9fe:a9fe]",
            "[::127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[64:ff9b:1::808:808]",
            "[2002:7f00:1::]",
            "[2001::1]",
            "[fd00:ec2::254]",
            "[fe80::1]",
            "[fec0::1]",
            "[ff02::1]",
        ] {
            let error = door(&[], &format!("https://{host}/x")).unwrap_err();
            assert!(error.contains("is not a public address"), "{host}: {error}");
        }
        for host in ["8.8.8.8", "[2606:4700::1111]", "[64:ff9b::808:808]", "100.128.0.1", "example.com"] {
            assert_eq!(door(&[], &format!("https://{host}/x")), Ok(Door::Public), "{host}");
        }
    }

    #[test]
    fn only_named_hosts_are_private_or_plain() {
        assert_eq!(door(&["127.0.0.1:8080"], "http://127.0.0.1:8080/simple/"), Ok(Door::Trusted));
        assert!(door(&["127.0.0.1:8080"], "http://127.0.0.1:8081/").is_err());
        assert_eq!(door(&["index.corp"], "http://INDEX.corp:99/"), Ok(Door::Trusted));
        assert_eq!(door(&["::1"], "https://[::1]:4/"), Ok(Door::Trusted));
        assert!(door(&["index.corp"], "https://index.corp.evil.example/").is_ok_and(|d| d == Door::Public));
        assert!(door(&[], "http://example.com/").unwrap_err().contains("plain http"));
        assert!(door(&[], "file:///etc/passwd").unwrap_err().contains("not an address of the web"));
    }

    #[test]
    fn a_malformed_host_is_named() {
        for text in ["", "a/b", "user@host", "host:port"] {
            let error = Guard::new(&[text.to_owned()]).unwrap_err().to_string();
            assert!(error.contains(&format!("{text:?}")), "{error}");
        }
    }

    #[tokio::test]
    async fn names_that_lead_to_private_addresses_do_not_resolve() {
        let name: Name = "localhost".parse().unwrap();
        let error = PublicOnly { proxies: BTreeSet::new() }.resolve(name).await.err().unwrap();
        assert!(error.downcast_ref::<Private>().is_some(), "{error}");
        let proxies = BTreeSet::from(["localhost".to_owned()]);
        let name: Name = "localhost".parse().unwrap();
        assert!(PublicOnly { proxies }.resolve(name).await.is_ok());
    }
}

use super::*;
use crate::Credentials;
use crate::loopback::{Asked, Loopback, Reply, client, client_with};

async fn text(client: &Client, request: Request) -> Result<String, String> {
    let answer = client.get(&request).await.map_err(|error| error.to_string())?;
    Ok(String::from_utf8(answer.body).unwrap())
}

/// Fails `failures` times, then answers.
async fn recovers_after(failures: usize, failure: Reply) -> Loopback {
    Loopback::start(move |_, before| if before < failures { failure.clone() } else { Reply::ok("text/plain", "well") })
        .await
}

#[tokio::test]
async fn passing_faults_are_asked_again() {
    for fault in [
        Reply::status(429).header("Retry-After", "0"),
        Reply::status(429),
        Reply::status(503).header("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"),
        Reply::status(500),
        Reply::ok("text/plain", "half of it").cut(),
    ] {
        let server = recovers_after(2, fault).await;
        let client = client(&[&server]);
        assert_eq!(text(&client, Request::new(server.url("x"))).await, Ok("well".to_owned()));
        assert_eq!(server.times("/x"), 3);
        assert_eq!(client.usage().requests, 3);
    }
    // Each of these costs a timeout: once more is enough.
    for fault in [Reply::ok("text/plain", "half of it").stalled(), Reply::silent()] {
        let server = recovers_after(1, fault).await;
        assert_eq!(text(&client(&[&server]), Request::new(server.url("x"))).await, Ok("well".to_owned()));
    }
}

#[tokio::test]
async fn lasting_faults_are_named_with_their_url() {
    for (fault, says, times) in [
        (Reply::status(429).header("Retry-After", "0"), "answered 429", 3),
        (Reply::status(500), "answered 500", 3),
        (Reply::ok("text/plain", "half of it").cut(), "the connection broke", 3),
        (Reply::ok("text/plain", "half of it").stalled(), "the answer stopped after 1 s", 2),
        (Reply::silent(), "no answer after 1 s", 2),
    ] {
        let server = recovers_after(usize::MAX, fault).await;
        let error = text(&client(&[&server]), Request::new(server.url("x"))).await.unwrap_err();
        assert!(error.starts_with(&format!("{}: {says}", server.url("x"))), "{error}");
        assert_eq!(server.times("/x"), times);
    }
}

#[tokio::test]
async fn refusals_are_not_asked_again() {
    for status in [400, 401, 403, 404, 410, 451] {
        let server = recovers_after(usize::MAX, Reply::status(status)).await;
        let error = text(&client(&[&server]), Request::new(server.url("x"))).await.unwrap_err();
        assert!(error.ends_with(&format!("answered {status}")), "{error}");
        assert_eq!(server.times("/x"), 1);
    }
}

#[tokio::test]
async fn a_host_that_asks_for_a_long_pause_is_left_alone() {
    let server = recovers_after(1, Reply::status(429).header("Retry-After", "3600")).await;
    let client = client(&[&server]);
    let error = text(&client, Request::new(server.url("x"))).await.unwrap_err();
    assert!(error.ends_with("answered 429, and asks us to wait 3600 s"), "{error}");
    let error = text(&client, Request::new(server.url("y"))).await.unwrap_err();
    assert!(error.contains("not asked, since 127.0.0.1:"), "{error}");
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_host_that_keeps_failing_is_left_alone() {
    let server = recovers_after(usize::MAX, Reply::status(500)).await;
    let client = client_with(&[&server], |config| config.breaker.failures = 2);
    for path in ["a", "b", "c", "d"] {
        text(&client, Request::new(server.url(path))).await.unwrap_err();
    }
    assert_eq!(server.asked().len(), 6, "two URLs, three attempts each");
}

#[tokio::test]
async fn optional_requests_are_tried_once() {
    let server = recovers_after(1, Reply::status(500)).await;
    text(&client(&[&server]), Request::new(server.url("x")).once()).await.unwrap_err();
    assert_eq!(server.times("/x"), 1);
}

#[tokio::test]
async fn no_body_is_taken_beyond_its_limit() {
    let long = Reply::ok("text/plain", "x".repeat(5000));
    let packed = {
        use std::io::Write;
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(&vec![0; 1 << 20]).unwrap();
        Reply::ok("text/plain", packer.finish().unwrap()).header("Content-Encoding", "gzip")
    };
    for reply in [Reply::endless(), long, packed] {
        let server = recovers_after(usize::MAX, reply).await;
        let error = text(&client(&[&server]), Request::new(server.url("x")).limit(4096)).await.unwrap_err();
        assert_eq!(error, format!("{}: longer than 4096 bytes", server.url("x")));
        assert_eq!(server.times("/x"), 1);
    }
}

#[tokio::test]
async fn a_body_that_comes_too_slowly_is_given_up() {
    for (reply, says) in [(Reply::endless(), "not complete after 1 s"), (Reply::dripping(), "too slow after 1 s")] {
        let server = recovers_after(usize::MAX, reply).await;
        let client = client_with(&[&server], |config| {
            config.timeouts.whole = Duration::from_millis(200);
            config.timeouts.patience = Duration::from_millis(100);
            config.timeouts.slowest = 1000;
        });
        let error = text(&client, Request::new(server.url("x")).limit(u64::MAX)).await.unwrap_err();
        assert!(error.ends_with(says), "{error}");
    }
}

#[tokio::test]
async fn redirects_lead_to_no_private_address() {
    let hidden = Loopback::start(|_, _| Reply::ok("text/plain", "secret")).await;
    for target in
        [hidden.url("x").as_str(), "http://169.254.169.254/latest", "https://[::ffff:a00:1]/", "https://localhost/"]
    {
        let to = target.to_owned();
        let server = Loopback::start(move |_, _| Reply::redirect(to.as_str())).await;
        let error = text(&client(&[&server]), Request::new(server.url("x"))).await.unwrap_err();
        assert!(error.starts_with(target) && error.contains("is not a public address"), "{error}");
        assert!(error.ends_with(&format!("({} leads there)", server.url("x"))), "{error}");
    }
    assert_eq!(hidden.asked().len(), 0);
}

#[tokio::test]
async fn redirects_come_to_an_end() {
    let circle = Loopback::start(|asked, _| Reply::redirect(if asked.path == "/a" { "/b" } else { "/a" })).await;
    let error = text(&client(&[&circle]), Request::new(circle.url("a"))).await.unwrap_err();
    assert!(error.ends_with(&format!("redirects in a circle, to {}", circle.url("a"))), "{error}");

    let chain = Loopback::start(|asked, _| Reply::redirect(format!("{}x", asked.path))).await;
    let error = text(&client(&[&chain]), Request::new(chain.url("a"))).await.unwrap_err();
    assert!(error.ends_with("more than 10 redirects"), "{error}");
    assert_eq!(chain.asked().len(), 11);

    let nowhere = Loopback::start(|_, _| Reply::status(302)).await;
    let error = text(&client(&[&nowhere]), Request::new(nowhere.url("a"))).await.unwrap_err();
    assert!(error.ends_with("redirects to nowhere"), "{error}");
}

#[tokio::test]
async fn credentials_stay_with_their_host() {
    let other = Loopback::start(|_, _| Reply::ok("text/plain", "well")).await;
    let to = other.url("there");
    let server = Loopback::start(move |asked, _| match asked.path.as_str() {
        "/here" => Reply::redirect("/still-here"),
        _ => Reply::redirect(to.as_str()),
    })
    .await;
    let credentials = Credentials::basic(&server.url(""), "me", "secret");
    let mut here = server.url("here");
    here.set_password(Some("of somebody else")).unwrap();
    let request = Request::new(here).credentials(Some(&credentials));
    assert_eq!(text(&client(&[&server, &other]), request).await, Ok("well".to_owned()));
    let secret = |asked: &Asked| asked.headers.get("authorization").cloned();
    assert!(server.asked().iter().all(|asked| secret(asked).is_some_and(|value| value.starts_with("Basic "))));
    assert_eq!(other.asked().iter().map(secret).collect::<Vec<_>>(), [None]);
}

#[tokio::test]
async fn we_say_who_we_are_and_keep_no_cookies() {
    let server = Loopback::start(|_, _| Reply::ok("text/plain", "well").header("Set-Cookie", "id=1")).await;
    let client = client(&[&server]);
    for _ in 0..2 {
        text(&client, Request::new(server.url("x")).accept("text/plain").as_stored()).await.unwrap();
    }
    let headers = &server.asked()[1].headers;
    assert_eq!(headers["user-agent"], "riskdex/0 (+https://contact.example)");
    assert_eq!((headers["accept"].as_str(), headers["accept-encoding"].as_str()), ("text/plain", "identity"));
    assert!(!headers.contains_key("cookie") && !headers.contains_key("referer"));
}

#[tokio::test]
async fn pages_are_read_as_far_as_robots_txt_allows() {
    let server = Loopback::start(|asked, _| match asked.path.as_str() {
        "/robots.txt" => Reply::ok("text/plain", "User-agent: riskdex\nDisallow: /private\n"),
        _ => Reply::ok("text/plain", "well"),
    })
    .await;
    let client = client(&[&server]);
    assert_eq!(text(&client, Request::new(server.url("open")).page()).await, Ok("well".to_owned()));
    let error = text(&client, Request::new(server.url("private/x")).page()).await.unwrap_err();
    assert!(error.ends_with("refused: its site's robots.txt asks us not to"), "{error}");
    assert_eq!(text(&client, Request::new(server.url("private/x"))).await, Ok("well".to_owned()));
    assert_eq!((server.times("/robots.txt"), server.times("/private/x")), (1, 1));
}

#[tokio::test]
async fn without_robots_txt_all_is_allowed_and_without_an_answer_nothing() {
    for (reply, allowed) in [(404, true), (403, true), (500, false), (429, false)] {
        let server = Loopback::start(move |asked, _| match asked.path.as_str() {
            "/robots.txt" => Reply::status(reply),
            _ => Reply::ok("text/plain", "well"),
        })
        .await;
        assert_eq!(text(&client(&[&server]), Request::new(server.url("x")).page()).await.is_ok(), allowed, "{reply}");
    }
}

use pulldown_cmark::{Event, Options, Parser, html};

/// HTML of our own prose (attack patterns, reasons of rules). Markup written in the text stays text.
pub(crate) fn to_html(text: &str) -> String {
    let events = Parser::new_ext(text, Options::empty()).map(|event| match event {
        Event::Html(markup) | Event::InlineHtml(markup) => Event::Text(markup),
        other => other,
    });
    let mut out = String::with_capacity(text.len() * 5 / 4);
    html::push_html(&mut out, events);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_becomes_html_and_markup_stays_text() {
        let html = to_html("A `word` and\n\n- <script>alert(1)</script>\n");
        assert_eq!(
            html,
            "<p>A <code>word</code> and</p>\n<ul>\n<li>&lt;script&gt;alert(1)&lt;/script&gt;\n</li>\n</ul>\n"
        );
    }
}

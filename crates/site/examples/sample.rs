//! Builds a site from a small made-up catalog with one of everything, to look at while working on templates
//! and styles: `cargo run -p riskdex-site --example sample -- OUT [BASE_URL]`.

#[path = "../tests/sample/mod.rs"]
#[allow(dead_code)]
mod sample;

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let out = arguments.next().ok_or("say where the site is to be written")?;
    let mut options = sample::options();
    if let Some(base_url) = arguments.next() {
        options.base_url = base_url;
    }
    let data = tempfile::tempdir()?;
    let mut catalog = sample::fill(data.path());
    sample::crowd(&mut catalog, 230);
    println!("{:?}", riskdex_site::build(&sample::theme(), &catalog, out.as_ref(), &options)?);
    Ok(())
}

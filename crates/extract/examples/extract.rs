//! Prints what an artifact's tools are, as JSON: `extract PATH`.
//!
//! Takes the arguments of the program's own command, so that it can stand in for it while measuring.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use riskdex_extract::Extractor;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1).skip_while(|arg| arg == "extract");
    let path = args.next().ok_or("usage: extract PATH [--format json]")?;
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    let extraction = Extractor::new(texts(&rules, "")?)?.read(Path::new(&path))?;
    println!("{}", serde_json::to_string_pretty(&extraction)?);
    Ok(())
}

/// Every text file below a folder, with its path from there.
fn texts(folder: &Path, prefix: &str) -> Result<Vec<(String, String)>, Box<dyn Error>> {
    let mut files = Vec::new();
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    paths.sort_unstable();
    for path in paths {
        let name = format!("{prefix}{}", path.file_name().unwrap_or_default().to_string_lossy());
        if path.is_dir() {
            files.extend(texts(&path, &format!("{name}/"))?);
        } else if let Ok(text) = fs::read_to_string(&path) {
            files.push((name, text));
        }
    }
    Ok(files)
}

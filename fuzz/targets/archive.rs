//! Archives of any form: the first byte picks the name, the rest is the file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use riskdex_fuzz::{EXTRACTOR, refuse_panics};

const NAMES: [&str; 4] = ["x.whl", "x.tgz", "x.tar", "x"];

fuzz_target!(|data: &[u8]| {
    let Some((form, bytes)) = data.split_first() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(NAMES[usize::from(*form) % NAMES.len()]);
    std::fs::write(&path, bytes).expect("a temporary file");
    refuse_panics(EXTRACTOR.read(&path).err());
});

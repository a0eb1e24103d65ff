//! A Python package whose server is the input.
#![no_main]

use libfuzzer_sys::fuzz_target;
use riskdex_fuzz::read;

const METADATA: &[u8] = b"Name: x\nVersion: 1\n";
const ENTRY: &[u8] = b"[console_scripts]\nx = x.server:main\n";

fuzz_target!(|data: &[u8]| {
    read(&[
        ("x-1.dist-info/METADATA", METADATA),
        ("x-1.dist-info/entry_points.txt", ENTRY),
        ("x/__init__.py", b""),
        ("x/server.py", data),
    ]);
});

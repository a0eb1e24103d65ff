//! An npm package whose program is the input, as a module, as a script and as TypeScript.
#![no_main]

use libfuzzer_sys::fuzz_target;
use riskdex_fuzz::read;

const FORMS: [(&str, &[u8]); 3] = [
    ("index.js", br#"{"name": "x", "type": "module", "bin": "index.js"}"#),
    ("index.cjs", br#"{"name": "x", "bin": "index.cjs"}"#),
    ("index.ts", br#"{"name": "x", "type": "module", "bin": "index.ts"}"#),
];

fuzz_target!(|data: &[u8]| {
    let Some((form, source)) = data.split_first() else { return };
    let (file, manifest) = FORMS[usize::from(*form) % FORMS.len()];
    read(&[("package.json", manifest), (file, source)]);
});

//! Archives that are made here, most of them wrong in one way each.

use std::io::{Cursor, Write};
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use riskdex_model::GapKind;
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

const GIB: u64 = 1 << 30;

/// A file of the given name and content in a folder of its own.
struct Artifact {
    _folder: TempDir,
    path: PathBuf,
}

impl Artifact {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        Self { _folder: folder, path }
    }

    fn read(&self) -> Result<Unpacked, Error> {
        read(&self.path, &Limits::DEFAULT)
    }

    fn error(&self) -> Error {
        self.read().unwrap_err()
    }
}

fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A tar header for a name that the library would refuse to write.
fn header(name: &[u8], size: u64, kind: tar::EntryType) -> tar::Header {
    let mut header = tar::Header::new_ustar();
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.set_size(size);
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_cksum();
    header
}

fn tar_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        builder.append(&header(name.as_bytes(), bytes.len() as u64, tar::EntryType::Regular), *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn tgz_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    gz(&tar_of(members))
}

fn paths(unpacked: &Unpacked) -> Vec<&str> {
    unpacked.tree.paths().collect()
}

fn anomalies(unpacked: &Unpacked) -> Vec<(&str, &str)> {
    let gaps = unpacked.gaps.iter().filter(|gap| gap.kind == GapKind::Anomaly);
    gaps.map(|gap| (gap.file.as_str(), gap.reason.as_str())).collect()
}

/// Overwrites every occurrence of `from` with `to`, of the same length.
fn patch(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    let places: Vec<usize> =
        bytes.windows(from.len()).enumerate().filter(|(_, w)| *w == from).map(|(at, _)| at).collect();
    assert!(!places.is_empty(), "nothing to patch");
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
}

#[test]
fn forms_are_known_by_content_and_must_be_what_the_name_says() {
    let files: &[(&str, &[u8])] = &[("package/a.py", b"a = 1"), ("package/b.py", b"")];
    for (name, bytes) in
        [("x.zip", zip_of(files)), ("x.tgz", tgz_of(files)), ("x.tar", tar_of(files)), ("blob", tgz_of(files))]
    {
        let unpacked = Artifact::new(name, &bytes).read().unwrap();
        assert_eq!(paths(&unpacked), ["a.py", "b.py"], "{name}");
        assert!(unpacked.gaps.is_empty(), "{name}");
    }
    let error = Artifact::new("server-1.0-py3-none-any.whl", b"<html>not found</html>").error().to_string();
    assert!(error.contains("server-1.0-py3-none-any.whl: not a zip archive"), "{error}");
    assert!(error.contains("<html>"), "{error}");
    assert!(matches!(Artifact::new("x.whl", &tgz_of(files)).error(), Error::NotAnArchive { .. }));
    assert!(matches!(Artifact::new("x.tgz", b"").error(), Error::NotAnArchive { .. }));
    assert!(matches!(read(Path::new("/nowhere/x.whl"), &Limits::DEFAULT), Err(Error::Read { .. })));
}

#[test]
fn the_folder_that_holds_everything_is_left_out() {
    for (names, expected) in [
        (["name-1.0/PKG-INFO", "name-1.0/src/a.py"], ["PKG-INFO", "src/a.py"]),
        (["github.com/x/y@v1.2.0/go.mod", "github.com/x/y@v1.2.0/cmd/a.go"], ["cmd/a.go", "go.mod"]),
        (["a/x.py", "b/x.py"], ["a/x.py", "b/x.py"]),
        (["x.dist-info/METADATA", "x.dist-info/a.txt"], ["x.dist-info/METADATA", "x.dist-info/a.txt"]),
        (["package/a.js", "package/node_modules/@vue/x.js"], ["a.js", "node_modules/@vue/x.js"]),
    ] {
        let unpacked = Artifact::new("x.zip", &zip_of(&names.map(|name| (name, &b"x"[..])))).read().unwrap();
        assert_eq!(paths(&unpacked), expected);
    }
}

#[test]
fn a_cut_archive_is_an_error_wherever_it_is_cut() {
    let noise: Vec<u8> = (0..40_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let files: &[(&str, &[u8])] = &[("package/a.py", &noise), ("package/b.json", &noise)];
    for (name, bytes) in [("x.whl", zip_of(files)), ("x.tgz", tgz_of(files))] {
        for part in [4, 2] {
            let error = Artifact::new(name, &bytes[..bytes.len() / part]).error();
            assert!(matches!(error, Error::Cut { .. }), "{name} 1/{part}: {error:?}");
        }
        let error = Artifact::new(name, &bytes[..bytes.len() - 6]).error();
        assert!(matches!(error, Error::Cut { .. } | Error::Damaged { .. }), "{name}: {error:?}");
    }
    let plain = tar_of(files);
    assert!(matches!(Artifact::new("x.tar", &plain[..50_000]).error(), Error::Cut { .. }));
}

#[test]
fn names_that_lead_elsewhere_are_not_read_and_spoil_nothing() {
    let mut bad_zip = zip_of(&[("p/good.py", b"1"), ("p/xx/yy.py", b"2"), ("p/zz.py", b"3")]);
    patch(&mut bad_zip, b"p/xx/yy.py", b"../../y.py");
    patch(&mut bad_zip, b"p/zz.py", b"/zzz.py");
    let bad_tar = tgz_of(&[("p/good.py", b"1"), ("../../y.py", b"2"), ("/zzz.py", b"3")]);
    for (name, bytes) in [("x.whl", bad_zip), ("x.tgz", bad_tar)] {
        let unpacked = Artifact::new(name, &bytes).read().unwrap();
        assert_eq!(paths(&unpacked), ["good.py"], "{name}");
        let found = anomalies(&unpacked);
        assert!(found.contains(&("../../y.py", "its name leads out of the archive; not read")), "{name}: {found:?}");
        assert!(found.contains(&("/zzz.py", "its name is an absolute path; not read")), "{name}: {found:?}");
    }
}

#[test]
fn names_that_are_not_utf8_are_not_read() {
    let mut builder = tar::Builder::new(Vec::new());
    builder.append(&header(b"p/\xff.py", 1, tar::EntryType::Regular), &b"1"[..]).unwrap();
    let mut bad_zip = zip_of(&[("p/q.py", b"1")]);
    patch(&mut bad_zip, b"p/q.py", b"p/\xff.py");
    for (name, bytes) in [("x.tar", builder.into_inner().unwrap()), ("x.zip", bad_zip)] {
        let unpacked = Artifact::new(name, &bytes).read().unwrap();
        assert!(unpacked.tree.paths().next().is_none(), "{name}");
        assert_eq!(anomalies(&unpacked)[0].1, "its name is not UTF-8; not read", "{name}");
    }
}

#[test]
fn links_and_devices_are_not_read() {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, kind) in [
        ("p/link.py", tar::EntryType::Symlink),
        ("p/hard.py", tar::EntryType::Link),
        ("p/device.py", tar::EntryType::Char),
        ("p/pipe.py", tar::EntryType::Fifo),
    ] {
        builder.append(&header(name.as_bytes(), 0, kind), &b""[..]).unwrap();
    }
    builder.append(&header(b"p/good.py", 1, tar::EntryType::Regular), &b"1"[..]).unwrap();
    let unpacked = Artifact::new("x.tar", &builder.into_inner().unwrap()).read().unwrap();
    assert_eq!(paths(&unpacked), ["good.py"]);
    let reasons: Vec<&str> = anomalies(&unpacked).iter().map(|(_, reason)| *reason).collect();
    let kinds = ["a symbolic link", "a hard link", "a device", "a pipe"];
    assert_eq!(reasons, kinds.map(|kind| format!("not a regular file ({kind}); not read")));

    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("p/link.py", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    writer.start_file("p/good.py", SimpleFileOptions::default()).unwrap();
    let unpacked = Artifact::new("x.whl", &writer.finish().unwrap().into_inner()).read().unwrap();
    assert_eq!(paths(&unpacked), ["good.py"]);
    assert_eq!(anomalies(&unpacked)[0].1, "not a regular file (a link or a device); not read");
}

#[test]
fn of_members_with_one_name_the_last_one_counts() {
    let mut twins = zip_of(&[("p/a.py", b"first"), ("p/b.py", b"last!")]);
    patch(&mut twins, b"p/b.py", b"p/a.py");
    for (name, bytes) in [("x.zip", twins), ("x.tgz", tgz_of(&[("p/a.py", b"first"), ("p/a.py", b"last!")]))] {
        let unpacked = Artifact::new(name, &bytes).read().unwrap();
        assert_eq!(unpacked.tree.bytes("a.py"), Some(&b"last!"[..]), "{name}");
        assert_eq!(anomalies(&unpacked).len(), 1, "{name}: {:?}", unpacked.gaps);
    }
    let unpacked = Artifact::new("x.tgz", &tgz_of(&[("p/a.py", b"1"), ("p/A.py", b"2")])).read().unwrap();
    assert_eq!(paths(&unpacked), ["A.py", "a.py"]);
    assert!(anomalies(&unpacked)[0].1.contains("only in letter case"));
}

#[test]
fn overlapping_members_are_refused() {
    let mut bytes = zip_of(&[("a.py", b"same"), ("b.py", b"same")]);
    // The second entry of the directory points at the first member.
    let second = bytes.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
    bytes[second + 42..second + 46].fill(0);
    assert!(matches!(Artifact::new("x.zip", &bytes).error(), Error::Overlapping { .. }));
}

#[test]
fn a_member_that_is_not_as_large_as_stated_is_not_read() {
    let mut bytes = zip_of(&[("a.py", b"0123456789"), ("b.py", b"ok")]);
    // Sizes as the zip format writes them: the unpacked size of `a.py`, in both of its headers.
    patch(&mut bytes, &[10, 0, 0, 0, 4, 0], &[7, 0, 0, 0, 4, 0]);
    let unpacked = Artifact::new("x.zip", &bytes).read().unwrap();
    assert_eq!(paths(&unpacked), ["b.py"]);
    assert_eq!(anomalies(&unpacked)[0].0, "a.py");
}

#[test]
fn headers_that_contradict_the_directory_are_recorded() {
    let mut bytes = zip_of(&[("a.py", b"x = 1")]);
    bytes[30] = b'z';
    let unpacked = Artifact::new("x.zip", &bytes).read().unwrap();
    assert_eq!(paths(&unpacked), ["a.py"]);
    assert!(anomalies(&unpacked)[0].1.contains("its header differs from the directory"), "{:?}", unpacked.gaps);
}

#[test]
fn two_sizes_for_one_member_are_refused() {
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_pax_extensions([("size", &b"512"[..])]).unwrap();
    builder.append(&header(b"p/a.py", 1, tar::EntryType::Regular), &b"1"[..]).unwrap();
    let error = Artifact::new("x.tar", &builder.into_inner().unwrap()).error();
    assert!(matches!(&error, Error::TwoSizes { header: 1, extended, .. } if extended == "512"), "{error:?}");
}

#[test]
fn long_names_come_from_extended_headers_within_bounds() {
    let long = format!("p/{}.py", "n".repeat(300));
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_pax_extensions([("path", long.as_bytes())]).unwrap();
    builder.append(&header(b"p/short.py", 1, tar::EntryType::Regular), &b"1"[..]).unwrap();
    let mut gnu = tar::Header::new_gnu();
    gnu.set_size(1);
    builder.append_data(&mut gnu, format!("p/{}.py", "m".repeat(300)), &b"2"[..]).unwrap();
    let unpacked = Artifact::new("x.tar", &builder.into_inner().unwrap()).read().unwrap();
    assert_eq!(paths(&unpacked), [format!("{}.py", "m".repeat(300)), format!("{}.py", "n".repeat(300))]);

    let huge = vec![b'n'; 1 << 20];
    let mut builder = tar::Builder::new(Vec::new());
    builder.append(&header(b"././@LongLink", huge.len() as u64, tar::EntryType::GNULongName), &huge[..]).unwrap();
    assert!(matches!(Artifact::new("x.tar", &builder.into_inner().unwrap()).error(), Error::Damaged { .. }));

    let mut global = tar::Builder::new(Vec::new());
    let record = b"14 path=other\n";
    global.append(&header(b"pax", record.len() as u64, tar::EntryType::XGlobalHeader), &record[..]).unwrap();
    global.append(&header(b"p/a.py", 1, tar::EntryType::Regular), &b"1"[..]).unwrap();
    let unpacked = Artifact::new("x.tar", &global.into_inner().unwrap()).read().unwrap();
    assert_eq!(paths(&unpacked), ["a.py"]);
    assert!(anomalies(&unpacked)[0].1.contains("global header"));
}

#[test]
fn data_after_the_end_is_recorded() {
    let mut bytes = tar_of(&[("p/a.py", b"1")]);
    bytes.extend(tar_of(&[("p/hidden.py", b"2")]));
    let unpacked = Artifact::new("x.tgz", &gz(&bytes)).read().unwrap();
    assert_eq!(paths(&unpacked), ["a.py"]);
    assert!(anomalies(&unpacked)[0].1.contains("follows the end"));
}

#[test]
fn a_member_of_one_gigabyte_is_passed_over_and_called_a_bomb() {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let fast = SimpleFileOptions::default().compression_level(Some(1));
    zip.start_file("p/bomb.json", fast).unwrap();
    io::copy(&mut io::repeat(b' ').take(GIB), &mut zip).unwrap();
    zip.start_file("p/good.py", fast).unwrap();

    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    tar.append(&header(b"p/bomb.json", GIB, tar::EntryType::Regular), io::repeat(b' ').take(GIB)).unwrap();
    tar.append(&header(b"p/good.py", 0, tar::EntryType::Regular), &b""[..]).unwrap();

    let tgz = tar.into_inner().unwrap().finish().unwrap();
    for (name, bytes) in [("x.whl", zip.finish().unwrap().into_inner()), ("x.tgz", tgz)] {
        let unpacked = Artifact::new(name, &bytes).read().unwrap();
        assert_eq!(paths(&unpacked), ["good.py"], "{name}");
        let (file, reason) = anomalies(&unpacked)[0];
        assert!(file == "bomb.json" && reason.contains("as a bomb does"), "{name}: {reason}");
    }
}

#[test]
fn a_million_members_are_refused() {
    // Written by hand: the library would hold every entry.
    let (mut members, mut directory) = (Vec::new(), Vec::new());
    const COUNT: u32 = 1_000_000;
    for n in 0..COUNT {
        let at = u32::try_from(members.len()).unwrap();
        let name = format!("{n:07}");
        members.extend(b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x07\0\0\0");
        members.extend(name.as_bytes());
        directory
            .extend(b"PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0\0\0\0\0\0\0");
        directory.extend(at.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let mut bytes = members;
    let (start, size) = (bytes.len() as u64, directory.len() as u64);
    bytes.extend(directory);
    let end64 = bytes.len() as u64;
    bytes.extend(b"PK\x06\x06\x2c\0\0\0\0\0\0\0\x2d\0\x2d\0\0\0\0\0\0\0\0\0");
    for number in [u64::from(COUNT), u64::from(COUNT), size, start] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(b"PK\x06\x07\0\0\0\0");
    bytes.extend(end64.to_le_bytes());
    bytes.extend(b"\x01\0\0\0PK\x05\x06\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0");
    let error = Artifact::new("x.whl", &bytes).error();
    assert!(matches!(error, Error::TooManyMembers { .. }), "{error:?}");

    let one = header(b"p/x", 0, tar::EntryType::Regular);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    for _ in 0..COUNT {
        encoder.write_all(one.as_bytes()).unwrap();
    }
    let error = Artifact::new("x.tgz", &encoder.finish().unwrap()).error();
    assert!(matches!(error, Error::TooManyMembers { .. }), "{error:?}");
}

#[test]
fn an_archive_that_unpacks_to_too_much_is_refused() {
    let limits = Limits { unpacked: 1000, ..Limits::DEFAULT };
    let artifact = Artifact::new("x.tgz", &tgz_of(&[("p/a.bin", &[0; 600]), ("p/b.bin", &[0; 600])]));
    let error = read(&artifact.path, &limits).unwrap_err();
    assert!(matches!(&error, Error::TooLarge { member, .. } if member == "p/b.bin"), "{error:?}");
    assert!(error.to_string().contains("x.tgz: unpacks to more than 1000 bytes"), "{error}");
}

#[test]
fn dependencies_that_are_carried_along_do_not_crowd_out_own_files() {
    let limits = Limits { vendored: 10, kept: 10, ..Limits::DEFAULT };
    let files: &[(&str, &[u8])] = &[
        ("package/node_modules/a/index.js", b"0123456789"),
        ("package/node_modules/b/index.js", b"0123456789"),
        ("package/index.js", b"0123456789"),
        ("package/more.js", b"0"),
    ];
    for (name, bytes) in [("x.tgz", tgz_of(files)), ("x.zip", zip_of(files))] {
        let unpacked = read(&Artifact::new(name, &bytes).path, &limits).unwrap();
        assert_eq!(paths(&unpacked), ["index.js", "node_modules/a/index.js"], "{name}");
        let gaps: Vec<_> = unpacked.gaps.iter().map(|gap| (gap.kind, gap.reason.as_str())).collect();
        assert_eq!(gaps, [(GapKind::Limit, "over 10 bytes of files to read; this one and further ones were left out")]);
    }
}

#[test]
fn files_over_their_bound_are_left_out_and_only_code_is_missed() {
    let limits = Limits { file: 20, prose: 10, ..Limits::DEFAULT };
    let files: &[(&str, &[u8])] = &[("p/a.py", &[b'#'; 21]), ("p/b.py", &[b'#'; 20]), ("p/NEWS.md", &[b'-'; 11])];
    for (name, bytes) in [("x.tgz", tgz_of(files)), ("x.zip", zip_of(files))] {
        let unpacked = read(&Artifact::new(name, &bytes).path, &limits).unwrap();
        assert_eq!(paths(&unpacked), ["b.py"], "{name}");
        let gaps: Vec<_> = unpacked.gaps.iter().map(|gap| (gap.kind, gap.reason.as_str())).collect();
        assert_eq!(gaps, [(GapKind::Limit, "has 21 bytes, more than 20; not read")], "{name}");
    }
}

#[test]
fn compiled_members_are_named_and_not_kept() {
    let files: &[(&str, &[u8])] = &[
        ("p/bin/server", b"\x7fELF\x02\x01\x01"),
        ("p/lib.so", b"\x7fELF"),
        ("p/addon.node", b"\xcf\xfa\xed\xfe"),
        ("p/tool.exe", b"MZ\x90\0"),
        ("p/run", b"#!/bin/sh"),
        ("p/minified.js", b"MZ=1"),
    ];
    for (name, bytes) in [("x.tgz", tgz_of(files)), ("x.zip", zip_of(files))] {
        let unpacked = Artifact::new(name, &bytes).read().unwrap();
        assert_eq!(unpacked.tree.native(), ["addon.node", "bin/server", "lib.so", "tool.exe"], "{name}");
        assert_eq!(paths(&unpacked), ["minified.js", "run"], "{name}");
    }
}

#[cfg(unix)]
#[test]
fn a_directory_is_read_without_following_links() {
    let folder = TempDir::new().unwrap();
    let root = folder.path();
    std::fs::create_dir_all(root.join("src/deep")).unwrap();
    std::fs::create_dir_all(root.join("node_modules/.bin")).unwrap();
    std::fs::write(root.join("src/deep/a.py"), "1").unwrap();
    std::fs::write(root.join("node_modules/.bin/x.js"), "1").unwrap();
    std::os::unix::fs::symlink("/etc", root.join("src/etc")).unwrap();
    std::os::unix::fs::symlink("..", root.join("src/loop")).unwrap();
    let unpacked = read(root, &Limits::DEFAULT).unwrap();
    assert_eq!(paths(&unpacked), ["src/deep/a.py"]);
    assert_eq!(anomalies(&unpacked).iter().map(|(file, _)| *file).collect::<Vec<_>>(), ["src/etc", "src/loop"]);
}

#[test]
fn the_list_of_anomalies_is_bounded() {
    let names: Vec<String> = (0..500).map(|n| format!("../{n}.py")).collect();
    let members: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    let unpacked = Artifact::new("x.tgz", &tgz_of(&members)).read().unwrap();
    assert_eq!(unpacked.gaps.len(), crate::limits::GAPS);
}

fn sample() -> [(&'static str, Vec<u8>); 3] {
    let files: &[(&str, &[u8])] = &[
        ("p/pyproject.toml", b"[project]\nname = 'x'"),
        ("p/x/server.py", b"import mcp\n"),
        ("p/package.json", b"{\"name\": \"x\"}"),
    ];
    [("x.whl", zip_of(files)), ("x.tgz", tgz_of(files)), ("x.tar", tar_of(files))]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000), form in 0_usize..4) {
        let forms: [(&str, &[u8]); 4] =
            [("x.zip", b"PK\x03\x04"), ("x.tgz", b"\x1f\x8b\x08"), ("x.tar", b""), ("x", b"PK\x05\x06")];
        let (name, magic) = forms[form];
        let _ = Artifact::new(name, &[magic, bytes.as_slice()].concat()).read();
    }

    #[test]
    fn flipped_bits_never_panic_and_names_stay_inside(
        form in 0_usize..3,
        flips in proptest::collection::vec((any::<proptest::sample::Index>(), 0_u8..8), 1..8),
    ) {
        let (name, mut bytes) = sample()[form].clone();
        for (at, bit) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
        }
        if let Ok(unpacked) = Artifact::new(name, &bytes).read() {
            for path in unpacked.tree.paths() {
                prop_assert!(!path.starts_with('/') && !path.split('/').any(|part| part == ".."), "{path}");
            }
        }
    }

    #[test]
    fn what_is_written_is_read(contents in proptest::collection::btree_map("[a-z]{1,8}", proptest::collection::vec(any::<u8>(), 0..300), 1..6)) {
        let files: Vec<(String, Vec<u8>)> = contents.into_iter().map(|(name, bytes)| (format!("p/{name}.py"), bytes)).collect();
        let members: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        for (name, bytes) in [("x.zip", zip_of(&members)), ("x.tgz", tgz_of(&members))] {
            let unpacked = Artifact::new(name, &bytes).read().unwrap();
            for (name, bytes) in &files {
                prop_assert_eq!(unpacked.tree.bytes(&name[2..]), Some(bytes.as_slice()));
            }
        }
    }
}

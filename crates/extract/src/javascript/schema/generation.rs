//! Which generation of zod a package uses: they differ in what is required.

/// The generation that an import names by itself: whether it is the fourth.
pub(crate) fn is_zod4(specifier: &str) -> Option<bool> {
    let entry = specifier.strip_prefix("zod/")?;
    match entry.split('/').next()? {
        "v4" | "v4-mini" | "mini" => Some(true),
        "v3" => Some(false),
        _ => None,
    }
}

/// Whether a range of versions takes in the fourth: then it is what gets installed.
pub(crate) fn allows_zod4(range: &str) -> bool {
    range.split("||").map(str::trim).any(|part| {
        let version = part.trim_start_matches(['^', '~', '>', '=', 'v', ' ']);
        let is_open = part.starts_with('>') && !part.contains('<');
        let major = version.split(['.', ' ', '-']).next().unwrap_or_default();
        match major.parse::<u32>() {
            Ok(major) => major >= 4 || is_open,
            Err(_) => matches!(major, "*" | "x" | "latest"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_entries_say_the_generation() {
        for range in ["^4.0.0", "4.3.6", "^3.25.0 || ^4.0.0", ">=3.25", "*", "latest", "~4.1"] {
            assert!(allows_zod4(range), "{range}");
        }
        for range in ["^3.25.0", "3.25.76", "~3", ">=3.22 <4", "workspace:*"] {
            assert!(!allows_zod4(range), "{range}");
        }
        assert_eq!(["zod/v4/core", "zod/v3", "zod"].map(is_zod4), [Some(true), Some(false), None]);
    }
}

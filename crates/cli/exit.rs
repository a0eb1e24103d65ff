//! Exit codes, the same for every command.

use std::process::ExitCode;

/// How a command ended. As an error's context it picks the code that goes with the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All went well.
    Success,
    /// Nothing could be done, or a check failed.
    Nothing,
    /// `classify --fail-on` found a tool of that level, or `--fail-on-warnings` a suspicious one. (clap uses the same code for wrong usage.)
    Found,
    /// Done, but some packages failed.
    SomeFailed,
    /// Another run holds the data directory.
    Busy,
    /// The user, or the system, asked a crawl to stop: 128 and the number of SIGINT, as shells have it.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Success => 0,
            Exit::Nothing => 1,
            Exit::Found => 2,
            Exit::SomeFailed => 3,
            Exit::Busy => 4,
            Exit::Interrupted => 130,
        })
    }
}

impl std::fmt::Display for Exit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Success => "done",
            Self::Nothing => "nothing was done",
            Self::Found => "found",
            Self::SomeFailed => "some failed",
            Self::Busy => "another run holds the data directory",
            Self::Interrupted => "interrupted",
        })
    }
}

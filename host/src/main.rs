//! The command `tinyevo`. Everything is in the library, see [`tinyevo::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    tinyevo::cli::main()
}

//! The batch against the plain oracle with panels of each width, compiled for what every CPU of the
//! target has. `tests/kernel.rs` of the workspace runs the same for each instruction set.

mod oracle;

use oracle::{Outcome, Work};

fn each_width(work: Work<'_>, check: &mut dyn FnMut(Outcome, &str)) {
    check(work.run::<1>(), "width 1");
    check(work.run::<2>(), "width 2");
    check(work.run::<4>(), "width 4");
    check(work.run::<8>(), "width 8");
}

oracle::all_cases!(each_width);

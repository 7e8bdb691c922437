//! The batch against the plain oracle with each instruction set of this machine, forced in turn and
//! proven to be what ran. The cases are those of the core's own tests.

#[path = "../core/tests/oracle/mod.rs"]
mod oracle;

use oracle::{Outcome, Work};
use tinyevo::threads::isa::{Isa, Kernel};

impl Kernel for Work<'_> {
    type Output = Outcome;

    #[inline(always)]
    fn run<const WIDTH: usize>(self) -> Outcome {
        Work::run::<WIDTH>(self)
    }
}

fn each_instruction_set(work: Work<'_>, check: &mut dyn FnMut(Outcome, &str)) {
    for isa in Isa::every() {
        let mut runs = Isa::runs();
        runs[isa as usize] += 1;
        let got = isa.run(work);
        assert_eq!(Isa::runs(), runs, "{isa} was not what ran");
        check(got, &isa.to_string());
    }
}

oracle::all_cases!(each_instruction_set);

//! The instruction set that the core's loops are compiled for, chosen at run time.
//!
//! The core is portable code without intrinsics, inlined here into one function per instruction
//! set ([`Isa::run`]); only the width of the vectors differs, never a result. The unsafe code is the
//! call of such a function: it is sound only where the CPU has the instructions, which
//! [`Isa::available`] asks the CPU.

use std::cell::Cell;
use std::fmt;
use std::str::FromStr;

/// An instruction set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isa {
    /// 512-bit vectors (x86-64 with AVX-512 F, BW, DQ and VL).
    Avx512,
    /// 256-bit vectors (x86-64 with AVX2).
    Avx2,
    /// What every CPU of the architecture has: SSE2 on x86-64, NEON on AArch64.
    Baseline,
}

/// Work that [`Isa::run`] compiles for each instruction set.
pub trait Kernel {
    /// What the work gives.
    type Output;

    /// Does the work. `WIDTH` is that of [`tinyevo_core::batch::Prepared`].
    ///
    /// Implementations are `#[inline(always)]`, and so is what they call: only what is inlined into
    /// [`Isa::run`] is compiled for the instruction set.
    fn run<const WIDTH: usize>(self) -> Self::Output;
}

thread_local! {
    /// How often this thread did work with each instruction set, in the order of [`Isa::ALL`];
    /// counted inside the functions that are compiled for it.
    static RUNS: [Cell<u64>; 3] = const { [const { Cell::new(0) }; 3] };
}

impl Isa {
    /// All, the widest first.
    pub const ALL: [Self; 3] = [Self::Avx512, Self::Avx2, Self::Baseline];

    /// Whether this CPU has it.
    #[must_use]
    pub fn available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2"),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx512 | Self::Avx2 => false,
            Self::Baseline => true,
        }
    }

    /// The widest that this CPU has.
    #[must_use]
    pub fn detect() -> Self {
        Self::ALL.into_iter().find(|isa| isa.available()).unwrap_or(Self::Baseline)
    }

    /// All that this CPU has, the widest first.
    pub fn every() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|isa| isa.available())
    }

    /// Does the work, compiled for this instruction set; for the baseline where the CPU lacks it.
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self {
            // SAFETY: the CPU has the instructions, it was asked in the guard.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 if self.available() => unsafe { x86::avx512(kernel) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 if self.available() => unsafe { x86::avx2(kernel) },
            _ => {
                Self::Baseline.count();
                // NEON has twice as many registers as SSE2.
                if cfg!(target_arch = "aarch64") { kernel.run::<4>() } else { kernel.run::<2>() }
            }
        }
    }

    /// How often [`Isa::run`] has done work with each instruction set on this thread, in the order
    /// of [`Isa::ALL`]: the proof of which one ran.
    #[must_use]
    pub fn runs() -> [u64; 3] {
        RUNS.with(|runs| runs.each_ref().map(Cell::get))
    }

    #[inline(always)]
    fn count(self) {
        RUNS.with(|runs| runs[self as usize].set(runs[self as usize].get() + 1));
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Isa, Kernel};

    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
    pub(super) fn avx512<K: Kernel>(kernel: K) -> K::Output {
        Isa::Avx512.count();
        kernel.run::<8>()
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn avx2<K: Kernel>(kernel: K) -> K::Output {
        Isa::Avx2.count();
        kernel.run::<4>()
    }
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Avx512 => "avx512",
            Self::Avx2 => "avx2",
            Self::Baseline => "baseline",
        })
    }
}

impl FromStr for Isa {
    type Err = String;

    /// By its name; an error where this CPU does not have it.
    fn from_str(name: &str) -> Result<Self, String> {
        let isa = Self::ALL.into_iter().find(|isa| isa.to_string() == name);
        match isa {
            Some(isa) if isa.available() => Ok(isa),
            Some(_) => Err(format!("this CPU does not have {name}")),
            None => Err("give avx512, avx2 or baseline".to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_the_baseline_is_always_there() {
        for isa in Isa::ALL {
            let parsed = isa.to_string().parse::<Isa>();
            assert_eq!(parsed.is_ok(), isa.available());
        }
        assert!(Isa::Baseline.available());
        assert!("mmx".parse::<Isa>().is_err());
    }

    #[test]
    fn what_is_forced_is_what_runs() {
        struct Width;
        impl Kernel for Width {
            type Output = usize;
            #[inline(always)]
            fn run<const WIDTH: usize>(self) -> usize {
                WIDTH
            }
        }
        for isa in Isa::every() {
            let mut expected = Isa::runs();
            expected[isa as usize] += 1;
            let width = match isa {
                Isa::Avx512 => 8,
                Isa::Avx2 => 4,
                Isa::Baseline if cfg!(target_arch = "aarch64") => 4,
                Isa::Baseline => 2,
            };
            assert_eq!(isa.run(Width), width, "{isa}");
            assert_eq!(Isa::runs(), expected, "{isa}");
        }
    }
}

//! The instruction set that the core's batch kernel is compiled for, chosen at run time.
//!
//! The kernel is portable code that is inlined into one function per instruction set; only the
//! width of the vectors differs, never a result. This is the one place of the host with unsafe
//! code: calling such a function is sound only where the CPU has the instructions, which
//! [`Isa::available`] asks the CPU.

use std::fmt;
use std::str::FromStr;
use tinyevo_core::batch::{Prepared, SparseSamples};
use tinyevo_core::error::LengthError;
use tinyevo_core::fitness::Score;

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

    /// [`Prepared::score`], compiled for this instruction set; the baseline where the CPU lacks it.
    ///
    /// # Errors
    /// As [`Prepared::score`].
    pub fn score(
        self,
        prepared: &Prepared<'_>,
        samples: SparseSamples<'_>,
        activations: &mut [f32],
        loss: bool,
    ) -> Result<Score, LengthError> {
        match self {
            // SAFETY: the CPU has the instructions, it was asked in the guard.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 if self.available() => unsafe {
                x86::score_avx512(prepared, samples, activations, loss)
            },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 if self.available() => unsafe {
                x86::score_avx2(prepared, samples, activations, loss)
            },
            _ => prepared.score::<2>(samples, activations, loss),
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{LengthError, Prepared, Score, SparseSamples};

    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
    pub(super) fn score_avx512(
        prepared: &Prepared<'_>,
        samples: SparseSamples<'_>,
        activations: &mut [f32],
        loss: bool,
    ) -> Result<Score, LengthError> {
        prepared.score::<8>(samples, activations, loss)
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn score_avx2(
        prepared: &Prepared<'_>,
        samples: SparseSamples<'_>,
        activations: &mut [f32],
        loss: bool,
    ) -> Result<Score, LengthError> {
        prepared.score::<4>(samples, activations, loss)
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
}

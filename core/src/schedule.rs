//! Numbers that change over a run: they depend on the generation and the planned length alone, never on time.

use crate::error::SettingError;
use crate::math;

/// A number for each generation of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(tag = "kind", rename_all = "kebab-case"))]
pub enum Schedule {
    /// The same number always.
    Constant {
        /// The number.
        value: f32,
    },
    /// From one number to another in equal steps.
    Linear {
        /// The number at the start.
        from: f32,
        /// The number at the planned end and after it.
        to: f32,
    },
    /// From one number to another by equal factors; both must be above 0.
    Geometric {
        /// The number at the start.
        from: f32,
        /// The number at the planned end and after it.
        to: f32,
    },
}

impl Default for Schedule {
    fn default() -> Self {
        Self::ONE
    }
}

impl Schedule {
    /// The number 1 always: a factor that changes nothing.
    pub const ONE: Self = Self::Constant { value: 1.0 };

    /// Whether the number is the same in all generations, so that the length of the run does not matter.
    #[must_use]
    pub fn is_constant(self) -> bool {
        let (from, to) = self.ends();
        from == to
    }

    /// Whether the schedule is [`ONE`](Self::ONE), which is left out where settings are written.
    #[must_use]
    pub fn is_one(&self) -> bool {
        *self == Self::ONE
    }

    /// The number of generation `generation` of a run of `length` generations.
    ///
    /// `from + (to - from) * p`, or `from * (to / from)^p`, where p is generation / length, at most 1; of a
    /// length of 0 p is 1.
    #[must_use]
    pub fn at(self, generation: u32, length: u32) -> f32 {
        let progress = if generation < length { generation as f32 / length as f32 } else { 1.0 };
        match self {
            Self::Constant { value } => value,
            Self::Linear { from, to } => from + (to - from) * progress,
            Self::Geometric { from, to } => from * math::exp(math::ln(to / from) * progress),
        }
    }

    /// The first number, and the last one.
    #[must_use]
    pub const fn ends(self) -> (f32, f32) {
        match self {
            Self::Constant { value } => (value, value),
            Self::Linear { from, to } | Self::Geometric { from, to } => (from, to),
        }
    }

    /// The largest number of all generations.
    #[must_use]
    pub const fn largest(self) -> f32 {
        let (from, to) = self.ends();
        if from > to { from } else { to }
    }

    /// Checks that all numbers are finite and at least `least`, and those of a geometric one above 0, with a
    /// [quotient](Self::quotient).
    ///
    /// # Errors
    /// The first number that is not, under the name `name`.
    pub fn check(self, name: &'static str, least: f32) -> Result<(), SettingError> {
        let (from, to) = self.ends();
        for got in [from, to] {
            match self {
                Self::Geometric { .. } => SettingError::positive(name, got)?,
                _ => SettingError::magnitude(name, got)?,
            }
            if got < least {
                return Err(SettingError::Magnitude { name, got });
            }
        }
        if self.quotient().is_none() {
            return Err(SettingError::Apart { name, from, to });
        }
        Ok(())
    }

    /// The last number over the first one, whose powers a geometric schedule takes, or 1 for another kind; none if it is
    /// not a normal number (see [`f32::is_normal`]).
    #[must_use]
    pub fn quotient(self) -> Option<f32> {
        let quotient = match self {
            Self::Geometric { from, to } => to / from,
            _ => 1.0,
        };
        quotient.is_normal().then_some(quotient)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_runs_from_its_start_to_its_end_and_stays_there() {
        let linear = Schedule::Linear { from: 4.0, to: 2.0 };
        assert_eq!([0, 1, 2, 4, 9].map(|g| linear.at(g, 4)), [4.0, 3.5, 3.0, 2.0, 2.0]);
        let geometric = Schedule::Geometric { from: 1.0, to: 16.0 };
        // With the feature `micromath` the logarithm is within 7 % and the exponential within 1 %.
        let error =
            if math::BACKEND == "exact" { 1e-6 } else { (16_f32.ln() * 0.07).exp() * 1.01 - 1.0 };
        for (generation, expected) in [(0, 1.0), (1, 2.0), (2, 4.0), (4, 16.0), (5, 16.0)] {
            let got = geometric.at(generation, 4);
            assert!((got / expected - 1.0).abs() < error, "{generation}: {got}");
        }
        assert_eq!(Schedule::Constant { value: 0.5 }.at(3, 4), 0.5);
        assert_eq!((linear.largest(), geometric.largest()), (4.0, 16.0));
        assert_eq!(linear.at(0, 0), 2.0);
    }

    #[test]
    fn only_a_schedule_whose_ends_differ_depends_on_the_length() {
        assert!(Schedule::ONE.is_constant() && Schedule::ONE.is_one());
        let level = Schedule::Linear { from: 2.0, to: 2.0 };
        assert!(level.is_constant() && !level.is_one());
        for schedule in
            [Schedule::Linear { from: 1.0, to: 2.0 }, Schedule::Geometric { from: 1.0, to: 2.0 }]
        {
            assert!(!schedule.is_constant() && !schedule.is_one());
            assert_ne!(schedule.at(0, 8), schedule.at(4, 8));
        }
    }

    #[test]
    fn what_is_out_of_range_is_refused() {
        assert!(Schedule::Linear { from: 1.0, to: 0.0 }.check("rate", 0.0).is_ok());
        assert!(Schedule::Linear { from: 1.0, to: 0.0 }.check("rate", 0.5).is_err());
        let error = Schedule::Geometric { from: 1.0, to: 0.0 }.check("rate", 0.0);
        assert_eq!(error, Err(SettingError::Positive { name: "rate", got: 0.0 }));
        for (from, to) in [(1e-30, 1e30), (1e30, 1e-30)] {
            let error = Schedule::Geometric { from, to }.check("rate", 0.0);
            assert_eq!(error, Err(SettingError::Apart { name: "rate", from, to }));
            assert!(Schedule::Linear { from, to }.check("rate", 0.0).is_ok());
        }
        assert!(Schedule::Constant { value: f32::NAN }.check("rate", 0.0).is_err());
        assert!(Schedule::Constant { value: -1.0 }.check("rate", 0.0).is_err());
    }
}

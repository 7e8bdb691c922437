//! Statistics of a score over seeds: mean, spread, and whether two recipes differ.
//!
//! Intervals and p values are Student's (Student, "The probable error of a mean", Biometrika 6, 1908). Runs of the same
//! seeds are compared in pairs; others by Welch's test (Welch, Biometrika 34, 1947), which does not ask for equal
//! spreads. Beside the paired test stands the exact sign-flip test (Fisher, "The Design of Experiments", 1935,
//! section 21), which takes no normal distribution for granted.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// The confidence of the intervals.
const CONFIDENCE: f64 = 0.95;

/// The most pairs whose signs are all flipped: 2^20 sums.
const MOST_FLIPPED: usize = 20;

/// The share of a sum by which equal sums may differ after rounding.
const ROUNDING: f64 = 1e-9;

/// A score over seeds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Number of scores.
    pub count: usize,
    /// Their mean; 0 of none.
    pub mean: f64,
    /// Their standard deviation, with n - 1; none of fewer than two.
    pub standard_deviation: Option<f64>,
    /// The 95 % interval of the mean; none of fewer than two.
    pub interval: Option<[f64; 2]>,
}

impl Spread {
    /// The spread of some scores.
    #[must_use]
    pub fn of(scores: &[f64]) -> Self {
        let mean = mean(scores);
        let interval = half_interval(scores).map(|half| [mean - half, mean + half]);
        let standard_deviation = variance(scores).map(f64::sqrt);
        Self { count: scores.len(), mean, standard_deviation, interval }
    }
}

/// How two sets of scores were compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Design {
    /// Seed by seed.
    Paired,
    /// As independent samples, by Welch's test.
    Welch,
}

/// A difference of two means.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Difference {
    /// How it was tested.
    pub design: Design,
    /// The second mean minus the first.
    pub mean: f64,
    /// Student's test of it; none where scores are too few or have no spread.
    pub student: Option<Student>,
    /// The p value of the exact sign-flip test, two-sided, of 1 to 20 pairs.
    pub sign_flip: Option<f64>,
}

/// Student's test that a difference is 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Student {
    /// The difference in standard errors.
    pub t: f64,
    /// Degrees of freedom.
    pub degrees: f64,
    /// The p value, two-sided.
    pub p: f64,
    /// The 95 % interval of the difference.
    pub interval: [f64; 2],
}

impl Difference {
    /// Compares in pairs: `first[i]` and `second[i]` are of the same seed.
    #[must_use]
    pub fn paired(first: &[f64], second: &[f64]) -> Self {
        let each: Vec<f64> =
            first.iter().zip(second).map(|(first, second)| second - first).collect();
        let squared_error = variance(&each).map(|variance| variance / each.len() as f64);
        let degrees = each.len().saturating_sub(1) as f64;
        Self {
            design: Design::Paired,
            mean: mean(&each),
            student: squared_error.and_then(|error| student(mean(&each), error.sqrt(), degrees)),
            sign_flip: sign_flip(&each),
        }
    }

    /// Compares as independent samples, by Welch's test.
    #[must_use]
    pub fn welch(first: &[f64], second: &[f64]) -> Self {
        let difference = mean(second) - mean(first);
        let error = |scores: &[f64]| {
            let count = scores.len() as f64;
            variance(scores).map(|variance| (variance / count, count - 1.0))
        };
        let test = |((a, less_a), (b, less_b)): ((f64, f64), (f64, f64))| {
            // The degrees of freedom of Welch and Satterthwaite.
            let degrees = (a + b).powi(2) / (a * a / less_a + b * b / less_b);
            student(difference, (a + b).sqrt(), degrees)
        };
        let student = error(first).zip(error(second)).and_then(test);
        Self { design: Design::Welch, mean: difference, student, sign_flip: None }
    }
}

/// The mean; 0 of no numbers.
fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len().max(1) as f64
}

/// The variance, with n - 1; `None` of fewer than two numbers.
fn variance(numbers: &[f64]) -> Option<f64> {
    let mean = mean(numbers);
    let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
    (numbers.len() > 1).then(|| squares / (numbers.len() - 1) as f64)
}

/// Half of the 95 % interval of the mean of some numbers, by Student; `None` of fewer than two.
#[must_use]
pub fn half_interval(numbers: &[f64]) -> Option<f64> {
    let error = (variance(numbers)? / numbers.len() as f64).sqrt();
    Some(quantile(numbers.len() as f64 - 1.0)? * error)
}

/// The quantile of Student's t between which and its negative lie 95 %.
fn quantile(degrees: f64) -> Option<f64> {
    let t = StudentsT::new(0.0, 1.0, degrees).ok()?;
    Some(t.inverse_cdf(f64::midpoint(1.0, CONFIDENCE)))
}

/// The test of a difference with this standard error; `None` where that is 0.
fn student(difference: f64, error: f64, degrees: f64) -> Option<Student> {
    let t = difference / error;
    if !t.is_finite() {
        return None;
    }
    let distribution = StudentsT::new(0.0, 1.0, degrees).ok()?;
    let half = quantile(degrees)? * error;
    let interval = [difference - half, difference + half];
    Some(Student { t, degrees, p: 2.0 * distribution.cdf(-t.abs()), interval })
}

/// The share of all choices of signs that give a sum at least as far from 0; `None` of no or too many pairs.
fn sign_flip(differences: &[f64]) -> Option<f64> {
    let count = differences.len();
    if !(1..=MOST_FLIPPED).contains(&count) {
        return None;
    }
    let size: f64 = differences.iter().map(|difference| difference.abs()).sum();
    let least = differences.iter().sum::<f64>().abs() - ROUNDING * size;
    let sum = |signs: u32| {
        let signed = |(index, difference): (usize, &f64)| {
            if signs >> index & 1 == 1 { -difference } else { *difference }
        };
        differences.iter().enumerate().map(signed).sum::<f64>()
    };
    let choices = 1_u32 << count;
    let extreme = (0..choices).filter(|signs| sum(*signs).abs() >= least).count();
    Some(extreme as f64 / f64::from(choices))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Known answers: SciPy 1.17.0, `stats.ttest_rel`, `ttest_ind(equal_var=False)` with their `confidence_interval()`,
    // `permutation_test(permutation_type="samples", n_resamples=inf)`, `t.interval`.
    const A: [f64; 5] = [0.9712, 0.9735, 0.9688, 0.9741, 0.9702];
    const B: [f64; 5] = [0.9751, 0.9744, 0.9729, 0.9760, 0.9738];
    const C: [f64; 3] = [0.9651, 0.9744, 0.9629];

    fn near(got: f64, expected: f64) {
        assert!((got - expected).abs() < 1e-9 * expected.abs().max(1e-3), "{got}, not {expected}");
    }

    fn is(student: Student, t: f64, degrees: f64, p: f64, interval: [f64; 2]) {
        near(student.t, t);
        near(student.degrees, degrees);
        near(student.p, p);
        near(student.interval[0], interval[0]);
        near(student.interval[1], interval[1]);
    }

    #[test]
    fn mean_deviation_and_interval_are_those_of_scipy() {
        let spread = Spread::of(&A);
        near(spread.mean, 0.97156);
        near(spread.standard_deviation.unwrap(), 0.0022255336438706196);
        let [low, high] = spread.interval.unwrap();
        near(low, 0.9687966349976146);
        near(high, 0.9743233650023854);
        let one = Spread { count: 1, mean: 0.5, standard_deviation: None, interval: None };
        assert_eq!(Spread::of(&[0.5]), one);
        assert_eq!(Spread::of(&[]).mean, 0.0);
        for (degrees, expected) in
            [(1.0, 12.706204736174694), (9.0, 2.262157162798205), (30.0, 2.0422724563012378)]
        {
            near(quantile(degrees).unwrap(), expected);
        }
    }

    #[test]
    fn the_paired_tests_are_those_of_scipy() {
        let of = Difference::paired(&A, &B);
        assert_eq!((of.design, of.sign_flip), (Design::Paired, Some(0.0625)));
        near(of.mean, 0.00288);
        let interval = [0.001131941694865178, 0.004628058305134854];
        is(of.student.unwrap(), 4.574310753526553, 4.0, 0.01022736575561231, interval);
        // Sums that are equal but for their rounding count as equal.
        let of = Difference::paired(&A[..4], &[0.9702, 0.9745, 0.9718, 0.9731]);
        assert_eq!(of.sign_flip, Some(0.875));
        near(of.student.unwrap().p, 0.6376180914006019);
    }

    #[test]
    fn welchs_test_is_that_of_scipy() {
        let of = Difference::welch(&A, &C);
        assert_eq!((of.design, of.sign_flip), (Design::Welch, None));
        near(of.mean, -0.004093333333333282);
        let interval = [-0.01792017130587735, 0.009733504639210785];
        let (t, degrees) = (-1.1177251342785723, 2.324334123927132);
        is(of.student.unwrap(), t, degrees, 0.3658167656567671, interval);
    }

    #[test]
    fn where_there_is_no_spread_there_is_no_test() {
        assert_eq!(Difference::paired(&A[..1], &B[..1]).student, None);
        assert_eq!(Difference::paired(&A, &A).student, None);
        assert_eq!(Difference::paired(&A, &A).sign_flip, Some(1.0));
        assert_eq!(Difference::welch(&A, &B[..1]).student, None);
        assert_eq!(Difference::paired(&[], &[]).sign_flip, None);
        assert_eq!(Difference::paired(&[0.0; 21], &[1.0; 21]).sign_flip, None);
    }
}

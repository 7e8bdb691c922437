//! One hand's version of a skeleton: from the strokes of a digit to the trajectory of a pen.
//!
//! The sources of variation are those of handwriting: which variant is written and in which form,
//! inexact knots, a smooth warp of the whole digit, and its slant, rotation, aspect ratio, pen
//! width and pressure. The warp is the elastic distortion of Simard, Steinkraus and Platt, "Best
//! practices for convolutional neural networks applied to visual document analysis" (2003), a
//! smooth random displacement field; it is applied to the trajectory rather than to the pixels, so
//! that it bends strokes without changing their width. All lengths are in percent of the
//! skeleton's height.

use super::random::Random;
use super::strokes::{Digit, Knot, Stroke, Variant};
use libm::sqrtf;

/// How far hands differ. These constants set how hard the images are to classify.
mod hand {
    /// How far outside the two forms of a stroke a hand may go, as a part of their distance.
    pub(super) const FORM_OVERSHOOT: f32 = 0.15;
    /// Standard deviation of the form from knot to knot, in the same unit.
    pub(super) const FORM_DRIFT: f32 = 0.4;
    /// Standard deviation of a knot's displacement.
    pub(super) const KNOT_JITTER: f32 = 2.2;
    /// Standard deviation of a whole stroke's displacement against the others.
    pub(super) const STROKE_SHIFT: f32 = 2.0;
    /// Standard deviation of the elastic displacement.
    pub(super) const ELASTIC: f32 = 6.3;
    /// Carelessness of a hand, a factor of the three above: the least, and the most.
    pub(super) const CARELESSNESS: (f32, f32) = (0.35, 2.0);
    /// Standard deviation of the slant, as the tangent of its angle.
    pub(super) const SLANT: f32 = 0.22;
    /// Standard deviation of the rotation, as the tangent of its angle.
    pub(super) const ROTATION: f32 = 0.08;
    /// Standard deviation of the relative change of the width.
    pub(super) const ASPECT: f32 = 0.17;
    /// Least and greatest radius of the pen; small ones are more common.
    pub(super) const PEN: (f32, f32) = (3.9, 13.5);
    /// Standard deviation of the pressure from knot to knot, as a part of the pen's radius.
    pub(super) const PRESSURE: f32 = 0.17;
    /// The same from point to point: the rough edge of ink on paper.
    pub(super) const ROUGHNESS: f32 = 0.07;
}

/// A point of the trajectory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dab {
    /// Position.
    pub(super) x: f32,
    pub(super) y: f32,
    /// Radius of the pen.
    pub(super) radius: f32,
    /// Whether the pen came here from the previous point without leaving the paper.
    pub(super) drawn: bool,
}

/// Room for the knots of any variant; a test knows that it is enough.
pub(super) const MOST_KNOTS: usize = 32;

type Knots = heapless::Vec<Written, MOST_KNOTS>;

/// A digit as one hand writes it. Its points are made anew each time that they are asked for, so
/// that it takes little memory.
#[derive(Debug)]
pub(super) struct Trajectory {
    knots: Knots,
    warp: Warp,
    hand: Linear,
    /// As it is after all else was drawn; the roughness of each point comes from it.
    random: Random,
}

/// Writes a digit.
pub(super) fn write(digit: &Digit, mut random: Random) -> Trajectory {
    let variant = choose(digit.variants, &mut random);
    // Squared: most hands are careful, a few are not.
    let part = random.uniform(0.0, 1.0);
    let (least, most) = hand::CARELESSNESS;
    let carelessness = least + (most - least) * part * part;
    let form = random.uniform(-hand::FORM_OVERSHOOT, 1.0 + hand::FORM_OVERSHOOT);
    // The product of two uniform numbers makes thin pens the more common ones.
    let part = random.uniform(0.0, 1.0) * random.uniform(0.4, 1.0);
    let (thinnest, thickest) = hand::PEN;
    let pen = digit.pen * (thinnest + (thickest - thinnest) * part);

    let mut knots = Knots::new();
    for stroke in variant.strokes {
        written(stroke, form, carelessness, pen, &mut random, &mut knots);
    }
    let warp = Warp::new(hand::ELASTIC * carelessness, &mut random);
    let hand = Linear::new(digit, &mut random);
    Trajectory { knots, warp, hand, random }
}

impl Trajectory {
    /// Visits the points in the order of writing.
    pub(super) fn each(&self, mut visit: impl FnMut(Dab)) {
        let mut random = self.random.clone();
        let mut finish = |mut dab: Dab| {
            let (dx, dy) = self.warp.at(dab.x, dab.y);
            (dab.x, dab.y) = self.hand.apply(dab.x + dx, dab.y + dy);
            dab.radius *= 1.0 + hand::ROUGHNESS * random.normal();
            visit(dab);
        };
        for stroke in self.knots.chunk_by(|_, next| !next.first) {
            flatten(stroke, &mut finish);
        }
    }
}

/// One of the variants, by their weights.
fn choose<'a>(variants: &'a [Variant], random: &mut Random) -> &'a Variant {
    let mut left = random.below(variants.iter().map(|v| v.weight).sum());
    for variant in variants {
        if left < variant.weight {
            return variant;
        }
        left -= variant.weight;
    }
    unreachable!("the weights sum to more than the number drawn")
}

/// A knot as written: position, pen radius, whether the stroke has a corner here, and whether it
/// is the first of its stroke.
#[derive(Clone, Copy, Debug)]
struct Written {
    x: f32,
    y: f32,
    radius: f32,
    corner: bool,
    first: bool,
}

/// A hand's deviations from what it means to write, each with standard deviation 1.
#[derive(Debug)]
struct Deviation {
    x: f32,
    y: f32,
    form: f32,
    pressure: f32,
}

impl Deviation {
    fn new(random: &mut Random) -> Self {
        Self {
            x: random.normal(),
            y: random.normal(),
            form: random.normal(),
            pressure: random.normal(),
        }
    }

    /// The deviations at the next knot: first-order autoregressive, since a hand that strays stays
    /// astray for a while; independent ones would make the curves angular.
    fn step(&mut self, random: &mut Random) {
        for value in [&mut self.x, &mut self.y, &mut self.form, &mut self.pressure] {
            // The second weight is sqrt(1 - 0.6^2), which keeps the standard deviation.
            *value = 0.6 * *value + 0.8 * random.normal();
        }
    }
}

/// Appends the knots of `stroke` near its form `form`, displaced at random; the two of a corner
/// become one. The ends of a stroke are corners.
fn written(
    stroke: &Stroke,
    form: f32,
    carelessness: f32,
    pen: f32,
    random: &mut Random,
    knots: &mut Knots,
) {
    let shift = carelessness * hand::STROKE_SHIFT;
    let (left, down) = (shift * random.normal(), shift * random.normal());
    let jitter = carelessness * hand::KNOT_JITTER;
    let mut deviation = Deviation::new(random);
    let mut last: Option<Knot> = None;
    for (&a, &b) in stroke.from.iter().zip(stroke.to) {
        if last == Some(a) {
            if let Some(knot) = knots.last_mut() {
                knot.corner = true;
            }
            continue;
        }
        let first = last.is_none();
        last = Some(a);
        deviation.step(random);
        let form = form + hand::FORM_DRIFT * deviation.form;
        let knot = Written {
            x: between(a.0, b.0, form) + left + jitter * deviation.x,
            y: between(a.1, b.1, form) + down + jitter * deviation.y,
            radius: pen * (1.0 + hand::PRESSURE * deviation.pressure),
            corner: first,
            first,
        };
        let pushed = knots.push(knot);
        debug_assert!(pushed.is_ok(), "MOST_KNOTS is too small");
    }
    if let Some(knot) = knots.last_mut() {
        knot.corner = true;
    }
}

/// The point at `part` of the way from `a` to `b`.
fn between(a: i16, b: i16, part: f32) -> f32 {
    f32::from(a) + (f32::from(b) - f32::from(a)) * part
}

/// Visits the smooth curve through `knots` as a polyline: a centripetal Catmull-Rom spline, which
/// makes neither cusps nor loops of its own between unevenly spaced knots (Yuksel, Schaefer and
/// Keyser, "Parameterization and applications of Catmull-Rom curves", 2011).
fn flatten(knots: &[Written], mut visit: impl FnMut(Dab)) {
    let first = knots[0];
    visit(Dab { x: first.x, y: first.y, radius: first.radius, drawn: false });
    for i in 1..knots.len() {
        let (p, q) = (knots[i - 1], knots[i]);
        let before = if p.corner { mirrored(q, p) } else { knots[i - 2] };
        let after = if q.corner { mirrored(p, q) } else { knots[i + 1] };
        let (length, t) = interval(p, q);
        let (_, t0) = interval(before, p);
        let (_, t2) = interval(q, after);
        // Tangents of the cubic Hermite form, scaled to a parameter from 0 to 1.
        let tangent = |a: f32, b: f32, c: f32, u: f32, v: f32| {
            ((b - a) / u - (c - a) / (u + v) + (c - b) / v) * t
        };
        let (mx, nx) = (tangent(before.x, p.x, q.x, t0, t), tangent(p.x, q.x, after.x, t, t2));
        let (my, ny) = (tangent(before.y, p.y, q.y, t0, t), tangent(p.y, q.y, after.y, t, t2));
        // Pieces of about 7 % of the height, one and a half pixels.
        let pieces = 1 + (length * (1.0 / 7.0)) as u32;
        for k in 1..=pieces {
            let s = k as f32 / pieces as f32;
            let r = 1.0 - s;
            let (h0, h1) = ((1.0 + 2.0 * s) * r * r, s * s * (3.0 - 2.0 * s));
            let (g0, g1) = (s * r * r, s * s * r);
            visit(Dab {
                x: h0 * p.x + g0 * mx + h1 * q.x - g1 * nx,
                y: h0 * p.y + g0 * my + h1 * q.y - g1 * ny,
                radius: r * p.radius + s * q.radius,
                drawn: true,
            });
        }
    }
}

/// The point `a` mirrored at `b`: the neighbour beyond a corner, where the curve has none.
fn mirrored(a: Written, b: Written) -> Written {
    Written { x: 2.0 * b.x - a.x, y: 2.0 * b.y - a.y, ..b }
}

/// The distance of two knots and the length of their centripetal parameter interval, its square
/// root; kept above zero, since it is divided by.
fn interval(a: Written, b: Written) -> (f32, f32) {
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let length = sqrtf(dx * dx + dy * dy + 0.01);
    (length, sqrtf(length))
}

/// A smooth random displacement field: random displacements of the nodes of a coarse grid,
/// interpolated by uniform cubic B-splines.
#[derive(Debug)]
struct Warp {
    nodes: [[(f32, f32); Self::NODES]; Self::NODES],
}

impl Warp {
    /// Nodes along each axis.
    const NODES: usize = 7;
    /// Distance of neighbouring nodes; sets how local the distortion is.
    const SPACING: f32 = 39.0;
    /// Where the first cell begins, on both axes; one node lies before it, as the spline needs.
    const ORIGIN: f32 = -28.0;

    /// A field whose displacements have standard deviation `strength` along each axis.
    fn new(strength: f32, random: &mut Random) -> Self {
        // A B-spline averages its nodes: the squares of its weights sum to 0.48 on average along
        // one axis, to 0.48^2 in the plane, so that the field has 0.48 of the nodes' deviation.
        let scale = strength * (1.0 / 0.48);
        let mut nodes = [[(0.0, 0.0); Self::NODES]; Self::NODES];
        for node in nodes.as_flattened_mut() {
            *node = (scale * random.normal(), scale * random.normal());
        }
        Self { nodes }
    }

    /// The displacement at a point; outside the grid, where hardly a stroke reaches, that of the
    /// nearest point inside.
    fn at(&self, x: f32, y: f32) -> (f32, f32) {
        let (column, across) = Self::cell(x);
        let (row, down) = Self::cell(y);
        let (mut dx, mut dy) = (0.0, 0.0);
        for (i, v) in down.iter().enumerate() {
            for (j, w) in across.iter().enumerate() {
                let node = self.nodes[row + i][column + j];
                dx += v * w * node.0;
                dy += v * w * node.1;
            }
        }
        (dx, dy)
    }

    /// The cell a coordinate lies in and the weights of the four nodes around.
    fn cell(coordinate: f32) -> (usize, [f32; 4]) {
        let place = (coordinate - Self::ORIGIN) / Self::SPACING;
        let place = if place > 0.0 { place } else { 0.0 };
        let last = (Self::NODES - 4) as f32;
        let cell = if place < last { place as usize } else { Self::NODES - 4 };
        let t = place - cell as f32;
        let t = if t < 1.0 { t } else { 1.0 };
        let r = 1.0 - t;
        let weights = [
            r * r * r / 6.0,
            (4.0 - 6.0 * t * t + 3.0 * t * t * t) / 6.0,
            (4.0 - 6.0 * r * r + 3.0 * r * r * r) / 6.0,
            t * t * t / 6.0,
        ];
        (cell, weights)
    }
}

/// Slant, rotation and aspect ratio of a hand: a linear map.
#[derive(Debug)]
struct Linear {
    xx: f32,
    xy: f32,
    yx: f32,
    yy: f32,
}

impl Linear {
    fn new(digit: &Digit, random: &mut Random) -> Self {
        let wide = digit.width * (1.0 + hand::ASPECT * random.normal());
        let slant = digit.slant + hand::SLANT * random.normal();
        let turn = hand::ROTATION * random.normal();
        // A rotation by its tangent needs no trigonometric function.
        let cosine = 1.0 / sqrtf(1.0 + turn * turn);
        let sine = turn * cosine;
        // Rotation after shear after stretch; y points down, so a slant to the right is negative.
        Self {
            xx: cosine * wide,
            xy: -cosine * slant - sine,
            yx: sine * wide,
            yy: cosine - sine * slant,
        }
    }

    fn apply(&self, x: f32, y: f32) -> (f32, f32) {
        (self.xx * x + self.xy * y, self.yx * x + self.yy * y)
    }
}

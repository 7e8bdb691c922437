//! Inks a pen trajectory into an image as MNIST's were made (LeCun et al. 1998): scaled to fit a
//! box of 20x20 pixels with its aspect ratio kept, anti-aliased, and then moved by whole pixels so
//! that the centre of mass comes to the centre of the 28x28 image. Unlike a scan nothing is
//! resampled: the trajectory is scaled before any pixel is inked.

use super::shape::{Dab, Trajectory};
use super::{PIXELS, SIDE};
use libm::sqrtf;

/// Side of the box a digit is fitted into.
const BOX: usize = 20;
/// Width of a stroke's edge, over which the grey level rises from 0 to 255, in pixels: about that
/// of a bilevel scan reduced to this resolution, fitted to MNIST's mean level of inked pixels.
const EDGE: f32 = 1.15;
/// The least radius of a stroke in pixels; a thinner one would break into dots.
const MIN_RADIUS: f32 = 0.7;

/// The image of a trajectory.
pub(super) fn render(trajectory: &Trajectory) -> [u8; PIXELS] {
    let fit = Fit::new(trajectory);
    let mut ink = [0.0; BOX * BOX];
    let mut last = None;
    trajectory.each(|dab| {
        let dab = fit.apply(&dab);
        if let (Some(last), true) = (last, dab.drawn) {
            draw(&last, &dab, &mut ink);
        }
        last = Some(dab);
    });
    centred(&grey(&ink))
}

/// The map from the plane of the trajectory to pixels of the box: the outline of the ink just fits
/// into it, which leaves the outer half of the soft edge to be cut off, as a scan cut at its
/// outermost ink is.
struct Fit {
    x: f32,
    y: f32,
    scale: f32,
}

impl Fit {
    fn new(trajectory: &Trajectory) -> Self {
        let (mut left, mut right, mut top, mut bottom) = (f32::MAX, f32::MIN, f32::MAX, f32::MIN);
        trajectory.each(|dab| {
            lower(&mut left, dab.x - dab.radius);
            raise(&mut right, dab.x + dab.radius);
            lower(&mut top, dab.y - dab.radius);
            raise(&mut bottom, dab.y + dab.radius);
        });
        let (width, height) = (right - left, bottom - top);
        let size = if width > height { width } else { height };
        Self { x: (left + right) * 0.5, y: (top + bottom) * 0.5, scale: BOX as f32 / size }
    }

    fn apply(&self, dab: &Dab) -> Dab {
        let middle = BOX as f32 * 0.5;
        let radius = dab.radius * self.scale;
        Dab {
            x: middle + (dab.x - self.x) * self.scale,
            y: middle + (dab.y - self.y) * self.scale,
            radius: if radius > MIN_RADIUS { radius } else { MIN_RADIUS },
            drawn: dab.drawn,
        }
    }
}

/// Adds the stroke from `a` to `b` to the ink of the box's pixels: 0 outside the strokes, at least 1
/// inside, rising linearly with the distance from the middle of the stroke in between.
fn draw(a: &Dab, b: &Dab, ink: &mut [f32; BOX * BOX]) {
    let reach = (if a.radius > b.radius { a.radius } else { b.radius }) + 0.5 * EDGE;
    let columns = span(a.x, b.x, reach);
    let (ex, ey) = (b.x - a.x, b.y - a.y);
    let per_length = 1.0 / (ex * ex + ey * ey + 1e-6);
    for row in span(a.y, b.y, reach) {
        let dy = row as f32 + 0.5 - a.y;
        for column in columns.clone() {
            let dx = column as f32 + 0.5 - a.x;
            // The nearest point of the segment, as a part of the way from a to b.
            let t = (dx * ex + dy * ey) * per_length;
            let t = if t > 0.0 { t } else { 0.0 };
            let t = if t < 1.0 { t } else { 1.0 };
            let (u, v) = (dx - t * ex, dy - t * ey);
            let radius = a.radius + t * (b.radius - a.radius);
            let depth = (radius - sqrtf(u * u + v * v)) * (1.0 / EDGE) + 0.5;
            raise(&mut ink[row * BOX + column], depth);
        }
    }
}

/// The pixels of the box within `reach` of the interval between `a` and `b`.
fn span(a: f32, b: f32, reach: f32) -> core::ops::Range<usize> {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    // The cast to an integer saturates at 0.
    let end = (high + reach + 0.5) as usize;
    (low - reach) as usize..if end < BOX { end } else { BOX }
}

/// The grey levels of the box.
fn grey(ink: &[f32; BOX * BOX]) -> [u8; BOX * BOX] {
    // The cast saturates at 0 and 255.
    ink.map(|level| (level * 255.0 + 0.5) as u8)
}

/// The box placed in the image with its centre of mass in the middle, to the nearest pixel.
fn centred(grey: &[u8; BOX * BOX]) -> [u8; PIXELS] {
    let (mut mass, mut columns, mut rows) = (0, 0, 0);
    for (i, &level) in grey.iter().enumerate() {
        let level = usize::from(level);
        mass += level;
        // Twice the coordinate of the pixel's middle, to stay with integers.
        columns += level * (2 * (i % BOX) + 1);
        rows += level * (2 * (i / BOX) + 1);
    }
    let (left, top) = (margin(columns, mass), margin(rows, mass));
    let mut image = [0; PIXELS];
    for (from, to) in grey.chunks_exact(BOX).zip(image.chunks_exact_mut(SIDE).skip(top)) {
        to[left..left + BOX].copy_from_slice(from);
    }
    image
}

/// Pixels between the image's edge and the box that bring the mean coordinate `doubled` / 2 `mass`
/// nearest to the middle of pixel SIDE / 2, which is where MNIST has it. A 7 with a long tail can
/// be too top-heavy for that and then touches the edge, as one in nine of MNIST's does.
fn margin(doubled: usize, mass: usize) -> usize {
    let widest = SIDE - BOX;
    // (SIDE + 1) / 2 - doubled / (2 mass), rounded to the nearest: half more, rounded down.
    let margin = (mass * (SIDE + 2)).saturating_sub(doubled) / (2 * mass);
    if margin < widest { margin } else { widest }
}

/// Lowers `least` to `value` if that is below.
fn lower(least: &mut f32, value: f32) {
    if value < *least {
        *least = value;
    }
}

/// Raises `greatest` to `value` if that is above.
fn raise(greatest: &mut f32, value: f32) {
    if value > *greatest {
        *greatest = value;
    }
}

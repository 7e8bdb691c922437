//! An image drawn with characters: two rows of pixels a line, in half blocks.

use tinyevo_core::shape::Shape;

/// The widest drawing, in characters.
const COLUMNS: usize = 80;

/// A pixel of this grey value or more is ink.
const INK: u32 = 96;

/// Draws an image of bytes, row by row with the channels together, as many as `shape` has elements.
///
/// A pixel is ink where the mean of its channels is 96 or more. An image wider than 80 pixels is made
/// smaller: each character stands for the mean of a square of pixels.
#[must_use]
pub fn draw(image: &[u8], shape: Shape) -> String {
    let side = shape.width.div_ceil(COLUMNS).max(1);
    let (rows, columns) = (shape.height / side, shape.width / side);
    let ink = |row: usize, column: usize| {
        let lines = (row * side..(row + 1) * side).map(|y| (y * shape.width + column * side, side));
        let bytes = lines.flat_map(|(start, count)| {
            let start = start * shape.channels;
            image.get(start..start + count * shape.channels).unwrap_or_default()
        });
        let sum: u32 = bytes.map(|byte| u32::from(*byte)).sum();
        row < rows && sum >= INK * (side * side * shape.channels.max(1)) as u32
    };
    let mut text = String::new();
    for row in (0..rows).step_by(2) {
        let line: String = (0..columns)
            .map(|column| match (ink(row, column), ink(row + 1, column)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            })
            .collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_rows_make_a_line() {
        let shape = Shape { height: 3, width: 4, channels: 1 };
        let image = [255, 96, 95, 0, 0, 255, 255, 0, 0, 0, 0, 200];
        assert_eq!(draw(&image, shape), "▀█▄\n   ▀\n");
    }

    #[test]
    fn channels_and_large_images_are_averaged() {
        let colours = Shape { height: 1, width: 2, channels: 3 };
        assert_eq!(draw(&[255, 33, 0, 255, 32, 0], colours), "▀\n");
        let wide = Shape { height: 2, width: 81, channels: 1 };
        let mut image = [0; 162];
        (image[0], image[1], image[81], image[82]) = (255, 129, 0, 0);
        (image[2], image[3], image[83], image[84]) = (255, 128, 0, 0);
        assert_eq!(draw(&image, wide), "▀\n");
        assert_eq!(draw(&[], Shape::flat(0)), "\n");
    }
}

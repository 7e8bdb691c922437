//! Grey pictures of a few pixels in a terminal: half blocks in colour, else shades.

use ratatui::style::{Color, Style};
use ratatui::text::{Line, Span};
use tinyevo_core::shape::Shape;

/// The most pixels that a side has; larger pictures are made smaller.
const MOST: usize = 16;

/// The least: smaller pictures are made larger.
const LEAST: usize = 8;

/// The first of 24 greys of a terminal with 256 colours.
const GREYS: u8 = 232;

/// Shades from nothing to all.
const ASCII: [char; 10] = [' ', '.', ':', '-', '=', '+', '*', '#', '%', '@'];
const BLOCKS: [char; 5] = [' ', '░', '▒', '▓', '█'];

/// A grey picture with a line of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) caption: String,
    pub(super) width: usize,
    pub(super) height: usize,
    /// Row by row, 0 is black.
    grey: Vec<u8>,
}

impl Picture {
    /// A picture of values from 0 to 1, row by row with the channels together, of which the mean is shown.
    pub(super) fn new(caption: String, shape: Shape, value: impl Fn(usize) -> f32) -> Self {
        let side = shape.width.max(shape.height).max(1);
        let (down, up) = (side.div_ceil(MOST), (LEAST / side).max(1));
        let (width, height) = (shape.width.div_ceil(down) * up, shape.height.div_ceil(down) * up);
        let pixel = |index: usize| {
            let (y, x) = (index / width / up * down, index % width / up * down);
            let rows = y..(y + down).min(shape.height);
            let square = rows.flat_map(|y| (x..(x + down).min(shape.width)).map(move |x| (y, x)));
            let (mut sum, mut count) = (0.0, 0.0);
            for (y, x) in square {
                let start = (y * shape.width + x) * shape.channels;
                sum += (start..start + shape.channels).map(&value).sum::<f32>();
                count += shape.channels as f32;
            }
            (255.0 * (sum / count).clamp(0.0, 1.0)) as u8
        };
        Self { caption, width, height, grey: (0..width * height).map(pixel).collect() }
    }

    /// Lines that it takes, the caption aside: two rows of pixels a line.
    pub(super) const fn lines(&self) -> usize {
        self.height.div_ceil(2)
    }

    /// A line of the picture, from 0 on.
    pub(super) fn line(&self, index: usize, colour: bool, unicode: bool) -> Line<'static> {
        let pixel = |row: usize, column: usize| {
            let inside = row < self.height;
            self.grey.get(row * self.width + column).copied().filter(|_| inside).unwrap_or(0)
        };
        let cell = |column: usize| {
            let (upper, lower) = (pixel(2 * index, column), pixel(2 * index + 1, column));
            let mean = (u16::from(upper) + u16::from(lower)) / 2;
            if colour && unicode {
                let style = Style::new().fg(grey(upper)).bg(grey(lower));
                Span::styled("▀", style)
            } else if colour {
                Span::styled(" ", Style::new().bg(grey(mean as u8)))
            } else {
                let shades = if unicode { &BLOCKS[..] } else { &ASCII[..] };
                let shade = usize::from(mean) * shades.len() / 256;
                Span::raw(shades.get(shade).copied().unwrap_or(' ').to_string())
            }
        };
        Line::from((0..self.width).map(cell).collect::<Vec<_>>())
    }
}

/// The nearest of the 24 greys.
fn grey(value: u8) -> Color {
    Color::Indexed(GREYS + (u16::from(value) * 23 / 255) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(picture: &Picture, unicode: bool) -> Vec<String> {
        (0..picture.lines()).map(|line| picture.line(line, false, unicode).to_string()).collect()
    }

    #[test]
    fn large_pictures_become_smaller_and_small_ones_larger() {
        let shape = |height, width| Shape { height, width, channels: 1 };
        let half = Picture::new(String::new(), shape(28, 28), |index| (index % 28 >= 14).into());
        assert_eq!((half.width, half.height, half.lines()), (14, 14, 7));
        assert_eq!(text(&half, true)[3], "       ███████");
        let small = Picture::new(String::new(), shape(3, 3), |index| (index == 4).into());
        assert_eq!((small.width, small.height), (6, 6));
        assert_eq!(text(&small, false), ["      ", "  @@  ", "      "]);
        let odd = Picture::new(String::new(), shape(17, 5), |_| 0.5);
        assert_eq!((odd.width, odd.height, odd.lines()), (3, 9, 5));
        assert_eq!(text(&odd, false)[3..], ["===", ":::"]);
    }

    #[test]
    fn channels_are_averaged_and_greys_are_those_of_the_terminal() {
        let colours = Shape { height: 8, width: 8, channels: 3 };
        let picture = Picture::new(String::new(), colours, |index| (index % 3 == 0).into());
        let line = picture.line(0, true, true);
        assert_eq!(line.spans[0].style, Style::new().fg(grey(85)).bg(grey(85)));
        assert_eq!((grey(0), grey(255)), (Color::Indexed(232), Color::Indexed(255)));
    }
}

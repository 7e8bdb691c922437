//! The canvas of a page and `predict` make the same pixels of the same drawing.

use image::{DynamicImage, GrayImage, Luma};
use std::f32::consts::TAU;
use std::fs;
use std::path::Path;
use std::process::Command;
use tinyevo::picture::{PictureError, Taken, sample};
use tinyevo_core::shape::Shape;
use tinyevo_tests::root;

/// The sides of the canvas.
const SHEET: (u32, u32) = (280, 280);

type Point = (f32, f32);

/// Ink along lines through points, with soft edges as those of a canvas.
fn drawn(strokes: &[Vec<Point>], width: f32, ink: f32) -> GrayImage {
    let pairs = || strokes.iter().flat_map(|points| points.windows(2));
    GrayImage::from_fn(SHEET.0, SHEET.1, |x, y| {
        let place = (x as f32 + 0.5, y as f32 + 0.5);
        let near = pairs().map(|pair| distance(place, pair[0], pair[1])).fold(1e9, f32::min);
        Luma([(ink * (width / 2.0 + 0.5 - near).clamp(0.0, 1.0)) as u8])
    })
}

/// The distance of a place from a line.
fn distance(place: Point, from: Point, to: Point) -> f32 {
    let (x, y, along) = (place.0 - from.0, place.1 - from.1, (to.0 - from.0, to.1 - from.1));
    let length = (along.0.powi(2) + along.1.powi(2)).max(1e-6);
    let share = ((x * along.0 + y * along.1) / length).clamp(0.0, 1.0);
    (x - share * along.0).hypot(y - share * along.1)
}

fn circle((x, y): Point, radius: f32) -> Vec<Point> {
    let point = |step: u8| {
        (
            x + radius * (f32::from(step) * TAU / 24.0).cos(),
            y + radius * (f32::from(step) * TAU / 24.0).sin(),
        )
    };
    (0..=24).map(point).collect()
}

/// The bytes that the JavaScript of the page makes.
fn by_canvas(folder: &Path, sheet: &GrayImage, shape: Shape) -> Vec<u8> {
    let ink = folder.join("ink");
    fs::write(&ink, sheet.as_raw()).unwrap();
    let sides = [SHEET.0 as usize, SHEET.1 as usize, shape.height, shape.width];
    let output = Command::new("node")
        .arg(root().join("tests/web/drawing.mjs"))
        .arg(root().join("host/templates/report/drawing.js"))
        .arg(ink)
        .args(sides.map(|side| side.to_string()))
        .output()
        .expect("node is installed: it runs the JavaScript of the page");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn the_canvas_and_predict_make_the_same_pixels() {
    let folder = tempfile::tempdir().unwrap();
    let width = SHEET.0 as f32 / 13.0;
    let digits = Shape { height: 28, width: 28, channels: 1 };
    let drawings: [(&str, GrayImage); 8] = [
        ("a zero", drawn(&[circle((140.0, 140.0), 80.0)], width, 255.0)),
        ("a one", drawn(&[vec![(150.0, 30.0), (141.0, 120.0), (133.0, 250.0)]], width, 255.0)),
        (
            "a seven",
            drawn(
                &[
                    vec![(40.0, 60.0), (230.0, 52.0), (90.0, 240.0)],
                    vec![(100.0, 150.0), (190.0, 150.0)],
                ],
                width,
                255.0,
            ),
        ),
        (
            "an eight in a corner",
            drawn(&[circle((55.0, 60.0), 22.0), circle((52.0, 105.0), 25.0)], width, 255.0),
        ),
        (
            "a six that leaves the sheet",
            drawn(
                &[vec![(200.0, -20.0), (60.0, 180.0)], circle((130.0, 240.0), 70.0)],
                width,
                255.0,
            ),
        ),
        (
            "a heavy foot",
            drawn(
                &[vec![(30.0, 20.0), (30.0, 260.0), (200.0, 260.0), (200.0, 250.0)]],
                18.0,
                255.0,
            ),
        ),
        ("a faint line", drawn(&[vec![(10.0, 10.0), (70.0, 200.0), (270.0, 215.0)]], width, 90.0)),
        ("a thin line", drawn(&[vec![(20.0, 120.0), (260.0, 135.0)]], 4.0, 255.0)),
    ];
    for shape in [digits, Shape { height: 16, width: 20, channels: 1 }] {
        for (name, sheet) in &drawings {
            let expected =
                sample(&DynamicImage::from(sheet.clone()), shape, Taken::Fitted).unwrap().pixels;
            assert!(expected.iter().any(|pixel| *pixel > 30), "{name}");
            assert!(by_canvas(folder.path(), sheet, shape) == expected, "{name} {shape:?}");
        }
    }
    let blank = drawn(&[circle((140.0, 140.0), 80.0)], width, 15.0);
    let refused = sample(&DynamicImage::from(blank.clone()), digits, Taken::Fitted);
    assert!(matches!(refused, Err(PictureError::Blank)));
    assert_eq!(by_canvas(folder.path(), &blank, digits), [0; 784]);
}

//! `tinyevo predict`: drawn digits, scaled, moved and inverted, keep their class; several pictures, JSON, and what is refused.

use image::{GrayImage, ImageFormat, Luma, imageops};
use std::fs;
use std::path::Path;
use tinyevo::champion::{Champion, Weights};
use tinyevo::data::{self, Dataset, Description, Normalisation, Options, Request, Silent, Split};
use tinyevo::formats::{self, Format, encode};
use tinyevo::picture::{Taken, sample};
use tinyevo::predict::predict;
use tinyevo::quantize::quantize;
use tinyevo_core::layers::{Activation, Dense, Layer};
use tinyevo_core::network::Network;
use tinyevo_tests::{Folder, real_mnist, run};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tinyevo-under-test");

const DIGITS: usize = 200;

fn digits() -> Dataset {
    let options = Options { builtin_train: 1000, builtin_test: DIGITS, ..Options::default() };
    data::load(&Request::new("builtin").unwrap(), &options, &Silent).unwrap()
}

/// The class whose mean training image is the nearest, as a network: x·m - |m|²/2 is largest where |x - m|² is smallest.
fn nearest_mean(digits: &Dataset) -> Champion {
    let mut means = vec![[0.0_f32; 784]; 10];
    for index in 0..digits.train.len() {
        let class = usize::from(digits.train.labels[index]);
        let images =
            digits.train.labels.iter().filter(|label| usize::from(**label) == class).count();
        for (mean, pixel) in means[class].iter_mut().zip(digits.train.image(index)) {
            *mean += f32::from(*pixel) / 255.0 / images as f32;
        }
    }
    let layer = Layer::Dense(Dense { units: 10, activation: Activation::Softmax });
    let network = Network::new(digits.shape(), &[layer]).unwrap();
    let kernel = (0..7840).map(|index| means[index % 10][index / 10]);
    let bias = means.iter().map(|mean| -mean.iter().map(|m| m * m).sum::<f32>() / 2.0);
    Champion::floats(network, kernel.chain(bias).collect()).unwrap()
}

fn drawn(digits: &Dataset, index: usize) -> GrayImage {
    GrayImage::from_raw(28, 28, digits.test.image(index).to_vec()).unwrap()
}

/// The digit as users have it: so many times as large, on a page that is larger still, away from its middle.
fn on_a_page(digit: &GrayImage, times: u32, inverted: bool) -> GrayImage {
    let side = 28 * times;
    let large = imageops::resize(digit, side, side, imageops::FilterType::Nearest);
    let mut page = GrayImage::from_pixel(side + side / 2, side + side / 3, Luma([0]));
    imageops::replace(&mut page, &large, i64::from(side / 2), 0);
    if inverted {
        imageops::invert(&mut page);
    }
    page
}

#[test]
fn digits_of_any_size_and_place_keep_their_class() {
    let digits = digits();
    let champion = nearest_mean(&digits);
    let shape = champion.network().input();
    let class = |pixels: &[u8]| predict(&champion, pixels).unwrap().class;
    let right = (0..DIGITS).filter(|index| {
        class(digits.test.image(*index)) == usize::from(digits.test.labels[*index])
    });
    let right = right.count();
    assert!(right > DIGITS * 6 / 10, "the classes mean something: {right} of {DIGITS} are right");
    let measured = [(10, false), (10, true), (3, true)].map(|(times, inverted)| {
        let kept = (0..DIGITS).filter(|index| {
            let page = on_a_page(&drawn(&digits, *index), times, inverted);
            let own = sample(&page.into(), shape, Taken::Fitted).unwrap().pixels;
            class(&own) == class(digits.test.image(*index))
        });
        kept.count()
    });
    assert!(measured.iter().all(|kept| *kept >= KEPT), "{measured:?} of {DIGITS}, {right} right");
}

/// How many of 200 digits keep their class at least.
const KEPT: usize = 196;

/// A folder with a champion in three forms, and three pictures of digits.
fn folder() -> (Folder, Vec<String>) {
    let folder = Folder::new(PROGRAM);
    let digits = digits();
    let champion = nearest_mean(&digits);
    let Weights::Floats(network, genome) = &champion.weights else { panic!() };
    let integers = quantize(network, genome, &digits.train.images).unwrap();
    for (name, champion, format) in [
        ("champion.safetensors", &champion, Format::Safetensors),
        ("champion.npz", &champion, Format::Npz),
        ("int8.tev", &integers, Format::Tev),
    ] {
        fs::write(folder.path(name), encode(champion, format, None).unwrap()).unwrap();
    }
    let paths = (0..3).map(|index| {
        let path = folder.path(&format!("{index}.{}", if index == 2 { "jpg" } else { "png" }));
        on_a_page(&drawn(&digits, index), 10, index == 1).save(&path).unwrap();
        path.to_str().unwrap().to_string()
    });
    let paths = paths.collect();
    (folder, paths)
}

/// The arguments of the command with these pictures.
fn predicted<'a>(champion: &'a str, flags: &[&'a str], pictures: &'a [String]) -> Vec<&'a str> {
    let pictures = pictures.iter().map(String::as_str);
    ["predict", champion].into_iter().chain(flags.iter().copied()).chain(pictures).collect()
}

#[test]
fn several_pictures_are_shown_as_bars_and_as_json() {
    let (folder, pictures) = folder();
    let champion = folder.text("champion.safetensors");
    let shown = run(PROGRAM, &predicted(&champion, &[], &pictures)).success().stdout;
    assert_eq!(shown.lines().count(), 3 * 11, "{shown}");
    assert!(shown.starts_with(&format!("{}: ", pictures[0])) && shown.contains('█'), "{shown}");
    let json = |champion: &str| {
        let text = run(PROGRAM, &predicted(champion, &["--json"], &pictures)).success().stdout;
        serde_json::from_str::<Vec<serde_json::Value>>(&text).unwrap()
    };
    let floats = json(&champion);
    assert_eq!(json(&folder.text("champion.npz")), floats);
    for ((object, picture), int8) in
        floats.iter().zip(&pictures).zip(json(&folder.text("int8.tev")))
    {
        assert_eq!(object["file"], **picture);
        let all = tinyevo_tests::numbers(&object["probabilities"]);
        let largest = (0..10).max_by(|a, b| all[*a].total_cmp(&all[*b])).unwrap();
        assert_eq!(object["class"], largest);
        assert!((all.iter().sum::<f64>() - 1.0).abs() < 1e-5);
        assert!(shown.contains(&format!("{picture}: {largest}\n")), "{shown}");
        // Integers have logits only; the class is the same but for near ties.
        assert_eq!((&int8["class"], int8["probabilities"].is_null()), (&object["class"], true));
        assert_eq!(int8["logits"].as_array().unwrap().len(), 10);
    }
}

/// How many pictures of a split, twice as large, get a note; and the largest share of a border that is taken as ink.
fn noted(split: &Split) -> (usize, f32) {
    let (mut count, mut largest) = (0, 0.0_f32);
    for index in 0..split.len() {
        let digit = GrayImage::from_raw(28, 28, split.image(index).to_vec()).unwrap();
        let large = imageops::resize(&digit, 56, 56, imageops::FilterType::Nearest);
        let own = sample(&large.into(), split.shape, Taken::Fitted).unwrap();
        count += usize::from(own.note().is_some());
        largest = largest.max(own.border.unwrap());
    }
    (count, largest)
}

#[test]
fn no_digit_gets_a_note() {
    assert_eq!(noted(&digits().test).0, 0);
    let Some(folder) = real_mnist("notes on MNIST's pictures") else { return };
    let mnist = data::load(&Request::Folder(folder), &Options::default(), &Silent).unwrap();
    let (count, largest) = noted(&mnist.test);
    let images = mnist.test.len();
    println!("{count} of {images} get a note; at most {:.1} % of a border is ink", 100.0 * largest);
    assert!(count == 0 && largest < 0.037, "{count} {largest}");
}

#[test]
fn a_picture_without_a_plain_ground_gets_a_note() {
    let (folder, pictures) = folder();
    let champion = folder.text("champion.safetensors");
    let photo = folder.text("photo.png");
    GrayImage::from_fn(90, 60, |x, y| Luma([(x * 2 + y) as u8])).save(&photo).unwrap();
    let both = [pictures[0].clone(), photo];
    let shown = run(PROGRAM, &predicted(&champion, &[], &both)).success().stdout;
    assert_eq!(shown.matches("\n  note: ").count(), 1, "{shown}");
    let last = shown.lines().last().unwrap();
    assert!(last.contains("% of the border differ from its ground"), "{last}");
    let json = run(PROGRAM, &predicted(&champion, &["--json"], &both)).success().stdout;
    let list: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    assert!(list[0]["note"].is_null());
    assert_eq!(list[1]["note"].as_str(), last.strip_prefix("  note: "));
}

#[test]
fn a_champion_of_measured_values_is_refused() {
    let (folder, pictures) = folder();
    let champion = formats::read(&folder.path("champion.safetensors")).unwrap();
    let normalisation = Normalisation::new(vec![0.0], vec![1.0]);
    let champion = champion.described(Description { normalisation, ..Description::default() });
    let bytes = encode(&champion, Format::Safetensors, None).unwrap();
    fs::write(folder.path("sensor.safetensors"), bytes).unwrap();
    for flags in [&[][..], &["--json"]] {
        let sensor = folder.text("sensor.safetensors");
        run(PROGRAM, &predicted(&sensor, flags, &pictures))
            .fails(1, &["numbers that are normalised", "tinyevo evaluate"]);
    }
}

#[test]
fn json_of_no_picture_is_an_empty_list() {
    let (folder, _) = folder();
    fs::write(folder.path("text.png"), "no picture").unwrap();
    let bad = [folder.text("text.png"), folder.text("nowhere.png")];
    let champion = folder.text("champion.safetensors");
    let ran = run(PROGRAM, &predicted(&champion, &["--json"], &bad));
    assert_eq!((ran.code, &*ran.stdout), (Some(1), "[]\n"));
    assert_eq!(ran.stderr.matches("error: ").count(), 2, "{}", ran.stderr);
}

#[test]
fn a_picture_that_is_none_does_not_hide_the_others() {
    let (folder, mut pictures) = folder();
    let champion = folder.text("champion.safetensors");
    fs::write(folder.path("text.png"), "no picture").unwrap();
    let blank = GrayImage::from_pixel(50, 50, Luma([200]));
    blank.save_with_format(Path::new(&folder.text("blank")), ImageFormat::Png).unwrap();
    for (name, reason) in [
        ("text.png", "neither a PNG nor a JPEG"),
        ("blank", "shows nothing"),
        ("nowhere.png", "nowhere.png"),
    ] {
        run(PROGRAM, &["predict", &champion, &folder.text(name)]).fails(1, &[name, reason]);
    }
    run(PROGRAM, &["predict", &champion]).fails(2, &["IMAGE"]);
    run(PROGRAM, &["predict", &champion, "--raw", &pictures[0]])
        .fails(1, &["420x373", "28x28", "--raw"]);
    let only = run(PROGRAM, &predicted(&champion, &["--json"], &pictures)).success().stdout;
    pictures.insert(1, folder.text("text.png"));
    pictures.push(folder.text("blank"));
    let mixed = run(PROGRAM, &predicted(&champion, &["--json"], &pictures));
    assert_eq!((mixed.code, mixed.stdout), (Some(1), only));
    assert_eq!(mixed.stderr.matches("error: ").count(), 2, "{}", mixed.stderr);
}

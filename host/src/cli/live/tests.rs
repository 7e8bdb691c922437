//! The screen as pictures: `snapshots/` holds what is expected at several sizes, as text.

use super::picture::Picture;
use super::shown::{Shown, Status};
use super::{refresh, view};
use crate::cli::terminal::Look;
use crate::report::Series;
use crate::run::{Interrupt, Row};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tinyevo_core::shape::Shape;
use tinyevo_core::statistics::Statistics;

const PLAIN: Look = Look { colour: false, motion: true, unicode: true };

/// A ring, thicker with the number.
fn ring(caption: &str, number: usize) -> Picture {
    let value = move |index: usize| {
        let (y, x) = ((index / 28) as f32 - 13.5, (index % 28) as f32 - 13.5);
        let distance = (y * y + x * x).sqrt() - 8.0;
        if distance.abs() < 1.5 + number as f32 / 4.0 { 1.0 } else { 0.0 }
    };
    Picture::new(caption.to_string(), Shape { height: 28, width: 28, channels: 1 }, value)
}

/// A run after 240 of 400 generations.
fn example() -> Shown {
    let mut shown = Shown::new("es, 784-128-10, MNIST, seed 64".to_string(), None);
    (shown.generation, shown.generations, shown.seconds) = (240, 400, 12.0);
    for generation in 0..=240 {
        let learned = 1.0 - (-(generation as f32) / 60.0).exp();
        let wave = 0.02 * (generation as f32 / 7.0).sin();
        shown.best.push(generation, 0.1 + 0.8 * learned + wave);
        shown.champion.push(generation, 0.1 + 0.85 * learned);
        for (series, offset) in
            [(&mut shown.mean, 0.0), (&mut shown.smallest, -0.1), (&mut shown.largest, 0.1)]
        {
            series.push(generation, 2.0 - 1.5 * learned + offset);
        }
    }
    shown.statistics = Statistics { avg: 0.53, std: 0.0421, min: 0.43, max: 0.63 };
    (shown.accuracy, shown.champion_accuracy, shown.champion_generation) =
        (0.885, 0.9344, Some(238));
    shown.mistakes =
        (0..30).map(|it| ring(&format!("{} → {}", it % 10, 9 - it % 10), it)).collect();
    shown.wrong = "30 of 461".to_string();
    shown.weights = (0..30).map(|it| ring(&it.to_string(), it)).collect();
    shown
}

/// The screen as text.
fn screen(shown: &Shown, look: Look, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| view::draw(frame, shown, look)).unwrap();
    terminal.backend().to_string()
}

#[test]
fn the_screen_fills_terminals_of_several_sizes() {
    let shown = example();
    for (name, width, height) in
        [("80x24", 80, 24), ("60x20", 60, 20), ("120x40", 120, 40), ("30x10", 30, 10)]
    {
        insta::assert_snapshot!(name, screen(&shown, PLAIN, width, height));
    }
}

#[test]
fn ascii_is_ascii() {
    let mut shown = example();
    shown.help = true;
    shown.mistakes = (0..9).map(|it| ring(&format!("{it} > 9"), it)).collect();
    let text = screen(&shown, Look { unicode: false, ..PLAIN }, 80, 24);
    assert!(text.is_ascii(), "{text}");
    insta::assert_snapshot!("80x24-ascii-help", text);
}

#[test]
fn the_screen_says_what_the_run_does() {
    let mut shown = example();
    for (status, [state, keys]) in [
        (Status::Running, [" running ", "p pause  c checkpoint  q stop  ? help"]),
        (Status::Paused, [" paused ", "p resume  q stop  ? help"]),
        (Status::Ending, [" ending ", "q stop"]),
        (Status::Ended("test accuracy 93.44 %; press a key".into()), [" ended ", "93.44 %; press"]),
    ] {
        shown.status = status;
        let text = screen(&shown, PLAIN, 80, 24);
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[0].contains(state) && lines[23].contains(keys), "{text}");
    }
}

#[test]
fn a_champion_is_said_to_be_one_when_there_is_one() {
    let mut shown = Shown::new(String::new(), None);
    let line = |shown: &Shown| {
        let text = screen(shown, PLAIN, 80, 24);
        text.lines().nth(2).unwrap().trim_matches(['"', ' ']).to_string()
    };
    assert_eq!(line(&shown), "no generation yet");
    shown.best.push(0, 0.1);
    (shown.accuracy, shown.champion_accuracy, shown.champion_generation) = (0.1, 0.125, Some(0));
    assert_eq!(line(&shown), "champion 12.50 % (not evolved yet)   best 10.00 %");
    shown.champion_generation = Some(7);
    assert_eq!(line(&shown), "champion 12.50 % (generation 7)   best 10.00 %");
    // Recalled from the history of a run that goes on, which does not say it.
    shown.champion_generation = None;
    assert_eq!(line(&shown), "champion 12.50 %   best 10.00 %");
}

#[test]
fn no_size_and_no_state_of_a_run_is_too_little() {
    let empty = Shown::new(String::new(), Some(1.0));
    for shown in [&empty, &example()] {
        for (width, height) in [(1, 1), (2, 3), (10, 4), (3, 30), (200, 5), (300, 100)] {
            let _ = screen(shown, PLAIN, width, height);
            let _ = screen(shown, Look { colour: true, ..PLAIN }, width, height);
        }
    }
}

#[test]
fn colours_are_left_out_where_they_are_not_wanted() {
    use ratatui::style::Color;
    let coloured = |colour: bool| {
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        let look = Look { colour, ..PLAIN };
        terminal.draw(|frame| view::draw(frame, &example(), look)).unwrap();
        let cells = terminal.backend().buffer().content.iter();
        cells.filter(|cell| (cell.fg, cell.bg) != (Color::Reset, Color::Reset)).count()
    };
    assert_eq!(coloured(false), 0);
    assert!(coloured(true) > 200);
}

#[test]
fn rate_and_time_left_are_those_of_late() {
    let mut shown = Shown::new(String::new(), None);
    assert_eq!((shown.rate(), shown.left()), (None, None));
    shown.generations = 200;
    // Ten generations a second after a slow start.
    for (generation, seconds) in (0..=100).map(|it| (it, 50.0 + 0.1 * f64::from(it))) {
        shown.moment(generation, seconds);
    }
    assert!((shown.rate().unwrap() - 10.0).abs() < 0.5, "{:?}", shown.rate());
    assert!((shown.left().unwrap() - 10.0).abs() < 0.5, "{:?}", shown.left());
    shown.limit = Some(61.0);
    assert!((shown.left().unwrap() - 1.0).abs() < 1e-6);
    assert!((shown.share() - 60.0 / 61.0).abs() < 1e-6);
}

#[test]
fn a_run_that_goes_on_shows_the_generations_before() {
    let row = |generation: u32, champion_accuracy| {
        let (min, max) = (generation as f32, 3.0);
        let statistics = Statistics { avg: 2.0, std: 0.1, min, max };
        let (seconds, fitness, accuracy) = (f64::from(generation), 0.5, 0.25);
        Row { generation, seconds, fitness, statistics, accuracy, champion_accuracy }
    };
    let rows = [row(0, 0.5), row(1, 0.5), row(2, 0.75)];
    let points = |series: &Series| series.points().collect::<Vec<_>>();
    let recalled = |keeps_champion| {
        let mut shown = Shown::new(String::new(), None);
        shown.recall(&rows, keeps_champion);
        shown
    };
    let shown = recalled(true);
    assert_eq!(points(&shown.champion), [(0, 0.5), (2, 0.75)]);
    assert_eq!(points(&shown.best), [(0, 0.25), (1, 0.25), (2, 0.25)]);
    assert_eq!(points(&shown.smallest), [(0, 0.0), (1, 1.0), (2, 2.0)]);
    assert_eq!((points(&shown.mean).len(), points(&shown.largest)[2]), (3, (2, 3.0)));
    assert_eq!((shown.generation, shown.seconds, shown.champion_accuracy), (2, 2.0, 0.75));
    assert_eq!((shown.accuracy, shown.statistics), (0.25, rows[2].statistics));
    assert_eq!(points(&recalled(false).champion), [(0, 0.5), (1, 0.5), (2, 0.75)]);
}

#[test]
fn the_note_follows_what_the_run_has_done() {
    let (mut shown, interrupt) = (example(), Interrupt::new());
    refresh(&mut shown, &interrupt);
    assert_eq!((&shown.status, &*shown.note), (&Status::Running, ""));
    interrupt.stop();
    refresh(&mut shown, &interrupt);
    assert_eq!(shown.status, Status::Ending);
}

//! The screen as a drawing of what it shows; nothing here reads keys or runs.

use super::picture::Picture;
use super::shown::{Shown, Status};
use crate::cli::terminal::Look;
use crate::report::Series;
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Block, Borders, Chart, Clear, Dataset, GraphType, Paragraph};

/// Lines above the plots: title, progress, champion.
const HEAD: u16 = 3;

/// The least lines of the plots.
const PLOTS: u16 = 5;

/// The keys, as the last line shows them.
const KEYS: &str = "p pause  c checkpoint  q stop  ? help";
const PAUSED_KEYS: &str = "p resume  q stop  ? help";

/// What `?` shows.
const HELP: [&str; 8] = [
    "p  pause, with a checkpoint; again: go on",
    "c  write a checkpoint now",
    "q  stop, with the report; --resume goes on",
    "?  show or hide this",
    "",
    "best: of the generation, on its images",
    "champion: as the run judges it",
    "weights: grey is 0, black - and white +",
];

/// Draws everything.
pub(super) fn draw(frame: &mut Frame<'_>, shown: &Shown, look: Look) {
    let area = frame.area();
    let size = picture_size(shown);
    let parts = [
        Constraint::Length(HEAD.min(area.height)),
        Constraint::Fill(1),
        Constraint::Length(size.map_or(0, |size| pictures_height(area.height, size.1))),
        Constraint::Length(1),
    ];
    let [head, plots, pictures, keys] = Layout::vertical(parts).areas(area);
    frame.render_widget(Paragraph::new(self::head(shown, head.width, look)), head);
    let halves = [Constraint::Fill(1), Constraint::Fill(1)];
    let [left, right] = Layout::horizontal(halves).spacing(1).areas(plots);
    accuracies(frame, left, shown, look);
    fitness(frame, right, shown, look);
    if let Some((width, _)) = size {
        // An odd picture goes to the mistakes.
        let columns = ((pictures.width + 1) / width).div_ceil(2);
        let left = Constraint::Length((columns * width).max(pictures.width / 2));
        let [left, right] = Layout::horizontal([left, Constraint::Fill(1)]).areas(pictures);
        let arrow = if look.unicode { '→' } else { '>' };
        let about = format!("mistakes ({}): label {arrow} answer", shown.wrong);
        grid(frame, left, (&about, &shown.mistakes), look);
        grid(frame, right, ("weights of the first layer", &shown.weights), look);
    }
    frame.render_widget(footer(shown), keys);
    if shown.help {
        help(frame, area);
    }
    if !look.unicode {
        to_ascii(frame.buffer_mut());
    }
}

/// Columns and lines of a picture with its caption and what is between two; none where there are none.
fn picture_size(shown: &Shown) -> Option<(u16, u16)> {
    let all = || shown.mistakes.iter().chain(&shown.weights);
    let width = all().map(|it| it.width.max(it.caption.chars().count())).max()?;
    let height = all().map(Picture::lines).max()?;
    Some((width as u16 + 1, height as u16 + 1))
}

/// Lines for rows of pictures of a height, about half of the screen; 0 where the plots leave no room.
fn pictures_height(screen: u16, picture: u16) -> u16 {
    let rest = screen.saturating_sub(HEAD + 1);
    let most = rest.saturating_sub(PLOTS + 1) / picture;
    let rows = (rest / 2 / picture).max(1).min(most);
    if rows == 0 { 0 } else { 1 + rows * picture }
}

/// Title, progress, champion.
fn head(shown: &Shown, width: u16, look: Look) -> Vec<Line<'static>> {
    let (word, colour) = match &shown.status {
        Status::Running => ("running", Color::Green),
        Status::Paused => ("paused", Color::Yellow),
        Status::Ending => ("ending", Color::Yellow),
        Status::Ended(_) => ("ended", Color::Cyan),
    };
    let strong = Style::new().add_modifier(Modifier::BOLD);
    let state = Style::new().add_modifier(Modifier::REVERSED);
    let state = if look.colour { state.fg(colour) } else { state };
    let title = vec![
        Span::styled(format!(" {word} "), state),
        Span::raw(" "),
        Span::styled(shown.title.clone(), strong),
    ];
    vec![Line::from(title), progress(shown, width, look), Line::from(champion(shown))]
}

/// The champion, and the best of the generation.
fn champion(shown: &Shown) -> String {
    if shown.best.points().next().is_none() {
        return "no generation yet".to_string();
    }
    let (champion, best) = (100.0 * shown.champion_accuracy, 100.0 * shown.accuracy);
    let of = match shown.champion_generation {
        // A judge may be due after a hundred generations only.
        Some(0) => " (not evolved yet)".to_string(),
        Some(generation) => format!(" (generation {generation})"),
        None => String::new(),
    };
    // One parent has no spread.
    let spread = match shown.statistics.std {
        std if std > 0.0 => format!("   spread {std:.3}"),
        _ => String::new(),
    };
    format!("champion {champion:.2} %{of}   best {best:.2} %{spread}")
}

/// Generation, a bar, rate, and time left.
fn progress(shown: &Shown, width: u16, look: Look) -> Line<'static> {
    let before = format!("generation {}/{} ", shown.generation, shown.generations);
    let running = matches!(shown.status, Status::Running);
    let left = shown.left().filter(|_| running).map(|left| format!("  ETA {}", clock(left)));
    let rate = shown.rate().map(|rate| match rate {
        rate if rate < 10.0 => format!("  {rate:.2}/s"),
        rate => format!("  {rate:.0}/s"),
    });
    let share = 100.0 * shown.share();
    let after = format!(" {share:.0} %{}{}", rate.unwrap_or_default(), left.unwrap_or_default());
    let room = usize::from(width).saturating_sub(before.len() + after.len()).min(40);
    let full = (shown.share() * room as f64) as usize;
    let bar = Style::new();
    let bar = if look.colour { bar.fg(Color::Green) } else { bar };
    Line::from(vec![
        Span::raw(before),
        Span::styled("█".repeat(full), bar),
        Span::raw("░".repeat(room - full)),
        Span::raw(after),
    ])
}

/// Seconds as minutes or hours.
fn clock(seconds: f64) -> String {
    let seconds = seconds.round().min(1e9) as u64;
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    match minutes / 60 {
        0 => format!("{minutes}:{seconds:02}"),
        hours => format!("{hours}:{:02}:{seconds:02}", minutes % 60),
    }
}

/// A line of a plot.
struct Curve {
    points: Vec<(f64, f64)>,
    colour: Color,
    /// Dots instead of a fine line, where colours do not tell curves apart.
    dots: bool,
}

impl Curve {
    fn new(series: &Series, scale: f64, colour: Color, dots: bool) -> Self {
        let points = series.points().map(|(x, y)| (f64::from(x), scale * f64::from(y)));
        let points = points.filter(|point| point.1.is_finite()).collect();
        Self { points, colour, dots }
    }
}

fn accuracies(frame: &mut Frame<'_>, area: Rect, shown: &Shown, look: Look) {
    let curves = [
        Curve::new(&shown.best, 100.0, Color::Blue, false),
        Curve::new(&shown.champion, 100.0, Color::Red, true),
    ];
    let title = [("accuracy, %:", Color::Reset), ("best", Color::Blue), ("champion", Color::Red)];
    plot(frame, area, (&title, &curves), look);
}

fn fitness(frame: &mut Frame<'_>, area: Rect, shown: &Shown, look: Look) {
    let curves = [
        Curve::new(&shown.smallest, 1.0, Color::DarkGray, true),
        Curve::new(&shown.largest, 1.0, Color::DarkGray, true),
        Curve::new(&shown.mean, 1.0, Color::Magenta, false),
    ];
    let title =
        [("fitness:", Color::Reset), ("mean", Color::Magenta), ("extremes", Color::DarkGray)];
    plot(frame, area, (&title, &curves), look);
}

/// A plot of some curves over all generations. The first tenth of them may reach out of it, so that later changes show.
fn plot(
    frame: &mut Frame<'_>,
    area: Rect,
    (title, curves): (&[(&'static str, Color)], &[Curve]),
    look: Look,
) {
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let end = points().map(|point| point.0).fold(1.0, f64::max);
    let late = || points().filter(move |point| point.0 >= 0.1 * end).map(|point| point.1);
    let (low, high) =
        (late().fold(f64::INFINITY, f64::min), late().fold(f64::NEG_INFINITY, f64::max));
    let word = |(word, colour): &(&'static str, Color)| {
        let style = if look.colour { Style::new().fg(*colour) } else { Style::new() };
        [Span::raw(" "), Span::styled(*word, style)]
    };
    let title = title.iter().flat_map(word).chain([Span::raw(" ")]);
    let block = Block::new().borders(Borders::TOP).title(Line::from_iter(title));
    if area.height < 3 || low > high {
        return frame.render_widget(block, area);
    }
    let margin = 0.05 * (high - low).max(1e-3 * high.abs()).max(1e-6);
    let (low, high) = (low - margin, high + margin);
    let dataset = |curve| {
        let Curve { points, colour, dots }: &Curve = curve;
        let fine = look.unicode && (look.colour || !dots);
        let marker = match (fine, *dots) {
            (true, _) => Marker::Braille,
            (false, true) => Marker::Dot,
            (false, false) => Marker::Custom('*'),
        };
        let style = if look.colour { Style::new().fg(*colour) } else { Style::new() };
        let data = Dataset::default().data(points).marker(marker);
        data.graph_type(GraphType::Line).style(style)
    };
    let label = |value: f64| match high - low {
        span if span < 0.2 => format!("{value:.3}"),
        span if span < 20.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    };
    let x = Axis::default().bounds([0.0, end]).labels(["0".to_string(), format!("{end:.0}")]);
    let y = Axis::default().bounds([low, high]).labels([label(low), label(high)]);
    let chart = Chart::new(curves.iter().map(dataset).collect());
    frame.render_widget(chart.block(block).legend_position(None).x_axis(x).y_axis(y), area);
}

/// Pictures beside and below one another, as many as there is room for.
fn grid(frame: &mut Frame<'_>, area: Rect, (title, pictures): (&str, &[Picture]), look: Look) {
    if area.height == 0 {
        return;
    }
    let block = titled(title);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let Some(first) = pictures.first() else { return };
    let width = first.width.max(first.caption.chars().count()) as u16 + 1;
    let height = first.lines() as u16 + 1;
    let (columns, rows) = ((inner.width + 1) / width, inner.height / height);
    for (index, picture) in (0..columns.saturating_mul(rows)).zip(pictures) {
        let (column, row) = (index % columns, index / columns);
        let mut lines = vec![Line::from(picture.caption.clone())];
        lines.extend((0..picture.lines()).map(|at| picture.line(at, look.colour, look.unicode)));
        let place = Rect::new(inner.x + column * width, inner.y + row * height, width - 1, height);
        frame.render_widget(Paragraph::new(lines), place.intersection(inner));
    }
}

/// A line with a title in it.
fn titled(title: &str) -> Block<'static> {
    Block::new().borders(Borders::TOP).title(format!(" {title} "))
}

/// The keys, and the answer to the last one; at the end, what to do.
fn footer(shown: &Shown) -> Paragraph<'static> {
    let strong = Style::new().add_modifier(Modifier::REVERSED);
    match &shown.status {
        Status::Ended(words) => Paragraph::new(Span::styled(format!(" {words} "), strong)),
        status => {
            let keys = if *status == Status::Paused { PAUSED_KEYS } else { KEYS };
            let note = Span::styled(
                format!("   {}", shown.note),
                Style::new().add_modifier(Modifier::BOLD),
            );
            Paragraph::new(Line::from(vec![Span::raw(keys), note]))
        }
    }
}

fn help(frame: &mut Frame<'_>, area: Rect) {
    let (width, height) = (50.min(area.width), (HELP.len() as u16 + 2).min(area.height));
    let place = area.centered(Constraint::Length(width), Constraint::Length(height));
    let lines: Vec<_> = HELP.iter().map(|line| Line::from(format!(" {line}"))).collect();
    let block = Block::bordered().title(" help ").title_alignment(Alignment::Center);
    frame.render_widget(Clear, place);
    frame.render_widget(Paragraph::new(lines).block(block), place);
}

/// Puts a character of ASCII in the place of each other one.
fn to_ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        let plain = match cell.symbol() {
            symbol if symbol.is_ascii() => continue,
            "─" => "-",
            "│" => "|",
            "█" => "#",
            "░" => ".",
            "•" => ".",
            _ => "+",
        };
        cell.set_symbol(plain);
    }
}

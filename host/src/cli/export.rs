//! `tinyevo export CHAMPION`: the champion in another format, for a firmware or for other programs.

use super::options::{DataArgs, champion_file};
use super::output::{self, Console};
use super::quantize::Calibration;
use crate::champion::{Champion, Weights};
use crate::data::Wanted;
use crate::error::Error;
use crate::footprint::Footprint;
use crate::formats::{self, Format, Identifier};
use crate::write::{self, Existing};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use std::borrow::Cow;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The champion: the folder of a run, a .safetensors or a .tev file
    #[arg(value_parser = champion_file())]
    file: PathBuf,
    /// The format to write
    #[arg(long, value_name = "NAME", value_parser = format())]
    format: Format,
    /// Turn floats into 8-bit integers; needs training images, on which scales are chosen
    #[arg(long)]
    int8: bool,
    /// The file to write; - is standard output
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace a file that exists
    #[arg(long)]
    force: bool,
    /// Start of all names in C [default: tinyevo], or a module around the Rust code [default: none]
    #[arg(long, value_name = "NAME")]
    name: Option<Identifier>,
    /// Fail if a microcontroller of `tinyevo footprint` needs more flash than this, code and weights, as 64k; by the figures of
    /// the code in Rust, also for --format c, whose code is not measured for each network [default: none]
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    max_flash: Option<usize>,
    /// Fail if one needs more RAM than this, an image, buffers and stack, as 4k; by the same figures [default: none]
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    max_ram: Option<usize>,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    calibration: Calibration,
}

/// The names of the formats, with what they are.
fn format() -> impl TypedValueParser<Value = Format> {
    let value = |format: Format| PossibleValue::new(format.name()).help(format.about());
    PossibleValuesParser::new(Format::ALL.map(value)).try_map(|name| name.parse::<Format>())
}

/// A number of bytes; k stands for 1,024 and M for its square.
fn bytes(text: &str) -> Result<usize, String> {
    let (digits, unit) = match text.strip_suffix(['k', 'K']) {
        Some(digits) => (digits, 1 << 10),
        None => text.strip_suffix('M').map_or((text, 1), |digits| (digits, 1 << 20)),
    };
    let number = digits.parse().ok().and_then(|number: usize| number.checked_mul(unit));
    number.ok_or_else(|| "a number of bytes, as 65536, 64k or 1M".to_string())
}

/// What limits for a C header are checked by.
const OF_RUST: &str = "by the figures of the code in Rust: the C header was not measured (docs/own-data.md has five that were)";

/// Refuses a champion that needs more than it may.
fn check_footprint(args: &Args, champion: &Champion) -> Result<(), Error> {
    let [flash, ram] = Footprint::of(champion)?.most();
    let limits =
        [("flash", "--max-flash", args.max_flash, flash), ("RAM", "--max-ram", args.max_ram, ram)];
    for (what, flag, limit, (target, needed)) in limits {
        if let Some(limit) = limit.filter(|limit| needed > *limit) {
            let whose =
                if args.format == Format::C { format!("\n  {OF_RUST}") } else { String::new() };
            return Err(Error::Unfit {
                action: "exported",
                reason: format!(
                    "a {target} needs {needed} bytes of {what}, and {flag} allows {limit}; `tinyevo footprint` shows all targets{whose}"
                ),
            });
        }
    }
    Ok(())
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    let console = Console { quiet: false };
    let standard_output = args.out == Path::new("-");
    let existing = if args.force { Existing::Replace } else { Existing::Keep };
    if args.name.is_some() && !matches!(args.format, Format::Rust | Format::C) {
        return Err(Error::Usage("--name is for --format rust and --format c".to_string()));
    }
    if !standard_output {
        write::check(&args.out, existing, &[&args.file])?;
    }
    let champion = formats::read(&args.file)?;
    let (exported, scales) = match &champion.weights {
        Weights::Floats(network, genome) if args.int8 => {
            let images = args.calibration.images();
            let dataset =
                args.data.load_for((&champion, &args.file), images, Wanted::TRAIN, console)?;
            let integers =
                args.calibration.quantize((network, genome), &champion.description, &dataset)?;
            let scales = format!("\nits scales were chosen on training images of {dataset}");
            (Cow::Owned(integers), scales)
        }
        _ => (Cow::Borrowed(&champion), String::new()),
    };
    check_footprint(args, &exported)?;
    let file = Some(&*args.out).filter(|_| !standard_output);
    let bytes = formats::encode_for(file, &exported, args.format, args.name.as_ref())?;
    if standard_output {
        output::bytes(&bytes)?;
    } else {
        write::with(&args.out, existing, |file| file.write_all(&bytes))?;
    }
    let place =
        if standard_output { "standard output".into() } else { args.out.display().to_string() };
    console.line(&format!("wrote {} bytes to {place}{scales}", bytes.len()));
    if args.format == Format::C && (args.max_flash.is_some() || args.max_ram.is_some()) {
        console.line(&format!("it keeps --max-flash and --max-ram {OF_RUST}"));
    }
    Ok(())
}

//! `tinyevo import FILE`: a network that another program trained, as a champion.

use super::options::shape;
use super::output::Console;
use crate::champion::network_name;
use crate::config::Hidden;
use crate::error::Error;
use crate::formats::{self, Format, NetworkHint};
use crate::write::{self, Existing};
use std::path::{Path, PathBuf};
use tinyevo_core::shape::Shape;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The weights: .npz, .safetensors, .onnx or .tev
    file: PathBuf,
    /// All layers, as conv:10x5,pool:2,dense:10, of a file that holds weights alone [default: dense layers, by the shapes of
    /// the weights]; each has ReLU, the last one softmax
    #[arg(long, value_name = "LAYERS", value_delimiter = ',')]
    network: Option<Vec<Hidden>>,
    /// Rows, columns and channels of a sample, as 28x28x1, where the file does not say them
    #[arg(long, value_name = "ROWSxCOLUMNSxCHANNELS", value_parser = shape)]
    input: Option<Shape>,
    /// The file to write: .safetensors, or .tev
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace a file that exists
    #[arg(long)]
    force: bool,
}

/// The format of a file by its name.
fn format_of(path: &Path) -> Result<Format, Error> {
    match path.extension().and_then(|end| end.to_str()) {
        Some("safetensors") => Ok(Format::Safetensors),
        Some("tev") => Ok(Format::Tev),
        _ => Err(Error::Usage(format!(
            "--out {}: a champion's file ends with .safetensors or .tev",
            path.display()
        ))),
    }
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    let existing = if args.force { Existing::Replace } else { Existing::Keep };
    let format = format_of(&args.out)?;
    write::check(&args.out, existing, &[&args.file])?;
    let hint = NetworkHint { network: args.network.clone(), input: args.input };
    let champion = formats::read_as(&args.file, &hint)?;
    let bytes = formats::encode(&champion, format, None)?;
    write::with(&args.out, existing, |file| file.write_all(&bytes))?;
    let network = champion.network();
    let Shape { height, width, channels } = network.input();
    Console { quiet: false }.line(&format!(
        "{}: {} inputs of {height}x{width}x{channels}, {} weights as {}\nwrote {} bytes to {}",
        network_name(network),
        network.input().elements(),
        network.parameters(),
        champion.numbers(),
        bytes.len(),
        args.out.display()
    ));
    Ok(())
}

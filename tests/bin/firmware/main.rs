//! Makes what the firmware runs, in a folder:
//!
//!     tinyevo-firmware champion FOLDER    champions of MNIST, images and labels
//!     tinyevo-firmware own FOLDER         champions of users' own data, and samples

use std::path::Path;
use tinyevo::error::Error;

mod champion;
mod own;

fn main() -> Result<(), Error> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["champion", folder] => champion::make(Path::new(folder)),
        ["own", folder] => own::make(Path::new(folder)),
        _ => Err(Error::Usage("give what to make, champion or own, and a folder".to_string())),
    }
}

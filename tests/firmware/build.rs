//! Puts the board's memory.x where the linker looks. Builds the firmware of benches/peers too.

use std::env::var;
use std::path::Path;

fn main() {
    let board = var("TINYEVO_BOARD").expect("the script that builds it sets TINYEVO_BOARD");
    let out = var("OUT_DIR").expect("cargo sets OUT_DIR");
    let memory = Path::new(file!()).with_file_name("boards").join(format!("{board}.x"));
    std::fs::copy(&memory, format!("{out}/memory.x")).expect("the board has a memory map");
    println!("cargo:rustc-link-search={out}");
    println!("cargo:rerun-if-changed={}", memory.display());
    println!("cargo:rerun-if-env-changed=TINYEVO_BOARD");
    println!("cargo:rerun-if-env-changed=TINYEVO_GENERATED");
    if var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("riscv32") {
        println!("cargo:rustc-link-arg=-Tmemory.x");
    }
    println!("cargo:rerun-if-env-changed=TINYEVO_LIBRARY");
    if let Ok(library) = var("TINYEVO_LIBRARY") {
        println!("cargo:rerun-if-changed={library}");
        println!("cargo:rustc-link-arg={library}");
    }
    println!("cargo:rustc-link-arg=-Tlink.x");
    println!("cargo:rustc-link-arg=--nmagic");
}

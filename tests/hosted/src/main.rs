//! Prints the scenarios' hashes as `key=value` pairs, as the firmware does.

use tinyevo_hosted::{evolution, f32_logits, int8_classes, int8_logits, math};

fn main() {
    println!("evolution={:016x}", evolution());
    println!("math={:016x}", math());
    println!("int8_logits={:016x}", int8_logits());
    println!("int8_classes={:016x}", int8_classes());
    println!("f32_logits={:016x}", f32_logits());
}

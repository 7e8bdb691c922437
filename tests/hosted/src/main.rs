//! Prints the scenarios' hashes as `key=value` pairs, as the firmware does.

use tinyevo_hosted::{adaptation, evolution, f32_logits, int8_classes, int8_logits, math};

fn main() {
    println!("evolution={:016x}", evolution());
    println!("math={:016x}", math());
    println!("int8_logits={:016x}", int8_logits());
    println!("int8_classes={:016x}", int8_classes());
    println!("f32_logits={:016x}", f32_logits());
    if let Some(adapted) = adaptation() {
        println!("adaptation={:016x}", adapted.hash);
        println!("right_before={}\nright_after={}", adapted.before, adapted.after);
    }
}

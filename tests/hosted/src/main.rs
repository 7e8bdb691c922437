//! Prints the scenarios' hashes as `key=value` pairs, as the firmware does.

use tinyevo_hosted::{adaptation, all, cnn, f32_logits, int8_classes, int8_logits, micro, nothing};

fn main() {
    for (name, scenario) in all() {
        println!("{name}={:016x}", scenario().unwrap_or(0));
    }
    println!("int8_logits={:016x}", int8_logits());
    println!("int8_classes={:016x}", int8_classes());
    for (name, (logits, classes)) in [("cnn", cnn()), ("micro", micro())] {
        println!("{name}_logits={logits:016x}\n{name}_classes={classes:016x}");
    }
    println!("f32_logits={:016x}", f32_logits());
    if let Some(adapted) = adaptation() {
        println!("adaptation={:016x}", adapted.hash);
        println!("right_before={}\nright_after={}", adapted.before, adapted.after);
    }
    if let Some(evolved) = nothing() {
        println!("nothing_genome={:016x}", evolved.genome);
        println!("nothing_classes={:016x}", evolved.classes);
        println!("nothing_right={}", evolved.right);
    }
}

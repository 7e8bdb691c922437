//! The description of a champion in generated code: a function that normalises, and the names of the classes.
//! `templates/description.h.jinja` and `templates/description.rs.jinja`.

use super::list::list;
use crate::champion::Champion;
use crate::data::Normalisation;
use crate::error::Error;
use askama::Template;

/// The bounds of a normalisation, as numbers with commas.
struct Bounds {
    channels: usize,
    low: String,
    high: String,
}

impl Bounds {
    fn of(normalisation: &Normalisation, number: fn(f32) -> String) -> Self {
        let numbers = |values: &[f32]| list(values.iter().map(|value| number(*value)));
        let (low, high) = (normalisation.low(), normalisation.high());
        Self { channels: low.len(), low: numbers(low), high: numbers(high) }
    }
}

/// The values that the template for C shows.
#[derive(Template)]
#[template(path = "description.h.jinja", escape = "none")]
struct InC<'a> {
    prefix: &'a str,
    macros: String,
    inputs: usize,
    bounds: Option<Bounds>,
    /// Literals.
    class_names: Vec<String>,
}

/// The values that the template for Rust shows.
#[derive(Template)]
#[template(path = "description.rs.jinja", escape = "none")]
struct InRust {
    bounds: Option<Bounds>,
    /// Literals.
    class_names: Vec<String>,
}

/// C, with names that start with `prefix`; empty without a description.
///
/// # Errors
/// Never in practice: the text is made in memory.
pub(super) fn in_c(champion: &Champion, prefix: &str) -> Result<String, Error> {
    let number = |value| format!("{value:.9e}f");
    let code = InC {
        prefix,
        macros: prefix.to_uppercase(),
        inputs: champion.network().input().elements(),
        bounds: champion.normalisation().map(|it| Bounds::of(it, number)),
        class_names: champion.class_names().iter().map(|name| c_literal(name)).collect(),
    };
    code.render().map_err(|error| Error::Internal(error.to_string()))
}

/// Rust; empty without a description.
///
/// # Errors
/// Never in practice: the text is made in memory.
pub(super) fn in_rust(champion: &Champion) -> Result<String, Error> {
    let code = InRust {
        bounds: champion.normalisation().map(|it| Bounds::of(it, |value| format!("{value:?}"))),
        class_names: champion.class_names().iter().map(|name| format!("{name:?}")).collect(),
    };
    code.render().map_err(|error| Error::Internal(error.to_string()))
}

/// A text of C. All but plain characters are octal numbers, which have three digits at most.
fn c_literal(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" _-+.,:;()/%&'=<>".contains(&byte);
    let byte =
        |byte| if plain(byte) { char::from(byte).to_string() } else { format!("\\{byte:03o}") };
    format!("\"{}\"", text.bytes().map(byte).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::champion::tests::odd;
    use crate::data::Description;

    #[test]
    fn code_of_a_champion_without_a_description_has_none() {
        assert_eq!(in_c(&odd(), "a").unwrap(), "");
        assert_eq!(in_rust(&odd()).unwrap(), "");
    }

    #[test]
    fn names_are_literals_whatever_they_hold() {
        assert_eq!(c_literal("a\"b\\\n??/é 1"), r#""a\042b\134\012\077\077/\303\251 1""#);
        let class_names = ["a\"b", "é", "{", "*/"].map(String::from).to_vec();
        let normalisation = Normalisation::new(vec![-1.5, 0.1], vec![2.0, 1e30]);
        let champion = odd().described(Description { normalisation, class_names });
        let c = in_c(&champion, "my").unwrap();
        for line in [
            "static inline void my_normalise(const float *values, uint8_t *pixels) {",
            "static const float my_low[2] = {\n-1.500000000e0f, 1.000000015e-1f,\n};",
            "static const char *const MY_CLASS_NAMES[4] = {\n  \"a\\042b\",",
        ] {
            assert!(c.contains(line), "{line}\n{c}");
        }
        let rust = in_rust(&champion).unwrap();
        for line in ["pub static HIGH: [f32; 2] = [\n2.0, 1e30,\n];", "    \"a\\\"b\",\n    \"é\","]
        {
            assert!(rust.contains(line), "{line}\n{rust}");
        }
    }
}

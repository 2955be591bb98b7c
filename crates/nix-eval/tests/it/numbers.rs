//! Integers as text.

use crate::host::evaluate;

#[test]
fn integers_are_written_in_decimal() {
    for number in [0, 1, 9, 10, 99, 100, 12_345, i64::MAX, -1, -10, i64::MIN, i64::MIN + 1] {
        // The least one has no literal.
        let (near, step) = if number == i64::MIN { (number + 1, " - 1") } else { (number, "") };
        for text in ["toString", "builtins.toJSON", "(number: \"${toString number}\")"] {
            let outcome = evaluate(&format!("{text} ({near}{step})"));
            assert_eq!(outcome.value.unwrap(), format!("\"{number}\""), "{text}");
        }
    }
}

//! Whole numbers as people type them, and as every page, command and sentence writes them.

use super::mend::mended_number;

/// A number with commas between its thousands: `1,000,000`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How many there are of something: `1 order`, `1,234 orders`.
pub fn counted(number: u64, what: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {what}{ending}", grouped(number))
}

/// The digits of a whole number, without what separates its thousands: of `1000`, `1,000`, `1 000` or `1'000`.
///
/// None for anything else: `1,5` and `10,00` are no whole numbers, and `1.000` is one to some readers and a thousand to
/// others. Digits of every script count.
pub fn whole_number(text: &str) -> Option<String> {
    let text = mended_number(text);
    let is_separator = |c: char| matches!(c, ',' | ' ' | '\'' | '\u{2019}' | '\u{66c}');
    let separator = text.chars().find(|c| is_separator(*c));
    let mut groups = text.split(|c: char| Some(c) == separator);
    let first = groups.next().filter(|first| !first.is_empty())?;
    let mut digits = first.to_owned();
    for group in groups {
        if group.len() != 3 || first.len() > 3 {
            return None;
        }
        digits.push_str(group);
    }
    digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(digits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::mend::tests::{ZEROS, any_disguise, disguised, in_script};
    use super::*;

    #[test]
    fn only_one_is_counted_in_the_singular() {
        let counts = [0, 1, 2, 1234].map(|number| counted(number, "order"));
        assert_eq!(counts, ["0 orders", "1 order", "2 orders", "1,234 orders"]);
    }

    proptest! {
        #[test]
        fn grouping_only_adds_commas(n: u64) {
            let text = grouped(n);
            prop_assert_eq!(text.replace(',', ""), n.to_string());
            prop_assert!(text.split(',').skip(1).all(|group| group.len() == 3));
        }

        #[test]
        fn what_is_written_can_be_typed(
            n: u64, separator in "[, '’٬]", disguise in any_disguise(), zero in 0..ZEROS.len(),
        ) {
            for text in [n.to_string(), grouped(n), grouped(n).replace(',', &separator)] {
                let typed = in_script(&disguised(&text, disguise), ZEROS[zero]);
                prop_assert_eq!(whole_number(&typed), Some(n.to_string()), "{}", typed);
            }
        }
    }

    #[test]
    fn what_may_be_another_number_is_none() {
        let texts = [
            "",
            ",",
            ",100",
            "1,",
            "1,5",
            "10,00",
            "1,00,000",
            "1000,000",
            "1.000",
            "1.5",
            "1,000'000",
            "1_000",
            "1e3",
            "+1",
            "-1",
            "four",
            "1 2",
            "²",
        ];
        for text in texts {
            assert_eq!(whole_number(text), None, "{text}");
        }
    }
}

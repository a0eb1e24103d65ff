use std::cmp::Ordering;
use std::fmt;

/// A JSON number exactly as written: equal and ordered as the decimal it stands for, never rounded.
///
/// The value is `0.DIGITS × 10^point`; digits carry no zeros at either end, so each value has one form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    negative: bool,
    digits: String,
    point: i64,
}

/// Numbers beyond 10^±1000 are refused: nothing a tool takes is near, and writing them out costs memory.
const POINT_MAX: i64 = 1000;

impl Number {
    /// Reads a number that is well-formed JSON; `None` if it is beyond the range.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        let significant = digits.trim_start_matches('0');
        if significant.is_empty() {
            return Some(Self { negative: false, digits: String::new(), point: 0 });
        }
        let zeros = i64::try_from(digits.len() - significant.len()).ok()?;
        let point = exponent.parse::<i64>().ok()?.checked_add(i64::try_from(whole.len()).ok()?)?.checked_sub(zeros)?;
        let digits = significant.trim_end_matches('0').to_owned();
        (point.abs() <= POINT_MAX).then_some(Self { negative, digits, point })
    }

    /// The digits and how many of them stand before the decimal point (may be negative or beyond the digits),
    /// or `None` for a negative number.
    pub(crate) fn unsigned(&self) -> Option<(&str, i64)> {
        (!self.negative).then_some((&self.digits, self.point))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |n: &Self| if n.negative { -1 } else { i32::from(!n.digits.is_empty()) };
        let magnitude = || self.point.cmp(&other.point).then_with(|| self.digits.cmp(&other.digits));
        sign(self).cmp(&sign(other)).then_with(|| match sign(self) {
            0 => Ordering::Equal,
            1 => magnitude(),
            _ => magnitude().reverse(),
        })
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Longest run of zeros that is written out instead of an exponent.
const PLAIN_MAX: i64 = 24;

/// The shortest usual JSON form.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = &self.digits;
        let zeros = |n: i64| "0".repeat(usize::try_from(n).unwrap_or(0));
        let length = i64::try_from(digits.len()).unwrap_or(i64::MAX);
        if self.negative {
            f.write_str("-")?;
        }
        match self.point {
            _ if digits.is_empty() => f.write_str("0"),
            point if point > length.max(PLAIN_MAX) || point < -PLAIN_MAX => {
                let (first, rest) = digits.split_at(1);
                let dot = if rest.is_empty() { "" } else { "." };
                write!(f, "{first}{dot}{rest}e{}", point - 1)
            }
            point if point <= 0 => write!(f, "0.{}{digits}", zeros(-point)),
            point if point >= length => write!(f, "{digits}{}", zeros(point - length)),
            point => {
                let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or(0));
                write!(f, "{whole}.{fraction}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    #[test]
    fn one_value_has_one_form() {
        for (text, form) in [
            ("1.50", "1.5"),
            ("-0.0", "0"),
            ("1e2", "100"),
            ("0.1e-1", "0.01"),
            ("1200e-2", "12"),
            ("1E+30", "1e30"),
            ("12.5e-40", "1.25e-39"),
            ("12345678901234567890123456789.5", "12345678901234567890123456789.5"),
        ] {
            assert_eq!(number(text).to_string(), form, "{text}");
        }
        assert_eq!(Number::parse("1e1001"), None);
        assert_eq!(Number::parse("1e99999999999999999999"), None);
    }

    #[test]
    fn what_floats_confuse_stays_apart() {
        assert!(number("9007199254740993") > number("9007199254740992"));
        assert!(number("0.30000000000000004") > number("0.3"));
        assert!(number("0.1000000000000000000001") > number("0.1"));
        assert!(number("-2") < number("-1") && number("-1") < number("0") && number("0") < number("1e-300"));
    }

    proptest! {
        #[test]
        fn order_is_that_of_integers_and_the_form_reads_back(a: i64, b: i64, shift in 0u8..40) {
            let (x, y) = (number(&format!("{a}e-{shift}")), number(&format!("{b}e-{shift}")));
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
            prop_assert_eq!(number(&x.to_string()), x);
        }
    }
}

use std::fmt;

use serde::ser::{Serialize, Serializer};

use crate::number::Number;

/// An exact, non-negative quantity that quotas add up, in units of 10^-18.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Amount(u128);

/// Decimal places kept: those of the finest common currency unit.
const PLACES: u8 = 18;
/// Digits before the point; a sum of a hundred thousand such amounts still fits.
const WHOLE_DIGITS: i64 = 15;

impl Amount {
    /// One call.
    pub(crate) const ONE: Self = Self(10u128.pow(PLACES as u32));

    /// The number as an amount; `None` if it is negative, too large or too fine to be counted exactly.
    pub(crate) fn exactly(number: &Number) -> Option<Self> {
        let (digits, point) = number.unsigned()?;
        if digits.is_empty() {
            return Some(Self(0));
        }
        let places = i64::try_from(digits.len()).ok()? - point;
        if point > WHOLE_DIGITS || places > i64::from(PLACES) {
            return None;
        }
        let scale = u32::try_from(i64::from(PLACES) - places).ok()?;
        Some(Self(digits.parse::<u128>().ok()?.checked_mul(10u128.checked_pow(scale)?)?))
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left, nothing if `other` is more.
    pub(crate) fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// What is left, `None` if `other` is more.
    pub(crate) fn checked_minus(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / Self::ONE.0, self.0 % Self::ONE.0);
        if fraction == 0 {
            return write!(f, "{whole}");
        }
        let fraction = format!("{fraction:018}");
        write!(f, "{whole}.{}", fraction.trim_end_matches('0'))
    }
}

impl From<u32> for Amount {
    fn from(whole: u32) -> Self {
        Self(u128::from(whole) * Self::ONE.0)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match Number::parse(&self.to_string()) {
            Some(number) => number.serialize(serializer),
            None => Err(serde::ser::Error::custom("amount out of range")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str) -> Option<Amount> {
        Amount::exactly(&Number::parse(text).unwrap())
    }

    #[test]
    fn amounts_are_exact_or_refused() {
        assert_eq!(amount("0.99").unwrap().plus(amount("0.01").unwrap()), Amount::ONE);
        assert_eq!(amount("1e-18").unwrap().to_string(), "0.000000000000000001");
        assert_eq!(amount("999999999999999").unwrap().to_string(), "999999999999999");
        assert_eq!(amount("12.50").unwrap().to_string(), "12.5");
        for refused in ["-1", "1e-19", "1e15", "0.1234567890123456789"] {
            assert_eq!(amount(refused), None, "{refused}");
        }
        assert_eq!(amount("-0"), Some(Amount::default()));
    }
}

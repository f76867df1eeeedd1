//! Amounts and counts as text. No floating-point number is ever involved.

/// A count with thousands separated.
pub fn count(number: u64) -> String {
    grouped(i128::from(number), 0)
}

/// Minor units as a decimal number of the unit, thousands separated: `-1,234.50` for −123450 at exponent 2.
pub fn grouped(minor: i128, exponent: u8) -> String {
    let exponent = usize::from(exponent);
    let digits = format!("{:0>width$}", minor.unsigned_abs(), width = exponent + 1);
    let (whole, fraction) = digits.split_at(digits.len() - exponent);
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 2);
    if minor < 0 {
        text.push('-');
    }
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if exponent > 0 {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped_by_the_currency_s_exponent() {
        for (minor, exponent, expected) in [
            (0, 0, "0"),
            (999, 0, "999"),
            (1_000, 0, "1,000"),
            (-38_615_473, 0, "-38,615,473"),
            (5, 2, "0.05"),
            (-5, 2, "-0.05"),
            (123_456_789, 2, "1,234,567.89"),
            (1, 8, "0.00000001"),
            (i128::MIN, 0, "-170,141,183,460,469,231,731,687,303,715,884,105,728"),
        ] {
            assert_eq!(grouped(minor, exponent), expected);
        }
        assert_eq!(count(1_500_000), "1,500,000");
    }
}

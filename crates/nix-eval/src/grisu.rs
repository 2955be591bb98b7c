//! The decimal digits of a floating-point number by the Grisu2 algorithm.
//!
//! Nix's JSON library prints with it (F. Loitsch, "Printing Floating-Point Numbers Quickly and Accurately with Integers",
//! 2010). The digits always read back as the same number, but about one number in a thousand gets more of them
//! than it needs. JSON is part of derivations, so the very same digits have to come out, those included.

/// A number `f * 2^e`.
#[derive(Clone, Copy)]
struct Scaled {
    f: u64,
    e: i32,
}

impl Scaled {
    /// The same number with its highest bit in the highest place.
    fn normalized(self) -> Scaled {
        let shift = self.f.leading_zeros();
        Scaled { f: self.f << shift, e: self.e - shift as i32 }
    }

    /// The upper half of the product, rounded.
    fn times(self, other: Scaled) -> Scaled {
        let product = u128::from(self.f) * u128::from(other.f) + (1 << 63);
        Scaled { f: (product >> 64) as u64, e: self.e + other.e + 64 }
    }
}

/// The digits of a positive finite number, and the power of ten of the last one.
pub(crate) fn digits(value: f64) -> (String, i32) {
    const HIDDEN: u64 = 1 << 52;
    let bits = value.to_bits();
    let (exponent, fraction) = ((bits >> 52) as i32 & 0x7ff, bits & (HIDDEN - 1));
    let exact = if exponent == 0 {
        Scaled { f: fraction, e: -1074 }
    } else {
        Scaled { f: fraction | HIDDEN, e: exponent - 1075 }
    };
    // What rounds to the number lies between the two middles to its neighbours. At a power of two the lower one is nearer.
    let upper = Scaled { f: 2 * exact.f + 1, e: exact.e - 1 }.normalized();
    let lower = if fraction == 0 && exponent > 1 {
        Scaled { f: 4 * exact.f - 1, e: exact.e - 2 }
    } else {
        Scaled { f: 2 * exact.f - 1, e: exact.e - 1 }
    };
    let lower = Scaled { f: lower.f << (lower.e - upper.e), e: upper.e };
    let (power, decimal) = power_for(upper.e);
    let middle = exact.normalized().times(power);
    // Each product may be off by one in its last place, so the interval shrinks by that on both sides.
    let (lower, upper) = (lower.times(power).f + 1, upper.times(power).f - 1);
    generate(Interval { delta: upper - lower, distance: upper - middle.f, upper }, middle.e, -decimal)
}

/// Where the digits may end: `delta` is the width, `distance` how far the number itself lies below `upper`.
struct Interval {
    delta: u64,
    distance: u64,
    upper: u64,
}

fn generate(interval: Interval, e: i32, mut exponent: i32) -> (String, i32) {
    let Interval { mut delta, mut distance, upper } = interval;
    let shift = (-e) as u32;
    let one = 1u64 << shift;
    let (mut whole, mut part) = (upper >> shift, upper & (one - 1));
    let mut out: Vec<u8> = Vec::with_capacity(17);
    let mut left = whole.checked_ilog10().map_or(1, |log| log as i32 + 1);
    let mut power = 10u64.pow(left.unsigned_abs() - 1);
    while left > 0 {
        out.push((whole / power) as u8);
        whole %= power;
        left -= 1;
        let rest = (whole << shift) + part;
        if rest <= delta {
            exponent += left;
            approach(&mut out, distance, delta, rest, power << shift);
            return (text(&out), exponent);
        }
        power /= 10;
    }
    loop {
        part *= 10;
        out.push((part >> shift) as u8);
        part &= one - 1;
        exponent -= 1;
        delta *= 10;
        distance *= 10;
        if part <= delta {
            approach(&mut out, distance, delta, part, one);
            return (text(&out), exponent);
        }
    }
}

/// Lowers the last digit, worth `unit`, as long as that brings the digits nearer to the number and keeps them in the interval.
fn approach(out: &mut [u8], distance: u64, delta: u64, mut rest: u64, unit: u64) {
    let Some(last) = out.last_mut() else { return };
    while rest < distance
        && delta - rest >= unit
        && (rest + unit < distance || distance - rest > rest + unit - distance)
    {
        *last -= 1;
        rest += unit;
    }
}

fn text(digits: &[u8]) -> String {
    digits.iter().map(|digit| char::from(b'0' + digit)).collect()
}

/// A power of ten such that a normalized number with the binary exponent `e`, times it, has one between -60 and -32; and
/// which power it is.
fn power_for(e: i32) -> (Scaled, i32) {
    let wanted = -60 - e - 1;
    // 78913 / 2^18 is the logarithm of two to the base ten, near enough for all exponents.
    let least = (wanted * 78_913) / (1 << 18) + i32::from(wanted > 0);
    let index = (300 + least + 7) / 8;
    let (f, e) = POWERS.get(index as usize).copied().unwrap_or((1 << 63, -63));
    (Scaled { f, e }, index * 8 - 300)
}

/// Every eighth power of ten from 1e-300 to 1e324: its 64 highest bits, rounded, and the power of two that they count.
#[rustfmt::skip]
const POWERS: [(u64, i32); 79] = [
    (0xab70fe17c79ac6ca, -1060), (0xff77b1fcbebcdc4f, -1034), (0xbe5691ef416bd60c, -1007),
    (0x8dd01fad907ffc3c, -980), (0xd3515c2831559a83, -954), (0x9d71ac8fada6c9b5, -927),
    (0xea9c227723ee8bcb, -901), (0xaecc49914078536d, -874), (0x823c12795db6ce57, -847),
    (0xc21094364dfb5637, -821), (0x9096ea6f3848984f, -794), (0xd77485cb25823ac7, -768),
    (0xa086cfcd97bf97f4, -741), (0xef340a98172aace5, -715), (0xb23867fb2a35b28e, -688),
    (0x84c8d4dfd2c63f3b, -661), (0xc5dd44271ad3cdba, -635), (0x936b9fcebb25c996, -608),
    (0xdbac6c247d62a584, -582), (0xa3ab66580d5fdaf6, -555), (0xf3e2f893dec3f126, -529),
    (0xb5b5ada8aaff80b8, -502), (0x87625f056c7c4a8b, -475), (0xc9bcff6034c13053, -449),
    (0x964e858c91ba2655, -422), (0xdff9772470297ebd, -396), (0xa6dfbd9fb8e5b88f, -369),
    (0xf8a95fcf88747d94, -343), (0xb94470938fa89bcf, -316), (0x8a08f0f8bf0f156b, -289),
    (0xcdb02555653131b6, -263), (0x993fe2c6d07b7fac, -236), (0xe45c10c42a2b3b06, -210),
    (0xaa242499697392d3, -183), (0xfd87b5f28300ca0e, -157), (0xbce5086492111aeb, -130),
    (0x8cbccc096f5088cc, -103), (0xd1b71758e219652c, -77), (0x9c40000000000000, -50),
    (0xe8d4a51000000000, -24), (0xad78ebc5ac620000, 3), (0x813f3978f8940984, 30),
    (0xc097ce7bc90715b3, 56), (0x8f7e32ce7bea5c70, 83), (0xd5d238a4abe98068, 109),
    (0x9f4f2726179a2245, 136), (0xed63a231d4c4fb27, 162), (0xb0de65388cc8ada8, 189),
    (0x83c7088e1aab65db, 216), (0xc45d1df942711d9a, 242), (0x924d692ca61be758, 269),
    (0xda01ee641a708dea, 295), (0xa26da3999aef774a, 322), (0xf209787bb47d6b85, 348),
    (0xb454e4a179dd1877, 375), (0x865b86925b9bc5c2, 402), (0xc83553c5c8965d3d, 428),
    (0x952ab45cfa97a0b3, 455), (0xde469fbd99a05fe3, 481), (0xa59bc234db398c25, 508),
    (0xf6c69a72a3989f5c, 534), (0xb7dcbf5354e9bece, 561), (0x88fcf317f22241e2, 588),
    (0xcc20ce9bd35c78a5, 614), (0x98165af37b2153df, 641), (0xe2a0b5dc971f303a, 667),
    (0xa8d9d1535ce3b396, 694), (0xfb9b7cd9a4a7443c, 720), (0xbb764c4ca7a44410, 747),
    (0x8bab8eefb6409c1a, 774), (0xd01fef10a657842c, 800), (0x9b10a4e5e9913129, 827),
    (0xe7109bfba19c0c9d, 853), (0xac2820d9623bf429, 880), (0x80444b5e7aa7cf85, 907),
    (0xbf21e44003acdd2d, 933), (0x8e679c2f5e44ff8f, 960), (0xd433179d9c8cb841, 986),
    (0x9e19db92b4e31ba9, 1013),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: f64, expected: (&str, i32)) {
        let (digits, exponent) = digits(value);
        assert_eq!((digits.as_str(), exponent), expected, "{value:e}");
    }

    #[test]
    fn short_numbers() {
        check(1.0, ("1", 0));
        check(0.1, ("1", -1));
        check(123456.789, ("123456789", -3));
        check(1e22, ("1", 22));
        check(5e-324, ("5", -324));
        check(f64::MIN_POSITIVE, ("22250738585072014", -324));
        check(f64::MAX, ("17976931348623157", 292));
    }

    #[test]
    fn more_digits_than_needed() {
        check(1e23, ("9999999999999999", 7));
        check(547401.5674, ("5474015674000001", -10));
        check(255460.0481, ("25546004810000001", -11));
    }

    #[test]
    fn digits_read_back_as_the_number() {
        let mut bits = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..200_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let value = f64::from_bits(bits >> 1);
            if value.is_finite() && value > 0.0 {
                let (digits, exponent) = digits(value);
                assert_eq!(format!("{digits}e{exponent}").parse::<f64>().unwrap(), value);
                assert!(digits.len() <= 17);
            }
        }
    }

    /// `10^exponent` in the form of the table, by long arithmetic.
    fn power(exponent: i32) -> (u64, i32) {
        // A number is a list of 32-bit digits, the lowest first. A fraction is scaled up far enough for 64 bits to remain.
        const SCALE: usize = 48;
        let mut number: Vec<u32> = vec![0; SCALE];
        number.push(1);
        for _ in 0..exponent.unsigned_abs() {
            if exponent >= 0 {
                let mut carry = 0;
                for digit in &mut number {
                    let product = u64::from(*digit) * 10 + carry;
                    (*digit, carry) = (product as u32, product >> 32);
                }
                number.push(carry as u32);
            } else {
                let mut rest = 0;
                for digit in number.iter_mut().rev() {
                    let dividend = rest << 32 | u64::from(*digit);
                    (*digit, rest) = ((dividend / 10) as u32, dividend % 10);
                }
            }
        }
        while number.last() == Some(&0) {
            number.pop();
        }
        let top = number.len() * 32 - number[number.len() - 1].leading_zeros() as usize;
        let bit = |at: usize| u64::from(number[at / 32] >> (at % 32) & 1);
        let mantissa = (top - 64..top).rev().fold(0, |mantissa, at| mantissa << 1 | bit(at));
        (mantissa + bit(top - 65), top as i32 - 64 - 32 * SCALE as i32)
    }

    #[test]
    fn the_table_is_right() {
        for (index, entry) in POWERS.iter().enumerate() {
            assert_eq!(*entry, power(index as i32 * 8 - 300));
        }
    }
}

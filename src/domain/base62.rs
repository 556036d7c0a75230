//! Base 62: text that double-click selects and no field has to escape.

/// The digits in the order of their value.
pub const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The largest multiple of 62 that a byte can hold; bytes from here on are drawn again, because
/// taking them modulo 62 would favour the first eight digits.
const UNBIASED: u8 = 248;

/// `N` digits, each drawn with equal probability from the bytes that `fill` supplies.
pub fn random<const N: usize>(mut fill: impl FnMut(&mut [u8])) -> String {
    let mut text = String::with_capacity(N);
    let mut bytes = [0_u8; 64];
    while text.len() < N {
        fill(&mut bytes);
        let digits =
            bytes.iter().filter(|byte| **byte < UNBIASED).map(|byte| char::from(digit(*byte)));
        text.extend(digits.take(N - text.len()));
    }
    text
}

/// `value` in base 62, left-padded with `0` to six digits, which hold every `u32`.
pub fn six_digits(mut value: u32) -> [u8; 6] {
    let mut text = [b'0'; 6];
    for place in text.iter_mut().rev() {
        *place = digit(value % 62);
        value /= 62;
    }
    text
}

#[expect(clippy::indexing_slicing, reason = "a remainder of 62 is the index of a digit")]
fn digit(value: impl Into<u32>) -> u8 {
    let value = usize::try_from(value.into() % 62).unwrap_or_default();
    DIGITS[value]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_hold_every_value() {
        for (value, text) in [(0, "000000"), (61, "00000z"), (62, "000010"), (u32::MAX, "4gfFC3")] {
            assert_eq!(six_digits(value), text.as_bytes(), "{value}");
        }
    }

    #[test]
    fn bytes_that_would_favour_some_digits_are_skipped() {
        let mut next = 240_u8;
        let text = random::<62>(|bytes| {
            for byte in bytes {
                *byte = next;
                next = next.wrapping_add(1);
            }
        });

        assert_eq!(&text[..10], "stuvwxyz01");
    }
}

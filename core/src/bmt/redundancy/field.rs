//! Arithmetic in GF(2^8) with the polynomial x^8+x^4+x^3+x^2+1, and the matrix of the code.

use alloc::vec;
use alloc::vec::Vec;

/// The product of two elements.
pub(super) const fn product(a: u8, b: u8) -> u8 {
    let (mut a, mut b, mut sum) = (a, b, 0);
    while b != 0 {
        if b & 1 == 1 {
            sum ^= a;
        }
        let carry = a >> 7;
        a = (a << 1) ^ (carry * 0x1d);
        b >>= 1;
    }
    sum
}

/// The element to the power of 254: its inverse, and zero of zero.
fn inverse(a: u8) -> u8 {
    (0..7)
        .fold((1, a), |(inverse, power), _| {
            let power = product(power, power);
            (product(inverse, power), power)
        })
        .0
}

fn power(base: u8, exponent: usize) -> u8 {
    (0..exponent).fold(1, |result, _| product(result, base))
}

/// A row of elements.
type Row = Vec<u8>;

/// The rows of the parities of `data` shards: the Vandermonde rows below the square, times the
/// inverse of the square. At most 128 rows and columns in all.
pub(super) fn parity_rows(data: usize, parities: usize) -> Vec<Row> {
    let vandermonde = |row: usize| -> Row {
        let base = u8::try_from(row).unwrap_or(0);
        (0..data).map(|column| power(base, column)).collect()
    };
    let square = invert((0..data).map(vandermonde).collect());
    (data..data.saturating_add(parities))
        .map(|row| {
            let mut result = vec![0; data];
            for (factor, row) in vandermonde(row).into_iter().zip(&square) {
                add_scaled(&mut result, row, factor);
            }
            result
        })
        .collect()
}

/// Adds `factor` times a row.
pub(super) fn add_scaled(to: &mut [u8], row: &[u8], factor: u8) {
    // The products with one factor, by the low and the high half of the other: shards are long.
    let low: [u8; 16] = core::array::from_fn(|i| product(u8::try_from(i).unwrap_or(0), factor));
    let high: [u8; 16] =
        core::array::from_fn(|i| product(u8::try_from(i << 4).unwrap_or(0), factor));
    for (to, from) in to.iter_mut().zip(row) {
        let low = low.get(usize::from(from & 15)).copied().unwrap_or(0);
        *to ^= low ^ high.get(usize::from(from >> 4)).copied().unwrap_or(0);
    }
}

/// The inverse of a Vandermonde square, which has one.
fn invert(mut square: Vec<Row>) -> Vec<Row> {
    let size = square.len();
    for (at, row) in square.iter_mut().enumerate() {
        row.extend((0..size).map(|column| u8::from(column == at)));
    }
    for column in 0..size {
        let element = |row: &Row| row.get(column).copied().unwrap_or(0);
        let Some(pivot) =
            (column..size).find(|row| square.get(*row).is_some_and(|r| element(r) != 0))
        else {
            break;
        };
        square.swap(column, pivot);
        let mut pivot_row = square.get(column).cloned().unwrap_or_default();
        let factor = inverse(element(&pivot_row));
        for value in &mut pivot_row {
            *value = product(*value, factor);
        }
        for (at, row) in square.iter_mut().enumerate() {
            if at == column {
                row.clone_from(&pivot_row);
            } else {
                let factor = element(row);
                add_scaled(row, &pivot_row, factor);
            }
        }
    }
    square.into_iter().map(|row| row.into_iter().skip(size).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_but_zero_has_an_inverse() {
        assert!((1..=255).all(|a| product(a, inverse(a)) == 1));
        assert_eq!((product(2, 128), product(0, 7)), (0x1d, 0));
    }

    #[test]
    fn the_top_of_the_code_is_the_data_itself() {
        for data in [1, 2, 3, 39, 97, 107, 119] {
            let square: Vec<Row> = (0..data)
                .map(|row| {
                    (0..data).map(|column| power(u8::try_from(row).unwrap(), column)).collect()
                })
                .collect();
            let inverse = invert(square.clone());
            for (at, row) in square.iter().enumerate() {
                let mut unit = vec![0; data];
                for (factor, row) in row.iter().zip(&inverse) {
                    add_scaled(&mut unit, row, *factor);
                }
                assert!(unit.iter().enumerate().all(|(i, v)| *v == u8::from(i == at)), "{data}");
            }
        }
    }
}

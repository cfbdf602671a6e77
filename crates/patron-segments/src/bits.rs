//! From a row of bits per condition to a word of bits per row.

use arrow_array::{Array, BooleanArray};

/// Rows whose bits are one word.
const ROWS: usize = 64;

/// Sets in `members` the bit of each condition, where it is met. Unknown is not met.
pub(crate) fn set(conditions: &[(u64, BooleanArray)], members: &mut [u64]) {
    let met: Vec<(usize, Vec<u64>)> = conditions
        .iter()
        .map(|(bit, met)| (bit.trailing_zeros() as usize, words(met)))
        .collect();
    for (block, members) in members.chunks_mut(ROWS).enumerate() {
        let mut square = [0; ROWS];
        for (bit, words) in &met {
            if let (Some(row), Some(word)) = (square.get_mut(*bit), words.get(block)) {
                *row = *word;
            }
        }
        transpose(&mut square);
        for (members, bits) in members.iter_mut().zip(square) {
            *members |= bits;
        }
    }
}

fn words(met: &BooleanArray) -> Vec<u64> {
    let values = met.values().bit_chunks();
    match met.nulls() {
        None => values.iter_padded().collect(),
        Some(nulls) => {
            let known = nulls.inner().bit_chunks();
            let pairs = values.iter_padded().zip(known.iter_padded());
            pairs.map(|(value, known)| value & known).collect()
        }
    }
}

/// Exchanges rows and columns of a square of bits: bit j of word i becomes bit i of word j.
///
/// Halves, then quarters, and so on change places. Source: Warren (2012), Hacker's Delight, 7-3.
fn transpose(square: &mut [u64; ROWS]) {
    let mut width = ROWS / 2;
    let mut mask = u64::MAX >> width;
    while width > 0 {
        for pair in square.chunks_exact_mut(2 * width) {
            let (upper, lower) = pair.split_at_mut(width);
            for (upper, lower) in upper.iter_mut().zip(lower) {
                let exchanged = (*upper >> width ^ *lower) & mask;
                *lower ^= exchanged;
                *upper ^= exchanged << width;
            }
        }
        width /= 2;
        mask ^= mask << width;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_columns() {
        // A square without any symmetry: multiples of an odd number, bit for bit.
        let square: [u64; ROWS] =
            std::array::from_fn(|row| 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(row as u64 + 1));
        let mut turned = square;
        transpose(&mut turned);
        for (row, word) in square.iter().enumerate() {
            for (column, other) in turned.iter().enumerate() {
                assert_eq!(word >> column & 1, other >> row & 1, "{row} {column}");
            }
        }
    }

    #[test]
    fn met_is_set_and_unknown_is_not() {
        for rows in [0, 1, 63, 64, 65, 200] {
            let met: BooleanArray = (0..rows).map(|row| Some(row % 3 == 0)).collect();
            let unknown: BooleanArray = (0..rows)
                .map(|row| (row % 5 > 0).then_some(row % 2 == 0))
                .collect();
            // Cut from the middle of a longer one, as slices of batches are.
            let longer: BooleanArray = (0..rows + 7).map(|row| Some(row >= 7 + 10)).collect();
            let cut = longer.slice(7, rows);
            let mut members = vec![1 << 40; rows];
            set(&[(1, met), (1 << 5, unknown), (1 << 63, cut)], &mut members);
            for (row, members) in members.iter().enumerate() {
                let expected = u64::from(row % 3 == 0)
                    | u64::from(row % 5 > 0 && row % 2 == 0) << 5
                    | u64::from(row >= 10) << 63
                    | 1 << 40;
                assert_eq!(*members, expected, "{rows} {row}");
            }
        }
    }
}

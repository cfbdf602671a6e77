//! Small symmetric matrices: Cholesky factor, solution, inverse.
//!
//! Their size is known when the program is compiled, as of a model's own parameters, or when it runs, as of effects of
//! covariates; the same code serves both.
#![expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "loops over 0..N index rows of length N; written as the textbook formula"
)]

use std::fmt::Debug;

/// A square matrix by rows.
pub(crate) type Square<const N: usize> = [[f64; N]; N];

/// A point, or a direction, with the matrices that belong to its space.
pub(crate) trait Point: Clone + Debug + AsRef<[f64]> + AsMut<[f64]> {
    /// A square matrix of as many rows as the point has entries.
    type Matrix: Rows<Row = Self>;
}

impl<const N: usize> Point for [f64; N] {
    type Matrix = Square<N>;
}

impl Point for Vec<f64> {
    type Matrix = Vec<Self>;
}

/// A square matrix whose rows are points.
pub(crate) trait Rows: Clone + Debug + AsRef<[Self::Row]> + AsMut<[Self::Row]> {
    /// One row.
    type Row: Point<Matrix = Self>;
}

impl<const N: usize> Rows for Square<N> {
    type Row = [f64; N];
}

impl Rows for Vec<Vec<f64>> {
    type Row = Vec<f64>;
}

/// Returns the lower triangle `L` with `L·Lᵀ = matrix`, or nothing if the matrix is not positive definite.
pub(crate) fn cholesky<M: Rows>(matrix: &M) -> Option<M> {
    let mut factor = matrix.clone();
    let lower = factor.as_mut();
    for i in 0..lower.len() {
        for j in 0..=i {
            let mut sum = lower[i].as_ref()[j];
            for k in 0..j {
                sum -= lower[i].as_ref()[k] * lower[j].as_ref()[k];
            }
            lower[i].as_mut()[j] = if i != j {
                sum / lower[j].as_ref()[j]
            } else if sum > 0.0 && sum.is_finite() {
                sum.sqrt()
            } else {
                return None;
            };
        }
        lower[i].as_mut()[i + 1..].fill(0.0);
    }
    Some(factor)
}

/// Returns the lower triangle `L` with `L·Lᵀ = matrix`, given by rows; nothing if the matrix is not a covariance.
///
/// A direction without variance, as that of a parameter held fixed, is a column of zeros.
pub(crate) fn lower_triangle(matrix: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let size = matrix.len();
    let mut lower = vec![vec![0.0; size]; size];
    for i in 0..size {
        for j in 0..=i {
            let mut sum = matrix[i][j];
            for k in 0..j {
                sum -= lower[i][k] * lower[j][k];
            }
            if !sum.is_finite() {
                return None;
            }
            // What rounding leaves of nothing.
            let nothing = 1e-12 * matrix[i][i].abs().max(matrix[j][j].abs());
            if i != j {
                lower[i][j] = if lower[j][j] > 0.0 {
                    sum / lower[j][j]
                } else {
                    0.0
                };
            } else if sum > nothing {
                lower[i][i] = sum.sqrt();
            } else if sum < -nothing {
                return None;
            }
        }
    }
    Some(lower)
}

/// Returns the solution of `L·Lᵀ·s = right`.
pub(crate) fn solve<M: Rows>(lower: &M, right: &M::Row) -> M::Row {
    let lower = lower.as_ref();
    let mut solved = right.clone();
    let solution = solved.as_mut();
    for i in 0..lower.len() {
        let row = lower[i].as_ref();
        for k in 0..i {
            solution[i] -= row[k] * solution[k];
        }
        solution[i] /= row[i];
    }
    for i in (0..lower.len()).rev() {
        for k in i + 1..lower.len() {
            solution[i] -= lower[k].as_ref()[i] * solution[k];
        }
        solution[i] /= lower[i].as_ref()[i];
    }
    solved
}

/// Returns the inverse of a positive definite matrix, symmetric to the last bit; nothing if it is not one.
pub(crate) fn inverse<M: Rows>(matrix: &M) -> Option<M> {
    let lower = cholesky(matrix)?;
    let mut inverse = matrix.clone();
    let rows = inverse.as_mut();
    for column in 0..rows.len() {
        let mut unit = rows[column].clone();
        unit.as_mut().fill(0.0);
        unit.as_mut()[column] = 1.0;
        let solved = solve(&lower, &unit);
        for row in 0..rows.len() {
            rows[row].as_mut()[column] = solved.as_ref()[row];
        }
    }
    for i in 0..rows.len() {
        for j in 0..i {
            let mean = 0.5 * (rows[i].as_ref()[j] + rows[j].as_ref()[i]);
            rows[i].as_mut()[j] = mean;
            rows[j].as_mut()[i] = mean;
        }
    }
    Some(inverse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverse_times_matrix_is_the_unit() {
        let matrix = [[4.0, 1.0, -0.5], [1.0, 3.0, 0.25], [-0.5, 0.25, 2.0]];
        let inverse = inverse(&matrix).unwrap();
        for i in 0..3 {
            for j in 0..3 {
                let product: f64 = (0..3).map(|k| matrix[i][k] * inverse[k][j]).sum();
                let unit = f64::from(u8::from(i == j));
                assert!((product - unit).abs() < 1e-14);
            }
        }
    }

    #[test]
    fn a_covariance_may_lack_a_direction_but_not_have_a_negative_one() {
        let covariance = [
            vec![4.0, 2.0, 0.0],
            vec![2.0, 1.0, 0.0],
            vec![0.0, 0.0, 9.0],
        ];
        let lower = lower_triangle(&covariance).unwrap();
        for i in 0..3 {
            for j in 0..3 {
                let product: f64 = (0..3).map(|k| lower[i][k] * lower[j][k]).sum();
                assert!((product - covariance[i][j]).abs() < 1e-14);
            }
        }
        assert_eq!(lower_triangle(&[vec![1.0, 2.0], vec![2.0, 1.0]]), None);
        assert_eq!(lower_triangle(&[vec![f64::INFINITY]]), None);
    }

    #[test]
    fn a_size_known_when_the_program_runs_changes_no_bit() {
        let matrix = [[4.0, 1.0, -0.5], [1.0, 3.0, 0.25], [-0.5, 0.25, 2.0]];
        let dynamic: Vec<Vec<f64>> = matrix.iter().map(|row| row.to_vec()).collect();
        let expected = inverse(&matrix).unwrap().map(|row| row.to_vec());
        assert_eq!(inverse(&dynamic).unwrap(), expected);
    }

    #[test]
    fn an_indefinite_matrix_has_no_factor() {
        assert_eq!(cholesky(&[[1.0, 2.0], [2.0, 1.0]]), None);
        assert_eq!(cholesky(&[[f64::NAN]]), None);
    }
}

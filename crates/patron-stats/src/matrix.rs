//! Small symmetric matrices: Cholesky factor, solution, inverse.
#![expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "loops over 0..N index arrays of length N; written as the textbook formula"
)]

/// A square matrix by rows.
pub(crate) type Square<const N: usize> = [[f64; N]; N];

/// Returns the lower triangle `L` with `L·Lᵀ = matrix`, or nothing if the matrix is not positive definite.
pub(crate) fn cholesky<const N: usize>(matrix: &Square<N>) -> Option<Square<N>> {
    let mut lower = [[0.0; N]; N];
    for i in 0..N {
        for j in 0..=i {
            let mut sum = matrix[i][j];
            for k in 0..j {
                sum -= lower[i][k] * lower[j][k];
            }
            if i != j {
                lower[i][j] = sum / lower[j][j];
            } else if sum > 0.0 && sum.is_finite() {
                lower[i][i] = sum.sqrt();
            } else {
                return None;
            }
        }
    }
    Some(lower)
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
pub(crate) fn solve<const N: usize>(lower: &Square<N>, right: &[f64; N]) -> [f64; N] {
    let mut solution = *right;
    for i in 0..N {
        for k in 0..i {
            solution[i] -= lower[i][k] * solution[k];
        }
        solution[i] /= lower[i][i];
    }
    for i in (0..N).rev() {
        for k in i + 1..N {
            solution[i] -= lower[k][i] * solution[k];
        }
        solution[i] /= lower[i][i];
    }
    solution
}

/// Returns the inverse of a positive definite matrix, symmetric to the last bit; nothing if it is not one.
pub(crate) fn inverse<const N: usize>(matrix: &Square<N>) -> Option<Square<N>> {
    let lower = cholesky(matrix)?;
    let mut inverse = [[0.0; N]; N];
    for column in 0..N {
        let mut unit = [0.0; N];
        unit[column] = 1.0;
        let solved = solve(&lower, &unit);
        for row in 0..N {
            inverse[row][column] = solved[row];
        }
    }
    for i in 0..N {
        for j in 0..i {
            let mean = 0.5 * (inverse[i][j] + inverse[j][i]);
            inverse[i][j] = mean;
            inverse[j][i] = mean;
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
    fn an_indefinite_matrix_has_no_factor() {
        assert_eq!(cholesky(&[[1.0, 2.0], [2.0, 1.0]]), None);
        assert_eq!(cholesky(&[[f64::NAN]]), None);
    }
}

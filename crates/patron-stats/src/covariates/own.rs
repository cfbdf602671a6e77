//! How surely is a customer's own model known?

use super::{CovariateError, CovariateModel, WithCovariates};

impl<M: CovariateModel> WithCovariates<M> {
    /// Returns the covariance of the parameters of [`WithCovariates::for_customer`], by rows in the model's order.
    ///
    /// # Model
    ///
    /// Logarithms of own parameters are linear in logarithms of parameters and effects:
    ///
    /// ```text
    /// ln θᵢ(z) = ln θᵢ + Σ sign·γ·z        cov θ(z) = D·J·C·Jᵀ·D
    /// ```
    ///
    /// C is the covariance of the fit, J the derivative of the logarithms, D the diagonal of the own parameters.
    ///
    /// # Returns
    /// Nothing where everything was given, or the likelihood is too flat.
    ///
    /// # Errors
    /// As [`WithCovariates::for_customer`].
    pub fn customer_covariance(
        &self,
        values: &[f64],
    ) -> Result<Option<Vec<Vec<f64>>>, CovariateError> {
        let own = self.for_customer(values)?.named_parameters();
        let covariance = self.report().and_then(|report| report.covariance.as_ref());
        let Some(covariance) = covariance else {
            return Ok(None);
        };
        let slopes: Vec<Vec<f64>> = (0..own.len())
            .map(|position| self.slopes(position, values))
            .collect();
        // C·Jᵀ, by the rows of J.
        let turned: Vec<Vec<f64>> = slopes
            .iter()
            .map(|slope| covariance.iter().map(|row| dot(row, slope)).collect())
            .collect();
        let row = |(slope, (_, left)): (&Vec<f64>, &(&str, f64))| {
            let entries = turned.iter().zip(&own);
            entries
                .map(|(turned, (_, right))| left * right * dot(slope, turned))
                .collect()
        };
        Ok(Some(slopes.iter().zip(&own).map(row).collect()))
    }

    /// The derivatives of the logarithm of one own parameter in all parameters, then in all effects.
    fn slopes(&self, position: usize, values: &[f64]) -> Vec<f64> {
        let named = self.named_parameters().into_iter().enumerate();
        let of_parameters = named.map(|(place, (_, estimate))| {
            if place == position {
                1.0 / estimate
            } else {
                0.0
            }
        });
        let of_effects = self.effects().iter().map(|effect| {
            let mut moved = M::PLACES.iter();
            let moved =
                moved.find(|moved| moved.place == effect.place && moved.position == position);
            let mut columns = self.columns().iter();
            let column = columns.position(|name| *name == effect.column);
            let value = column.and_then(|column| values.get(column));
            moved
                .zip(value)
                .map_or(0.0, |(moved, value)| moved.sign * value)
        });
        of_parameters.chain(of_effects).collect()
    }
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter()
        .zip(right)
        .map(|(left, right)| left * right)
        .sum()
}

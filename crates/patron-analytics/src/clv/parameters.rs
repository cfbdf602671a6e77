//! Models by name and with parameters, as a command line has them.

use patron_stats::purchase::PurchaseModel;

use super::{ClvError, ClvModel};

/// Makes a model of parameters such as `r=0.24,alpha=4.41`, with its number of stages where it has any.
///
/// # Errors
/// [`ClvError::Parameters`].
pub fn with_parameters(
    key: ClvModel,
    text: &str,
) -> Result<(Box<dyn PurchaseModel>, Option<f64>), ClvError> {
    let values = read(key, text)?;
    let made = key.with_parameters(&values);
    let model = made.map_err(|error| ClvError::Parameters {
        problem: format!("cannot be: {error}"),
        model: key.key(),
        expected: key.parameters().to_vec(),
    })?;
    let names = key.parameters().iter().zip(&values);
    let mut stages = names.filter(|(name, _)| **name == "k");
    Ok((model, stages.next().map(|(_, k)| *k)))
}

/// Reads parameters in the order of the model's.
fn read(key: ClvModel, text: &str) -> Result<Vec<f64>, ClvError> {
    let refused = |problem: String| ClvError::Parameters {
        problem,
        model: key.key(),
        expected: key.parameters().to_vec(),
    };
    let mut found: Vec<Option<f64>> = vec![None; key.parameters().len()];
    for part in text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        let Some((name, value)) = part.split_once('=') else {
            return Err(refused(format!("holds `{part}`, which is not NAME=NUMBER")));
        };
        let mut names = key.parameters().iter();
        let place = names.position(|known| *known == name.trim());
        let Some(slot) = place.and_then(|place| found.get_mut(place)) else {
            return Err(refused(format!("names `{}`", name.trim())));
        };
        let Ok(value) = value.trim().parse::<f64>() else {
            return Err(refused(format!("gives `{name}` as `{}`", value.trim())));
        };
        if slot.replace(value).is_some() {
            return Err(refused(format!("names `{}` twice", name.trim())));
        }
    }
    let missing = key.parameters().iter().zip(&found);
    let missing: Vec<&str> = missing
        .filter(|(_, value)| value.is_none())
        .map(|(name, _)| *name)
        .collect();
    if missing.is_empty() {
        Ok(found.into_iter().flatten().collect())
    } else {
        Err(refused(format!("lacks {}", missing.join(", "))))
    }
}

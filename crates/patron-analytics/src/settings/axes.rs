//! Settings that may differ by axis: `5` or `5,3,5`, `quantile` or `R=qcut,F=qcut-first`, `R=30,90;F=1,2`.

use patron_stats::scores::Method;

use super::SettingsError;

/// One value per axis: recency, frequency, monetary.
pub type PerAxis<T> = [T; 3];

const AXIS_LETTERS: [char; 3] = ['R', 'F', 'M'];

/// Cut points that the user gives.
#[derive(Debug, Clone, PartialEq)]
pub enum CutsWanted {
    /// By axis; nothing for an axis that is found by its method.
    Given(PerAxis<Option<Vec<f64>>>),
    /// Those of an earlier run, from its `run.json`.
    FrozenFrom(String),
}

/// Reads `5` or `5,3,5`.
///
/// # Errors
/// [`SettingsError::Value`] unless there are one or three numbers from 2 to 10.
pub fn parse_bins(text: &str) -> Result<PerAxis<u8>, SettingsError> {
    let wrong = || SettingsError::Value {
        setting: "bins",
        value: text.to_owned(),
        expected: "one number from 2 to 10, or three for R,F,M such as `5,3,5`".to_owned(),
    };
    let numbers = text
        .split(',')
        .map(|part| {
            part.trim()
                .parse::<u8>()
                .ok()
                .filter(|bins| (2..=10).contains(bins))
        })
        .collect::<Option<Vec<u8>>>()
        .ok_or_else(wrong)?;
    match numbers.as_slice() {
        [all] => Ok([*all; 3]),
        [r, f, m] => Ok([*r, *f, *m]),
        _ => Err(wrong()),
    }
}

/// Reads `quantile` for all axes, or `R=qcut,F=qcut-first` for some.
///
/// # Errors
/// [`SettingsError::Value`] for a method or an axis that does not exist.
pub fn parse_methods(text: &str) -> Result<PerAxis<Option<String>>, SettingsError> {
    let wrong = || SettingsError::Value {
        setting: "score-method",
        value: text.to_owned(),
        expected: format!(
            "one of {}, or by axis such as `R=qcut,F=qcut-first`",
            Method::NAMES.join(", ")
        ),
    };
    let known = |name: &str| Method::NAMES.contains(&name).then(|| name.to_owned());
    if !text.contains('=') {
        let name = known(text.trim()).ok_or_else(wrong)?;
        return Ok([Some(name.clone()), Some(name.clone()), Some(name)]);
    }
    let mut methods = [None, None, None];
    for part in text.split(',') {
        let (axis, name) = part.split_once('=').ok_or_else(wrong)?;
        let slot = axis_slot(&mut methods, axis).ok_or_else(wrong)?;
        *slot = Some(known(name.trim()).ok_or_else(wrong)?);
    }
    Ok(methods)
}

/// Reads `R=30,90,180,365;F=1,2,3,5`, or the path of a `run.json`.
///
/// # Errors
/// [`SettingsError::Value`] for anything else.
pub fn parse_cuts(text: &str) -> Result<CutsWanted, SettingsError> {
    if !text.contains('=') {
        return Ok(CutsWanted::FrozenFrom(text.to_owned()));
    }
    let wrong = || {
        SettingsError::Value {
        setting: "cuts",
        value: text.to_owned(),
        expected:
            "ascending cut points such as `R=30,90,180,365;F=1,2,3,5`, or the `run.json` of an earlier run"
                .to_owned(),
    }
    };
    let mut cuts = [None, None, None];
    for part in text.split(';') {
        let (axis, numbers) = part.split_once('=').ok_or_else(wrong)?;
        let numbers = numbers
            .split(',')
            .map(|number| {
                number
                    .trim()
                    .parse::<f64>()
                    .ok()
                    .filter(|number| number.is_finite())
            })
            .collect::<Option<Vec<f64>>>()
            .filter(|numbers| numbers.is_sorted())
            .ok_or_else(wrong)?;
        *axis_slot(&mut cuts, axis).ok_or_else(wrong)? = Some(numbers);
    }
    Ok(CutsWanted::Given(cuts))
}

/// Writes a value per axis: `R=…;F=…;M=…`.
pub(super) fn by_axis(values: &PerAxis<String>, separator: &str) -> String {
    let parts: Vec<String> = AXIS_LETTERS
        .iter()
        .zip(values)
        .map(|(letter, value)| format!("{letter}={value}"))
        .collect();
    parts.join(separator)
}

fn axis_slot<'a, T>(slots: &'a mut PerAxis<T>, axis: &str) -> Option<&'a mut T> {
    let letter = axis.trim().chars().next()?.to_ascii_uppercase();
    let position = AXIS_LETTERS.iter().position(|&known| known == letter)?;
    (axis.trim().len() == 1).then_some(())?;
    slots.get_mut(position)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_one_number_or_three() {
        assert_eq!(parse_bins("5"), Ok([5, 5, 5]));
        assert_eq!(parse_bins("5, 3,10"), Ok([5, 3, 10]));
        for text in ["", "1", "11", "5,5", "5,5,5,5", "five"] {
            assert!(parse_bins(text).is_err(), "{text}");
        }
    }

    #[test]
    fn methods_may_differ_by_axis() {
        let all = parse_methods("r-rfm").unwrap();
        assert!(all.iter().all(|method| method.as_deref() == Some("r-rfm")));
        let some = parse_methods("r=qcut,F=qcut-first").unwrap();
        assert_eq!(
            some,
            [Some("qcut".to_owned()), Some("qcut-first".to_owned()), None]
        );
        for text in ["kmeans", "X=qcut", "R=kmeans", "R=qcut,F"] {
            assert!(parse_methods(text).is_err(), "{text}");
        }
    }

    #[test]
    fn cuts_are_numbers_by_axis_or_a_file() {
        assert_eq!(
            parse_cuts("F=1,2;M=9.5"),
            Ok(CutsWanted::Given([
                None,
                Some(vec![1.0, 2.0]),
                Some(vec![9.5])
            ]))
        );
        assert_eq!(
            parse_cuts("old/run.json"),
            Ok(CutsWanted::FrozenFrom("old/run.json".to_owned()))
        );
        assert!(parse_cuts("F=one").is_err());
        assert!(parse_cuts("F=3,2").is_err());
        assert!(parse_cuts("Q=1").is_err());
    }
}

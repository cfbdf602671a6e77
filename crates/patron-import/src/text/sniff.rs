//! What kind of text the first bytes are.

use memchr::memchr;

use crate::error::ImportError;
use crate::preset::{self, Layout, Preset};
use crate::text::records::{Fields, Records, Separation};

/// Delimiters that are tried, best first among equals.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Records on which delimiter and layout are judged.
const JUDGED_RECORDS: usize = 100;
/// More control characters than one in this many bytes are not text.
const TEXT_BYTES_PER_CONTROL: usize = 50;

const OTHER_FORMATS: &[(&[u8], &str)] = &[
    (b"PK\x05\x06", "an empty zip archive"),
    (b"%PDF", "a PDF document"),
    (b"SQLite format 3", "an SQLite database"),
    (b"BZh", "compressed with bzip2"),
    (b"\xfd7zXZ", "compressed with xz"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x89PNG", "a picture"),
];

/// The mark at both ends of a Parquet file.
pub(crate) const PARQUET_MARK: &[u8] = b"PAR1";

/// Refuses files of other kinds, by the first bytes as they are on disk.
pub(crate) fn refuse_other_formats(file: &str, start: &[u8]) -> Result<(), ImportError> {
    let file = || file.to_owned();
    if start.starts_with(PARQUET_MARK) {
        return Err(ImportError::Parquet { file: file() });
    }
    if let Some((_, found)) = OTHER_FORMATS
        .iter()
        .find(|(mark, _)| start.starts_with(mark))
    {
        return Err(ImportError::OtherFormat {
            file: file(),
            found,
        });
    }
    Ok(())
}

/// Returns whether UTF-16 without a mark has its high bytes first; nothing if it is not UTF-16. In Latin text every
/// other byte is NUL, always on the same side.
pub(crate) fn utf16_without_mark(start: &[u8]) -> Option<bool> {
    let judged = start.get(..start.len().min(512)).unwrap_or_default();
    let nuls = |side: usize| {
        judged
            .iter()
            .skip(side)
            .step_by(2)
            .filter(|&&byte| byte == 0)
            .count()
    };
    let (even, odd) = (nuls(0), nuls(1));
    (judged.len() >= 8 && even.min(odd) == 0 && even.max(odd) * 4 > judged.len())
        .then_some(even > 0)
}

/// Refuses what is not text, by the first bytes as UTF-8.
pub(crate) fn refuse_controls(file: &str, start: &[u8]) -> Result<(), ImportError> {
    let is_control =
        |byte: &u8| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1a);
    let controls = start.iter().filter(|byte| is_control(byte)).count();
    let place = memchr(0, start).or_else(|| {
        (controls * TEXT_BYTES_PER_CONTROL > start.len())
            .then(|| start.iter().position(is_control))
            .flatten()
    });
    match place {
        Some(place) => Err(ImportError::Binary {
            file: file.to_owned(),
            byte: start.get(place).copied().unwrap_or(0),
            offset: place as u64,
        }),
        None => Ok(()),
    }
}

/// Returns the delimiter that cuts the first records into more than one field most evenly; a comma if none does.
pub(crate) fn delimiter(sample: &[u8]) -> u8 {
    let mut best = (0, 0, b',');
    for candidate in DELIMITERS {
        let (columns, share) = evenness(sample, candidate);
        if columns > 1 && (share, columns) > (best.0, best.1) {
            best = (share, columns, candidate);
        }
    }
    best.2
}

/// Returns the number of fields of the first record, and how many records of 20 have as many.
fn evenness(sample: &[u8], delimiter: u8) -> (usize, usize) {
    let mut fields = Fields::default();
    let mut records = Records::new(sample, Separation::Delimiter(delimiter), 1);
    let (mut columns, mut judged, mut even) = (0, 0_usize, 0_usize);
    while judged < JUDGED_RECORDS {
        match records.read(&mut fields) {
            Ok(Some(_)) => {
                if judged == 0 {
                    columns = fields.len();
                }
                judged += 1;
                even += usize::from(fields.len() == columns);
            }
            _ => break,
        }
    }
    (columns, even * 20 / judged.max(1))
}

/// A file with columns aligned by blanks.
pub(crate) struct Aligned {
    /// The names of its columns.
    pub(crate) headers: Vec<String>,
    /// Whether the first record is a header.
    pub(crate) has_header: bool,
}

/// Recognises a preset whose columns are aligned by blanks: numbers only, as many as one of its lists has names, with a
/// date where the list has one.
pub(crate) fn aligned(sample: &[u8], asked: Option<&str>) -> Option<Aligned> {
    let records = blank_records(sample);
    preset::all()
        .iter()
        .filter(|preset| preset.layout == Layout::Aligned)
        .filter(|preset| asked.is_none_or(|name| preset.name.eq_ignore_ascii_case(name.trim())))
        .find_map(|preset| aligned_as(preset, &records))
}

fn blank_records(sample: &[u8]) -> Vec<Vec<String>> {
    let mut fields = Fields::default();
    let mut records = Records::new(sample, Separation::Blanks, 1);
    let mut texts = Vec::new();
    while texts.len() < JUDGED_RECORDS
        && let Ok(Some(_)) = records.read(&mut fields)
    {
        texts.push(fields.to_texts(sample).into_iter().flatten().collect());
    }
    texts
}

fn aligned_as(preset: &'static Preset, records: &[Vec<String>]) -> Option<Aligned> {
    let (first, others) = records.split_first()?;
    let has_header = preset.recognises(first);
    let data = if has_header { others } else { records };
    let columns = data.first()?.len();
    let names = preset
        .headless
        .iter()
        .find(|names| names.len() == columns)?;
    let date = names.iter().position(|name| name == "date")?;
    let fits = data.iter().all(|record| {
        record.len() == columns
            && record.get(date).is_some_and(|text| text.len() == 8)
            && record
                .iter()
                .all(|text| patron_core::Money::parse(text).is_ok())
    });
    fits.then(|| Aligned {
        headers: if has_header {
            first.clone()
        } else {
            names.clone()
        },
        has_header,
    })
}

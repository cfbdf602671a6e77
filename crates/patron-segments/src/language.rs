//! Names in the three languages of patron's screens.

use serde::{Deserialize, Serialize};

/// A language of patron's screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Language {
    /// English.
    #[serde(rename = "en")]
    English,
    /// 简体中文.
    #[serde(rename = "zh-Hans")]
    SimplifiedChinese,
    /// 繁體中文.
    #[serde(rename = "zh-Hant")]
    TraditionalChinese,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 3] = [
        Self::English,
        Self::SimplifiedChinese,
        Self::TraditionalChinese,
    ];

    /// Returns the BCP 47 tag: `en`, `zh-Hans`, `zh-Hant`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::SimplifiedChinese => "zh-Hans",
            Self::TraditionalChinese => "zh-Hant",
        }
    }
}

/// One text in each language. In a file it is a table, or one text for all; a missing language takes its neighbour's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written")]
pub struct Names {
    /// English.
    pub en: String,
    /// 简体中文.
    #[serde(rename = "zh-Hans")]
    pub zh_hans: String,
    /// 繁體中文.
    #[serde(rename = "zh-Hant")]
    pub zh_hant: String,
}

impl Names {
    /// Uses one text in every language.
    #[must_use]
    pub fn same(text: &str) -> Self {
        Self {
            en: text.to_owned(),
            zh_hans: text.to_owned(),
            zh_hant: text.to_owned(),
        }
    }

    /// Returns the text in a language.
    #[must_use]
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::English => &self.en,
            Language::SimplifiedChinese => &self.zh_hans,
            Language::TraditionalChinese => &self.zh_hant,
        }
    }
}

/// What a file may say.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Same(String),
    Each(Each),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Each {
    en: Option<String>,
    #[serde(rename = "zh-Hans")]
    zh_hans: Option<String>,
    #[serde(rename = "zh-Hant")]
    zh_hant: Option<String>,
}

impl From<Written> for Names {
    fn from(written: Written) -> Self {
        let each = match written {
            Written::Same(text) => return Self::same(&text),
            Written::Each(each) => each,
        };
        let chosen = |order: [&Option<String>; 3]| {
            let found = order.into_iter().flatten().next();
            found.cloned().unwrap_or_default()
        };
        Self {
            en: chosen([&each.en, &each.zh_hans, &each.zh_hant]),
            zh_hans: chosen([&each.zh_hans, &each.zh_hant, &each.en]),
            zh_hant: chosen([&each.zh_hant, &each.zh_hans, &each.en]),
        }
    }
}

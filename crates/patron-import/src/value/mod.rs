//! Single values: dates, amounts, ids, telephone numbers.

pub(crate) mod amount;
pub(crate) mod country;
pub(crate) mod date;
pub(crate) mod id;
pub(crate) mod phone;

/// Returns a text without blanks around it; most texts have none, which is seen by two bytes.
pub(crate) fn trim(text: &str) -> &str {
    let bare = |byte: Option<&u8>| byte.is_none_or(|byte| (0x21..0x80).contains(byte));
    let bytes = text.as_bytes();
    if bare(bytes.first()) && bare(bytes.last()) {
        text
    } else {
        text.trim()
    }
}

#[cfg(test)]
mod tests {
    use super::trim;

    #[test]
    fn blanks_of_every_kind_go() {
        for text in [
            "",
            "a",
            " a",
            "a\t",
            "\u{a0}a b\u{3000}",
            "张",
            " 张 ",
            "  ",
        ] {
            assert_eq!(trim(text), text.trim(), "{text:?}");
        }
    }
}

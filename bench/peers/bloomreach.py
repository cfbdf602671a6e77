"""The segment of each code of R, F and M scores: the 125 codes that Bloomreach published, as patron's vocabulary lists them."""

import re
import tomllib
from pathlib import Path

LISTED = Path(__file__).resolve().parents[2] / "crates" / "patron-segments" / "vocabularies" / "bloomreach.toml"


def segment_of_code() -> dict[str, str]:
    segments = tomllib.loads(LISTED.read_text(encoding="utf-8"))["segment"]
    return {code: segment["key"] for segment in segments for code in re.findall(r"'(\d{3})'", segment["when"])}

"""The console's words: Chinese in the code and the templates, English in ``messages/en/*.toml`` under the Chinese.

Code marks a sentence with ``said("…")``, a template with ``_("…")``; slots are ``{name}``. A test reads both and the
catalogues: every marked sentence has its English with the same slots, and no English is left over.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from outreach.store.people import GANSU

Language = Literal["zh-CN", "en"]
LANGUAGES: Final[Mapping[Language, str]] = {"zh-CN": "中文", "en": "English"}
MESSAGES: Final = Path(__file__).parent / "messages"


class Said(str):
    """A sentence of the console in its Chinese, with what fills its slots: to be put into words by a ``Catalogue``."""

    __slots__ = ("values",)
    values: Mapping[str, object]


def said(text: str, /, **values: object) -> Said:
    """Mark a sentence as the console's, to be shown in whatever language its reader has."""
    sentence = Said(text)
    sentence.values = values
    return sentence


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All words of one language."""

    language: Language
    words: Mapping[str, str]

    def __call__(self, text: str, /, **values: object) -> str:
        """The sentence in this language, its slots filled. What is no sentence of ours comes back as it is."""
        filled = {**getattr(text, "values", {}), **values}
        wording = self.words.get(text, str(text))
        if not filled:
            return wording
        return wording.format(
            **{name: self(value) if isinstance(value, Said) else value for name, value in filled.items()}
        )

    def moment(self, at: datetime) -> str:
        """A time by Gansu's clock."""
        local = at.astimezone(GANSU)
        if self.language == "en":
            return f"{local:%d %b %Y, %H:%M}"
        return f"{local.year} 年 {local.month} 月 {local.day} 日 {local:%H:%M}"

    def day(self, day: date) -> str:
        """A date."""
        if self.language == "en":
            return f"{day:%d %b %Y}"
        return f"{day.year} 年 {day.month} 月 {day.day} 日"


@cache
def catalogue(language: Language) -> Catalogue:
    """The words of a language. Raises ValueError when a sentence is written twice in its files."""
    return Catalogue(language, read(MESSAGES / language) if language != "zh-CN" else {})


def read(directory: Path) -> Mapping[str, str]:
    """All ``*.toml`` of a folder: the Chinese sentence and what it is there."""
    words: dict[str, str] = {}
    for path in sorted(directory.glob("*.toml")):
        entries: Mapping[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        for text, wording in entries.items():
            if words.setdefault(text, wording) != wording:
                raise ValueError(f"{path}: {text!r} is {words[text]!r} elsewhere and {wording!r} here")
    return words

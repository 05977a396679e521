"""What comes of one cell: a value, perhaps with a remark, or a refusal in words. And how its text is made uniform."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from outreach.exchange.words import Word


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that computes. ``result``: what its spreadsheet stored; None: nothing. It is never run here."""

    text: str
    result: "str | int | float | bool | date | datetime | time | None" = None


@dataclass(frozen=True, slots=True)
class Broken:
    """#N/A, #REF! and their like."""

    text: str


@dataclass(frozen=True, slots=True)
class Nested:
    """A list or an object where one value belongs."""


Cell = str | int | float | bool | date | datetime | time | Formula | Broken | Nested | None


@dataclass(frozen=True, slots=True)
class Read:
    """Understood. ``value``: as JSON; None: the cell is empty."""

    value: Any
    remark: Word | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Not understood: why, and what to write instead."""

    why: Word


_EMPTY = frozenset(("", "-", "--", "—", "——", "/", "\\", "null", "none", "n/a", "nan"))
_SPACES = re.compile(r"\s+")
_HANZI = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_BETWEEN_HANZI = re.compile(rf"(?<=[{_HANZI}])\s+(?=[{_HANZI}])")
_INVISIBLE = re.compile(
    r"[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u200b\u2060\ufeff\ufffe\uffff\ud800-\udfff]"
)
_LOOKS_RUN = re.compile(r"[=＝]|'+[=+\-@\t\r＝＋－＠]")
SHOWN = 60
"""Most characters of a cell in a sentence about it."""


def text_of(cell: Cell) -> str:
    """A cell as it looks. 13812345678.0 is 13812345678: spreadsheets keep whole numbers as floats."""
    match cell:
        case None | Nested():
            return ""
        case str():
            return cell
        case bool():
            return "是" if cell else "否"
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        case datetime():
            return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "minutes")
        case date():
            return cell.isoformat()
        case time():
            return f"{cell:%H:%M}"
        case Formula(text) | Broken(text):
            return text
        case _:
            return str(cell)


def folded(text: str) -> str:
    """Digits, letters and signs half-width, no invisible characters, outer spaces gone: for codes, not for prose."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).replace("−", "-").replace("–", "-").strip()


def marked(text: str) -> str:
    """A text that its file says is text, though it looks like a formula: marked as our CSV marks it (``writing``)."""
    return f"'{text}" if _LOOKS_RUN.match(text) else text


def prose(text: str) -> str:
    """Text as it is kept: whatever characters it has, without control characters; each run of spaces one space."""
    return _SPACES.sub(" ", _INVISIBLE.sub("", text)).strip()


def joined(text: str) -> str:
    """张 三 as 张三; John Smith as he is."""
    return _BETWEEN_HANZI.sub("", text)


def empty(text: str) -> bool:
    """Does such a text mean that there is nothing?"""
    return text.strip().lower() in _EMPTY


def shown(text: str) -> str:
    """As a sentence quotes it."""
    text = prose(text)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"

"""Mandarin: the order of the rules, then keys, abbreviations, letters, symbols, and what is left out.

The order is the law here: dates before telephones before quantities; a rule turns what it knows into
characters, so that no later rule sees it again. That is also why applying all of it twice changes nothing.
"""

import re

from outreach.speech.spoken import moments, phones, quantities
from outreach.speech.spoken.digits import number
from outreach.speech.spoken.fold import fold
from outreach.speech.spoken.phones import Rule
from outreach.speech.spoken.tables import ENDS, LETTERS, PAUSES, SYMBOLS, WORDS

_KEY = {"#": "井号键", "*": "星号键", "**": "两次星号键"}
_WORD = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)*")

FIRST: tuple[Rule, ...] = (
    (re.compile(r"https?://[\w./?=&%#:~+-]+|www\.[\w./?=&%#:~+-]+"), lambda _: "网址"),
    (re.compile(r"[\w.+-]+@[\w.-]+"), lambda match: match[0].replace(".", "点")),
    # 1,200,000 is a quantity even with no unit behind it
    (
        re.compile(r"(?<![¥$€£\d])\d{1,3}(?:,\d{3}){2,4}(?![\d,.])"),
        lambda match: number(match[0].replace(",", "")),
    ),
    (re.compile(r"(?<=\d),(?=\d{3}(?!\d))"), lambda _: ""),
)
WRITTEN: tuple[Rule, ...] = (
    (re.compile(r"(?<![#*])(\*\*|[#*])(?![#*])\s*(?:号?键|号)?"), lambda match: _KEY[match[1]]),
    (re.compile("[#*]{2,}"), lambda _: ""),
    (_WORD, lambda match: _letters(match[0])),
)
RULES = (*FIRST, *moments.RULES[:1], *phones.RULES, *moments.RULES[1:], *quantities.RULES, *WRITTEN)

_SAID = str.maketrans(SYMBOLS | dict.fromkeys(PAUSES, "，") | ENDS | {";": "；"})
_SPACE = re.compile(r"(?<=[\u3400-\u4dbf\u4e00-\u9fff])\s+(?=[\u3400-\u4dbf\u4e00-\u9fff])")
_UNSAYABLE = re.compile(r"[^\u3400-\u4dbf\u4e00-\u9fff。！？；，、]+")
_PAUSED = re.compile("[。！？；，、]{2,}")
_STRENGTH = "！？。；，、"


def mandarin(text: str) -> str:
    """``text`` in Chinese characters and 。！？；，、 only; "" when nothing of it can be said."""
    text = fold(text)
    for pattern, words in RULES:
        text = pattern.sub(words, text)
    text = _SPACE.sub("，", text).translate(_SAID)
    text = _UNSAYABLE.sub("", text)
    text = _PAUSED.sub(lambda match: min(match[0], key=_STRENGTH.index), text)
    return text.lstrip("。！？；，、").rstrip("，、")


def _letters(word: str) -> str:
    """A known abbreviation, else its letters one by one; a word in parts (Wi-Fi) is tried whole first."""
    if known := WORDS.get(word.casefold()):
        return known
    return "，".join(WORDS.get(part.casefold()) or _spelt(part) for part in word.split("-"))


def _spelt(word: str) -> str:
    return "".join(LETTERS.get(letter, "") for letter in word.upper())

"""A word out of a few: as it is stored, as counselors say it, misspelt, or said alike (梁州 for 凉州)."""

import difflib
from collections.abc import Mapping
from functools import cache

from pypinyin import Style, lazy_pinyin

from outreach.exchange.fields import Option
from outreach.exchange.reading import Read, Refused, folded, shown
from outreach.exchange.words import Word

NEAR = 0.75
"""Below this likeness a word is another word."""


def read_choice(text: str, options: tuple[Option, ...]) -> Read | Refused:
    """One of the options, or a refusal that lists them."""
    word = folded(text)
    if (value := _exact(options).get(word.lower())) is not None:
        return Read(value)
    within = {
        value
        for name, value in _exact(options).items()
        if len(name) > 1 and not name.isascii() and name in word
    }
    if len(within) == 1:
        (value,) = within
        return Read(value, Word("mended", {"seen": shown(text), "read": called(options, value)}))
    if not within and (near := _near(word, options)):
        return Read(near, Word("sounds_like", {"seen": shown(text), "read": called(options, near)}))
    known = "、".join(option.zh for option in options)
    return Refused(Word("choice_wrong", {"seen": shown(text), "known": known}))


def called(options: tuple[Option, ...], value: str) -> str:
    """As counselors call a stored value."""
    return next((option.zh for option in options if option.value == value), value)


def sound(text: str) -> str:
    """How it is said, without tones."""
    return " ".join(lazy_pinyin(text, style=Style.NORMAL))


@cache
def _exact(options: tuple[Option, ...]) -> Mapping[str, str]:
    return {
        name.lower(): option.value for option in options for name in (option.value, option.zh, *option.also)
    }


def _near(word: str, options: tuple[Option, ...]) -> str | None:
    said = sound(word)
    for name, value in _exact(options).items():
        if not name.isascii() and sound(name) == said:
            return value
    close = difflib.get_close_matches(word.lower(), _exact(options), n=1, cutoff=NEAR)
    return _exact(options)[close[0]] if close else None

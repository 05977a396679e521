"""Conversations by text message, for ``tests/scenario.py``: which can be had so, and what counts as said.

What a file says of a call is held against the letter after the same change that the letter makes: "X，请按1" must stand
there as the choice "1 X" in the written wording of X, and what else is pressed there is replied here.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from outreach.dialogue.prompts import Prompts
from outreach.sms import letter

SIGNATURE = "武威市残联"
KEY = b"a key for tests"
CALLS_ONLY = re.compile(
    r"only voice|caller anonymous|caller \+86935|@ remind"
    r"|> (断线|不出声|挂断|重拨|留言|无人接听|通话结束|说 ？|说 \S+ [0-9.]+$)"
    r"|\? (dial|mode|playback|speed|wordiness|patience|number)\b"
)
"""What only a call can do: silence, a broken line, a withheld number, a sound."""
TEXTS_ONLY = "only sms"
SPOKEN_CHOICE = re.compile(r"(?P<label>.+)，(?:请按)?(?P<key>\d)。?")
HEAD = re.compile(rf"^【{SIGNATURE}】(?:\(\d/\d\))?")


def channels(lines: Iterable[str]) -> list[str]:
    """How this conversation can be had."""
    lines = [line.strip() for line in lines]
    if TEXTS_ONLY in lines:
        return ["sms"]
    return ["voice"] if any(CALLS_ONLY.match(line) for line in lines) else ["voice", "sms"]


def read(letters: Sequence[str]) -> list[str]:
    """The words of messages, without what stands at the head of each; blanks do not count."""
    assert all(HEAD.match(text) for text in letters), letters
    return ["".join(HEAD.sub("", text).split()) for text in letters]


def find(text: str, wanted: str, start: int, languages: Mapping[str, Prompts]) -> tuple[int, int]:
    """Where ``wanted``, as a call would say it, stands in a letter's words; (-1, -1): nowhere after ``start``."""
    for form in _forms(wanted, languages):
        at = text.find(form, start)
        if at >= 0:
            return at, at + len(form)
    return -1, -1


def _forms(wanted: str, languages: Mapping[str, Prompts]) -> Iterable[str]:
    if choice := SPOKEN_CHOICE.fullmatch(wanted):
        labels = [
            prompt.wording(2, "sms")
            for prompts in languages.values()
            for prompt in prompts.entries.values()
            if choice["label"] in (prompt.say, prompt.brief)
        ]
        # a label that is in no prompt is a counselor's word, or a time: the same on both channels
        for label in labels or [choice["label"]]:
            yield "".join(f"{choice['key']}{label}".split())
    yield "".join(letter.written(wanted).split())

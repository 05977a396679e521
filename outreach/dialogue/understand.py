"""Keys or words, and what was offered, to one meaning. Pure; the key table of every screen lives here and only here.

Source of the keys: voice-interface, "Keys: the same meaning on every screen" (after ISO/IEC 13714 and Avaaj Otalo).
"""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from outreach.dialogue.matching import Accept, Nothing, ReadBack, match
from outreach.dialogue.page import (
    Choice,
    Dtmf,
    Heard,
    JSONValue,
    Mode,
    NoInput,
    Recorded,
    Returned,
    Utterance,
    Words,
)
from outreach.dialogue.session import Session
from outreach.dialogue.sound import tokens

CERTAIN = 0.7
"""Recognised words at least this certain count at once (development set: below it lie few right answers)."""
DOUBTFUL = 0.4
"""Between this and CERTAIN the words are read back; below, they were not understood."""


class Command(StrEnum):
    """What can be asked for on every screen."""

    HELP = "help"
    REPEAT = "repeat"
    BACK = "back"
    MAIN = "main"
    LEAVE = "leave"
    PERSON = "person"
    WHERE = "where"
    PAUSE = "pause"
    GO_ON = "go_on"
    TOGGLE = "toggle"
    FASTER = "faster"
    SLOWER = "slower"
    NORMAL = "normal"


SPOKEN = tuple(command for command in Command if command is not Command.TOGGLE)
"""Commands that have words: ``[command.<name>] words`` in the prompts."""

EVERYWHERE = {
    "#": Command.REPEAT,
    "*": Command.BACK,
    "**": Command.MAIN,
    "0": Command.PERSON,
    "9": Command.LEAVE,
}
KEYS: Mapping[Mode, Mapping[str, Command]] = {
    Mode.MENU: EVERYWHERE,
    Mode.LISTEN: EVERYWHERE | {"1": Command.SLOWER, "3": Command.FASTER, "5": Command.TOGGLE},
    Mode.DIGITS: {"*": Command.BACK},
    Mode.RECORD: EVERYWHERE,
    Mode.AWAY: EVERYWHERE,
}
"""Keys that are no choice. While digits are entered only an empty ``*`` leaves the field."""

CHOICE_KEYS: Mapping[Mode, frozenset[str]] = {
    Mode.MENU: frozenset("12345"),
    Mode.LISTEN: frozenset("24678"),
    Mode.DIGITS: frozenset(),
    Mode.RECORD: frozenset(),
    Mode.AWAY: frozenset(),
}
"""Keys that a screen may give to a choice. A test holds every page against it."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A value for the page."""

    value: JSONValue


@dataclass(frozen=True, slots=True)
class Doubt:
    """Probably this value: to be read back. ``phrase`` is what it is called."""

    value: JSONValue
    phrase: str


@dataclass(frozen=True, slots=True)
class Missed:
    """Not understood, or nothing said."""

    silent: bool


Meaning = Chosen | Doubt | Missed | Command


def understand(heard: Heard, session: Session, say: Words, county: str | None = None) -> Meaning:
    """What ``heard`` means to a caller who was offered ``session.offered``. Never raises on any input."""
    match heard:
        case NoInput():
            return Missed(silent=True)
        case Dtmf(keys):
            return _keys(keys, session)
        case Utterance():
            return _words(heard, session, say, county)
        case Recorded() if session.mode is Mode.RECORD:
            return Chosen(heard)
        case Returned() if session.mode is Mode.AWAY:
            return Chosen(heard)
    return Command.REPEAT  # came too late: the caller is somewhere else by now, and hears where


def grammar(session: Session, say: Words) -> tuple[str, ...]:
    """Everything that may be said now: the offered choices and the commands. For the recogniser."""
    return tuple(dict.fromkeys(word for _, words in _candidates(session, say) for word in words))


def _keys(keys: str, session: Session) -> Meaning:
    if session.mode is Mode.DIGITS and keys not in ("*", "**", ""):
        return Chosen(_typed(keys))
    for choice in session.offered:
        if choice.key and choice.key == keys:
            return Chosen(choice.value)
    return KEYS[session.mode].get(keys, Missed(silent=False))


def _typed(keys: str) -> str:
    """Digits as they were meant: a star takes back the one before (carriers that collect keys send it along)."""
    digits: list[str] = []
    for key in keys:
        if key in "0123456789":
            digits.append(key)
        elif key == "*" and digits:
            digits.pop()
    return "".join(digits)


def _words(heard: Utterance, session: Session, say: Words, county: str | None) -> Meaning:
    text = unicodedata.normalize("NFKC", heard.text).strip().strip("。.！!？?，,")
    if not text:
        return Missed(silent=not heard.unknown)
    if session.mode is Mode.DIGITS and is_digits(text):
        return Chosen(text)
    if is_digits(text) or text in ("*", "#", "**"):
        return _keys(text, session)
    if heard.confidence < DOUBTFUL:
        return Missed(silent=False)
    if session.mode is Mode.RECORD:
        return _message(heard, text, session, say)
    match match(text, list(_candidates(session, say)), county):
        case Accept(value):
            certain = heard.confidence >= CERTAIN
        case ReadBack(value, _):
            certain = False
        case Nothing():
            return Missed(silent=False)
    if isinstance(value, Command):
        return value if certain else Missed(silent=False)
    choice: Choice = value
    return Chosen(choice.value) if certain else Doubt(choice.value, choice.words[0])


def _message(heard: Utterance, text: str, session: Session, say: Words) -> Meaning:
    """A written message may hold any word; only one that is nothing else is a command. By voice, what is left over is
    no message: the page knows the channel."""
    for command, words in _candidates(session, say):
        if (
            heard.confidence >= CERTAIN
            and tokens(text) in map(tokens, words)
            and isinstance(command, Command)
        ):
            return command
    return Chosen(heard)


def is_digits(text: str) -> bool:
    """Keys of a telephone, and not digits of another script."""
    return text.isascii() and text.isdigit()


def _candidates(session: Session, say: Words) -> Iterator[tuple[Choice | Command, tuple[str, ...]]]:
    for choice in session.offered:
        if choice.words:
            yield choice, choice.words
    for command in SPOKEN:
        yield command, say.words(f"command.{command.value}")

"""The kinds of page: Menu, Form, Browse, Article, Record, Confirm. Each is data and functions of one service line.

A kind owns how a page of its sort is spoken and which keys it has; what it says is in ``prompts/``, under the
page's own name. None of them knows a service line.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from outreach.dialogue.page import (
    Back,
    Choice,
    Data,
    Goto,
    JSONValue,
    Mode,
    Move,
    NoMatch,
    Phrase,
    Recorded,
    Screen,
    Stay,
    Turn,
    Utterance,
    Words,
)
from outreach.dialogue.turn import yes_no

AFTER_LIST_SECONDS = 10.0
"""First answer after a list or a long text; 8 s elsewhere (voice-interface, law 5)."""

Lead = Callable[[Turn], tuple[Phrase, ...]]


def nothing(_: Turn) -> tuple[Phrase, ...]:
    """No words before."""
    return ()


def keep(turn: Turn) -> Data:
    """Enter with the data of the move, as they are."""
    return turn.data


# --- Menu ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a menu: a key that never changes, a label in ``prompts/``, and a move (or ``page``)."""

    key: str
    label: str
    page: str = ""
    data: Data = field(default_factory=dict)
    value: JSONValue = None


@dataclass(frozen=True, slots=True)
class Menu:
    """Up to five choices, the key named after what it does. ``choose`` takes options that are no page of their own.

    ``last`` is said after the choices: that 0 is a person, where somebody may need one at once.
    """

    name: str
    options: tuple[Option, ...]
    lead: Lead = nothing
    choose: Callable[[Turn, JSONValue], Move] | None = None
    prepare: Callable[[Turn], Data | Move] = keep
    last: Lead = nothing

    def enter(self, turn: Turn) -> Data | Move:
        """May lead elsewhere when there is nothing to choose from."""
        return self.prepare(turn)

    def show(self, turn: Turn) -> Screen:
        """The question, then each choice with its key."""
        phrases = [*self.lead(turn), turn.say(self.name)]
        phrases += (*self.fixed(turn.say), *self.last(turn))
        choices = tuple(
            Choice(option.key, index, turn.say.words(option.label))
            for index, option in enumerate(self.options)
        )
        return Screen(tuple(phrase for phrase in phrases if phrase.text), choices=choices)

    def hear(self, turn: Turn, value: JSONValue) -> Move:
        """Go where the chosen option leads."""
        option = self.options[value]
        if option.page:
            return Goto(option.page, option.data)
        assert self.choose is not None, f"{self.name}: option {option.key} leads nowhere"
        return self.choose(turn, option.value)

    def where(self, turn: Turn) -> str:
        """Its title."""
        return turn.say.title(self.name)

    def fixed(self, say: Words) -> tuple[Phrase, ...]:
        """Its choices as they are always said."""
        return tuple(option_phrase(say, option.key, option.label) for option in self.options)


def option_phrase(say: Words, key: str, label: str) -> Phrase:
    """One choice as it is said: "听招聘，请按一"."""
    return Phrase(label, say("menu.choice", label=say(label).text, key=key).text)


# --- Confirm ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Confirm:
    """Reads back what is about to count; one key does it. ``other``: a third thing, on key 3."""

    name: str
    ask: Callable[[Turn], tuple[Phrase, ...]]
    yes: Callable[[Turn], Move]
    no: Callable[[Turn], Move] = lambda _: Back()
    prepare: Callable[[Turn], Data | Move] = keep
    other: tuple[str, Callable[[Turn], Move]] | None = None

    def enter(self, turn: Turn) -> Data | Move:
        """May lead elsewhere when there is nothing to confirm (already registered, for one)."""
        return self.prepare(turn)

    def show(self, turn: Turn) -> Screen:
        """What will be done, then the two (or three) keys."""
        choices: tuple[Choice, ...] = yes_no(turn.say)
        phrases = [*self.ask(turn), turn.say("confirm.keys")]
        if self.other:
            choices = (*choices, Choice("3", "other", turn.say.words(self.other[0])))
            phrases += self.fixed(turn.say)
        return Screen(tuple(phrases), choices=choices, fresh=True)

    def hear(self, turn: Turn, value: JSONValue) -> Move:
        """Do it, or not."""
        if value == "other" and self.other:
            return self.other[1](turn)
        return self.yes(turn) if value is True else self.no(turn)

    def where(self, turn: Turn) -> str:
        """Its title."""
        return turn.say.title(self.name)

    def fixed(self, say: Words) -> tuple[Phrase, ...]:
        """Its third choice as it is always said."""
        return (option_phrase(say, "3", self.other[0]),) if self.other else ()


# --- Act ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Act:
    """Not a place but a step: does something on arrival and leads on. Others name it as they name a page."""

    name: str
    act: Callable[[Turn], Move]

    def enter(self, turn: Turn) -> Data | Move:
        """Do it."""
        return self.act(turn)

    def show(self, turn: Turn) -> Screen:
        """Never reached: nobody stays here."""
        raise AssertionError(f"{self.name} is not a place")

    def hear(self, turn: Turn, value: JSONValue) -> Move:
        """Never reached."""
        raise AssertionError(f"{self.name} is not a place")

    def where(self, turn: Turn) -> str:
        """Nowhere."""
        return ""


# --- Browse -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a list: its words, and the words with the numbers in them (for key 7)."""

    phrases: tuple[Phrase, ...]
    numbers: tuple[Phrase, ...] = ()


@dataclass(frozen=True, slots=True)
class Browse:
    """A list heard with the listening keys: 2 take, 4 previous, 6 next, 7 numbers, 8 send; the rest is universal.

    ``find`` gives the ids in their order, once, on arrival: the list stays as it was offered while it is heard. Whoever
    leads here may name in ``item`` of the data the one to begin with. An id is an int, or a value that names an entry.
    ``item`` gives an entry's words, or None when it is no longer to be offered; it is then passed over aloud.
    ``by_word``: further choices that only words reach (a county's name, for one).
    """

    name: str
    find: Callable[[Turn], Data]
    item: Callable[[Turn, Any], Item | None]
    take: Callable[[Turn, Any], Move]
    send: Callable[[Turn, Any], Move]
    empty: Callable[[Turn], Screen]
    hear_empty: Callable[[Turn, JSONValue], Move]
    by_word: Callable[[Turn], tuple[Choice, ...]] = lambda _: ()
    hear_word: Callable[[Turn, JSONValue], Move] = lambda _turn, _value: NoMatch()
    keys: str = "list.keys"  # said after the first entry
    gone: str = "list.gone"  # said instead of an entry that is no longer to be offered

    def enter(self, turn: Turn) -> Data | Move:
        """The ids as of now: ``{"items": [...], "at": 0, ...}``."""
        found = self.find(turn)
        first, items = turn.data.get("item"), found["items"]
        return {**turn.data, "at": items.index(first) if first in items else 0, **found}

    def show(self, turn: Turn) -> Screen:
        """The position, the entry, and on the first one the keys."""
        items: Sequence[Any] = turn.data["items"]
        if not items:
            return self.empty(turn)
        at: int = turn.data["at"]
        entry = self.item(turn, items[at])
        position = (turn.say("list.position", n=at + 1), turn.say("list.total", n=len(items)))
        body = entry.phrases if entry else (turn.say(self.gone),)
        lead = () if at or "hint" not in turn.data else (turn.say(turn.data["hint"]),)
        # days may lie between two text messages: each says how to go on
        hint = (turn.say(self.keys),) if at == 0 or turn.channel == "sms" else ()
        phrases = tuple(phrase for phrase in (*lead, *position, *body, *hint) if phrase.text)
        choices = tuple(Choice(key, do, turn.say.words(f"list.{do}")) for key, do in LISTENING)
        return Screen(phrases, Mode.LISTEN, (*choices, *self.by_word(turn)), first_seconds=AFTER_LIST_SECONDS)

    def hear(self, turn: Turn, value: JSONValue) -> Move:
        """Move along the list, or act on the entry."""
        items: Sequence[Any] = turn.data["items"]
        if not items:
            return self.hear_empty(turn, value)
        at: int = turn.data["at"]
        match value:
            case "next" if at + 1 < len(items):
                return Stay({"at": at + 1})
            case "next":
                return Stay(say=(turn.say("list.last"),), only=True)
            case "previous" if at:
                return Stay({"at": at - 1})
            case "previous":
                return Stay(say=(turn.say("list.first"),), only=True)
        if value not in ("take", "send", "numbers"):
            return self.hear_word(turn, value)
        entry = self.item(turn, items[at])
        if entry is None:
            return Stay(say=(turn.say(self.gone),), only=True)
        match value:
            case "take":
                return self.take(turn, items[at])
            case "send":
                return self.send(turn, items[at])
        return Stay(say=entry.numbers or (turn.say("list.no_numbers"),), only=True)

    def where(self, turn: Turn) -> str:
        """Title and position: "招聘，第二条，共五条"."""
        title = turn.say.title(self.name)
        items = turn.data.get("items")
        if not items:
            return title
        return turn.say("list.where", title=title, n=turn.data["at"] + 1, total=len(items)).text


LISTENING = (("2", "take"), ("4", "previous"), ("6", "next"), ("7", "numbers"), ("8", "send"))
"""The listening keys that mean something to a list; slower, faster and pause are universal."""


# --- Article ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Article:
    """A long text, heard paragraph by paragraph with the listening keys."""

    name: str
    paragraphs: Callable[[Turn], tuple[Phrase, ...]]

    def enter(self, turn: Turn) -> Data | Move:
        """From the start."""
        return {**turn.data, "at": 0}

    def show(self, turn: Turn) -> Screen:
        """The current paragraph, and how to go on."""
        paragraphs, at = self.paragraphs(turn), turn.data["at"]
        rest = turn.say("article.next" if at + 1 < len(paragraphs) else "article.end")
        choices = tuple(
            Choice(key, do, turn.say.words(f"list.{do}"))
            for key, do in LISTENING
            if do in ("previous", "next")
        )
        return Screen((paragraphs[at], rest), Mode.LISTEN, choices, first_seconds=AFTER_LIST_SECONDS)

    def hear(self, turn: Turn, value: JSONValue) -> Move:
        """One paragraph on or back."""
        at = turn.data["at"] + (1 if value == "next" else -1)
        if at < 0:
            return Stay(say=(turn.say("list.first"),), only=True)
        if at >= len(self.paragraphs(turn)):
            return Stay(say=(turn.say("list.last"),), only=True)
        return Stay({"at": at})

    def where(self, turn: Turn) -> str:
        """Its title."""
        return turn.say.title(self.name)


# --- Record -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Record:
    """Takes a message after a notice and a tone; ``done`` gets what was left.

    ``write`` gets the words of whoever writes instead, where a written message will do as well.
    """

    name: str
    done: Callable[[Turn, Recorded], Move]
    max_seconds: int = 120
    write: Callable[[Turn, str], Move] | None = None
    prepare: Callable[[Turn], Data | Move] = keep

    def enter(self, turn: Turn) -> Data | Move:
        """May lead elsewhere when nothing may be kept."""
        return self.prepare(turn)

    def show(self, turn: Turn) -> Screen:
        """The notice; the tone follows from the mode."""
        return Screen((turn.say(self.name),), Mode.RECORD, max_seconds=self.max_seconds)

    def hear(self, turn: Turn, value: JSONValue) -> Move:
        """The message, or nothing but silence."""
        if isinstance(value, Utterance) and turn.channel == "sms" and self.write:
            return self.write(turn, value.text)
        if not isinstance(value, Recorded):
            return NoMatch()
        if not value.file:
            return NoMatch((turn.say("record.empty"),))
        return self.done(turn, value)

    def where(self, turn: Turn) -> str:
        """Its title."""
        return turn.say.title(self.name)


# --- Form ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Field:
    """One question. ``check`` turns the keys into an answer, or gives a Phrase that says what is wrong and why.

    ``options``: answers on keys (their labels in ``prompts/``); none: digits are asked for, ended with ``#``.
    """

    name: str
    prompt: str
    check: Callable[[Turn, str], Any] = lambda _turn, digits: digits
    options: tuple[Option, ...] = ()
    max_digits: int = 11
    read_back: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """Asks the first field without an answer, so a question added in mid-conversation is simply asked.

    A field with ``read_back`` is read back digit by digit and counts only after yes.
    """

    name: str
    fields: tuple[Field, ...]
    done: Callable[[Turn, Data], Move]
    prepare: Callable[[Turn], Data | Move] = keep

    def enter(self, turn: Turn) -> Data | Move:
        """With what is known already: ``{"answers": {...}}``."""
        prepared = self.prepare(turn)
        return {"answers": {}, "heard": None, **prepared} if isinstance(prepared, Mapping) else prepared

    def show(self, turn: Turn) -> Screen:
        """The open question, or what was heard, read back."""
        current = self._open(turn)
        heard = turn.data["heard"]
        if heard is not None:
            asked = turn.say(current.read_back, value=heard)
            slow = Phrase(asked.key, asked.text, slow=True, personal=True)
            return Screen((slow, turn.say("confirm.keys")), choices=yes_no(turn.say), fresh=True)
        if not current.options:
            return Screen((turn.say(current.prompt),), Mode.DIGITS, max_digits=current.max_digits)
        spoken = tuple(option_phrase(turn.say, option.key, option.label) for option in current.options)
        choices = tuple(Choice(o.key, o.value, turn.say.words(o.label)) for o in current.options)
        return Screen((turn.say(current.prompt), *spoken), choices=choices)

    def hear(self, turn: Turn, value: JSONValue) -> Move:
        """Check the answer, read it back where asked, and go to the next question or to ``done``."""
        current = self._open(turn)
        heard = turn.data["heard"]
        if heard is not None:
            return self._answered(turn, current, heard) if value is True else Stay({"heard": None})
        answer = value if current.options else current.check(turn, value)
        if isinstance(answer, Phrase):
            return NoMatch((answer, turn.say(current.prompt)))
        if current.read_back:
            return Stay({"heard": answer})
        return self._answered(turn, current, answer)

    def where(self, turn: Turn) -> str:
        """Its title."""
        return turn.say.title(self.name)

    def _open(self, turn: Turn) -> Field:
        return next(field for field in self.fields if field.name not in turn.data["answers"])

    def _answered(self, turn: Turn, current: Field, answer: JSONValue) -> Move:
        answers = {**turn.data["answers"], current.name: answer}
        if all(field.name in answers for field in self.fields):
            return self.done(turn, {**turn.data, "answers": answers})
        return Stay({"answers": answers, "heard": None})

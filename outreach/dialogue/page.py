"""The vocabulary of the dialogue: what is heard, what a page shows, where it leads, what it sets off.

Frozen values only; all of them can be written as JSON or are made anew at each turn. Words are VoiceXML's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Protocol

from phonenumbers import NumberParseException, PhoneNumberType, number_type
from phonenumbers import parse as parse_number
from sqlalchemy import Connection

Channel = Literal["voice", "sms"]
JSONValue = Any
Data = Mapping[str, JSONValue]

# --- Heard --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hello:
    """A conversation starts, or goes on where it was (``again``), because its call broke (``broken``) or came back."""

    again: bool = False
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Dtmf:
    """Keys: one in a menu or list, all of them for a field of digits, ``**`` for two stars in quick succession."""

    keys: str


@dataclass(frozen=True, slots=True)
class Utterance:
    """Words, from the recogniser or from a text message.

    ``confidence``: 0 to 1, of the least certain word. ``unknown``: some of it was none of the offered words.
    """

    text: str
    confidence: float = 1.0
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class NoInput:
    """Nothing was heard in the time given."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A message was left. ``file``: where it is kept; empty when nothing was said."""

    file: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Returned:
    """What was left to somebody else came back: a transfer nobody answered, for one."""

    outcome: str


Heard = Hello | Dtmf | Utterance | NoInput | Recorded | Returned

# --- Shown --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Phrase:
    """One prompt as it will be said: its key in ``prompts/``, and its text with all slots filled.

    ``slow``: read at the slowest speed (numbers on key 7). ``personal``: holds somebody's own words or data, so
    it is rendered for this caller only and is never logged. ``sound``: file of a caller's recording (below
    ``DATA_DIR/recordings``) that is played instead; ``text`` is for eyes, and for ears when the file is gone.
    """

    key: str
    text: str
    slow: bool = False
    personal: bool = False
    sound: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that may be chosen. ``key`` is "" where only words reach it.

    ``words``: what a caller may say or write for it, most usual first. ``value``: what the page gets.
    """

    key: str
    value: JSONValue
    words: tuple[str, ...] = ()


class Mode(StrEnum):
    """What the keys mean on this screen (voice-interface: the three columns of the key table)."""

    MENU = "menu"
    LISTEN = "listen"
    DIGITS = "digits"
    RECORD = "record"
    AWAY = "away"  # with somebody else: what comes back is how that went


class Playback(StrEnum):
    """What becomes of the sound that a key or word interrupted."""

    START = "start"  # play the new screen from its start
    GO_ON = "go_on"  # same screen: go on with the sentence that was interrupted
    PAUSE = "pause"  # stay silent until GO_ON
    TOGGLE = "toggle"  # PAUSE if playing, GO_ON if paused


@dataclass(frozen=True, slots=True)
class Screen:
    """All that a turn shows. ``choices`` are stored as *offered* before a word of them is spoken."""

    phrases: tuple[Phrase, ...]
    mode: Mode = Mode.MENU
    choices: tuple[Choice, ...] = ()
    max_digits: int = 1
    first_seconds: float = 8.0
    max_seconds: int = 120  # of a recording
    fresh: bool = False  # keys pressed before it was heard do not count: it confirms something


# --- Moves --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Goto:
    """To another page.

    ``keep`` false: this page is left for good, going back skips it. ``root``: from the main menu, whatever lay
    between is left. ``through``: pages to put underneath, each with the same ``data``, so that going back finds them.
    """

    page: str
    data: Data = field(default_factory=dict)
    keep: bool = True
    root: bool = False
    through: tuple[str, ...] = ()
    say: tuple[Phrase, ...] = ()


@dataclass(frozen=True, slots=True)
class Stay:
    """Same page, ``data`` merged into its own; ``say`` comes before what the page shows (or instead: ``only``)."""

    data: Data = field(default_factory=dict)
    say: tuple[Phrase, ...] = ()
    only: bool = False


@dataclass(frozen=True, slots=True)
class Back:
    """One step back, ``say`` first (or instead of the page's own words: ``only``). At the bottom: the main menu."""

    say: tuple[Phrase, ...] = ()
    steps: int = 1
    only: bool = False


@dataclass(frozen=True, slots=True)
class NoMatch:
    """Not understood here; counts as a miss. ``say``: which item was wrong and why, if the page knows."""

    say: tuple[Phrase, ...] = ()


@dataclass(frozen=True, slots=True)
class Exit:
    """The caller has said goodbye."""

    say: tuple[Phrase, ...] = ()


Move = Goto | Stay | Back | NoMatch | Exit

# --- Effects: written to the outbox in the turn's own transaction --------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    """A text message to the caller (or ``to``). ``purpose`` is unique: nothing is sent twice for one occasion."""

    purpose: str
    body: str
    scope: str = "service"
    to: str | None = None


@dataclass(frozen=True, slots=True)
class Transfer:
    """Connect the caller with a person's telephone, after what is said has been played."""

    number: str
    seconds: int = 25


@dataclass(frozen=True, slots=True)
class Alert:
    """Something for a counselor to do, for the caller. ``recording``: file of the message left, and its length."""

    kind: Literal["call_back", "message", "application", "case", "urgent", "produce"]
    purpose: str
    opening_id: int | None = None
    counselor_id: int | None = None
    recording: str | None = None
    seconds: int = 0
    phone: str | None = None  # whom to ring, where it is not the number they call from


@dataclass(frozen=True, slots=True)
class Remind:
    """Lead a person to ``page`` at each of ``at``: by text or call, as they like it, within the hours and caps.

    ``occasion`` names what it is about ("training:17:person:3"): a new Remind for it takes the place of the old, and
    ``Forget`` drops it. ``person_id`` None: the caller. Not after ``until``. The page itself knows whether there is
    still anything to remind of: it is entered anew with ``data`` when the time has come.

    ``escalate``: if it has something to ask still on the day before ``until``, they are rung, then their counselor is
    told (``data`` has "escalated" then). Not for what goes to somebody else when nobody answers: a freed seat.
    ``matters``: something has changed under their feet. Who does not want to be reminded is rung by their counselor.
    """

    occasion: str
    page: str
    data: Data
    at: tuple[datetime, ...]
    until: datetime
    person_id: int | None = None
    escalate: bool = True
    matters: bool = False


@dataclass(frozen=True, slots=True)
class Later:
    """Have ``handler`` (a name in ``services/registry.py``) look again at ``at``: an offer that ran out, for one."""

    occasion: str
    handler: str
    data: Data
    at: datetime


@dataclass(frozen=True, slots=True)
class Forget:
    """Nothing more is to happen for ``occasion``."""

    occasion: str


Effect = Text | Transfer | Alert | Remind | Later | Forget


# --- Pages --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Profile:
    """The caller as the dialogue knows them. ``person_id`` None: somebody we do not keep (yet)."""

    person_id: int | None = None
    number: str | None = None
    language: str = "zh-CN"
    speed: int = 3
    wordiness: int = 2
    patience: int = 2
    county: str | None = None
    last_call_at: datetime | None = None
    fresh: bool = False  # a number we do not keep: to be asked for consent

    @property
    def textable(self) -> bool:
        """Do text messages reach the number? One of unknown sort: try."""
        if self.number is None:
            return False
        try:
            return number_type(parse_number(self.number)) is not PhoneNumberType.FIXED_LINE
        except NumberParseException:
            return False


class Words(Protocol):
    """The prompts of one language, as wordy as the caller likes them, for one channel (``prompts.py``)."""

    def __call__(self, key: str, /, **values: object) -> Phrase:
        """The prompt ``key`` with its slots filled."""

    def title(self, key: str) -> str:
        """What the page ``key`` is called."""

    def words(self, key: str) -> tuple[str, ...]:
        """What may be said for the choice ``key``, most usual first."""


@dataclass(slots=True)
class Turn:
    """What a page may see and use while it answers: the open transaction, the time, the caller, its own data.

    ``effects`` collects what leaves the house; ``profile`` may be replaced by pages that change it (and write it).
    """

    db: Connection
    now: datetime
    say: Words
    profile: Profile
    data: Data
    channel: Channel = "voice"
    call_id: str | None = None
    effects: list[Effect] = field(default_factory=list)


class Page(Protocol):
    """One place in the conversation. ``name`` is stored: renaming one needs a migration."""

    @property
    def name(self) -> str:
        """As in "jobs.list"."""

    def enter(self, turn: Turn) -> Data | Move:
        """Called once on arrival with the data of the move: what to keep, or where to go instead."""

    def show(self, turn: Turn) -> Screen:
        """What is said here and what may be answered. Reads only, once a turn."""

    def where(self, turn: Turn) -> str:
        """The place in words, for "where am I?", for going on later, and for the console."""

    def hear(self, turn: Turn, value: JSONValue) -> Move:
        """Take what was chosen."""


Pages = Mapping[str, Page]
Gate = Callable[[Turn, str], Goto | None]
"""May the caller be shown the page of this name, whose data are the turn's? Else where they are asked who they are."""


def registry(*groups: Sequence[Page]) -> dict[str, Page]:
    """One visible list of all pages, by name. Raises ValueError when two share a name."""
    pages: dict[str, Page] = {}
    for page in (page for group in groups for page in group):
        if page.name in pages:
            raise ValueError(f"two pages are called {page.name}")
        pages[page.name] = page
    return pages

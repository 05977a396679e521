"""What an entity is: its table, its fields, and what happens when a record of it is saved. Declarations only."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from sqlalchemy import Connection, Table

from outreach.console.access import Right
from outreach.console.desk import Desk
from outreach.console.telling import tell
from outreach.dialogue.page import Effect, Phrase
from outreach.dialogue.prompts import Prompts
from outreach.store.audit import Audit

Kind = Literal["text", "long", "lines", "number", "date", "choice", "tick"]
"""``lines``: several texts, one a line; they are kept by a ``Part``."""
Values = Mapping[str, Any]
Choices = Mapping[str, str] | Callable[[Connection], Mapping[str, str]]


class Check(Protocol):
    """Looks at what was typed."""

    def __call__(self, value: Any) -> str | None:
        """What is wrong with it, as a ``said``; None: nothing."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field. ``spoken``: callers hear it. ``choices``: value and words, or where to ask for them."""

    name: str
    label: str
    kind: Kind = "text"
    help: str = ""
    required: bool = False
    spoken: bool = False
    longest: int = 200
    choices: Choices = field(default_factory=dict)
    check: Check | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A field that is rows of another table: how it is read, and written anew."""

    read: Callable[[Connection, int], list[str]]
    write: Callable[[Connection, int, Sequence[str]], None]


@dataclass(frozen=True, slots=True)
class Told:
    """Who will be told of a change: how many, and a few of them by the last digits of their number."""

    count: int
    tails: tuple[str, ...]
    how: str
    """What they get, as a ``said``."""
    heading: str = ""
    """Where they are not told of it: what becomes of them instead, with how many as ``{n}``."""


@dataclass(frozen=True, slots=True)
class Saving:
    """A record that is being saved, in its transaction. ``before`` None: it is new."""

    audit: Audit
    desk: Desk
    id: int
    before: Values | None
    after: Values

    @property
    def db(self) -> Connection:
        """The transaction."""
        return self.audit.db

    def tell(self, effects: Iterable[Effect]) -> None:
        """Queue what a service line wants said of it."""
        tell(self.audit, self.desk, effects)


class Wrong(Exception):
    """A record cannot be saved so: which field, and why, as a ``said``."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(name, why)
        self.name = name
        self.why = why


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table beside a record: texts, ``said``, numbers, dates, yes or no. ``path``: where the first leads."""

    cells: tuple[Any, ...]
    path: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """Rows of other tables that belong to a record, shown on its page.

    ``add``: the entity of which one more can be added there, and ``by`` its field that names this record.
    """

    title: str
    columns: tuple[str, ...]
    rows: Callable[[Connection, int], Sequence[Row]]
    add: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A page of its own below a record's, ``/console/keep/<entity>/<id>/<name>``, for who has the right."""

    name: str
    words: str
    see: Right


@dataclass(frozen=True, slots=True)
class Heard:
    """What a caller hears of a record, and the text message of it ("": there is none)."""

    phrases: Sequence[Phrase]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Entity:
    """A kind of record. ``name``: its place under ``/console/keep/``; ``head``: the field that names a record.

    ``columns``, ``filters``, ``search``: fields by name; what is sorted by must be a column that is never null.
    ``new``: columns of a new record that no form has. ``retire``: columns that take it out of service, and
    ``retired``: is it? ``told``: who would be told if it were saved so. ``saved``: effects, in the transaction.
    ``change``: writes a change itself, where its service line does more than that; ``call_off``: the same for
    retiring, and ``called_off`` who would be told of that. Both may raise Wrong.
    """

    name: str
    title: str
    one: str
    table: Table
    head: str
    fields: tuple[Field, ...]
    columns: tuple[str, ...]
    extra: Mapping[str, str] = field(default_factory=dict)
    """Columns of the list that are no fields: yes or no, and what they are called."""
    filters: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    sorts: tuple[str, ...] = ()
    see: Right = "keep.see"
    write: Right = "keep.write"
    parts: Mapping[str, Part] = field(default_factory=dict)
    adds: bool = True
    """Are records added here? Not those that callers leave."""
    new: Callable[[datetime], Values] = lambda now: {}
    retire: Callable[[datetime], Values] | None = None
    retired: Callable[[Values], bool] = lambda row: False
    retire_words: str = ""
    revive: Values | None = None
    check: Callable[[Values], Mapping[str, str]] = lambda values: {}
    """Looks at fields together: what is wrong, as a ``said``, by field."""
    heard: Callable[[Connection, Prompts, int], Heard | None] | None = None
    told: Callable[[Connection, int | None, Values | None, Values, datetime], Sequence[Told]] | None = None
    alike: Callable[[Connection, int | None, Values], Sequence[tuple[int, str]]] | None = None
    """Records that may be the same thing, entered before: id and name."""
    saved: Callable[[Saving], None] | None = None
    change: Callable[[Saving], None] | None = None
    call_off: Callable[[Saving], None] | None = None
    called_off: Callable[[Connection, int, datetime], Sequence[Told]] = lambda db, record_id, now: ()
    beside: tuple[Beside, ...] = ()
    links: tuple[Link, ...] = ()

    def field(self, name: str) -> Field:
        """The field of this name."""
        return next(one for one in self.fields if one.name == name)

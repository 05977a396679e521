"""How a target of imports is described: one declaration, from which reading, judging, writing and export follow."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Column, Table

from outreach.exchange.words import Word

Values = Mapping[str, Any]
"""A row as it was understood: field -> value as JSON (dates ISO, times of day HH:MM). Empty fields are left out."""

Kind = Literal[
    "text",
    "name",
    "phone",
    "dialled",
    "date",
    "clock",
    "number",
    "choice",
    "yes_no",
    "services",
    "names",
    "hours",
    "papers",
    "paragraphs",
]
"""phone: E.164, somebody's own. dialled: as one dials it in China. The last five become rows of another table."""

PARTS: frozenset[Kind] = frozenset({"services", "names", "hours", "papers", "paragraphs"})


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a choice: as stored, as counselors call it, and what else they call it."""

    value: str
    zh: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a spreadsheet. ``longest``: characters. ``assume``: what an empty cell means, from the others."""

    name: str
    zh: str
    en: str
    kind: Kind = "text"
    required: bool = False
    also: tuple[str, ...] = ()
    longest: int = 200
    least: int = 0
    most: int = 0
    options: tuple[Option, ...] = ()
    assume: Callable[[Values, str], str | int | None] | None = None


@dataclass(frozen=True, slots=True)
class Parent:
    """A row that several rows of the file share: found by ``key``, or added; never changed. ``link`` points at it."""

    table: Table
    link: str
    fields: tuple[str, ...]
    key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """Rows that hang on a new record, made from one field: of each of its values, ``columns``, in their order."""

    field: str
    table: Table
    link: str
    columns: tuple[str, ...]

    def rows(self, kept: Sequence[Any]) -> Iterator[dict[str, Any]]:
        """From the field's value."""
        for position, one in enumerate(kept, 1):
            row = dict(zip(self.columns, one if len(self.columns) > 1 else (one,), strict=True))
            yield row | ({"position": position} if "position" in self.table.c else {})

    def gathered(self, rows: Iterable[Mapping[str, Any]]) -> list[Any]:
        """And back."""
        several = len(self.columns) > 1
        return [[row[name] for name in self.columns] if several else row[self.columns[0]] for row in rows]


@dataclass(frozen=True, slots=True)
class Target:
    """What a file can be imported into.

    ``key``: fields that say whether two rows are the same thing. ``look``: the one of them that the database is asked
    by. ``stamp``: columns that get the time of applying. ``held``: columns elsewhere; a record that one of them points
    at is not changed by an import. ``check``: what must hold between the fields of one row.
    """

    name: str
    zh: str
    en: str
    table: Table
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    look: str
    stamp: tuple[str, ...] = ()
    parent: Parent | None = None
    parts: tuple[Parts, ...] = ()
    held: tuple[Column[Any], ...] = ()
    check: Callable[[Values], Iterator[Word]] | None = None
    version: str | None = None

    def field(self, name: str) -> Field:
        """Raises KeyError: no such field."""
        return next((field for field in self.fields if field.name == name), None) or _missing(name)

    def own(self, values: Values) -> dict[str, Any]:
        """Of the values, those that are columns of the main table."""
        return {name: value for name, value in values.items() if name not in self._elsewhere()}

    def _elsewhere(self) -> frozenset[str]:
        parents = self.parent.fields if self.parent else ()
        return frozenset((*parents, *(part.field for part in self.parts)))

    def column(self, name: str) -> Column[Any] | None:
        """Where a field is kept; None: as parts."""
        if self.parent and name in self.parent.fields:
            return self.parent.table.c[name]
        return self.table.c[name] if name not in self._elsewhere() else None


def _missing(name: str) -> Field:
    raise KeyError(name)

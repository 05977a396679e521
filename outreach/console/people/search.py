"""Finding people: by a part of the name or number, the whole number in any writing, county, or the file's number.

A part is looked for in an index that holds all there is to compare and gives the order too, so a page of a million
people is read until it is full and sorts nothing. No word index: triggers in two databases would be the price.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from outreach.services import phones
from outreach.store.dialects import contains
from outreach.store.schema import COUNTIES, counselors, people

PAGE: Final = 50
LEAST_DIGITS: Final = 4
"""Of a number's part. Fewer are the number of a file."""
LONGEST_FILE_NUMBER: Final = 9


@dataclass(frozen=True, slots=True)
class Wanted:
    """``words``: what was typed; ``county``: "" for all; ``after``: the file shown last before."""

    words: str = ""
    county: str = ""
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One line of the list. ``tail``: the number's last four digits."""

    id: int
    name: str | None
    tail: str | None
    county: str | None
    counselor: str | None
    last_call_at: datetime | None


def find(db: Connection, wanted: Wanted) -> tuple[Sequence[Found], int | None]:
    """A page, and after which file the next begins (None: there is none). The file of that number comes first."""
    words = unicodedata.normalize("NFKC", wanted.words).strip()
    digits = _digits(words)
    if not words:
        return _newest(db, wanted)
    if not digits:
        return _page(db, wanted, people.c.name, contains(db, people.c.name, words))
    exact = _file(db, digits, wanted) if wanted.after is None else []
    if len(digits) < LEAST_DIGITS:
        return exact, None
    found, more = _page(db, wanted, people.c.phone, _number(db, words, digits))
    shown = {one.id for one in exact}
    return [*exact, *(one for one in found if one.id not in shown)], more


def _digits(words: str) -> str:
    """Those of what looks like a number, else ""."""
    plain = "".join(letter for letter in words if letter not in " +-()#./号")
    return plain if plain.isascii() and plain.isdecimal() else ""


def _number(db: Connection, words: str, digits: str) -> ColumnElement[bool]:
    """The whole number, if it is one, else a part. A leading zero is that of an area code, as dialled."""
    whole = phones.e164(words)
    if whole is not None:
        return people.c.phone == whole
    part = digits.removeprefix("00") if digits.startswith("00") else digits
    return contains(db, people.c.phone, f"+86{part[1:]}" if part.startswith("0") else part)


def _file(db: Connection, digits: str, wanted: Wanted) -> list[Found]:
    if len(digits) > LONGEST_FILE_NUMBER:
        return []
    query = _rows().where(people.c.id == int(digits), *_in_county(wanted))
    return [_found(row) for row in db.execute(query)]


def _newest(db: Connection, wanted: Wanted) -> tuple[Sequence[Found], int | None]:
    query = _rows().where(*_in_county(wanted)).order_by(people.c.id.desc()).limit(PAGE + 1)
    if wanted.after is not None:
        query = query.where(people.c.id < wanted.after)
    return _cut([_found(row) for row in db.execute(query)])


def _page(
    db: Connection, wanted: Wanted, order: ColumnElement[str | None], condition: ColumnElement[bool]
) -> tuple[Sequence[Found], int | None]:
    """In the order of the index of what is looked for."""
    keys = select(people.c.id).where(condition, *_in_county(wanted)).order_by(order, people.c.id)
    if wanted.after is not None:
        last = db.scalar(select(order).where(people.c.id == wanted.after))
        keys = keys.where(or_(order > last, and_(order == last, people.c.id > wanted.after)))
    ids = list(db.scalars(keys.limit(PAGE + 1)))
    rows = {row.id: _found(row) for row in db.execute(_rows().where(people.c.id.in_(ids)))}
    return _cut([rows[one] for one in ids])


def _in_county(wanted: Wanted) -> list[ColumnElement[bool]]:
    return [people.c.county == wanted.county] if wanted.county in COUNTIES else []


def _rows() -> Any:
    return select(
        people.c.id,
        people.c.name,
        people.c.phone,
        people.c.county,
        counselors.c.name.label("counselor"),
        people.c.last_call_at,
    ).outerjoin(counselors, counselors.c.id == people.c.counselor_id)


def _found(row: Any) -> Found:
    tail = row.phone[-4:] if row.phone else None
    return Found(row.id, row.name, tail, row.county, row.counselor, row.last_call_at)


def _cut(rows: Sequence[Found]) -> tuple[Sequence[Found], int | None]:
    return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None

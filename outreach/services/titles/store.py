"""The SQL of the titles line."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from outreach.services.titles.rules import Round
from outreach.store.dialects import insert_or_ignore
from outreach.store.schema import people
from outreach.store.tables.titles import (
    title_entries,
    title_papers,
    title_rounds,
    title_rules,
    title_ticks,
    title_wishes,
)

_ROUND = select(*(title_rounds.c[field.name] for field in fields(Round)))

ACTIVE = ("preparing", "handed_in")
"""States of an entry that still waits for something."""


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper that a round asks for. ``ready``: as its owner ticked it; None where nobody was asked yet."""

    id: int
    name: str
    hint: str
    ready: bool | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody's way through a round."""

    id: int
    person_id: int
    round_id: int
    state: str

    @property
    def active(self) -> bool:
        """Is there still something to wait for?"""
        return self.state in ACTIVE

    @property
    def handed_in(self) -> bool:
        """Are the papers out of the applicant's hands?"""
        return self.state != "preparing"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who asked to be told of a round."""

    person_id: int
    phone: str
    language: str | None


# --- Rounds -------------------------------------------------------------------------------------------------


def current(db: Connection, level: str, today: date) -> Round | None:
    """The round of a level that is open; else the next to open; else the one that is under way."""
    found = [Round(*row) for row in db.execute(_ROUND.where(title_rounds.c.level == level))]
    order = {"open": 0, "coming": 1, "closed": 2}
    running = [this for this in found if this.stage(today) in order]
    running.sort(key=lambda this: (order[this.stage(today)], this.closes_on, this.id))
    return running[0] if running else None


def get(db: Connection, round_id: int) -> Round | None:
    """One round."""
    row = db.execute(_ROUND.where(title_rounds.c.id == round_id)).one_or_none()
    return Round(*row) if row else None


def rules_of(db: Connection, round_id: int) -> list[str]:
    """Its rules, paragraph by paragraph."""
    query = select(title_rules.c.words).where(title_rules.c.round_id == round_id)
    return list(db.execute(query.order_by(title_rules.c.position)).scalars())


def papers_of(db: Connection, round_id: int) -> list[Paper]:
    """What is to be handed in, in order."""
    query = select(title_papers.c.id, title_papers.c.name, title_papers.c.hint)
    rows = db.execute(query.where(title_papers.c.round_id == round_id).order_by(title_papers.c.position))
    return [Paper(*row) for row in rows]


def add_round(
    db: Connection, values: dict[str, Any], rules: Sequence[str], papers: Sequence[tuple[str, str]]
) -> int:
    """Enter a round with its rules and papers (name, hint); its id. Raises IntegrityError on dates out of order."""
    statement = insert(title_rounds).values(values).returning(title_rounds.c.id)
    round_id = int(db.execute(statement).scalar_one())
    for position, words in enumerate(rules, 1):
        db.execute(insert(title_rules).values(round_id=round_id, position=position, words=words))
    for position, (name, hint) in enumerate(papers, 1):
        db.execute(insert(title_papers).values(round_id=round_id, position=position, name=name, hint=hint))
    return round_id


# --- Taking part --------------------------------------------------------------------------------------------


def enter(db: Connection, person_id: int, round_id: int, now: datetime) -> int | None:
    """The new entry's id; None when this person takes part already (one who left may come back)."""
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    values = {"person_id": person_id, "round_id": round_id, "created_at": now, "updated_at": now}
    again = (
        dialect.insert(title_entries)
        .values(values)
        .on_conflict_do_update(
            index_elements=[title_entries.c.person_id, title_entries.c.round_id],
            set_={"state": "preparing", "updated_at": now},
            where=title_entries.c.state == "left",
        )
    )
    entry_id: int | None = db.execute(again.returning(title_entries.c.id)).scalar_one_or_none()
    return entry_id


_ENTRY = select(*(title_entries.c[field.name] for field in fields(Entry)))


def entry(db: Connection, entry_id: int) -> Entry | None:
    """One entry."""
    row = db.execute(_ENTRY.where(title_entries.c.id == entry_id)).one_or_none()
    return Entry(*row) if row else None


def latest(db: Connection, person_id: int, round_id: int | None = None) -> Entry | None:
    """A person's latest entry that they have not left; in one round, where ``round_id`` says which."""
    query = _ENTRY.where(title_entries.c.person_id == person_id, title_entries.c.state != "left")
    if round_id is not None:
        query = query.where(title_entries.c.round_id == round_id)
    row = db.execute(query.order_by(title_entries.c.updated_at.desc(), title_entries.c.id.desc())).first()
    return Entry(*row) if row else None


def entries(db: Connection, person_id: int, decided_since: datetime) -> list[Entry]:
    """A person's entries that are under way, or were decided since then; the latest first."""
    lately = title_entries.c.state.in_(ACTIVE) | (title_entries.c.updated_at > decided_since)
    query = _ENTRY.where(title_entries.c.person_id == person_id, title_entries.c.state != "left", lately)
    rows = db.execute(query.order_by(title_entries.c.updated_at.desc(), title_entries.c.id.desc()))
    return [Entry(*row) for row in rows]


def taking_part(db: Connection, round_id: int) -> list[Entry]:
    """The entries of a round that are still under way."""
    running = _ENTRY.where(title_entries.c.round_id == round_id)
    rows = db.execute(running.where(title_entries.c.state.in_(ACTIVE)).order_by(title_entries.c.id))
    return [Entry(*row) for row in rows]


def leave(db: Connection, entry_id: int, now: datetime) -> bool:
    """No longer takes part; False: it was over already."""
    change = update(title_entries).where(title_entries.c.id == entry_id, title_entries.c.state.in_(ACTIVE))
    return db.execute(change.values(state="left", updated_at=now)).rowcount == 1


def stand(db: Connection, entry_id: int, state: str, now: datetime) -> None:
    """What became of it."""
    change = update(title_entries).where(title_entries.c.id == entry_id)
    db.execute(change.values(state=state, updated_at=now))


def heard(db: Connection, entry_id: int, now: datetime) -> None:
    """A reminder was confirmed."""
    db.execute(update(title_entries).where(title_entries.c.id == entry_id).values(heard_at=now))


def heard_since(db: Connection, entry_id: int, since: datetime) -> bool:
    """Was a reminder confirmed since then?"""
    heard_at = db.scalar(select(title_entries.c.heard_at).where(title_entries.c.id == entry_id))
    return heard_at is not None and heard_at >= since


def checklist(db: Connection, entry_id: int) -> list[Paper]:
    """The papers of the entry's round, in order, each with its tick."""
    ticked = (title_ticks.c.paper_id == title_papers.c.id) & (title_ticks.c.entry_id == entry_id)
    rows = db.execute(
        select(title_papers.c.id, title_papers.c.name, title_papers.c.hint, title_ticks.c.ready)
        .join(title_entries, title_entries.c.round_id == title_papers.c.round_id)
        .outerjoin(title_ticks, ticked)
        .where(title_entries.c.id == entry_id)
        .order_by(title_papers.c.position)
    )
    return [Paper(*row) for row in rows]


def tick(db: Connection, entry_id: int, paper_id: int, ready: bool, now: datetime) -> None:
    """Write down whether a paper is ready; the latest answer counts."""
    if not insert_or_ignore(
        db, title_ticks, entry_id=entry_id, paper_id=paper_id, ready=ready, ticked_at=now
    ):
        change = update(title_ticks).where(
            title_ticks.c.entry_id == entry_id, title_ticks.c.paper_id == paper_id
        )
        db.execute(change.values(ready=ready, ticked_at=now))


# --- Wanting to be told -------------------------------------------------------------------------------------


def wish(db: Connection, person_id: int, level: str, now: datetime) -> bool:
    """Tell this person of the next round of the level; False: that was asked for already."""
    return insert_or_ignore(db, title_wishes, person_id=person_id, level=level, created_at=now)


def wishes(db: Connection, level: str) -> list[Waiting]:
    """Who is to be told of a round of the level."""
    rows = db.execute(
        select(people.c.id, people.c.phone, people.c.language)
        .join(title_wishes, title_wishes.c.person_id == people.c.id)
        .where(title_wishes.c.level == level, people.c.phone.is_not(None))
        .order_by(people.c.id)
    )
    return [Waiting(*row) for row in rows]

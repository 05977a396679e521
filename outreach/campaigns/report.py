"""What came of a campaign: figures by county and wording, each the count of the very records it can show; CSV.

Every figure is a condition on items, counted and listed by the same SQL, so that no table can say what its records do
not. Nobody is named here: who may see names is the console's to say.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, false, func, select

from outreach.campaigns import store
from outreach.campaigns.store import Campaign
from outreach.store.schema import applications, consents, people
from outreach.store.tables.campaigns import campaign_answers, campaign_items, campaign_runs
from outreach.store.tables.titles import title_entries, title_rounds
from outreach.store.tables.training import training_registrations

ITEM: Final = campaign_items.c
_ANSWERED: Final = exists().where(campaign_answers.c.item_id == ITEM.id)
_LEFT: Final = exists().where(
    consents.c.person_id == ITEM.person_id,
    consents.c.scope == "campaigns",
    consents.c.withdrawn_at >= campaign_runs.c.starts_at,
)
FIGURES: Final[Mapping[str, ColumnElement[bool]]] = {
    "people": ITEM.id.is_not(None),
    "out": ITEM.state.in_(("sent", "reached", "unreached")),
    "reached": ITEM.state == "reached",
    "heard": ITEM.heard_at.is_not(None),
    "answered": _ANSWERED,
    "acted": ITEM.acted_at.is_not(None),
    "unreached": ITEM.state == "unreached",
    "skipped": ITEM.state == "skipped",
    "held": ITEM.state == "held",
    "cancelled": ITEM.state == "cancelled",
    "waiting": ITEM.state.in_(("planned", "queued")),
    "opted_out": and_(ITEM.state.in_(("sent", "reached")), _LEFT),
}
"""``heard``: pressed a key after the message, or answered the text. ``done`` comes from the campaign's own action."""
COLUMNS: Final = (
    "person_id",
    "county",
    "channel",
    "variant",
    "state",
    "reason",
    "heard_at",
    "acted_at",
    "answers",
)


@dataclass(frozen=True, slots=True)
class Report:
    """``figures``: by name. ``counties``, ``variants``: the same for each part. ``reasons``: of who was not reached.

    ``answers``: by question, then by choice, from 0.
    """

    campaign: Campaign
    figures: dict[str, int]
    counties: dict[str, dict[str, int]]
    variants: dict[int, dict[str, int]]
    reasons: dict[str, int]
    answers: dict[int, dict[int, int]]


def report(db: Connection, campaign_id: int, run_id: int | None = None) -> Report:
    """Of one run, or of all together. Raises LookupError."""
    campaign = store.get(db, campaign_id)
    names = [*FIGURES, "done"]
    counts = [func.count().filter(_condition(campaign, name)).label(name) for name in names]

    def counted(*by: ColumnElement[Any]) -> list[Row[Any]]:
        query = _items(campaign_id, run_id, *by, *counts)
        return list(db.execute(query.group_by(*by) if by else query))

    def figures(row: Row[Any]) -> dict[str, int]:
        return {name: int(row._mapping[name]) for name in names}

    reasons = _items(campaign_id, run_id, ITEM.reason, func.count()).where(
        ITEM.reason.is_not(None), ITEM.state.in_(("unreached", "skipped", "cancelled", "held"))
    )
    return Report(
        campaign,
        figures(counted()[0]),
        {row[0] or "": figures(row) for row in counted(people.c.county)},
        {row[0]: figures(row) for row in counted(ITEM.variant)},
        {row[0]: row[1] for row in db.execute(reasons.group_by(ITEM.reason).order_by(func.count().desc()))},
        _answers(db, campaign_id, run_id),
    )


def records(
    db: Connection,
    campaign_id: int,
    figure: str,
    *,
    run_id: int | None = None,
    county: str | None = None,
    reason: str | None = None,
    variant: int | None = None,
    answer: tuple[int, int] | None = None,
    limit: int = 100,
    beyond: int = 0,
) -> list[Row[Any]]:
    """The items behind a figure: id, person_id, state, reason, channel; from id ``beyond`` on. Raises LookupError.

    ``reason``, ``county``, ``variant``, ``answer`` (question, choice, from 0): only those.
    ``county`` "": those of whom none is known.
    """
    campaign = store.get(db, campaign_id)
    if figure != "done" and figure not in FIGURES:
        raise LookupError(figure)
    query = _items(campaign_id, run_id, ITEM.id, ITEM.person_id, ITEM.state, ITEM.reason, ITEM.channel)
    query = query.where(_condition(campaign, figure), ITEM.id > beyond).order_by(ITEM.id).limit(limit)
    if reason is not None:
        query = query.where(ITEM.reason == reason)
    if variant is not None:
        query = query.where(ITEM.variant == variant)
    if answer is not None:
        given = campaign_answers.c
        query = query.where(
            exists().where(given.item_id == ITEM.id, given.question == answer[0], given.answer == answer[1])
        )
    if county is not None:
        query = query.where(func.coalesce(people.c.county, "") == county)
    return list(db.execute(query))


def as_csv(db: Connection, campaign_id: int, run_id: int | None = None) -> str:
    """A line for each person: by id, without number or name."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    given: dict[int, list[str]] = {}
    said = (
        select(campaign_answers.c.item_id, campaign_answers.c.question, campaign_answers.c.answer)
        .join(campaign_items, ITEM.id == campaign_answers.c.item_id)
        .join(campaign_runs, campaign_runs.c.id == ITEM.run_id)
        .where(campaign_runs.c.campaign_id == campaign_id)
        .order_by(campaign_answers.c.question)
    )
    for row in db.execute(said):
        given.setdefault(row.item_id, []).append(f"{row.question + 1}:{row.answer + 1}")
    shown = (
        ITEM.id,
        ITEM.person_id,
        people.c.county,
        ITEM.channel,
        ITEM.variant,
        ITEM.state,
        ITEM.reason,
        ITEM.heard_at,
        ITEM.acted_at,
    )
    for row in db.execute(_items(campaign_id, run_id, *shown).order_by(ITEM.id)):
        cells = [_cell(value) for value in row[1:]]
        writer.writerow([*cells, " ".join(given.get(row.id, ()))])
    return file.getvalue()


def _cell(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else "" if value is None else value


def _items(campaign_id: int, run_id: int | None, *columns: Any) -> Any:
    query = (
        select(*columns)
        .select_from(campaign_items)
        .join(campaign_runs, campaign_runs.c.id == ITEM.run_id)
        .join(people, people.c.id == ITEM.person_id)
        .where(campaign_runs.c.campaign_id == campaign_id)
    )
    return query.where(ITEM.run_id == run_id) if run_id is not None else query


def _condition(campaign: Campaign, figure: str) -> ColumnElement[bool]:
    return _done(campaign) if figure == "done" else FIGURES[figure]


def _done(campaign: Campaign) -> ColumnElement[bool]:
    """Did what it was about since it began: applied, registered, entered the round; answered where it only asks."""
    said = campaign.draft.content
    since = campaign_runs.c.starts_at
    match said.action:
        case "listen":
            table = applications
            return exists().where(
                table.c.person_id == ITEM.person_id,
                table.c.opening_id == said.target,
                table.c.created_at >= since,
            )
        case "register":
            seat = training_registrations
            return exists().where(
                seat.c.person_id == ITEM.person_id,
                seat.c.session_id == said.target,
                seat.c.created_at >= since,
            )
        case "round":
            of_level = select(title_rounds.c.id).where(title_rounds.c.level == said.target)
            return exists().where(
                title_entries.c.person_id == ITEM.person_id,
                title_entries.c.round_id.in_(of_level),
                title_entries.c.created_at >= since,
            )
        case "questions":
            return _ANSWERED
        case _:
            return false()


def _answers(db: Connection, campaign_id: int, run_id: int | None) -> dict[int, dict[int, int]]:
    said = campaign_answers.c
    query = (
        _items(campaign_id, run_id, said.question, said.answer, func.count())
        .join(campaign_answers, said.item_id == ITEM.id)
        .group_by(said.question, said.answer)
        .order_by(said.question, said.answer)
    )
    found: dict[int, dict[int, int]] = {}
    for question, answer, count in db.execute(query):
        found.setdefault(question, {})[answer] = count
    return found

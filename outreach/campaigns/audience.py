"""Whom a campaign is for: a filter as data, compiled to one SQL condition on people, told as a sentence, counted.

A field that is empty does not filter. What is known of somebody's disability is asked only where they agreed to its
keeping: without the consent they are not found by it, whatever the row says.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any, Final

import phonenumbers
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    and_,
    cast,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
)

from outreach.campaigns.schedule import Anchor
from outreach.delivery.policy import LOCAL
from outreach.dialogue.page import Words
from outreach.store.schema import applications, consents, job_alerts, openings, people, saved_openings
from outreach.store.tables.campaigns import (
    audience_members,
    audiences,
    campaign_answers,
    campaign_items,
    campaign_runs,
    campaigns,
    person_skills,
)
from outreach.store.tables.plans import needs
from outreach.store.tables.titles import title_entries, title_rounds, title_wishes
from outreach.store.tables.training import training_registrations, training_sessions

ACTIVE: Final = ("waiting", "offered", "registered", "attended")
OLDEST: Final = 120


class AudienceError(Exception):
    """The filter makes no sense, or nobody is in it. ``key``: the sentence in prompts/."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key, self.values = key, values


@dataclass(frozen=True, slots=True)
class Audience:
    """Everybody of whom all of it is true.

    ``contacted_days``: in touch within so many days; ``silent_days``: not in touch for so many. ``interests``: kinds of
    jobs saved, applied for or asked to be told of. ``registered``, ``not_registered``: training sessions.
    ``in_round``, ``not_in_round``: rounds of title assessment; ``wishes_round``: levels waited for. ``unanswered``,
    ``answered``: campaigns. ``needs``: open in their plan. ``list_id``: a pasted or imported list.
    """

    counties: tuple[str, ...] = ()
    townships: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    age_from: int | None = None
    age_until: int | None = None
    contacted_days: int | None = None
    silent_days: int | None = None
    interests: tuple[str, ...] = ()
    registered: tuple[int, ...] = ()
    not_registered: tuple[int, ...] = ()
    in_round: tuple[int, ...] = ()
    not_in_round: tuple[int, ...] = ()
    wishes_round: tuple[str, ...] = ()
    consents: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    unanswered: tuple[int, ...] = ()
    answered: tuple[int, ...] = ()
    counselor_id: int | None = None
    list_id: int | None = None


def read(data: Mapping[str, Any]) -> Audience:
    """From JSON. Raises AudienceError on a field nobody knows, or bounds that leave nobody."""
    known = {field.name for field in fields(Audience)}
    if unknown := sorted(set(data) - known):
        raise AudienceError("audience.unknown", field=unknown[0])
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
    audience = Audience(**values)  # type: ignore[arg-type]  # checked by the sentence and the SQL
    low, high = audience.age_from, audience.age_until
    if low is not None and high is not None and low > high:
        raise AudienceError("audience.ages")
    return audience


def plain(audience: Audience) -> dict[str, Any]:
    """As JSON, without what does not filter."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(audience).items()
        if value not in ((), None)
    }


# --- SQL ----------------------------------------------------------------------------------------------------


def condition(audience: Audience, now: datetime) -> ColumnElement[bool]:
    """True of the rows of ``people`` who are in it."""
    return and_(people.c.erase_at.is_(None), *_conditions(audience, now))


def _conditions(audience: Audience, now: datetime) -> Iterator[ColumnElement[bool]]:
    one, year = audience, now.astimezone(LOCAL).year
    simple = {"county": one.counties, "township": one.townships, "language": one.languages}
    yield from (people.c[name].in_(values) for name, values in simple.items() if values)
    if one.categories:
        yield and_(people.c.category.in_(one.categories), agreed("disability"))
    if one.skills:
        yield _has(person_skills.c.person_id, person_skills.c.skill.in_(one.skills))
    if one.age_from is not None:
        yield people.c.birth_year <= year - one.age_from
    if one.age_until is not None:
        yield people.c.birth_year >= year - one.age_until
    if one.contacted_days is not None:
        yield people.c.last_call_at >= now - timedelta(days=one.contacted_days)
    if one.silent_days is not None:
        yield func.coalesce(people.c.last_call_at, people.c.created_at) < now - timedelta(
            days=one.silent_days
        )
    if one.interests:
        yield _interested(one.interests)
    if one.counselor_id is not None:
        yield people.c.counselor_id == one.counselor_id
    if one.list_id is not None:
        yield _has(audience_members.c.person_id, audience_members.c.audience_id == one.list_id)
    if one.needs:
        yield _has(needs.c.person_id, needs.c.state == "open", needs.c.kind.in_(one.needs))
    yield from (agreed(scope) for scope in one.consents)
    yield from _taking_part(one)
    yield from _answers(one)


def _taking_part(one: Audience) -> Iterator[ColumnElement[bool]]:
    seat, entry = training_registrations, title_entries
    if one.registered:
        yield _has(seat.c.person_id, seat.c.session_id.in_(one.registered), seat.c.state.in_(ACTIVE))
    if one.not_registered:
        yield ~_has(seat.c.person_id, seat.c.session_id.in_(one.not_registered), seat.c.state.in_(ACTIVE))
    if one.in_round:
        yield _has(entry.c.person_id, entry.c.round_id.in_(one.in_round), entry.c.state != "left")
    if one.not_in_round:
        yield ~_has(entry.c.person_id, entry.c.round_id.in_(one.not_in_round), entry.c.state != "left")
    if one.wishes_round:
        yield _has(title_wishes.c.person_id, title_wishes.c.level.in_(one.wishes_round))


def _answers(one: Audience) -> Iterator[ColumnElement[bool]]:
    """Whoever was in a campaign and has, or has not, answered it."""
    of = campaign_items.join(campaign_runs, campaign_runs.c.id == campaign_items.c.run_id)
    replied = or_(
        campaign_items.c.heard_at.is_not(None),
        exists().where(campaign_answers.c.item_id == campaign_items.c.id),
    )
    for ids, wanted in ((one.answered, replied), (one.unanswered, ~replied)):
        if ids:
            yield exists(
                select(1)
                .select_from(of)
                .where(
                    campaign_items.c.person_id == people.c.id, campaign_runs.c.campaign_id.in_(ids), wanted
                )
                .correlate(people)
            )


def _interested(kinds: Sequence[str]) -> ColumnElement[bool]:
    def by(table: Any) -> ColumnElement[bool]:
        return exists().where(
            table.c.person_id == people.c.id, table.c.opening_id == openings.c.id, openings.c.kind.in_(kinds)
        )

    alerts = exists().where(job_alerts.c.person_id == people.c.id, job_alerts.c.kind.in_(kinds))
    return or_(by(saved_openings), by(applications), alerts)


def agreed(scope: str) -> ColumnElement[bool]:
    """True of people who agree to this scope now."""
    return _has(consents.c.person_id, consents.c.scope == scope, consents.c.withdrawn_at.is_(None))


def withdrew(scope: str) -> ColumnElement[bool]:
    """True of people who once agreed to this scope and took it back."""
    return _has(consents.c.person_id, consents.c.scope == scope, consents.c.withdrawn_at.is_not(None))


def on_their_day(anchor: Anchor, day: date) -> ColumnElement[bool]:
    """True of people whose own date this is: for a campaign that runs relative to it."""
    begins = datetime(day.year, day.month, day.day, tzinfo=LOCAL)
    ends = begins + timedelta(days=1)
    match anchor:
        case "last_call":
            return and_(people.c.last_call_at >= begins, people.c.last_call_at < ends)
        case "registered":
            return and_(people.c.created_at >= begins, people.c.created_at < ends)
        case "birthday_year":
            return people.c.birth_year == day.year - 18 if (day.month, day.day) == (1, 1) else _never()
        case "training":
            seat = training_registrations
            held = select(training_sessions.c.id).where(training_sessions.c.starts_on == day)
            return _has(seat.c.person_id, seat.c.session_id.in_(held), seat.c.state == "registered")
        case "title_round":
            entry = title_entries
            closes = func.coalesce(
                title_rounds.c.unit_by,
                title_rounds.c.county_by,
                title_rounds.c.city_by,
                title_rounds.c.province_by,
            )
            due = select(title_rounds.c.id).where(closes == day)
            return _has(entry.c.person_id, entry.c.round_id.in_(due), entry.c.state == "preparing")


def _never() -> ColumnElement[bool]:
    return people.c.id < 0


def _has(person_id: ColumnElement[Any], *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(person_id == people.c.id, *conditions)


# --- Seen before anything is sent -----------------------------------------------------------------------------


def count(db: Connection, audience: Audience, now: datetime) -> int:
    """How many people are in it."""
    query = select(func.count()).select_from(people).where(condition(audience, now))
    return db.execute(query).scalar_one()


def sample(db: Connection, audience: Audience, now: datetime, size: int = 5) -> list[int]:
    """Ids of some of them, spread over all, the same each time."""
    spread = (cast(people.c.id, BigInteger) * 2654435761) % 4294967296
    query = select(people.c.id).where(condition(audience, now)).order_by(spread, people.c.id).limit(size)
    return list(db.scalars(query))


def sentence(audience: Audience, say: Words) -> str:
    """The filter as one sentence, in the words of ``say``."""
    parts = [*_told(audience, say)]
    if not parts:
        return say("audience.everybody").text
    return say("audience.those", conditions=say("audience.and").text.join(parts)).text


def _told(one: Audience, say: Words) -> Iterator[str]:
    named = (
        ("counties", "county.{}"),
        ("townships", ""),
        ("categories", "audience.category.{}"),
        ("skills", "audience.skill.{}"),
        ("languages", "audience.language.{}"),
        ("interests", "audience.interest.{}"),
        ("wishes_round", "titles.level.{}"),
        ("consents", "audience.scope.{}"),
        ("needs", "audience.need.{}"),
        ("registered", ""),
        ("not_registered", ""),
        ("in_round", ""),
        ("not_in_round", ""),
        ("unanswered", ""),
        ("answered", ""),
    )
    for name, key in named:
        if values := getattr(one, name):
            words = [say(key.format(value)).text if key else str(value) for value in values]
            yield say(f"audience.{name}", names=say("audience.or").text.join(words)).text
    for name in ("age_from", "age_until", "contacted_days", "silent_days", "counselor_id", "list_id"):
        if (number := getattr(one, name)) is not None:
            yield say(f"audience.{name}", n=number).text


# --- Saved ones, and lists ----------------------------------------------------------------------------------


def save(db: Connection, name: str, audience: Audience, by: str, now: datetime) -> int:
    """Keep a filter under a name; its id. Raises IntegrityError when the name is taken."""
    values = {"name": name, "filter": plain(audience), "made_by": by, "created_at": now, "updated_at": now}
    return int(db.execute(insert(audiences).values(values).returning(audiences.c.id)).scalar_one())


@dataclass(frozen=True, slots=True)
class Listed:
    """What became of a pasted list: people found, numbers of nobody we keep, and how many were no numbers."""

    audience_id: int
    found: int
    unknown: tuple[str, ...]
    refused: int


def numbers(pasted: str) -> list[str | None]:
    """What was pasted, as numbers (E.164), in its order; None: one that is none."""
    return [_number(word) for word in re.split(r"[\s,，;；、]+", pasted) if word]


def _number(word: str) -> str | None:
    try:
        read_as = phonenumbers.parse(word, "CN")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(read_as):
        return None
    return str(phonenumbers.format_number(read_as, phonenumbers.PhoneNumberFormat.E164))


def save_list(db: Connection, name: str, numbers: Sequence[str | None], by: str, now: datetime) -> Listed:
    """Keep a pasted or imported list of telephone numbers (E.164; None: what could not be read as one).

    All who share a number are in it. Numbers of people we do not keep are told back: they agreed to nothing.
    """
    audience_id = save(db, name, Audience(), by, now)
    change = audiences.update().where(audiences.c.id == audience_id)
    db.execute(change.values(filter=plain(Audience(list_id=audience_id))))
    unknown: list[str] = []
    wanted = list(dict.fromkeys(number for number in numbers if number))
    members: set[int] = set()
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        rows = db.execute(select(people.c.id, people.c.phone).where(people.c.phone.in_(part))).all()
        members |= {row.id for row in rows}
        found = {row.phone for row in rows}
        unknown += [number for number in part if number not in found]
    if members:
        db.execute(
            insert(audience_members),
            [{"audience_id": audience_id, "person_id": person_id} for person_id in sorted(members)],
        )
    return Listed(audience_id, len(members), tuple(unknown), sum(not number for number in numbers))


def in_use(db: Connection, audience_id: int) -> bool:
    """Is a list needed by a campaign that is not over?"""
    going = select(campaigns.c.audience).where(campaigns.c.state.not_in(("finished", "cancelled")))
    return any(chosen.get("list_id") == audience_id for chosen in db.scalars(going))


def drop(db: Connection, audience_id: int) -> None:
    """Forget a saved filter; campaigns made from it keep their copy."""
    db.execute(delete(audiences).where(audiences.c.id == audience_id))

"""What a counselor does to an event, and who is told of it: functions of the transaction that return effects."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, update

from outreach.dialogue.page import Effect, Phrase
from outreach.dialogue.prompts import Prompts
from outreach.services.events import notices, rules, store
from outreach.store.tables.community import events

MATTERS_TO_THEM = ("county", "place", "transport", "starts_on", "ends_on", "begins", "hours")
"""What those who come are told of when it changes, and asked whether they still come."""


def phrases(db: Connection, prompts: Prompts, now: datetime) -> Iterator[Phrase]:
    """What callers can hear of the events to come, but for what depends on the day or the person."""
    say = prompts.bound[2, "voice"]
    for event in store.all_to_come(db, now):
        yield from rules.headline(say, event)
        yield from rules.details(say, event)
        yield from rules.slowly(rules.numbers(say, event))
        yield say("events.sign_up.ask", name=event.name, when=rules.when(say, event))


def add(db: Connection, values: Mapping[str, Any], now: datetime) -> int:
    """A new event, heard from now on; its id. Raises IntegrityError: dates out of order, a kind nobody knows …"""
    row = {**values, "published_at": now}
    return int(db.execute(insert(events).values(row).returning(events.c.id)).scalar_one())


def change(db: Connection, event_id: int, values: Mapping[str, Any], now: datetime) -> list[Effect]:
    """Write what has changed; where time or place has, who comes is asked anew and reminded at the new moments.

    Fewer places than people are no error: nobody who was promised one loses it. Raises LookupError: no such event.
    """
    before = store.lock(db, event_id)
    if before is None:
        raise LookupError(f"no event {event_id}")
    db.execute(update(events).where(events.c.id == event_id).values(dict(values)))
    after = store.get(db, event_id)
    assert after is not None
    if not after.to_come(now) or all(getattr(before, it) == getattr(after, it) for it in MATTERS_TO_THEM):
        return []
    effects: list[Effect] = []
    for person_id in store.coming(db, event_id):
        store.confirm(db, event_id, person_id, None)
        effects += notices.signed_up(after, person_id, now)
        effects.append(notices.changed(after, person_id, now))
    return effects


def call_off(db: Connection, event_id: int, now: datetime) -> list[Effect]:
    """It does not take place: everybody who comes is told, once. Raises LookupError: no such event."""
    event = store.lock(db, event_id)
    if event is None:
        raise LookupError(f"no event {event_id}")
    if not event.to_come(now):
        return []
    db.execute(update(events).where(events.c.id == event_id).values(cancelled_at=now))
    return [
        found for person in store.coming(db, event_id) for found in notices.called_off(event, person, now)
    ]

"""What signing up sets off later, and what ends with it."""

from datetime import datetime

from outreach.dialogue.page import Effect, Forget, Remind
from outreach.services.events import rules
from outreach.services.events.rules import Event


def occasion(event_id: int, person_id: int, what: str) -> str:
    """What is kept under one name, so that it can be replaced and forgotten: "remind", "changed"."""
    return f"events:{event_id}:person:{person_id}:{what}"


def signed_up(event: Event, person_id: int, now: datetime) -> list[Effect]:
    """The reminders of who comes; they take the place of earlier ones."""
    name, moments = occasion(event.id, person_id, "remind"), rules.reminders(event, now)
    if not moments:
        return [Forget(name)]
    return [Remind(name, "events.remind", {"event": event.id}, moments, event.starts_at, person_id)]


def changed(event: Event, person_id: int, now: datetime) -> Remind:
    """It has another time or place: they are asked at once whether they still come."""
    name = occasion(event.id, person_id, "changed")
    data, until = {"event": event.id}, event.starts_at
    return Remind(name, "events.changed", data, (now,), until, person_id, matters=True)


def called_off(event: Event, person_id: int, now: datetime) -> list[Effect]:
    """It does not take place: who comes is told at once, and reminded no more."""
    name, data = occasion(event.id, person_id, "notice"), {"event": event.id}
    told = Remind(name, "events.notice", data, (now,), event.starts_at, person_id, matters=True)
    return [*forgotten(event.id, person_id), told]


def forgotten(event_id: int, person_id: int) -> list[Effect]:
    """Nobody is reminded of what they do not come to."""
    return [Forget(occasion(event_id, person_id, what)) for what in ("remind", "changed")]

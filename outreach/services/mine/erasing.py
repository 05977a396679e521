"""What a wish to be erased comes to when its time has come. Whoever thought better of it is found unmoved."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from outreach.dialogue.page import Alert, Data, Effect, Profile, Text
from outreach.services.own import Leave
from outreach.store import people
from outreach.store.people import Person

Handler = Callable[[Connection, datetime, Data], list[Effect]]


def _still_wanted(db: Connection, data: Data) -> Person | None:
    person = people.get(db, data["person"])
    wanted = person is not None and person.erase_at is not None and person.erase_at.timestamp() == data["at"]
    return person if wanted else None


def soon(db: Connection, _now: datetime, data: Data) -> list[Effect]:
    """Tomorrow: a text that says so and how to stay; who can get none is rung by a counselor."""
    person = _still_wanted(db, data)
    if person is None or person.phone is None:
        return []
    purpose = f"erase:{person.id}:soon:{data['at']:.0f}"
    if not Profile(number=person.phone).textable:
        return [Alert("call_back", purpose, phone=person.phone)]
    return [Text(purpose, data["words"], to=person.phone)]


def erase(leaves: Sequence[Leave]) -> Handler:
    """The handler that erases: first every line gives up what others wait for, then the person goes with the rest."""

    def handler(db: Connection, now: datetime, data: Data) -> list[Effect]:
        person = _still_wanted(db, data)
        if person is None:
            return []
        return erased(leaves, db, person, now, data["words"])

    return handler


def erased(
    leaves: Sequence[Leave], db: Connection, person: Person, now: datetime, words: str
) -> list[Effect]:
    """Erase them now. ``words``: the last text to them."""
    effects = [effect for leave in leaves for effect in leave(db, person.id, now)]
    people.erase(db, person.id, now)
    if person.phone is not None and Profile(number=person.phone).textable:
        # "reply:": the last answer to what they asked for; a stranger's now, so it goes within a day
        effects.append(Text(f"reply:erased:{person.id}", words, to=person.phone))
    return effects

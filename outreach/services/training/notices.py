"""What a registration sets off later: reminders, offers down the waiting list, and what ends when one is given up."""

from datetime import datetime

from sqlalchemy import Connection

from outreach.dialogue.page import Data, Effect, Forget, Later, Remind
from outreach.services.training import rules, store
from outreach.services.training.rules import Session


def _occasion(session_id: int, person_id: int, what: str) -> str:
    return f"training:{session_id}:person:{person_id}:{what}"


def registered(session: Session, person_id: int, now: datetime) -> list[Effect]:
    """The reminders of a seat that was taken; an offer that led to it is settled."""
    moments = rules.reminders(session, now)
    settled = offer_settled(session.id, person_id)
    if not moments:
        return settled
    occasion, data = _occasion(session.id, person_id, "remind"), {"session": session.id}
    reminder = Remind(occasion, "training.remind", data, moments, session.starts_at, person_id)
    return [*settled, reminder]


def offer_settled(session_id: int, person_id: int) -> list[Effect]:
    """An offer was answered: nobody is told of it again, and nothing runs out."""
    return [Forget(_occasion(session_id, person_id, what)) for what in ("offer", "offer_end")]


def given_up(db: Connection, session_id: int, person_id: int, now: datetime) -> list[Effect]:
    """Nobody is reminded of what they gave up; the seat goes down the line."""
    forgotten = Forget(_occasion(session_id, person_id, "remind"))
    return [forgotten, *offer_settled(session_id, person_id), *offers(db, session_id, now)]


def offers(db: Connection, session_id: int, now: datetime) -> list[Effect]:
    """Every free seat offered to the next in line, each with its own time to answer."""
    effects: list[Effect] = []
    while (offer := store.offer_next(db, session_id, now)) is not None:
        person_id, until = offer
        told = _occasion(session_id, person_id, "offer")
        ends = _occasion(session_id, person_id, "offer_end")
        data = {"session": session_id}
        effects.append(Remind(told, "training.offer", data, (now,), until, person_id))
        effects.append(Later(ends, "training.offer_expired", {**data, "person": person_id}, until))
    return effects


def offer_expired(db: Connection, now: datetime, data: Data) -> list[Effect]:
    """The time to answer is over: on to the next in line. Nothing, when it was answered after all."""
    session_id, person_id = data["session"], data["person"]
    if not store.lapse(db, session_id, person_id, now):
        return []
    return [*offer_settled(session_id, person_id), *offers(db, session_id, now)]

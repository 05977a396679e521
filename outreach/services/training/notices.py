"""What a registration sets off later: reminders, offers down the waiting list, and what ends when one is given up."""

from datetime import datetime

from sqlalchemy import Connection

from outreach.delivery import policy
from outreach.dialogue.page import Data, Effect, Forget, Later, Remind
from outreach.services.training import rules, store
from outreach.services.training.rules import Session
from outreach.store import people

OFFERED = ("offer", "offer_end", "offer_told")
"""What is kept for an offer."""


def occasion(session_id: int, person_id: int, what: str) -> str:
    """What is kept under one name, so that it can be replaced and forgotten: "remind", "offer", "notice" …"""
    return f"training:{session_id}:person:{person_id}:{what}"


def registered(session: Session, person_id: int, now: datetime) -> list[Effect]:
    """The reminders of a seat that was taken; an offer that led to it is settled."""
    moments = rules.reminders(session, now)
    settled = offer_settled(session.id, person_id)
    if not moments:
        return [*settled, Forget(occasion(session.id, person_id, "remind"))]
    name, data = occasion(session.id, person_id, "remind"), {"session": session.id}
    reminder = Remind(name, "training.remind", data, moments, session.starts_at, person_id)
    return [*settled, reminder]


def offer_settled(session_id: int, person_id: int) -> list[Effect]:
    """An offer was answered: nobody is told of it again, and nothing runs out."""
    return [Forget(occasion(session_id, person_id, what)) for what in OFFERED]


def given_up(db: Connection, session_id: int, person_id: int, now: datetime) -> list[Effect]:
    """Nobody is reminded of what they gave up; the seat goes down the line."""
    return [*forgotten(session_id, person_id), *offers(db, session_id, now)]


def forgotten(session_id: int, person_id: int) -> list[Effect]:
    """Nothing more comes of a registration."""
    return [Forget(occasion(session_id, person_id, what)) for what in ("remind", "changed", *OFFERED)]


def changed(session: Session, person_id: int, now: datetime) -> Remind:
    """It has another time or place: they are asked at once whether they still come."""
    name, data = occasion(session.id, person_id, "changed"), {"session": session.id}
    return Remind(name, "training.changed", data, (now,), session.starts_at, person_id, matters=True)


def notice(
    session_id: int, person_id: int, now: datetime, until: datetime, *, matters: bool = False
) -> Remind:
    """It was called off (``matters``), or their certificate lies ready: told at once, and needs no answer."""
    name, data = occasion(session_id, person_id, "notice"), {"session": session_id}
    return Remind(name, "training.notice", data, (now,), until, person_id, matters=matters)


def offers(db: Connection, session_id: int, now: datetime) -> list[Effect]:
    """Every free seat offered to the next in line, each with its own time to answer.

    Whoever no longer wants to be reminded would never hear of it: on to the next, at once.
    """
    effects: list[Effect] = []
    while (offer := store.offer_next(db, session_id, now)) is not None:
        person_id, until = offer
        if policy.REMINDERS not in people.consents(db, person_id):
            store.pass_over(db, session_id, person_id, now)
            continue
        told = occasion(session_id, person_id, "offer")
        ends = occasion(session_id, person_id, "offer_end")
        data = {"session": session_id}
        # unanswered, it goes to the next in line: nobody is rung for it
        effects.append(Remind(told, "training.offer", data, (now,), until, person_id, escalate=False))
        effects.append(Later(ends, "training.offer_expired", {**data, "person": person_id}, until))
        opens = policy.opening("sms", policy.REMINDERS, now)
        if (
            opens is not None and opens > now
        ):  # it waits for the morning, and they may think otherwise until then
            look = occasion(session_id, person_id, "offer_told")
            effects.append(Later(look, "training.offer_told", {**data, "person": person_id}, opens))
    return effects


def offer_told(db: Connection, now: datetime, data: Data) -> list[Effect]:
    """The hour in which they are told of an offer: whoever has withdrawn their consent since is passed over."""
    session_id, person_id = data["session"], data["person"]
    if policy.REMINDERS in people.consents(db, person_id):
        return []
    if not store.pass_over(db, session_id, person_id, now):
        return []
    return [*offer_settled(session_id, person_id), *offers(db, session_id, now)]


def offer_expired(db: Connection, now: datetime, data: Data) -> list[Effect]:
    """The time to answer is over: on to the next in line. Nothing, when it was answered after all."""
    session_id, person_id = data["session"], data["person"]
    if not store.lapse(db, session_id, person_id, now):
        return []
    return [*offer_settled(session_id, person_id), *offers(db, session_id, now)]

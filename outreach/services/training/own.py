"""What is a person's own of the training line, for the line "mine" 我的."""

from datetime import datetime, time

from sqlalchemy import Connection

from outreach.dialogue.page import Effect, Turn
from outreach.services.own import Own
from outreach.services.places import LOCAL
from outreach.services.training import notices, rules, store

MATTERS = ("offered", "ready", "to_confirm", "registered", "confirmed", "waiting", "called_off", "attended")
"""Statuses of what is not over and done with."""


def own(turn: Turn) -> tuple[Own, ...]:
    """Seats, places in a line, offers, certificates to be fetched: the urgent first."""
    person_id = turn.profile.person_id
    if person_id is None:
        return ()
    found: list[Own] = []
    for session_id in store.mine(turn.db, person_id, turn.now):
        session, mine = store.get(turn.db, session_id), store.registration(turn.db, session_id, person_id)
        if session is None or mine is None:
            continue
        status = rules.status(session, mine, turn.now)
        if status not in MATTERS or (status == "called_off" and turn.now >= session.starts_at):
            continue
        at = session.starts_at
        if status == "offered" and mine.offer_until is not None:
            at = mine.offer_until
        elif status == "ready" and session.certificate_until is not None:
            at = datetime.combine(session.certificate_until, time(23, 59), LOCAL)
        name = turn.say("training.item.name", name=session.name)
        when = turn.say("training.item.when", when=rules.when(turn.say, session))
        told = rules.told(turn.say, session, mine, turn.now, keys=False)
        found.append(Own((name, when, told), "training.change", {"session": session_id}, at))
    return tuple(found)


def leave(db: Connection, person_id: int, now: datetime) -> list[Effect]:
    """Seats and places in a line are given up, and go down it, before the person is erased."""
    effects: list[Effect] = []
    for session_id in store.mine(db, person_id, now):
        if store.leave(db, session_id, person_id, now):
            effects += notices.given_up(db, session_id, person_id, now)
    return effects

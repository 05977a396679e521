"""Somebody's cases; and what stays of them when their person is erased."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from outreach.dialogue.page import Effect, Turn
from outreach.services.own import Own
from outreach.services.places import LOCAL
from outreach.services.rights import store

SETTLED_FOR = timedelta(days=30)
"""How long somebody still hears that a case was settled or closed."""


def own(turn: Turn) -> Sequence[Own]:
    """Each with its state, the latest first."""
    person_id = turn.profile.person_id
    return tuple(_own(turn, person_id)) if person_id is not None else ()


def _own(turn: Turn, person_id: int) -> Iterator[Own]:
    say = turn.say
    for case_id in store.of_person(turn.db, person_id):
        case = store.get(turn.db, case_id)
        assert case is not None, "cases are never deleted"
        if case.state in store.OVER and case.updated_at <= turn.now - SETTLED_FOR:
            continue
        on, changed = case.created_at.astimezone(LOCAL), case.updated_at.astimezone(LOCAL)
        kind = say(f"rights.kind.{case.kind}").text
        words = (
            say("rights.case", month=on.month, day=on.day, kind=kind),
            say(f"rights.state.{case.state}", month=changed.month, day=changed.day),
        )
        yield Own(words, "rights.mine", {"item": case_id})


def leave(db: Connection, person_id: int, _now: datetime) -> Sequence[Effect]:
    """A case is evidence: it stays, with what was said and what is to be done, and nothing that says whose it was."""
    store.detach(db, person_id)
    return ()

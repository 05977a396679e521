"""What somebody has on the jobs line: applications, saved openings, the wish to be told of new ones."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from outreach.dialogue.page import Turn
from outreach.services.jobs import rules, store
from outreach.services.own import Own
from outreach.services.places import last_minute, today

DECIDED_FOR = timedelta(days=30)
"""How long somebody still hears how an application ended."""


def own(turn: Turn) -> Sequence[Own]:
    """Applications first, then what was saved, then the wish."""
    person_id = turn.profile.person_id
    return tuple(_own(turn, person_id)) if person_id is not None else ()


def _own(turn: Turn, person_id: int) -> Iterator[Own]:
    db, say = turn.db, turn.say
    for application_id in store.my_applications(db, person_id, turn.now - DECIDED_FOR):
        found = store.application(db, application_id, person_id)
        assert found is not None, "it was found just now"
        yield Own(rules.application(say, *found), "jobs.application", {"application": application_id})
    for opening_id in store.saved(db, person_id, today(turn.now)):
        opening = store.get(db, opening_id)
        assert opening is not None, "it was found just now"
        until = opening.expires_on
        what = {"employer": opening.employer, "title": opening.title, "month": until.month, "day": until.day}
        yield Own((say("jobs.own.saved", **what),), "jobs.saved", {"item": opening_id}, last_minute(until))
    if store.subscriptions(db, person_id):
        yield Own((say("jobs.own.alert"),), "jobs.unsubscribe", {})

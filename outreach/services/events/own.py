"""What is a person's own of the events line, for the line "mine" 我的."""

from datetime import datetime

from sqlalchemy import Connection

from outreach.dialogue.page import Effect, Turn
from outreach.services.events import notices, rules, store
from outreach.services.own import Own


def own(turn: Turn) -> tuple[Own, ...]:
    """What they come to, and has not begun."""
    person_id = turn.profile.person_id
    if person_id is None:
        return ()
    found: list[Own] = []
    for event_id in reversed(store.mine(turn.db, person_id)):
        event, mine = store.get(turn.db, event_id), store.sign_up_of(turn.db, event_id, person_id)
        if event is None or mine is None or turn.now >= event.starts_at:
            continue
        told = turn.say(f"events.mine.stands.{rules.status(event, mine, turn.now)}")
        when = turn.say("events.item.when", when=rules.when(turn.say, event))
        phrases = (turn.say("events.name", name=event.name), when, told)
        found.append(Own(phrases, "events.withdraw", {"event": event_id}, event.starts_at))
    return tuple(found)


def leave(db: Connection, person_id: int, now: datetime) -> list[Effect]:
    """Places are given up before the person is erased."""
    left = [
        event_id for event_id in store.mine(db, person_id) if store.withdraw(db, event_id, person_id, now)
    ]
    return [effect for event_id in left for effect in notices.forgotten(event_id, person_id)]

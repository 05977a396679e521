"""The rounds that somebody takes part in."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from outreach.dialogue.page import Turn
from outreach.services.own import Own
from outreach.services.places import last_minute, today
from outreach.services.titles import rules, store, wording

DECIDED_FOR = timedelta(days=60)
"""How long somebody still hears how a round ended."""


def own(turn: Turn) -> Sequence[Own]:
    """Each with its next date that concerns its owner."""
    person_id = turn.profile.person_id
    return tuple(_own(turn, person_id)) if person_id is not None else ()


def _own(turn: Turn, person_id: int) -> Iterator[Own]:
    say, day = turn.say, today(turn.now)
    for entry in store.entries(turn.db, person_id, turn.now - DECIDED_FOR):
        this = store.get(turn.db, entry.round_id)
        assert this is not None, "rounds are never deleted"
        found = rules.upcoming(this, entry.handed_in, day) if entry.active else None
        words = [
            say("titles.mine.round", name=wording.title(say, this)),
            say(f"titles.state.{entry.state}"),
        ]
        if found:
            words.append(wording.milestone(say, found, day))
        yield Own(tuple(words), "titles.mine", {"entry": entry.id}, last_minute(found.on) if found else None)

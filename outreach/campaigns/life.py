"""A campaign's life: which move leads from which state to which. Pure.

draft → rehearsed → approved → scheduled → running ⇄ paused → finished | cancelled. What is changed after its rehearsal
is a draft again: what was approved is what runs.
"""

from collections.abc import Mapping
from typing import Final, Literal

State = Literal["draft", "rehearsed", "approved", "scheduled", "running", "paused", "finished", "cancelled"]
Verb = Literal[
    "edit", "rehearse", "approve", "schedule", "start", "pause", "resume", "wait", "finish", "cancel"
]

MOVES: Final[Mapping[Verb, Mapping[State, State]]] = {
    "edit": {"draft": "draft", "rehearsed": "draft", "approved": "draft"},
    "rehearse": {"draft": "rehearsed", "rehearsed": "rehearsed", "approved": "approved"},
    "approve": {"rehearsed": "approved"},
    "schedule": {"approved": "scheduled"},
    "start": {"scheduled": "running"},
    "pause": {"running": "paused", "scheduled": "paused"},
    "resume": {"paused": "scheduled"},
    "wait": {"running": "scheduled"},
    "finish": {"running": "finished", "scheduled": "finished", "paused": "finished"},
    "cancel": {
        "draft": "cancelled",
        "rehearsed": "cancelled",
        "approved": "cancelled",
        "scheduled": "cancelled",
        "running": "cancelled",
        "paused": "cancelled",
    },
}
"""``wait``: a run is over, the next one is to come. ``resume``: a run that is open goes on at the next tick."""
ENDED: Final[frozenset[State]] = frozenset({"finished", "cancelled"})


class MoveError(Exception):
    """This cannot be done with a campaign in this state, or not by this person. ``key``: the sentence in prompts/."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key, self.values = key, values


def after(state: State, verb: Verb) -> State:
    """The state that ``verb`` leads to. Raises MoveError."""
    there = MOVES[verb].get(state)
    if there is None:
        raise MoveError("campaign.cannot", state=state, verb=verb)
    return there


def may(state: State) -> tuple[Verb, ...]:
    """What can be done in this state, for buttons."""
    return tuple(verb for verb, moves in MOVES.items() if state in moves)


def may_approve(made_by: str, by: str, *, second: bool) -> bool:
    """May this person approve? ``second``: the setting that asks for somebody else than the maker."""
    return not second or made_by != by

"""Connecting a counselor with a person: from the console their own telephone rings first, or they have rung in.

The person's number is neither said nor shown; the person sees the line's own.
"""

from dataclasses import dataclass

from outreach.dialogue.kinds import Menu, Option
from outreach.dialogue.page import (
    Back,
    Data,
    Exit,
    Goto,
    JSONValue,
    Mode,
    Move,
    NoMatch,
    Page,
    Phrase,
    Returned,
    Screen,
    Transfer,
    Turn,
)
from outreach.services.staff import store
from outreach.store import bridges
from outreach.store.audit import Audit

RING_SECONDS = 40
"""A blind person may need a while to find the telephone."""


def kind(turn: Turn, name: str) -> str:
    """What a task is called."""
    return turn.say(f"staff.kind.{name}").text


def _whom(turn: Turn) -> bridges.Whom | None:
    return bridges.whom(turn.db, turn.data["bridge"])


def _lead(turn: Turn) -> tuple[Phrase, ...]:
    whom = _whom(turn)
    if whom is None:
        return (turn.say("staff.bridge.gone"),)
    said = turn.say("staff.bridge.who", kind=kind(turn, whom.kind), tail=whom.number[-4:])
    return (Phrase(said.key, said.text, personal=True),)


BRIDGE = Menu(
    "staff.bridge",
    (Option("1", "staff.bridge.yes", value=True), Option("2", "staff.bridge.no", value=False)),
    lead=_lead,
    choose=lambda turn, yes: (
        Goto("staff.connect", turn.data, keep=False) if yes else Exit((turn.say("staff.bridge.later"),))
    ),
    prepare=lambda turn: turn.data if _whom(turn) else Back((turn.say("staff.bridge.gone"),)),
)
"""Where a call to a counselor's own telephone begins. Entered with ``bridge``."""


@dataclass(frozen=True, slots=True)
class Connect:
    """Rings the person; comes back when the talk is over, or when nobody answers. Entered with ``bridge``."""

    name: str = "staff.connect"

    def enter(self, turn: Turn) -> Data | Move:
        """Once for each bridge."""
        whom = _whom(turn)
        if whom is None or turn.channel == "sms":
            return Back((turn.say("staff.bridge.gone"),))
        turn.effects.append(Transfer(whom.number, RING_SECONDS))
        bridges.dialled(turn.db, turn.data["bridge"], turn.call_id, turn.now)
        return turn.data

    def show(self, turn: Turn) -> Screen:
        """What happens next."""
        return Screen((turn.say("staff.connect"),), Mode.AWAY)

    def hear(self, turn: Turn, value: JSONValue) -> Move:
        """How it went."""
        if not isinstance(value, Returned):
            return NoMatch()
        return Goto("staff.after", {**turn.data, "outcome": value.outcome}, root=True)

    def where(self, turn: Turn) -> str:
        """Its title."""
        return turn.say.title(self.name)


def _after(turn: Turn, done: JSONValue) -> Move:
    about = bridges.about(turn.db, turn.data["bridge"])
    said = turn.say("staff.after.left")
    if done and about is not None:
        task_id, user_id = about
        mine = store.finish(Audit(turn.db, user_id, turn.now, "telephone"), task_id)
        said = turn.say("staff.task.done" if mine else "staff.task.gone")
    if "call" in turn.data:
        inside = {name: turn.data[name] for name in ("user", "call")}
        return Goto("staff.menu", inside, root=True, say=(said,))
    return Exit((said,))


AFTER = Menu(
    "staff.after",
    (Option("1", "staff.after.done", value=True), Option("2", "staff.after.later", value=False)),
    lead=lambda turn: (turn.say(f"staff.outcome.{turn.data['outcome']}"),),
    choose=_after,
)

PAGES: tuple[Page, ...] = (BRIDGE, Connect(), AFTER)

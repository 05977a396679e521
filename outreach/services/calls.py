"""When we ring somebody 来电: asks whether they want to hear what we ring about, unless it is a reminder of their own.

A reminder begins at its own page. Whatever else we ring about can be declined for good with one key, before a word of
it is said: a mailbox that was not noticed in time has then been told nothing either.
"""

from outreach.dialogue.kinds import Confirm, Menu, Option
from outreach.dialogue.page import Back, Goto, JSONValue, Move, Page, Turn
from outreach.store import people


def _choose(turn: Turn, value: JSONValue) -> Move:
    if value == "stop":
        return Goto("call.stop", {"scope": turn.data["scope"]})
    return Goto(turn.data["page"], turn.data["data"], keep=False)


OPEN = Menu(
    "call.open",
    (Option("1", "call.open.hear", value="hear"), Option("2", "call.open.stop", value="stop")),
    choose=_choose,
)
"""Entered with ``page``, ``data`` (of what is to be told) and ``scope`` (the consent it needs)."""


def _stop(turn: Turn) -> Move:
    if turn.profile.person_id is not None:
        people.withdraw(turn.db, turn.profile.person_id, turn.data["scope"], turn.now)
    return Goto("home.menu", root=True, say=(turn.say("call.stop.done"),))


STOP = Confirm("call.stop", ask=lambda turn: (turn.say("call.stop"),), yes=_stop, no=lambda _: Back())
"""Read back, as every consent that is given or taken back."""

PAGES: tuple[Page, ...] = (OPEN, STOP)

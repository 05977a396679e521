"""What callers meet on the bookings line: its menu, what they have booked, cancelling.

Choosing a time is ``choosing.py``, taking it ``taking.py``; what comes to people later ``answers.py``; what
practitioners have ``work.py``.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from outreach.dialogue.kinds import Browse, Confirm, Item, Menu, Option
from outreach.dialogue.page import (
    Choice,
    Data,
    Effect,
    Goto,
    JSONValue,
    Move,
    NoMatch,
    Page,
    Phrase,
    Screen,
    Stay,
    Text,
    Turn,
)
from outreach.services.bookings import answers, choosing, notices, store, taking, wording, work
from outreach.services.bookings.store import Booking
from outreach.services.bookings.taking import over
from outreach.services.bookings.taking import own as own_booking
from outreach.services.own import Own

MENU = Menu(
    "bookings.menu",
    (
        Option("1", "bookings.menu.massage", value="massage"),
        Option("2", "bookings.menu.guidance", value="guidance"),
        Option("3", "bookings.menu.home", value="home"),
        Option("4", "bookings.menu.legal", value="legal"),
        Option("5", "bookings.menu.mine", page="bookings.mine"),
    ),
    choose=lambda _turn, group: choosing.listen(group),
    prepare=work.door,
)

# --- What is booked -------------------------------------------------------------------------------------------


def _mine(turn: Turn) -> list[int]:
    person_id = turn.profile.person_id
    return store.mine(turn.db, person_id, turn.now) if person_id is not None else []


def _listed(turn: Turn, booking_id: int) -> Booking | None:
    booking = store.get(turn.db, booking_id)
    return booking if booking and booking.person_id == turn.profile.person_id else None


def _item(turn: Turn, booking_id: int) -> Item | None:
    booking = _listed(turn, booking_id)
    if booking is None or not booking.ahead(turn.now):
        return None
    state = turn.say(f"bookings.state.{booking.state}")
    phone = wording.phone(turn.say, booking.provider)
    head = wording.headline(turn.say, booking, turn.now)
    return Item((*head, wording.where(turn.say, booking), state), wording.slowly((phone,)))


def _send(turn: Turn, booking_id: int) -> Move:
    booking = _listed(turn, booking_id)
    assert booking is not None, "Browse acts only on what it has just read"
    if not turn.profile.textable:
        phone = wording.phone(turn.say, booking.provider)
        return Stay(say=(turn.say("bookings.send.cannot"), *wording.slowly((phone,))), only=True)
    purpose = f"booking:{booking_id}:sent:{turn.now:%Y%m%d%H%M}"
    turn.effects.append(Text(purpose, wording.summary(turn.say, booking)))
    return Stay(say=(turn.say("jobs.send.done"),), only=True)


def _no_bookings(turn: Turn) -> Screen:
    choices = (Choice("1", "book", turn.say.words("bookings.mine.book")),)
    return Screen((turn.say("bookings.mine.empty"),), choices=choices)


def _named(turn: Turn, page: JSONValue) -> Move:
    """Cancel, or move, said in the list."""
    booking = _listed(turn, turn.data["items"][turn.data["at"]])
    if booking is None or page not in ("cancel", "move"):
        return NoMatch()
    return _change(turn, booking.id, page)


def _change(turn: Turn, booking_id: int, what: str) -> Move:
    booking = _listed(turn, booking_id)
    if booking is None or not booking.ahead(turn.now):
        return over(turn)
    if what == "cancel":
        return Goto("bookings.cancel", {"booking": booking.id})
    return Goto("bookings.when", {"service": booking.service.id, "booking": booking.id})


MINE = Browse(
    "bookings.mine",
    find=lambda turn: {"items": _mine(turn)},
    item=_item,
    take=lambda _turn, booking_id: Goto("bookings.change", {"booking": booking_id}),
    send=_send,
    empty=_no_bookings,
    hear_empty=lambda _turn, _value: Goto("bookings.menu", root=True),
    by_word=lambda turn: (
        Choice("", "cancel", turn.say.words("bookings.change.cancel")),
        Choice("", "move", turn.say.words("bookings.change.move")),
    ),
    hear_word=_named,
    keys="bookings.mine.keys",
)


def _prepare_change(turn: Turn) -> Data | Move:
    booking = own_booking(turn)
    if booking is None:
        return over(turn)
    return Goto("bookings.visit", dict(turn.data), keep=False) if booking.provider.visits else turn.data


def _about(turn: Turn) -> tuple[Phrase, ...]:
    booking = own_booking(turn)
    return wording.headline(turn.say, booking, turn.now) if booking else (turn.say("bookings.over"),)


def _chosen(turn: Turn, value: JSONValue) -> Move:
    booking = own_booking(turn)
    if booking is None:
        return over(turn)
    match value:
        case "details":
            return Stay(say=wording.details(turn.say, booking, turn.now))
        case "place":
            return Goto("bookings.place", {"booking": booking.id})
    return _change(turn, booking.id, value)


_CHANGES = (
    Option("1", "bookings.change.move", value="move"),
    Option("2", "bookings.change.cancel", value="cancel"),
    Option("3", "bookings.details", value="details"),
)

CHANGE = Menu("bookings.change", _CHANGES, lead=_about, choose=_chosen, prepare=_prepare_change)

VISIT = Menu(
    "bookings.visit",
    (*_CHANGES, Option("4", "bookings.change.place", value="place")),
    lead=_about,
    choose=_chosen,
    prepare=lambda turn: turn.data if own_booking(turn) else over(turn),
)
"""The same for a visit at home: where it goes can be changed too."""


def _ask_cancel(turn: Turn) -> tuple[Phrase, ...]:
    booking = own_booking(turn)
    if booking is None:
        return (turn.say("bookings.over"),)
    return (turn.say("bookings.cancel.ask"), *wording.headline(turn.say, booking, turn.now))


def _cancel(turn: Turn) -> Move:
    booking = own_booking(turn)
    if booking is None or not store.end(turn.db, booking.id, "cancelled", turn.now):
        return over(turn)
    turn.effects.append(notices.cancelled(booking.id))
    return Goto("bookings.menu", root=True, say=(turn.say("bookings.cancel.done"),))


CANCEL = Confirm(
    "bookings.cancel",
    ask=_ask_cancel,
    yes=_cancel,
    no=lambda turn: Goto("bookings.menu", root=True, say=(turn.say("bookings.cancel.not"),)),
    prepare=lambda turn: turn.data if own_booking(turn) else over(turn),
)

# --- For the line "mine" --------------------------------------------------------------------------------------


def own(turn: Turn) -> Sequence[Own]:
    """The caller's bookings that are still to come (``services/own.py``)."""
    found = (booking for booking_id in _mine(turn) if (booking := store.get(turn.db, booking_id)))
    return [
        Own(
            (*wording.headline(turn.say, booking, turn.now), turn.say(f"bookings.state.{booking.state}")),
            "bookings.change",
            {"booking": booking.id},
            booking.starts_at,
        )
        for booking in found
    ]


def leave(db: Connection, person_id: int, now: datetime) -> Sequence[Effect]:
    """Give a person's time back before they are erased (``services/own.py``)."""
    return [
        notices.cancelled(booking_id)
        for booking_id in store.mine(db, person_id, now)
        if store.end(db, booking_id, "cancelled", now)
    ]


PAGES: tuple[Page, ...] = (
    MENU, MINE, CHANGE, VISIT, CANCEL, *choosing.PAGES, *taking.PAGES, *answers.PAGES, *work.PAGES
)  # fmt: skip

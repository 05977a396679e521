"""What practitioners meet when they ring: today's and tomorrow's bookings, calling one off, closing time, opening it.

They are recognised by the number we keep of them, which is one that a carrier sent. Their own bookings as callers
are on key 5.
"""

from datetime import date, datetime, timedelta

from outreach.dialogue.kinds import Browse, Confirm, Item, Menu, Option
from outreach.dialogue.page import Back, Choice, Data, Goto, JSONValue, Move, Page, Phrase, Screen, Stay, Turn
from outreach.dialogue.pick import Label, Pick
from outreach.services.bookings import notices, publish, rules, store, wording
from outreach.services.bookings.choosing import slot_data, slot_of
from outreach.services.bookings.rules import Slot
from outreach.services.bookings.store import Booking, Worker
from outreach.services.places import today

CLOSED_AHEAD = 14
"""Days ahead that a practitioner may close by telephone."""


def _worker(turn: Turn) -> Worker | None:
    return store.worker_of(turn.db, turn.profile.person_id)


def door(turn: Turn) -> Data | Move:
    """The line's menu; for practitioners, unless they book for themselves, their work."""
    return turn.data if turn.data.get("own") or _worker(turn) is None else Goto("bookings.work", keep=False)


def _prepare(turn: Turn) -> Data | Move:
    return turn.data if _worker(turn) else Goto("bookings.menu", {"own": True}, keep=False)


def _chosen(turn: Turn, value: JSONValue) -> Move:
    if value == "own":
        return Goto("bookings.menu", {"own": True})
    day = today(turn.now) + timedelta(days=value)
    return Goto("bookings.work.day", {"day": day.isoformat()})


MENU = Menu(
    "bookings.work",
    (
        Option("1", "bookings.work.today", value=0),
        Option("2", "bookings.work.tomorrow", value=1),
        Option("3", "bookings.work.close", page="bookings.work.close"),
        Option("4", "bookings.work.open", page="bookings.work.open"),
        Option("5", "bookings.work.own", value="own"),
    ),
    choose=_chosen,
    prepare=_prepare,
)

# --- A day's bookings -----------------------------------------------------------------------------------------


def _theirs(turn: Turn, booking_id: int) -> Booking | None:
    """A booking to come with the practitioner who is on the line."""
    booking, who = store.get(turn.db, booking_id), _worker(turn)
    mine = booking is not None and who is not None and booking.worker.id == who.id
    return booking if booking and mine and booking.ahead(turn.now) else None


def _of_day(turn: Turn) -> Data:
    who = _worker(turn)
    days = [date.fromisoformat(turn.data["day"])]
    return {"items": store.work_of(turn.db, who.id, days, turn.now) if who else []}


def _who(turn: Turn, booking: Booking) -> Phrase:
    """As much of the person as is needed at the door: the end of their number."""
    if booking.phone is None:
        return turn.say("bookings.work.nobody")
    said = turn.say("bookings.work.tail", tail=booking.phone[-4:])
    return Phrase(said.key, said.text, personal=True)


def _item(turn: Turn, booking_id: int) -> Item | None:
    booking = _theirs(turn, booking_id)
    if booking is None:
        return None
    say = turn.say
    at = say("bookings.work.at", clock=wording.clock(say, booking.starts_at), service=booking.service.name)
    visit = (wording.where(say, booking),) if booking.provider.visits else ()
    state = say(f"bookings.work.state.{booking.state}")
    return Item((at, _who(turn, booking), *visit, state))


DAY = Browse(
    "bookings.work.day",
    find=_of_day,
    item=_item,
    take=lambda _turn, booking_id: Goto("bookings.work.call_off", {"booking": booking_id}),
    send=lambda turn, _: Stay(say=(turn.say("list.no_numbers"),), only=True),
    empty=lambda turn: Screen(
        (turn.say("bookings.work.none"),),
        choices=(Choice("1", "close", turn.say.words("bookings.work.close")),),
    ),
    hear_empty=lambda _turn, _value: Goto("bookings.work.close"),
    keys="bookings.work.keys",
)


def _gone(turn: Turn) -> Goto:
    return Goto("bookings.work", root=True, say=(turn.say("bookings.over"),))


def _ask_call_off(turn: Turn) -> tuple[Phrase, ...]:
    booking = _theirs(turn, turn.data["booking"])
    if booking is None:
        return (turn.say("bookings.over"),)
    moment = wording.moment(turn.say, booking.starts_at, turn.now)
    return (turn.say("bookings.work.call_off.ask", moment=moment, service=booking.service.name),)


def _call_off(turn: Turn) -> Move:
    booking = _theirs(turn, turn.data["booking"])
    if booking is None:
        return _gone(turn)
    turn.effects += notices.call_off(turn.db, [booking.id], turn.now)
    store.close(turn.db, booking.slot, booking.minutes)  # or somebody else would take it at once
    return Goto("bookings.work", root=True, say=(turn.say("bookings.work.call_off.done"),))


CALL_OFF = Confirm(
    "bookings.work.call_off",
    ask=_ask_call_off,
    yes=_call_off,
    prepare=lambda turn: turn.data if _theirs(turn, turn.data["booking"]) else _gone(turn),
)

# --- Closing time -----------------------------------------------------------------------------------------------


def _days(turn: Turn) -> Data | Move:
    who = _worker(turn)
    if who is None:
        return _gone(turn)
    plan, first = store.plan(turn.db, who.provider_id), today(turn.now)
    ahead = (first + timedelta(days=days) for days in range(CLOSED_AHEAD))
    found = [day.isoformat() for day in ahead if rules.opens(plan, day)]
    return {"found": found} if found else Back((turn.say("bookings.work.shut"),))


def _day_label(turn: Turn, value: JSONValue) -> Label:
    day = date.fromisoformat(value)
    return wording.day(turn.say, day, turn.now), wording.day_words(turn.say, day, turn.now)


CLOSE = Pick(
    "bookings.work.close",
    find=_days,
    label=_day_label,
    take=lambda _turn, day: Goto("bookings.work.time", {"day": day}),
)


def _times(turn: Turn) -> Data | Move:
    """The whole day, then each start that is free: what is booked is called off one by one, or with the day."""
    who = _worker(turn)
    if who is None:
        return _gone(turn)
    plan = rules.only(store.plan(turn.db, who.provider_id), who.id)
    taken = store.taken(turn.db, who.provider_id, turn.now)
    free = rules.free(plan, taken, plan.step_minutes, turn.now)
    that_day = [slot for slot in free if rules.half(slot.starts_at).day.isoformat() == turn.data["day"]]
    return {"found": ["day", *(slot_data(slot) for slot in that_day)], "minutes": plan.step_minutes}


def _time_label(turn: Turn, value: JSONValue) -> Label:
    if value == "day":
        return turn.say("bookings.work.whole").text, turn.say.words("bookings.work.whole")
    at = slot_of(value).starts_at
    return wording.clock(turn.say, at), wording.clock_words(turn.say, at)


TIME = Pick(
    "bookings.work.time",
    find=_times,
    label=_time_label,
    take=lambda turn, value: Goto(
        "bookings.work.closing",
        {"day": turn.data["day"], "what": value, "minutes": turn.data["minutes"]},
    ),
)


def _ask_closing(turn: Turn) -> tuple[Phrase, ...]:
    who, day, what = _worker(turn), date.fromisoformat(turn.data["day"]), turn.data["what"]
    if who is None:
        return (turn.say("bookings.over"),)
    if what != "day":
        slot = slot_of(what)
        told = wording.stretch(turn.say, slot.starts_at, turn.data["minutes"], turn.now)
        return (turn.say("bookings.work.closing.time", stretch=told),)
    booked = len(store.work_of(turn.db, who.id, [day], turn.now))
    named = wording.day(turn.say, day, turn.now)
    warned = (turn.say("bookings.work.closing.booked", n=booked),) if booked else ()
    return (turn.say("bookings.work.closing.day", day=named), *warned)


def _closing(turn: Turn) -> Move:
    who, what = _worker(turn), turn.data["what"]
    if who is None:
        return _gone(turn)
    if what == "day":
        turn.effects += publish.away(turn.db, who.id, date.fromisoformat(turn.data["day"]), turn.now)
    elif not store.close(turn.db, Slot(who.id, slot_of(what).starts_at), turn.data["minutes"]):
        return Goto("bookings.work", root=True, say=(turn.say("bookings.taken"),))
    return Goto("bookings.work", root=True, say=(turn.say("bookings.work.closing.done"),))


CLOSING = Confirm("bookings.work.closing", ask=_ask_closing, yes=_closing)

# --- Opening it again -------------------------------------------------------------------------------------------


def _closed(turn: Turn) -> Data | Move:
    who = _worker(turn)
    if who is None:
        return _gone(turn)
    found = store.closed(turn.db, who.id, turn.now)
    if not found:
        return Back((turn.say("bookings.work.open.none"),))
    return {"found": [{"at": at.isoformat(), "minutes": minutes} for at, minutes in found]}


def _stretch(turn: Turn, value: JSONValue) -> str:
    return wording.stretch(turn.say, datetime.fromisoformat(value["at"]), value["minutes"], turn.now)


OPEN = Pick(
    "bookings.work.open",
    find=_closed,
    label=lambda turn, value: (_stretch(turn, value), ()),
    take=lambda _turn, value: Goto("bookings.work.opening", {"slot": value}),
)


def _opening(turn: Turn) -> Move:
    who, value = _worker(turn), turn.data["slot"]
    if who is None:
        return _gone(turn)
    store.reopen(turn.db, Slot(who.id, datetime.fromisoformat(value["at"])), value["minutes"])
    return Goto("bookings.work", root=True, say=(turn.say("bookings.work.opening.done"),))


OPENING = Confirm(
    "bookings.work.opening",
    ask=lambda turn: (turn.say("bookings.work.opening.ask", stretch=_stretch(turn, turn.data["slot"])),),
    yes=_opening,
)

PAGES: tuple[Page, ...] = (MENU, DAY, CALL_OFF, CLOSE, TIME, CLOSING, OPEN, OPENING)

"""What comes to somebody later and wants an answer: a reminder; word that their booking was called off.

These pages are entered anew when the time has come; ``enter`` leads back at once when there is nothing to answer.
"""

from outreach.dialogue.kinds import Menu, Option
from outreach.dialogue.page import Back, Data, Goto, JSONValue, Move, Page, Phrase, Turn
from outreach.services.bookings import notices, store, wording
from outreach.services.bookings.choosing import slot_data, slot_of, slots
from outreach.services.bookings.store import Booking
from outreach.services.bookings.taking import over, own

# --- Will you come? -------------------------------------------------------------------------------------------


def _prepare_remind(turn: Turn) -> Data | Move:
    """Once they have said that they will come, they are reminded again, but nobody rings them for an answer."""
    booking = own(turn)
    if booking is None:
        return Back((turn.say("bookings.over"),))
    if turn.data.get("escalated") and booking.state == "confirmed":
        return Back((turn.say("bookings.remind.done"),))
    return turn.data


def _about(turn: Turn) -> tuple[Phrase, ...]:
    booking = own(turn)
    if booking is None:
        return (turn.say("bookings.over"),)
    return (
        turn.say("bookings.remind.lead"),
        *wording.headline(turn.say, booking, turn.now),
        wording.where(turn.say, booking),
    )


def _answer(turn: Turn, value: JSONValue) -> Move:
    booking = own(turn)
    if booking is None:
        return over(turn)
    match value:
        case "come":
            store.confirm(turn.db, booking.id, turn.now)
            return Goto("home.menu", root=True, say=(turn.say("bookings.remind.done"),))
        case "cancel":
            return Goto("bookings.cancel", {"booking": booking.id})
    return Goto("bookings.when", {"service": booking.service.id, "booking": booking.id})


REMIND = Menu(
    "bookings.remind",
    (
        Option("1", "bookings.remind.come", value="come"),
        Option("2", "bookings.remind.cannot", value="cancel"),
        Option("3", "bookings.change.move", value="move"),
    ),
    lead=_about,
    choose=_answer,
    prepare=_prepare_remind,
)
"""1: will come. 2: cannot, read back before the time is given up. 3: another time; the old one is kept until then."""

# --- Called off -----------------------------------------------------------------------------------------------


def _called_off(turn: Turn) -> Booking | None:
    booking = store.get(turn.db, turn.data["booking"])
    theirs = booking is not None and booking.person_id == turn.profile.person_id
    return booking if booking and theirs and booking.state == "called_off" else None


def _prepare_called_off(turn: Turn) -> Data | Move:
    """With the nearest time that is free now, as it will be offered."""
    booking = _called_off(turn)
    if booking is None or booking.starts_at <= turn.now:
        return Back((turn.say("bookings.over"),))
    provider = store.provider(turn.db, booking.provider.id)
    free = slots(turn, booking.service) if provider else []
    return {"booking": booking.id, "slot": slot_data(free[0]) if free else None}


def _told(turn: Turn) -> tuple[Phrase, ...]:
    booking, slot = _called_off(turn), turn.data["slot"]
    if booking is None:
        return (turn.say("bookings.over"),)
    sorry = turn.say("bookings.called_off.sorry")
    head = wording.headline(turn.say, booking, turn.now)
    if slot is None:
        return (sorry, *head, turn.say("bookings.called_off.none"))
    moment = wording.moment(turn.say, slot_of(slot).starts_at, turn.now)
    return (sorry, *head, turn.say("bookings.called_off.next", moment=moment))


def _instead(turn: Turn, value: JSONValue) -> Move:
    booking, slot = _called_off(turn), turn.data["slot"]
    if booking is None:
        return over(turn)
    turn.effects.append(notices.told(booking.id))
    if value == "no":
        return Goto("home.menu", root=True, say=(turn.say("bookings.called_off.no"),))
    data = {"service": booking.service.id}
    if value == "next" and slot is not None:
        return Goto("bookings.confirm", {**data, "slot": slot})
    return Goto("bookings.when", data)


CALLED_OFF = Menu(
    "bookings.called_off",
    (
        Option("1", "bookings.called_off.take", value="next"),
        Option("2", "bookings.called_off.other", value="other"),
        Option("3", "bookings.called_off.leave", value="no"),
    ),
    lead=_told,
    choose=_instead,
    prepare=_prepare_called_off,
)

PAGES: tuple[Page, ...] = (REMIND, CALLED_OFF)

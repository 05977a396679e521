"""Taking a time that was chosen: who is it for, read back, booked or moved; and where a visit at home goes."""

from outreach.dialogue.kinds import Confirm, Form, Record
from outreach.dialogue.kinds import Field as FormField
from outreach.dialogue.page import (
    Alert,
    Back,
    Data,
    Goto,
    JSONValue,
    Move,
    Page,
    Phrase,
    Recorded,
    Text,
    Turn,
)
from outreach.services.bookings import notices, rules, store, wording
from outreach.services.bookings.choosing import again, slot_of
from outreach.services.bookings.store import Booking
from outreach.store import people

PLACE_LONGEST = 200
"""Characters of a place: the column's."""


def own(turn: Turn) -> Booking | None:
    """The booking a page is about, if it is the caller's and still to come."""
    booking = store.get(turn.db, turn.data["booking"])
    theirs = booking is not None and booking.person_id == turn.profile.person_id
    return booking if booking and theirs and booking.ahead(turn.now) else None


def over(turn: Turn) -> Goto:
    """There is nothing to do (any more)."""
    return Goto("bookings.menu", root=True, say=(turn.say("bookings.over"),))


# --- A new booking ------------------------------------------------------------------------------------------


def _known(turn: Turn) -> Move | None:
    """A time is kept for somebody: consent first, and a number where there is none."""
    profile, data = turn.profile, dict(turn.data)
    if profile.person_id is not None:
        return None
    if profile.number is None:
        return Goto("bookings.number", {"wanted": data}, keep=False)
    return Goto("home.consent", {"then": "bookings.confirm", "data": data}, keep=False)


def _prepare_confirm(turn: Turn) -> Data | Move:
    if (elsewhere := _known(turn)) is not None:
        return elsewhere
    person_id = turn.profile.person_id
    assert person_id is not None, "_known comes first"
    if len(store.mine(turn.db, person_id, turn.now)) >= rules.MOST_EACH:
        return Goto("bookings.mine", root=True, say=(turn.say("bookings.most", n=rules.MOST_EACH),))
    return turn.data


def _same_place(turn: Turn, provider_id: int) -> tuple[Phrase, ...]:
    """What they have booked there already: nobody should book twice without knowing it."""
    person_id = turn.profile.person_id
    mine = store.mine(turn.db, person_id, turn.now) if person_id is not None else []
    found = (booking for booking_id in mine if (booking := store.get(turn.db, booking_id)))
    return tuple(
        turn.say("bookings.confirm.besides", moment=wording.moment(turn.say, booking.starts_at, turn.now))
        for booking in found
        if booking.provider.id == provider_id
    )


def _ask_confirm(turn: Turn) -> tuple[Phrase, ...]:
    what = store.service(turn.db, turn.data["service"])
    provider = store.provider(turn.db, what.provider_id) if what else None
    slot = slot_of(turn.data["slot"])
    who = store.worker(turn.db, slot.practitioner_id)
    if what is None or provider is None or who is None:
        return (turn.say("bookings.gone"),)
    moment = wording.moment(turn.say, slot.starts_at, turn.now)
    return (
        *_same_place(turn, provider.id),
        turn.say("bookings.confirm.ask", moment=moment),
        turn.say("bookings.item.service", provider=provider.name, service=wording.service(turn.say, what)),
        turn.say("bookings.item.worker", name=who.name),
        turn.say("bookings.item.place", place=wording.place(turn.say, provider)),
        turn.say("bookings.confirm.reminded"),
    )


def _taken(turn: Turn, minutes: int) -> Goto:
    """Why it could not be had, and what can be."""
    person_id, slot = turn.profile.person_id, slot_of(turn.data["slot"])
    other = store.overlapping(turn.db, person_id, slot.starts_at, minutes) if person_id is not None else None
    if other is not None and other != turn.data.get("booking") and (found := store.get(turn.db, other)):
        said = turn.say("bookings.elsewhere", provider=found.provider.name)
        return again(turn.data, said)
    return again(turn.data, turn.say("bookings.taken"))


def _confirm(turn: Turn) -> Move:
    what, person_id = store.service(turn.db, turn.data["service"]), turn.profile.person_id
    if person_id is None:  # consent was withdrawn in mid-conversation
        return Back((turn.say("consent.needed"),), only=True)
    if what is None or store.provider(turn.db, what.provider_id) is None:
        return Goto("bookings.menu", root=True, say=(turn.say("bookings.gone"),))
    made = store.book(turn.db, person_id, what, slot_of(turn.data["slot"]), turn.now)
    booking = store.get(turn.db, made) if made is not None else None
    if booking is None:
        return _taken(turn, what.minutes)
    people.give_consent(
        turn.db, person_id, "reminders", "bookings.confirm/1", turn.channel, turn.call_id, turn.now
    )
    return _done(turn, booking, "bookings.confirm.done")


def _done(turn: Turn, booking: Booking, key: str) -> Move:
    """Reminders, a text with all one needs to get there, and on to where a visit goes."""
    say = turn.say
    said = [say(key, moment=wording.moment(say, booking.starts_at, turn.now))]
    stamp = f"booking:{booking.id}:made:{turn.now:%Y%m%d%H%M%S}"
    turn.effects.append(notices.booked(booking, turn.now))
    if turn.channel == "sms":
        said.append(wording.phone(say, booking.provider))
    elif turn.profile.textable:
        turn.effects.append(Text(stamp, wording.summary(say, booking)))
        said.append(say("bookings.confirm.sent"))
    else:
        said += wording.slowly((wording.phone(say, booking.provider),))
    person = people.get(turn.db, booking.person_id)
    if person is not None and person.phone is None:
        turn.effects.append(Alert("call_back", stamp))  # a typed number cannot be reminded: somebody rings
    if booking.provider.visits and not booking.place:
        return Goto("bookings.place", {"booking": booking.id}, root=True, say=tuple(said))
    return Goto("home.menu", root=True, say=tuple(said))


CONFIRM = Confirm(
    "bookings.confirm",
    ask=_ask_confirm,
    yes=_confirm,
    no=lambda turn: again(turn.data, turn.say("bookings.confirm.not")),
    prepare=_prepare_confirm,
)

# --- Another time -------------------------------------------------------------------------------------------


def _ask_move(turn: Turn) -> tuple[Phrase, ...]:
    booking, slot = own(turn), slot_of(turn.data["slot"])
    who = store.worker(turn.db, slot.practitioner_id)
    if booking is None or who is None:
        return (turn.say("bookings.over"),)
    old = wording.moment(turn.say, booking.starts_at, turn.now)
    new = wording.moment(turn.say, slot.starts_at, turn.now)
    return (
        turn.say("bookings.item.service", provider=booking.provider.name, service=booking.service.name),
        turn.say("bookings.move.ask", old=old, new=new),
        turn.say("bookings.item.worker", name=who.name),
    )


def _move(turn: Turn) -> Move:
    booking = own(turn)
    if booking is None:
        return over(turn)
    if not store.move(turn.db, booking, slot_of(turn.data["slot"]), turn.now):
        return _taken(turn, booking.minutes)
    moved = store.get(turn.db, booking.id)
    assert moved is not None, "it has just been moved"
    return _done(turn, moved, "bookings.move.done")


MOVE = Confirm(
    "bookings.move",
    ask=_ask_move,
    yes=_move,
    no=lambda turn: Goto("bookings.menu", root=True, say=(turn.say("bookings.move.not"),)),
    prepare=lambda turn: turn.data if own(turn) else over(turn),
)

# --- Where a visit goes -------------------------------------------------------------------------------------


def _recorded(turn: Turn, left: Recorded) -> Move:
    """A counselor hears it and writes it down (``publish.place``): the visitor is told in words."""
    booking = own(turn)
    if booking is None:
        return over(turn)
    people.give_consent(
        turn.db, booking.person_id, "recordings", "bookings.place/1", turn.channel, turn.call_id, turn.now
    )
    purpose = f"booking:{booking.id}:place:{turn.now:%Y%m%d%H%M%S}"
    turn.effects.append(Alert("message", purpose, recording=left.file, seconds=left.seconds))
    return Goto("home.menu", root=True, say=(turn.say("bookings.place.done"),))


def _written(turn: Turn, words: str) -> Move:
    booking = own(turn)
    if booking is None:
        return over(turn)
    store.set_place(turn.db, booking.id, words[:PLACE_LONGEST], turn.now)
    return Goto("home.menu", root=True, say=(turn.say("bookings.place.done"),))


PLACE = Record("bookings.place", done=_recorded, max_seconds=60, write=_written)

# --- A number, from callers whose own was not sent ------------------------------------------------------------


def _check_number(turn: Turn, digits: str) -> JSONValue:
    if len(digits) == 11 and digits[0] == "1" and digits[1] in "3456789":
        return digits
    return turn.say("jobs.number.wrong")


def _number_given(turn: Turn, data: Data) -> Move:
    number = f"+86{data['answers']['number']}"
    then = {"then": "bookings.confirm", "data": data["wanted"], "number": number}
    return Goto("home.consent", then, keep=False)


NUMBER = Form(
    "bookings.number",
    (FormField("number", "jobs.number", check=_check_number, read_back="jobs.number.heard"),),
    done=_number_given,
)

PAGES: tuple[Page, ...] = (CONFIRM, MOVE, PLACE, NUMBER)

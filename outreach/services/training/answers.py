"""What comes to somebody later and wants an answer: a reminder, an offered seat; and giving up what is theirs.

These pages are entered anew when the time has come; ``enter`` leads back at once when there is nothing to answer.
"""

from outreach.dialogue.kinds import Confirm
from outreach.dialogue.page import Back, Data, Goto, Move, Page, Phrase, Stay, Turn
from outreach.services.training import notices, rules, store
from outreach.services.training.rules import Registration, Session


def _own(turn: Turn) -> tuple[Session, Registration] | None:
    session = store.get(turn.db, turn.data["session"])
    own = store.registration(turn.db, turn.data["session"], turn.profile.person_id or 0)
    return (session, own) if session and own else None


def _details(turn: Turn) -> Move:
    found = _own(turn)
    return Stay(say=rules.details(turn.say, found[0])) if found else _settled(turn)


def _settled(turn: Turn) -> Back:
    """Nothing (any more) to answer: how it stands instead."""
    found = _own(turn)
    if found is None:
        return Back((turn.say("training.nothing"),))
    return Back((turn.say("training.item.name", name=found[0].name), rules.told(turn.say, *found, turn.now)))


def _give_up(turn: Turn) -> Move:
    return Goto("training.cancel", {"session": turn.data["session"]}, keep=False)


# --- Will you come? -------------------------------------------------------------------------------------------


def _prepare_remind(turn: Turn) -> Data | Move:
    found = _own(turn)
    return turn.data if found and rules.to_confirm(*found, turn.now) else _settled(turn)


def _ask_remind(turn: Turn) -> tuple[Phrase, ...]:
    found = _own(turn)
    if found is None:
        return (turn.say("training.nothing"),)
    at = rules.moment(turn.say, found[0].starts_at)
    place = turn.say("training.item.place", place=rules.place(turn.say, found[0]))
    return (
        turn.say("training.remind.ask", name=found[0].name, at=at),
        place,
        turn.say("training.remind.come"),
    )


def _come(turn: Turn) -> Move:
    found = _own(turn)
    if found is None or not store.confirm(turn.db, found[0].id, found[1].person_id, turn.now):
        return _settled(turn)
    return Back((turn.say("training.remind.done"),))


REMIND = Confirm(
    "training.remind",
    ask=_ask_remind,
    yes=_come,
    no=_give_up,
    prepare=_prepare_remind,
    other=("training.again", _details),
)
"""1: will come. 2: cannot, read back before the seat is given up. 3: the details again."""


# --- A seat has become free ------------------------------------------------------------------------------------


def _prepare_offer(turn: Turn) -> Data | Move:
    found = _own(turn)
    return turn.data if found and rules.status(*found, turn.now) == "offered" else _settled(turn)


def _ask_offer(turn: Turn) -> tuple[Phrase, ...]:
    found = _own(turn)
    if found is None or found[1].offer_until is None:
        return (turn.say("training.nothing"),)
    session, until = found[0], rules.deadline(turn.say, found[1].offer_until)
    return (
        turn.say("training.offer.ask", name=session.name, when=rules.when(turn.say, session)),
        turn.say("training.item.place", place=rules.place(turn.say, session)),
        turn.say("training.offer.until", until=until),
    )


def _accept(turn: Turn) -> Move:
    found = _own(turn)
    if found is None or not store.accept(turn.db, found[0].id, found[1].person_id, turn.now):
        return _settled(turn)
    turn.effects += notices.registered(found[0], found[1].person_id, turn.now)
    return Back((turn.say("training.register.done"),))


OFFER = Confirm(
    "training.offer",
    ask=_ask_offer,
    yes=_accept,
    no=_give_up,
    prepare=_prepare_offer,
    other=("training.again", _details),
)


# --- Giving it up ---------------------------------------------------------------------------------------------


def _prepare_cancel(turn: Turn) -> Data | Move:
    found = _own(turn)
    if found is None or found[1].state not in rules.ACTIVE or not found[0].to_come(turn.now):
        return _settled(turn)
    return turn.data


def _ask_cancel(turn: Turn) -> tuple[Phrase, ...]:
    found = _own(turn)
    if found is None:
        return (turn.say("training.nothing"),)
    key = "training.cancel.line" if found[1].state == "waiting" else "training.cancel.seat"
    return (turn.say(key, name=found[0].name, when=rules.when(turn.say, found[0])),)


def _cancel(turn: Turn) -> Move:
    found = _own(turn)
    if found is None or not store.leave(turn.db, found[0].id, found[1].person_id, turn.now):
        return _settled(turn)
    turn.effects += notices.given_up(turn.db, found[0].id, found[1].person_id, turn.now)
    return Back((turn.say("training.cancel.done"),))


CANCEL = Confirm(
    "training.cancel",
    ask=_ask_cancel,
    yes=_cancel,
    no=lambda turn: Back((turn.say("training.cancel.not"),)),
    prepare=_prepare_cancel,
)

PAGES: tuple[Page, ...] = (REMIND, OFFER, CANCEL)

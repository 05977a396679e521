"""What comes to somebody later and wants an answer: a reminder, an offered seat; and giving up what is theirs.

These pages are entered anew when the time has come; ``enter`` leads back at once when there is nothing to answer.
"""

from outreach.dialogue.kinds import Act, Confirm, Menu, Option
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
    return Back(_how_it_stands(turn, found))


def _how_it_stands(turn: Turn, found: tuple[Session, Registration]) -> tuple[Phrase, ...]:
    told = rules.told(turn.say, *found, turn.now, keys=False)
    return (turn.say("training.item.name", name=found[0].name), told)


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


# --- It has changed -------------------------------------------------------------------------------------------


def _prepare_changed(turn: Turn) -> Data | Move:
    found = _own(turn)
    held = found and found[1].state == "registered" and found[0].to_come(turn.now)
    return turn.data if held else _settled(turn)


def _ask_changed(turn: Turn) -> tuple[Phrase, ...]:
    found = _own(turn)
    if found is None:
        return (turn.say("training.nothing"),)
    at = rules.moment(turn.say, found[0].starts_at)
    place = turn.say("training.item.place", place=rules.place(turn.say, found[0]))
    return (
        turn.say("training.changed.ask", name=found[0].name, at=at),
        place,
        turn.say("training.remind.come"),
    )


CHANGED = Confirm(
    "training.changed",
    ask=_ask_changed,
    yes=_come,
    no=_give_up,
    prepare=_prepare_changed,
    other=("training.again", _details),
)


def _prepare_notice(turn: Turn) -> Data | Move:
    found = _own(turn)
    told = rules.status(*found, turn.now) if found else ""
    return turn.data if told in ("called_off", "ready") else _settled(turn)


def _lead_notice(turn: Turn) -> tuple[Phrase, ...]:
    found = _own(turn)
    return _how_it_stands(turn, found) if found else (turn.say("training.nothing"),)


NOTICE = Menu(
    "training.notice",
    (
        Option("1", "training.notice.heard", value="heard"),
        Option("2", "training.menu.all", page="training.start"),
    ),
    lead=_lead_notice,
    choose=lambda turn, _: Back((turn.say("training.notice.thanks"),)),
    prepare=_prepare_notice,
)
"""It was called off, or the certificate lies ready."""


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

LEADS_TO = {
    "offered": "training.offer",
    "to_confirm": "training.remind",
    "registered": "training.cancel",
    "confirmed": "training.cancel",
    "waiting": "training.cancel",
    "called_off": "training.notice",
    "ready": "training.notice",
}
"""What can be done about one's own, by its status; with any other there is nothing to do."""


def _change(turn: Turn) -> Move:
    found = _own(turn)
    page = LEADS_TO.get(rules.status(*found, turn.now)) if found else None
    return Goto(page, {"session": turn.data["session"]}, keep=False) if page else _settled(turn)


CHANGE = Act("training.change", _change)
"""To whatever can be done about one's own, under one name."""

PAGES: tuple[Page, ...] = (REMIND, CHANGED, NOTICE, OFFER, CANCEL, CHANGE)

"""What callers meet on the line "mine": all that is theirs in one list, what was sent to them, their counselor.

What is theirs is told by the other lines (``services/own.py``); ``registry.py`` joins them.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

import orjson

from outreach.dialogue.kinds import Browse, Item, Menu, Option
from outreach.dialogue.page import (
    Choice,
    Data,
    Goto,
    Move,
    Page,
    Phrase,
    Screen,
    Stay,
    Text,
    Turn,
)
from outreach.services.mine import household, privacy, settings, store, tour
from outreach.services.own import Own, OwnList
from outreach.services.places import LOCAL, today
from outreach.store import people

MENU = Menu(
    "mine.menu",
    (
        Option("1", "mine.menu.list", page="mine.list"),
        Option("2", "mine.menu.messages", page="mine.messages"),
        Option("3", "mine.menu.counselor", page="mine.counselor"),
        Option("4", "mine.menu.settings", page="mine.settings"),
        Option("5", "mine.menu.privacy", page="mine.privacy"),
    ),
)

# --- Everything that is the caller's --------------------------------------------------------------------------

FAR = datetime.max.replace(tzinfo=UTC)


def all_own(turn: Turn, owns: Sequence[OwnList]) -> list[Own]:
    """Soonest first; what has no time comes last, in the order of the lines."""
    found = [one for own in owns for one in own(turn)]
    return sorted(found, key=lambda one: one.at or FAR)


def _name(one: Own) -> Data:
    return {"page": one.page, "data": dict(one.data)}


def _list(owns: Sequence[OwnList]) -> Browse:
    def named(turn: Turn, name: Data) -> Own | None:
        return next((one for one in all_own(turn, owns) if _name(one) == name), None)

    def item(turn: Turn, name: Data) -> Item | None:
        one = named(turn, name)
        return Item(one.phrases) if one else None

    def send(turn: Turn, name: Data) -> Move:
        one = named(turn, name)
        assert one is not None, "Browse acts only on what is still there"
        if not turn.profile.textable:
            return Stay(say=(turn.say("mine.send.not"),), only=True)
        words = "".join(phrase.text for phrase in one.phrases)
        # the words are part of the occasion: what has changed since may be sent again the same day
        mark = blake2b(orjson.dumps([name, words]), digest_size=8).hexdigest()
        turn.effects.append(Text(f"own:{turn.profile.person_id}:{mark}:{today(turn.now)}", words))
        return Stay(say=(turn.say("mine.send.done"), turn.say("list.go_on")), only=True)

    return Browse(
        "mine.list",
        find=lambda turn: {"items": [_name(one) for one in all_own(turn, owns)]},
        item=item,
        take=lambda _turn, name: Goto(name["page"], name["data"]),
        send=send,
        empty=_empty,
        hear_empty=lambda _turn, _value: Goto("jobs.start"),
        keys="mine.list.keys",
        gone="mine.list.gone",
    )


def _empty(turn: Turn) -> Screen:
    return Screen(
        (turn.say("mine.list.empty"),), choices=(Choice("1", "jobs", turn.say.words("home.menu.jobs")),)
    )


# --- What was sent to them ------------------------------------------------------------------------------------

SHOWN_FOR = timedelta(days=30)


def _message(turn: Turn, delivery_id: int) -> store.Message | None:
    person_id = turn.profile.person_id
    return store.message(turn.db, delivery_id, person_id) if person_id is not None else None


def _message_item(turn: Turn, delivery_id: int) -> Item | None:
    sent = _message(turn, delivery_id)
    if sent is None:
        return None
    on = sent.at.astimezone(LOCAL)
    said = turn.say("mine.message", month=on.month, day=on.day, words=sent.words)
    return Item(
        (Phrase(said.key, said.text, personal=True),),
        (Phrase(said.key, sent.words, slow=True, personal=True),),
    )


def _send_again(turn: Turn, delivery_id: int) -> Move:
    sent = _message(turn, delivery_id)
    assert sent is not None, "Browse acts only on what is still there"
    if not turn.profile.textable:
        return Stay(say=(turn.say("mine.send.not"),), only=True)
    turn.effects.append(Text(f"again:{delivery_id}:{today(turn.now)}", sent.words))
    return Stay(say=(turn.say("mine.send.done"), turn.say("list.go_on")), only=True)


def _messages(turn: Turn) -> Data:
    person_id = turn.profile.person_id
    if person_id is None:
        return {"items": []}
    return {"items": store.messages(turn.db, person_id, turn.now - SHOWN_FOR)}


MESSAGES = Browse(
    "mine.messages",
    find=_messages,
    item=_message_item,
    take=_send_again,
    send=_send_again,
    empty=lambda turn: Screen(
        (turn.say("mine.messages.empty"),),
        choices=(Choice("1", "list", turn.say.words("mine.menu.list")),),
    ),
    hear_empty=lambda _turn, _value: Goto("mine.list", keep=False),
    keys="mine.messages.keys",
    gone="mine.messages.gone",
)

# --- Their counselor ------------------------------------------------------------------------------------------


def _counselor(turn: Turn) -> tuple[Phrase, ...]:
    person_id = turn.profile.person_id
    name = people.counselor_name(turn.db, person_id) if person_id is not None else None
    return (turn.say("mine.counselor.is", name=name) if name else turn.say("mine.counselor.none"),)


COUNSELOR = Menu(
    "mine.counselor",
    (
        Option("1", "mine.counselor.call", page="person.call"),
        Option("2", "mine.counselor.message", value="message"),
        Option("3", "mine.counselor.back", page="person.back"),
    ),
    lead=_counselor,
    # who writes cannot speak after a tone: they are rung instead
    choose=lambda turn, _: Goto("person.message" if turn.channel == "voice" else "person.back"),
)


def pages(owns: Sequence[OwnList]) -> tuple[Page, ...]:
    """All pages of the line. ``owns``: how the others tell what is the caller's."""
    return (
        MENU,
        _list(owns),
        MESSAGES,
        COUNSELOR,
        *settings.PAGES,
        *privacy.pages(lambda turn: len(all_own(turn, owns))),
        *household.PAGES,
        *tour.PAGES,
    )

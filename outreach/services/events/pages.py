"""What callers meet on the events line: what takes place, coming to it, and what they come to."""

from outreach.dialogue.kinds import Act, Browse, Confirm, Form, Item, Menu, Option
from outreach.dialogue.kinds import Field as FormField
from outreach.dialogue.page import (
    Alert,
    Back,
    Choice,
    Data,
    Goto,
    JSONValue,
    Move,
    Page,
    Phrase,
    Screen,
    Stay,
    Text,
    Turn,
)
from outreach.services.events import notices, rules, store
from outreach.services.events.rules import Event, SignUp
from outreach.services.places import today
from outreach.store import people
from outreach.store.schema import COUNTIES

# --- What to hear -------------------------------------------------------------------------------------------


def listen(county: str = "") -> Goto:
    """To the listing; one step back from it is the menu."""
    return Goto("events.list", {"county": county}, root=True, through=("events.menu",))


MENU = Menu(
    "events.menu",
    (
        Option("1", "events.menu.all", value=""),
        Option("2", "events.menu.county", page="events.county"),
        Option("3", "events.menu.mine", page="events.mine"),
    ),
    choose=lambda _turn, county: listen(county),
)

COUNTY = Menu(
    "events.county",
    (
        *(Option(str(n), f"county.{name}", value=name) for n, name in enumerate(COUNTIES, 1)),
        Option("5", "county.all", value=""),
    ),
    choose=lambda _turn, county: listen(county),
)


def _find(turn: Turn) -> Data:
    items, new = store.find(turn.db, turn.data.get("county", ""), turn.now, turn.profile.last_call_at)
    return {"items": items, "new": new, "hint": "events.list.lead"}


def _item(turn: Turn, event_id: int) -> Item | None:
    event = store.get(turn.db, event_id)
    if event is None or not event.to_come(turn.now):
        return None
    say = turn.say
    own = store.sign_up_of(turn.db, event_id, turn.profile.person_id or 0)
    marks = (say("events.list.new"),) if turn.data["at"] < turn.data.get("new", 0) else ()
    if own is not None and own.coming:
        marks = (*marks, say("events.list.coming"))
    free = store.free(turn.db, event)
    room = () if free is None else (say("events.item.free", n=free) if free else say("events.item.full"),)
    return Item(
        (*marks, *rules.headline(say, event), *room, *rules.details(say, event)),
        rules.slowly(rules.numbers(say, event)),
    )


def _send(turn: Turn, event_id: int) -> Move:
    event, profile = store.get(turn.db, event_id), turn.profile
    assert event is not None, "Browse acts only on what it has just read"
    if profile.number is None:
        return Goto("events.number", {"then": "send", "event": event_id})
    if not profile.textable:
        said = (turn.say("jobs.send.landline"), *rules.headline(turn.say, event))
        return Stay(say=(*said, *rules.numbers(turn.say, event)), only=True)
    who = profile.person_id or turn.call_id
    purpose = f"events:{event_id}:to:{who}:{today(turn.now)}"
    turn.effects.append(Text(purpose, rules.summary(turn.say, event)))
    return Stay(say=(turn.say("jobs.send.done"),), only=True)


def _empty(turn: Turn) -> Screen:
    if turn.data.get("county"):
        everywhere = Choice("1", "all", turn.say.words("events.menu.all"))
        return Screen((turn.say("events.list.empty_here"),), choices=(everywhere,))
    back = Choice("1", "call_back", turn.say.words("person.line.back"))
    return Screen((turn.say("events.list.empty"),), choices=(back,))


def _hear_empty(_turn: Turn, value: JSONValue) -> Move:
    return listen() if value == "all" else Goto("person.back")


LIST = Browse(
    "events.list",
    find=_find,
    item=_item,
    take=lambda _turn, event_id: Goto("events.sign_up", {"event": event_id}),
    send=_send,
    empty=_empty,
    hear_empty=_hear_empty,
    by_word=lambda turn: tuple(
        Choice("", {"county": name}, turn.say.words(f"county.{name}")) for name in COUNTIES
    ),
    hear_word=lambda _turn, value: listen(value["county"]),
)

# --- Coming -------------------------------------------------------------------------------------------------


def _known(turn: Turn) -> Move | None:
    """Whoever is to be reminded must be somebody we may keep: consent first, and a number where there is none."""
    profile, event = turn.profile, turn.data["event"]
    if profile.person_id is not None:
        return None
    if profile.number is None:
        return Goto("events.number", {"then": "sign_up", "event": event}, keep=False)
    return Goto("home.consent", {"then": "events.sign_up", "data": {"event": event}}, keep=False)


def _no(turn: Turn, key: str) -> Back:
    """Back to the list without having done it."""
    return Back((turn.say(key), turn.say("list.go_on")), only=True)


def _prepare_sign_up(turn: Turn) -> Data | Move:
    if (elsewhere := _known(turn)) is not None:
        return elsewhere
    event = store.get(turn.db, turn.data["event"])
    if event is None or not event.to_come(turn.now):
        return _no(turn, "events.called_off" if event and event.cancelled_at else "events.closed")
    own = store.sign_up_of(turn.db, event.id, turn.profile.person_id or 0)
    if own is not None and own.coming:
        return _no(turn, "events.already")
    return _no(turn, "events.full") if store.free(turn.db, event) == 0 else {"event": event.id}


def _ask_sign_up(turn: Turn) -> tuple[Phrase, ...]:
    event = store.get(turn.db, turn.data["event"])
    if event is None:
        return (turn.say("events.closed"),)
    ask = turn.say("events.sign_up.ask", name=event.name, when=rules.when(turn.say, event))
    return (ask, rules.where(turn.say, event), turn.say("events.sign_up.remind"))


def _sign_up(turn: Turn) -> Move:
    event_id, person_id = turn.data["event"], turn.profile.person_id
    if person_id is None:  # erased since they were asked
        return _known(turn) or _no(turn, "events.closed")
    outcome = store.sign_up(turn.db, event_id, person_id, turn.now)
    event = store.get(turn.db, event_id)
    if outcome != "coming" or event is None:
        off = event is not None and event.cancelled_at is not None
        return _no(turn, "events.called_off" if off else f"events.{outcome}")
    occasion = f"events:{event_id}:person:{person_id}:{turn.now:%Y%m%d%H%M%S}"
    said = [turn.say("events.sign_up.done")]
    if turn.profile.textable:
        turn.effects.append(Text(occasion, rules.summary(turn.say, event)))
        said.append(turn.say("events.sign_up.sent"))
    turn.effects += notices.signed_up(event, person_id, turn.now)
    person = people.get(turn.db, person_id)
    if (
        person is None or person.phone is None
    ):  # a number that was only typed finds nobody: a counselor rings them
        turn.effects.append(Alert("call_back", occasion))
    else:
        people.give_consent(
            turn.db, person_id, "reminders", "events.sign_up/1", turn.channel, turn.call_id, turn.now
        )
    return Back((*said, turn.say("list.go_on")), only=True)


SIGN_UP = Confirm(
    "events.sign_up",
    ask=_ask_sign_up,
    yes=_sign_up,
    no=lambda turn: _no(turn, "events.sign_up.not"),
    prepare=_prepare_sign_up,
)

# --- What they come to ----------------------------------------------------------------------------------------


def _own(turn: Turn, event_id: int | None = None) -> tuple[Event, SignUp] | None:
    event_id = turn.data["event"] if event_id is None else event_id
    event = store.get(turn.db, event_id)
    own = store.sign_up_of(turn.db, event_id, turn.profile.person_id or 0)
    return (event, own) if event and own else None


def _my_item(turn: Turn, event_id: int) -> Item | None:
    found = _own(turn, event_id)
    if found is None:
        return None
    told = turn.say(f"events.mine.state.{rules.status(*found, turn.now)}")
    numbers = rules.numbers(turn.say, found[0])
    return Item((*rules.headline(turn.say, found[0]), told, *numbers), rules.slowly(numbers))


def _my_take(turn: Turn, event_id: int) -> Move:
    found = _own(turn, event_id)
    if found and rules.status(*found, turn.now) in ("coming", "confirmed"):
        return Goto("events.withdraw", {"event": event_id})
    return Stay(say=(turn.say("events.mine.nothing_to_do"), turn.say("list.go_on")), only=True)


MINE = Browse(
    "events.mine",
    find=lambda turn: {"items": store.mine(turn.db, turn.profile.person_id or 0)},
    item=_my_item,
    take=_my_take,
    send=_send,
    empty=lambda turn: Screen(
        (turn.say("events.mine.empty"),), choices=(Choice("1", "all", turn.say.words("events.menu.all")),)
    ),
    hear_empty=_hear_empty,
    by_word=lambda turn: (Choice("", "take", turn.say.words("events.withdraw")),),
)


def _settled(turn: Turn) -> Back:
    """Nothing (any more) to answer: how it stands instead."""
    found = _own(turn)
    if found is None:
        return Back((turn.say("events.nothing"),))
    told = turn.say(f"events.mine.stands.{rules.status(*found, turn.now)}")
    return Back((turn.say("events.name", name=found[0].name), told))


def _prepare_answer(turn: Turn) -> Data | Move:
    """Who has said that they come is reminded again, but nobody rings them for an answer."""
    found = _own(turn)
    if found is None or not found[1].coming or not found[0].to_come(turn.now):
        return _settled(turn)
    return _settled(turn) if turn.data.get("escalated") and found[1].confirmed_at else turn.data


def _ask(turn: Turn, key: str) -> tuple[Phrase, ...]:
    found = _own(turn)
    if found is None:
        return (turn.say("events.nothing"),)
    event = found[0]
    return (turn.say(key, name=event.name, when=rules.when(turn.say, event)), rules.where(turn.say, event))


def _withdraw(turn: Turn) -> Move:
    person_id = turn.profile.person_id or 0
    if not store.withdraw(turn.db, turn.data["event"], person_id, turn.now):
        return _settled(turn)
    turn.effects += notices.forgotten(turn.data["event"], person_id)
    return Back((turn.say("events.withdraw.done"),))


WITHDRAW = Confirm(
    "events.withdraw",
    ask=lambda turn: _ask(turn, "events.withdraw.ask"),
    yes=_withdraw,
    no=lambda turn: Back((turn.say("events.withdraw.not"),)),
    prepare=_prepare_answer,
)


def _come(turn: Turn) -> Move:
    if not store.confirm(turn.db, turn.data["event"], turn.profile.person_id or 0, turn.now):
        return _settled(turn)
    return Back((turn.say("events.remind.done"),))


def _answers(name: str) -> Confirm:
    """A page that comes to somebody: 1 will come, 2 cannot, read back before the place is given up."""
    return Confirm(
        name,
        ask=lambda turn: (*_ask(turn, f"{name}.ask"), turn.say("events.remind.come")),
        yes=_come,
        no=lambda turn: Goto("events.withdraw", {"event": turn.data["event"]}, keep=False),
        prepare=_prepare_answer,
    )


REMIND, CHANGED = _answers("events.remind"), _answers("events.changed")


def _prepare_notice(turn: Turn) -> Data | Move:
    found = _own(turn)
    off = found and rules.status(*found, turn.now) == "called_off"
    return turn.data if off else _settled(turn)


def _lead_notice(turn: Turn) -> tuple[Phrase, ...]:
    found = _own(turn)
    if found is None:
        return (turn.say("events.nothing"),)
    return (turn.say("events.name", name=found[0].name), turn.say("events.called_off"))


NOTICE = Menu(
    "events.notice",
    (
        Option("1", "events.notice.heard", value="heard"),
        Option("2", "events.menu.all", page="events.start"),
    ),
    lead=_lead_notice,
    choose=lambda turn, _: Back((turn.say("events.notice.thanks"),)),
    prepare=_prepare_notice,
)
"""It was called off."""

# --- A number, from callers whose own was not sent ------------------------------------------------------------


def _check_number(turn: Turn, digits: str) -> JSONValue:
    if len(digits) == 11 and digits[0] == "1" and digits[1] in "3456789":
        return digits
    return turn.say("jobs.number.wrong")


def _number_given(turn: Turn, data: Data) -> Move:
    number = f"+86{data['answers']['number']}"
    if data["then"] == "sign_up":
        then = {"then": "events.sign_up", "data": {"event": data["event"]}, "number": number}
        return Goto("home.consent", then, keep=False)
    event = store.get(turn.db, data["event"])
    if event is None or not event.to_come(turn.now):
        return _no(turn, "events.closed")
    purpose = f"events:{event.id}:to:{turn.call_id}:{today(turn.now)}"
    turn.effects.append(Text(purpose, rules.summary(turn.say, event), to=number))
    return Back((turn.say("jobs.send.done"), turn.say("list.go_on")), only=True)


NUMBER = Form(
    "events.number",
    (FormField("number", "jobs.number", check=_check_number, read_back="jobs.number.heard"),),
    done=_number_given,
)

START = Act("events.start", lambda _: listen())
"""The line's front door: straight to what takes place, the menu one step back (docs/decisions/0006)."""

PAGES: tuple[Page, ...] = (
    START,
    MENU,
    COUNTY,
    LIST,
    SIGN_UP,
    MINE,
    WITHDRAW,
    REMIND,
    CHANGED,
    NOTICE,
    NUMBER,
)

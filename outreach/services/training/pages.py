"""What callers meet on the training line: hearing of sessions, taking a seat, waiting for one, what is theirs.

What comes to them later, a reminder or an offer, is ``answers.py``.
"""

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
from outreach.services.places import today
from outreach.services.training import answers, notices, rules, store
from outreach.services.training.rules import Session
from outreach.store import people
from outreach.store.schema import COUNTIES

# --- What to hear -------------------------------------------------------------------------------------------


def listen(county: str = "") -> Goto:
    """To the listing; one step back from it is the menu."""
    return Goto("training.list", {"county": county}, root=True, through=("training.menu",))


def _filtered(turn: Turn) -> tuple[Phrase, ...]:
    county = turn.data.get("county")
    return (turn.say("training.filtered", county=turn.say(f"county.{county}").text),) if county else ()


MENU = Menu(
    "training.menu",
    (
        Option("1", "training.menu.all", value=""),
        Option("2", "training.menu.county", page="training.county"),
        Option("3", "training.menu.mine", page="training.mine"),
    ),
    lead=_filtered,
    choose=lambda _turn, county: listen(county),
)

COUNTY = Menu(
    "training.county",
    (
        *(Option(str(n), f"county.{name}", value=name) for n, name in enumerate(COUNTIES, 1)),
        Option("5", "county.all", value=""),
    ),
    choose=lambda _turn, county: listen(county),
)


# --- The listing --------------------------------------------------------------------------------------------


def _offered(turn: Turn, session_id: int) -> Session | None:
    session = store.get(turn.db, session_id)
    return session if session and session.offered(turn.now) else None


def _find(turn: Turn) -> Data:
    profile, county = turn.profile, turn.data.get("county", "")
    own = None if county else profile.county
    items, new = store.find(turn.db, county, turn.now, profile.last_call_at, own)
    return {"items": items, "new": new, "hint": "training.list.lead"}


def _item(turn: Turn, session_id: int) -> Item | None:
    session = _offered(turn, session_id)
    if session is None:
        return None
    say = turn.say
    own = store.registration(turn.db, session_id, turn.profile.person_id or 0)
    marks = (say("training.list.new"),) if turn.data["at"] < turn.data.get("new", 0) else ()
    if own is not None and own.state in rules.ACTIVE:
        marks = (*marks, say(f"training.list.{own.state}"))
    words = (*rules.headline(say, session), rules.room(say, session, *store.room(turn.db, session)))
    return Item((*marks, *words, *rules.details(say, session)), rules.slowly(rules.numbers(say, session)))


def _send(turn: Turn, session_id: int) -> Move:
    session, profile = store.get(turn.db, session_id), turn.profile
    assert session is not None, "Browse acts only on what it has just read"
    if profile.number is None:
        return Goto("training.number", {"then": "send", "session": session_id})
    if not profile.textable:
        said = (turn.say("jobs.send.landline"), *rules.headline(turn.say, session))
        return Stay(say=(*said, *rules.numbers(turn.say, session)), only=True)
    who = profile.person_id or turn.call_id
    purpose = f"training:{session_id}:to:{who}:{today(turn.now)}"
    turn.effects.append(Text(purpose, rules.summary(turn.say, session)))
    return Stay(say=(turn.say("jobs.send.done"),), only=True)


def _empty(turn: Turn) -> Screen:
    everywhere = Choice("1", "all", turn.say.words("training.menu.all"))
    if turn.data.get("county"):
        return Screen((turn.say("training.list.empty_here"),), choices=(everywhere,))
    back = Choice("1", "call_back", turn.say.words("person.line.back"))
    return Screen((turn.say("training.list.empty"),), choices=(back,))


def _hear_empty(_turn: Turn, value: JSONValue) -> Move:
    return listen() if value == "all" else Goto("person.back")


LIST = Browse(
    "training.list",
    find=_find,
    item=_item,
    take=lambda _turn, session_id: Goto("training.register", {"session": session_id}),
    send=_send,
    empty=_empty,
    hear_empty=_hear_empty,
    by_word=lambda turn: tuple(
        Choice("", {"county": name}, turn.say.words(f"county.{name}")) for name in COUNTIES
    ),
    hear_word=lambda _turn, value: listen(value["county"]),
)


# --- Taking a seat ------------------------------------------------------------------------------------------


def _known(turn: Turn) -> Move | None:
    """A seat needs somebody to keep it for: consent first, and a number where there is none."""
    profile, session = turn.profile, turn.data["session"]
    if profile.person_id is not None:
        return None
    if profile.number is None:
        return Goto("training.number", {"then": "register", "session": session}, keep=False)
    return Goto("home.consent", {"then": "training.register", "data": {"session": session}}, keep=False)


def _no(turn: Turn, key: str) -> Back:
    """Back to the list without having done it."""
    return Back((turn.say(key), turn.say("list.go_on")), only=True)


def _closed(turn: Turn) -> Move | None:
    session = store.get(turn.db, turn.data["session"])
    if session is None or session.offered(turn.now):
        return None if session else _no(turn, "training.closed")
    return _no(turn, "training.called_off" if session.cancelled_at else "training.closed")


def _refused(turn: Turn) -> Move | None:
    """Why there is nothing to ask: too late, or theirs already."""
    session_id, person_id = turn.data["session"], turn.profile.person_id
    assert person_id is not None, "_known comes first"
    if (closed := _closed(turn)) is not None:
        return closed
    own = store.registration(turn.db, session_id, person_id)
    return _no(turn, f"training.already.{own.state}") if own and own.state in rules.ACTIVE else None


def _prepare_register(turn: Turn) -> Data | Move:
    if (elsewhere := _known(turn) or _refused(turn)) is not None:
        return elsewhere
    session = store.get(turn.db, turn.data["session"])
    assert session is not None
    free, _ = store.room(turn.db, session)
    return {"session": session.id} if free else Goto("training.wait", {"session": session.id}, keep=False)


def _ask_register(turn: Turn) -> tuple[Phrase, ...]:
    session = store.get(turn.db, turn.data["session"])
    if session is None:
        return (turn.say("training.closed"),)
    ask = turn.say("training.register.ask", name=session.name, when=rules.when(turn.say, session))
    place = turn.say("training.item.place", place=rules.place(turn.say, session))
    return (ask, place, turn.say("training.register.remind"))


def _register(turn: Turn) -> Move:
    session_id, person_id = turn.data["session"], turn.profile.person_id
    if person_id is None:  # erased since they were asked
        return _known(turn) or _no(turn, "training.closed")
    return _told(turn, session_id, person_id, store.register(turn.db, session_id, person_id, turn.now))


def _told(turn: Turn, session_id: int, person_id: int, outcome: store.Outcome) -> Move:
    match outcome:
        case "registered":
            return _registered(turn, session_id, person_id)
        case "waiting":
            return _waiting(turn, session_id, person_id)
        case "full":
            filled = (turn.say("training.register.filled"),)
            return Goto("training.wait", {"session": session_id}, keep=False, say=filled)
        case "no_waiting":
            return _no(turn, "training.wait.none")
        case "already" | "closed":
            return _refused(turn) or _no(turn, "training.closed")


def _registered(turn: Turn, session_id: int, person_id: int) -> Move:
    session = store.get(turn.db, session_id)
    assert session is not None
    occasion = f"training:{session_id}:person:{person_id}:{turn.now:%Y%m%d%H%M%S}"
    said = [turn.say("training.register.done")]
    if session.papers:
        said.append(turn.say("training.item.papers", value=session.papers))
    if turn.profile.textable:
        turn.effects.append(Text(occasion, rules.summary(turn.say, session)))
        said.append(turn.say("training.register.sent"))
    turn.effects += notices.registered(session, person_id, turn.now)
    _keep_in_touch(turn, occasion, person_id, "training.register/1")
    return Back((*said, turn.say("list.go_on")), only=True)


def _keep_in_touch(turn: Turn, occasion: str, person_id: int, wording: str) -> None:
    """They have agreed to be told. Who only typed a number cannot be found by it: a counselor rings them instead."""
    person = people.get(turn.db, person_id)
    if person is None or person.phone is None:
        turn.effects.append(Alert("call_back", occasion))
        return
    people.give_consent(turn.db, person_id, "reminders", wording, turn.channel, turn.call_id, turn.now)


REGISTER = Confirm(
    "training.register",
    ask=_ask_register,
    yes=_register,
    no=lambda turn: _no(turn, "training.register.not"),
    prepare=_prepare_register,
)


# --- Waiting for one ----------------------------------------------------------------------------------------


def _prepare_wait(turn: Turn) -> Data | Move:
    if (elsewhere := _known(turn) or _refused(turn)) is not None:
        return elsewhere
    session = store.get(turn.db, turn.data["session"])
    assert session is not None
    _, waiting = store.room(turn.db, session)
    return {"session": session.id} if waiting < session.waiting_places else _no(turn, "training.wait.none")


def _ask_wait(turn: Turn) -> tuple[Phrase, ...]:
    session = store.get(turn.db, turn.data["session"])
    if session is None:
        return (turn.say("training.closed"),)
    _, waiting = store.room(turn.db, session)
    return (turn.say("training.wait.ask", name=session.name), turn.say("training.wait.place", n=waiting + 1))


def _wait(turn: Turn) -> Move:
    session_id, person_id = turn.data["session"], turn.profile.person_id
    if person_id is None:  # erased since they were asked
        return _known(turn) or _no(turn, "training.closed")
    return _told(turn, session_id, person_id, store.wait(turn.db, session_id, person_id, turn.now))


def _waiting(turn: Turn, session_id: int, person_id: int) -> Move:
    own = store.registration(turn.db, session_id, person_id)
    assert own is not None
    occasion = f"training:{session_id}:person:{person_id}:waits:{turn.now:%Y%m%d%H%M%S}"
    _keep_in_touch(turn, occasion, person_id, "training.wait/1")
    said = (turn.say("training.wait.done", n=own.ahead + 1), turn.say("list.go_on"))
    return Back(said, only=True)


WAIT = Confirm(
    "training.wait",
    ask=_ask_wait,
    yes=_wait,
    no=lambda turn: _no(turn, "training.wait.not"),
    prepare=_prepare_wait,
)


# --- What is theirs -----------------------------------------------------------------------------------------


def _my_item(turn: Turn, session_id: int) -> Item | None:
    session = store.get(turn.db, session_id)
    own = store.registration(turn.db, session_id, turn.profile.person_id or 0)
    if session is None or own is None:
        return None
    numbers = rules.numbers(turn.say, session)
    words = (*rules.headline(turn.say, session), rules.told(turn.say, session, own, turn.now), *numbers)
    return Item(words, rules.slowly(numbers))


def _my_take(turn: Turn, session_id: int) -> Move:
    session = store.get(turn.db, session_id)
    own = store.registration(turn.db, session_id, turn.profile.person_id or 0)
    if session and own and rules.status(session, own, turn.now) in rules.KEYED:
        return Goto("training.change", {"session": session_id})
    return _stay(turn, "training.mine.nothing_to_do")


def _stay(turn: Turn, key: str) -> Stay:
    return Stay(say=(turn.say(key), turn.say("list.go_on")), only=True)


MINE = Browse(
    "training.mine",
    find=lambda turn: {"items": store.mine(turn.db, turn.profile.person_id or 0, turn.now)},
    item=_my_item,
    take=_my_take,
    send=_send,
    empty=lambda turn: Screen(
        (turn.say("training.mine.empty"),),
        choices=(Choice("1", "all", turn.say.words("training.menu.all")),),
    ),
    hear_empty=_hear_empty,
    by_word=lambda turn: (Choice("", "take", turn.say.words("training.cancel")),),
)


# --- A number, from callers whose own was not sent ------------------------------------------------------------


def _check_number(turn: Turn, digits: str) -> JSONValue:
    if len(digits) == 11 and digits[0] == "1" and digits[1] in "3456789":
        return digits
    return turn.say("jobs.number.wrong")


def _number_given(turn: Turn, data: Data) -> Move:
    number = f"+86{data['answers']['number']}"
    if data["then"] == "register":
        then = {"then": "training.register", "data": {"session": data["session"]}, "number": number}
        return Goto("home.consent", then, keep=False)
    session = _offered(turn, data["session"])
    if session is None:
        return _no(turn, "training.closed")
    purpose = f"training:{session.id}:to:{turn.call_id}:{today(turn.now)}"
    turn.effects.append(Text(purpose, rules.summary(turn.say, session), to=number))
    return Back((turn.say("jobs.send.done"), turn.say("list.go_on")), only=True)


NUMBER = Form(
    "training.number",
    (FormField("number", "jobs.number", check=_check_number, read_back="jobs.number.heard"),),
    done=_number_given,
)

START = Act("training.start", lambda _: listen())
"""The line's front door: straight to the sessions, the menu one step back (docs/decisions/0006)."""

PAGES: tuple[Page, ...] = (START, MENU, COUNTY, LIST, REGISTER, WAIT, MINE, NUMBER, *answers.PAGES)

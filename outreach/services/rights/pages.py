"""What callers meet on the rights line. Its SQL is ``store.py``, its limits ``rules.py``."""

from collections.abc import Callable

from outreach.dialogue.kinds import Act, Browse, Form, Item, Menu, Option, Record
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
    Recorded,
    Screen,
    Stay,
    Text,
    Turn,
)
from outreach.services.places import LOCAL, today
from outreach.services.rights import rules, store
from outreach.services.rights.store import Case
from outreach.store import people, tries


def _person(turn: Turn) -> tuple[Phrase, ...]:
    return (turn.say("rights.person"),)


MENU = Menu(
    "rights.menu",
    (
        Option("1", "rights.menu.danger", page="rights.danger"),
        Option("2", "rights.menu.report", page="rights.kind"),
        Option("3", "rights.menu.mine", page="rights.mine"),
        Option("4", "rights.menu.ask", page="rights.ask"),
    ),
    last=_person,
)


def _danger(turn: Turn) -> Move:
    """Nothing is asked: 110 is said, a counselor is told, and rung at once."""
    turn.effects.append(Alert("urgent", f"urgent:{turn.call_id}"))
    return Goto("person.call", keep=False, say=(turn.say("rights.danger"),))


DANGER = Act("rights.danger", _danger)

# --- Reporting ----------------------------------------------------------------------------------------------

KIND = Menu(
    "rights.kind",
    tuple(Option(str(key), f"rights.kind.{kind}", value=kind) for key, kind in enumerate(rules.KINDS, 1)),
    choose=lambda turn, kind: Goto("rights.tell", {"kind": kind}),
    last=_person,
)


def _left(turn: Turn, file: str | None, words: str | None, seconds: int = 0) -> Move:
    """To the case that it is about, or to a new one. The case is kept before its number is said."""
    person_id = turn.profile.person_id
    about = _own(turn, turn.data["case"]) if "case" in turn.data else None
    case = about or store.add(turn.db, person_id, turn.data.get("kind", "other"), turn.now)
    message_id = store.add_message(turn.db, case.id, file=file, words=words, now=turn.now)
    if file and person_id is not None:
        people.give_consent(
            turn.db, person_id, "recordings", "rights.tell/1", turn.channel, turn.call_id, turn.now
        )
    turn.effects.append(Alert("case", f"case:{case.id}:{message_id}", recording=file, seconds=seconds))
    if about:
        return Back((turn.say("rights.more.done"),), only=True)
    if turn.profile.textable and turn.channel == "voice":  # a written answer is kept as it is
        turn.effects.append(Text(f"case:{case.id}", turn.say("rights.number.text", number=case.number).text))
    return Goto("rights.number", {"case": case.id}, root=True, through=("rights.menu",))


def _recorded(turn: Turn, left: Recorded) -> Move:
    return _left(turn, left.file, None, left.seconds)


TELL = Record("rights.tell", done=_recorded, write=lambda turn, words: _left(turn, None, words))


def number_twice(turn: Turn, case: Case) -> tuple[Phrase, ...]:
    """A case number in groups, slowly, two times."""
    told = turn.say("rights.number.is", number=case.number)
    slow = Phrase(told.key, told.text, slow=True, personal=True)
    return (slow, slow) if turn.channel == "voice" else (slow,)


def _number(turn: Turn) -> tuple[Phrase, ...]:
    case = store.get(turn.db, turn.data["case"])
    assert case is not None, "cases are never deleted"
    after: tuple[Phrase, ...] = ()
    if turn.profile.number is None:
        after = (turn.say("rights.number.unreached"),)
    elif turn.profile.textable and turn.channel == "voice":
        after = (turn.say("rights.number.texted"),)
    return turn.say("rights.number.kept"), *number_twice(turn, case), *after


NUMBER = Menu(
    "rights.number",
    (
        Option("1", "rights.number.pin", value="pin"),
        Option("2", "rights.number.done", value="done"),
    ),
    lead=_number,
    choose=lambda turn, value: (
        Goto("rights.pin", {"case": turn.data["case"]}) if value == "pin" else Goto("home.menu", root=True)
    ),
    last=_person,
)


def _check(length: int, wrong: str) -> Callable[[Turn, str], JSONValue]:
    def check(turn: Turn, digits: str) -> JSONValue:
        return digits if len(digits) == length else turn.say(wrong)

    return check


def _pin_set(turn: Turn, data: Data) -> Move:
    case = store.get(turn.db, data["case"])
    assert case is not None, "cases are never deleted"
    store.set_pin(turn.db, case, data["answers"]["pin"], turn.now)
    return Goto("home.menu", root=True, say=(turn.say("rights.pin.done"),))


PIN = Form(
    "rights.pin",
    (
        FormField(
            "pin",
            "rights.pin",
            check=_check(rules.PIN_DIGITS, "rights.pin.wrong"),
            max_digits=rules.PIN_DIGITS,
            read_back="rights.pin.heard",
        ),
    ),
    done=_pin_set,
)

# --- Hearing of a case: the owner from their telephone, anybody with number and PIN ---------------------------


def _own(turn: Turn, case_id: int) -> Case | None:
    """The case, if it is the caller's; a session may since have passed to somebody else at the same telephone."""
    case = store.get(turn.db, case_id)
    return case if case and case.person_id is not None and case.person_id == turn.profile.person_id else None


def _state(turn: Turn, case: Case) -> tuple[Phrase, ...]:
    on, changed = case.created_at.astimezone(LOCAL), case.updated_at.astimezone(LOCAL)
    kind = turn.say(f"rights.kind.{case.kind}").text
    return (
        turn.say("rights.case", month=on.month, day=on.day, kind=kind),
        turn.say(f"rights.state.{case.state}", month=changed.month, day=changed.day),
    )


def _item(turn: Turn, case_id: int) -> Item | None:
    case = _own(turn, case_id)
    return Item((*_state(turn, case), turn.say("rights.add")), number_twice(turn, case)) if case else None


def _send(turn: Turn, case_id: int) -> Move:
    case = _own(turn, case_id)
    if case is None or not turn.profile.textable:
        return Stay(say=(turn.say("rights.send.not"),), only=True)
    text = turn.say("rights.number.text", number=case.number).text
    turn.effects.append(Text(f"case:{case.id}:again:{today(turn.now)}", text))
    return Stay(say=(turn.say("rights.send.done"),), only=True)


def _empty(turn: Turn) -> Screen:
    choices = (
        Choice("1", "ask", turn.say.words("rights.menu.ask")),
        Choice("2", "report", turn.say.words("rights.menu.report")),
    )
    return Screen((turn.say("rights.mine.empty"), *_person(turn)), choices=choices)


MINE = Browse(
    "rights.mine",
    find=lambda turn: {
        "items": store.of_person(turn.db, turn.profile.person_id)
        if turn.profile.person_id is not None
        else []
    },
    item=_item,
    take=lambda _turn, case_id: Goto("rights.tell", {"case": case_id}),
    send=_send,
    empty=_empty,
    hear_empty=lambda _turn, value: Goto("rights.ask" if value == "ask" else "rights.kind", keep=False),
)


def _asked(turn: Turn, data: Data) -> Move:
    number, pin = data["answers"]["number"], data["answers"]["pin"]
    who = tries.telephone(turn.profile.number, turn.call_id)
    if tries.limited(turn.db, who, f"case:{number}", turn.now):
        return Back((turn.say("rights.ask.limited"),))
    case_id = store.opened(turn.db, number, pin)
    if case_id is None:
        tries.failed(turn.db, who, f"case:{number}", turn.now)
        return Stay({"answers": {}, "heard": None}, say=(turn.say("rights.ask.wrong"),))
    case = store.get(turn.db, case_id)
    assert case is not None, "it was opened just now"
    return Back((*_state(turn, case), turn.say("rights.ask.more")))


ASK = Form(
    "rights.ask",
    (
        FormField(
            "number",
            "rights.ask.number",
            check=_check(rules.NUMBER_DIGITS, "rights.ask.number.wrong"),
            max_digits=rules.NUMBER_DIGITS,
        ),
        FormField(
            "pin",
            "rights.ask.pin",
            check=_check(rules.PIN_DIGITS, "rights.pin.wrong"),
            max_digits=rules.PIN_DIGITS,
        ),
    ),
    done=_asked,
)

PAGES: tuple[Page, ...] = (MENU, DANGER, KIND, TELL, NUMBER, PIN, MINE, ASK)

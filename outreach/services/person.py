"""A person 人工: the counselor on duty, else a recorded message, else a call back."""

from dataclasses import dataclass

from outreach.dialogue.kinds import Confirm, Form, Menu, Option, Record
from outreach.dialogue.kinds import Field as FormField
from outreach.dialogue.page import (
    Alert,
    Back,
    Data,
    Goto,
    JSONValue,
    Mode,
    Move,
    NoMatch,
    Page,
    Phrase,
    Recorded,
    Returned,
    Screen,
    Transfer,
    Turn,
)
from outreach.store import people

RING_SECONDS = 25
"""How long a counselor's telephone rings: five or six rings; longer feels forgotten."""


@dataclass(frozen=True, slots=True)
class Call:
    """Connects with the counselor on duty; comes back when nobody answers, or when the talk is over."""

    name: str = "person.call"

    def enter(self, turn: Turn) -> Data | Move:
        """Whoever is on duty now, the caller's own counselor first. Who writes is called back."""
        if turn.channel == "sms":
            return Goto("person.back", keep=False)
        duty = people.on_duty(turn.db, turn.now, turn.profile.person_id)
        if duty is None:
            return Goto("person.absent", {"why": "person.closed"}, keep=False)
        turn.effects.append(Transfer(duty.phone, RING_SECONDS))
        return {"counselor": duty.counselor_id}

    def show(self, turn: Turn) -> Screen:
        """What happens next."""
        return Screen((turn.say("person.call"),), Mode.AWAY)

    def hear(self, turn: Turn, value: JSONValue) -> Move:
        """How it went."""
        match value:
            case Returned("answered"):
                return Back((turn.say("person.over"),))
            case Returned(_):
                return Goto("person.absent", {"why": "person.no_answer"}, keep=False)
        return NoMatch()

    def where(self, turn: Turn) -> str:
        """Its title."""
        return turn.say.title(self.name)


ABSENT = Menu(
    "person.absent",
    (
        Option("1", "person.absent.message", page="person.message"),
        Option("2", "person.absent.back", page="person.back"),
    ),
    lead=lambda turn: (turn.say(turn.data["why"]),),
)


def _message_left(turn: Turn, left: Recorded) -> Move:
    if turn.profile.person_id is not None:
        people.give_consent(
            turn.db,
            turn.profile.person_id,
            "recordings",
            "person.message/1",
            turn.channel,
            turn.call_id,
            turn.now,
        )
    person = people.get(turn.db, turn.profile.person_id or 0)
    alert = Alert(
        "message",
        f"message:{left.file}",
        counselor_id=person.counselor_id if person else None,
        recording=left.file,
        seconds=left.seconds,
    )
    turn.effects.append(alert)
    return Goto("home.menu", root=True, say=(turn.say("person.message.done"),))


MESSAGE = Record("person.message", done=_message_left)


def _back_prepare(turn: Turn) -> Data | Move:
    return turn.data if turn.profile.number else Goto("person.number", keep=False)


def tail(number: str) -> str:
    """The last four digits, all that is ever said of somebody's number."""
    return number[-4:]


def _back_ask(turn: Turn) -> tuple[Phrase, ...]:
    asked = turn.say("person.back", tail=tail(turn.profile.number or ""))
    return (Phrase(asked.key, asked.text, personal=True),)


def _call_back(turn: Turn) -> Move:
    who = turn.profile.person_id or turn.call_id
    turn.effects.append(Alert("call_back", f"call_back:{who}:{turn.now:%Y%m%d%H}"))
    return Goto("home.menu", root=True, say=(turn.say("person.back.done"),))


BACK = Confirm("person.back", ask=_back_ask, yes=_call_back, prepare=_back_prepare)


def _check_number(turn: Turn, digits: str) -> JSONValue:
    """Mobile, or a landline with its area code."""
    if len(digits) == 11 and digits[0] == "1":
        return digits
    if len(digits) in (11, 12) and digits[0] == "0":
        return digits
    return turn.say("person.number.wrong")


def _number_given(turn: Turn, data: Data) -> Move:
    number = f"+86{data['answers']['number'].removeprefix('0')}"
    who = turn.profile.person_id or turn.call_id
    turn.effects.append(Alert("call_back", f"call_back:{who}:{turn.now:%Y%m%d%H}", phone=number))
    return Goto("home.menu", root=True, say=(turn.say("person.back.done"),))


NUMBER = Form(
    "person.number",
    (
        FormField(
            "number", "person.number", check=_check_number, max_digits=12, read_back="jobs.number.heard"
        ),
    ),
    done=_number_given,
)

PAGES: tuple[Page, ...] = (Call(), ABSENT, MESSAGE, BACK, NUMBER)

"""Several people at one telephone (law 14): who is speaking, what they are called, and their PINs.

It is asked only when it matters: ``gate`` is asked by the dialogue before a page that is somebody's own. Nobody is
known by their voice: one says which of the names is theirs, and keys in the PIN where that person set one.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from outreach.dialogue.kinds import Confirm, Form, Menu, Option, Record, option_phrase
from outreach.dialogue.kinds import Field as FormField
from outreach.dialogue.page import (
    Alert,
    Back,
    Choice,
    Data,
    Gate,
    Goto,
    JSONValue,
    Move,
    NoMatch,
    Page,
    Phrase,
    Recorded,
    Screen,
    Stay,
    Turn,
)
from outreach.services.mine.settings import known
from outreach.services.places import LOCAL
from outreach.store import households, people, pins, tries
from outreach.store.households import Member
from outreach.store.people import Person

NAMED_AT_ONCE = 3
"""People on one screen; the others, and somebody new, have the two keys after."""
NAME_SECONDS = 5
LONGEST_NAME = 20

# --- Is it sure who is speaking? ------------------------------------------------------------------------------


def _source(turn: Turn, person_id: int) -> str:
    return f"sms:{person_id}" if turn.channel == "sms" else f"call:{turn.call_id}"


def _since(turn: Turn) -> datetime:
    """A call lasts hours at most; whoever writes may have passed the telephone on."""
    return turn.now - (households.TEXTS_SETTLED if turn.channel == "sms" else timedelta(days=1))


def unsure(turn: Turn) -> bool:
    """Might somebody else be speaking than whom we take the caller for?"""
    person_id = turn.profile.person_id
    if person_id is None or households.settled(turn.db, _source(turn, person_id), person_id, _since(turn)):
        return False
    return households.shared(turn.db, person_id)


def gate(personal: frozenset[str]) -> Gate:
    """Asks who is speaking before the pages ``personal``; going on after a dropped call is as the page it leads to."""

    def ask(turn: Turn, page: str) -> Goto | None:
        if (turn.data.get("page") if page == "home.resume" else page) not in personal or not unsure(turn):
            return None
        return Goto("mine.who", {"then": page, "data": dict(turn.data)}, keep=False)

    return ask


def _speaks(turn: Turn, person: Person, own_number: bool = True) -> Move:
    """From now on the caller is ``person``: on to where they wanted to go, or to the main menu with a new start."""
    same = turn.profile.person_id == person.id
    turn.profile = replace(
        turn.profile,
        person_id=person.id,
        number=turn.profile.number if own_number else person.phone,
        language=person.language or turn.profile.language,
        speed=person.speed,
        wordiness=person.wordiness,
        patience=person.patience,
        county=person.county,
        last_call_at=person.last_call_at,
        fresh=False,
    )
    households.settle(turn.db, _source(turn, person.id), person.id, turn.now)
    then = turn.data.get("then")
    hello = (turn.say("mine.who.hello"), *called(turn, person))
    if not then or (then == "home.resume" and not same):
        return Goto("home.menu", root=True, say=hello)
    # whatever lies underneath belongs to whoever spoke before
    return Goto(then, turn.data.get("data", {}), keep=False, root=not same, say=() if same else hello)


def called(turn: Turn, person: Person) -> tuple[Phrase, ...]:
    """What somebody is called, in their own voice where they recorded it."""
    one = households.member(turn.db, person.id)
    if one is None or (one.name is None and one.recorded is None):
        return (turn.say("mine.called.nothing"),)
    return turn.say("mine.called"), _name(turn, one)


def _name(turn: Turn, one: Member) -> Phrase:
    """A written name; a recorded one, for eyes and where its sound is lost, by the day it was given."""
    on = one.created_at.astimezone(LOCAL)
    if one.recorded:
        said = turn.say("mine.who.recorded", month=on.month, day=on.day)
        return Phrase(said.key, said.text, personal=True, sound=one.recorded)
    if one.name:
        return Phrase("mine.who.name", one.name, personal=True)
    return turn.say("mine.who.unnamed", month=on.month, day=on.day)


# --- Who is speaking ------------------------------------------------------------------------------------------

WORDS = ("first", "second", "third")


@dataclass(frozen=True, slots=True)
class Who:
    """The people who share this telephone, by name; somebody new; or another telephone's."""

    name: str = "mine.who"

    def enter(self, turn: Turn) -> Data | Move:
        """Their ids, as they will be offered."""
        if turn.profile.number is None or turn.profile.person_id is None:
            return Back((turn.say("mine.anonymous"),))
        ids = [one.id for one in households.members(turn.db, turn.profile.number)]
        return {**turn.data, "people": ids, "from": 0}

    def show(self, turn: Turn) -> Screen:
        """Up to three names, then the others and "somebody new"."""
        say, ids, first = turn.say, turn.data["people"], turn.data["from"]
        phrases, choices = [say(self.name)], []
        for key, (person_id, word) in enumerate(zip(ids[first:], WORDS, strict=False), 1):
            one = households.member(turn.db, person_id)
            if one is None:
                continue
            phrases += _choice(turn, str(key), _name(turn, one))
            choices.append(Choice(str(key), {"person": person_id}, say.words(f"mine.who.{word}")))
        if len(ids) > NAMED_AT_ONCE:
            phrases.append(option_phrase(say, str(len(choices) + 1), "mine.who.others"))
            choices.append(Choice(str(len(choices) + 1), "others", say.words("mine.who.others")))
        phrases.append(option_phrase(say, str(len(choices) + 1), "mine.who.new"))
        choices.append(Choice(str(len(choices) + 1), "new", say.words("mine.who.new")))
        return Screen((*phrases, say("mine.who.person")), choices=tuple(choices))

    def hear(self, turn: Turn, value: JSONValue) -> Move:
        """Let them in, or ask for their PIN first."""
        if value == "others":
            further = turn.data["from"] + NAMED_AT_ONCE
            return Stay({"from": further if further < len(turn.data["people"]) else 0})
        on = _on(turn)
        if value == "new":
            return Goto("mine.new", on, keep=False)
        person = people.get(turn.db, value["person"])
        if person is None or person.phone != turn.profile.number:
            return NoMatch()
        if pins.has(turn.db, person.id):
            return Goto("mine.pin_ask", {**on, "person": person.id}, keep=False)
        return _speaks(turn, person)

    def where(self, turn: Turn) -> str:
        """Its title."""
        return turn.say.title(self.name)


def _choice(turn: Turn, key: str, name: Phrase) -> tuple[Phrase, ...]:
    if name.sound and turn.channel == "voice":
        return name, turn.say("mine.who.press", key=key)
    said = turn.say("menu.choice", label=name.text, key=key)
    return (Phrase("mine.who.name", said.text, personal=True),)


# --- Their PIN ------------------------------------------------------------------------------------------------


def _check_pin(turn: Turn, digits: str) -> JSONValue:
    return digits if len(digits) == pins.DIGITS else turn.say("mine.pin.wrong_length")


def _pin_given(turn: Turn, data: Data) -> Move:
    person = people.get(turn.db, data["person"])
    if person is None:
        return Back()
    who = tries.person(person.id, person.phone, turn.profile.number, turn.call_id)
    about = f"person:{person.id}"
    if tries.limited(turn.db, who, about, turn.now):
        return Back((turn.say("mine.pin.limited"),))
    if not pins.right(turn.db, person.id, data["answers"]["pin"]):
        tries.failed(turn.db, who, about, turn.now)
        return Stay({"answers": {}, "heard": None}, say=(turn.say("mine.pin.wrong"),))
    if who.name == about:
        tries.forgive(turn.db, person.id)
    return _speaks(turn, person)


PIN_ASK = Form(
    "mine.pin_ask",
    (FormField("pin", "mine.pin_ask", check=_check_pin, max_digits=pins.DIGITS),),
    done=_pin_given,
)


def _pin_set(turn: Turn, data: Data) -> Move:
    person_id = turn.profile.person_id
    if person_id is None:
        return Back((turn.say("mine.anonymous"),))
    pins.set_pin(turn.db, person_id, data["answers"]["pin"])
    households.settle(turn.db, _source(turn, person_id), person_id, turn.now)
    return Back((turn.say("mine.pin.done"),))


PIN = Form(
    "mine.pin",
    (FormField("pin", "mine.pin", check=_check_pin, max_digits=pins.DIGITS, read_back="mine.pin.heard"),),
    done=_pin_set,
    prepare=lambda turn: known(turn, "mine.pin") or turn.data,
)


def _pin_off(turn: Turn) -> Move:
    had = pins.clear(turn.db, turn.profile.person_id or 0)
    return Back((turn.say("mine.pin_off.done" if had else "mine.pin_off.none"),))


def _prepare_pin_off(turn: Turn) -> Data | Move:
    if pins.has(turn.db, turn.profile.person_id or 0):
        return turn.data
    return Back((turn.say("mine.pin_off.none"),))


PIN_OFF = Confirm(
    "mine.pin_off", ask=lambda turn: (turn.say("mine.pin_off"),), yes=_pin_off, prepare=_prepare_pin_off
)


def _forgotten(turn: Turn) -> Move:
    """A counselor rings back, and clears the PIN of whom they know."""
    who = turn.profile.person_id or turn.call_id
    turn.effects.append(Alert("call_back", f"pin:{who}:{turn.now:%Y%m%d}"))
    return Back((turn.say("mine.pin_forgotten.done"),))


PIN_FORGOTTEN = Confirm(
    "mine.pin_forgotten", ask=lambda turn: (turn.say("mine.pin_forgotten"),), yes=_forgotten
)

PINS = Menu(
    "mine.pins",
    (
        Option("1", "mine.pins.set", page="mine.pin"),
        Option("2", "mine.pins.off", page="mine.pin_off"),
        Option("3", "mine.pins.forgotten", page="mine.pin_forgotten"),
    ),
)

# --- Their name -----------------------------------------------------------------------------------------------


def _recorded_name(turn: Turn, left: Recorded) -> Move:
    person_id = turn.profile.person_id
    if person_id is None:
        return Back((turn.say("mine.anonymous"),))
    households.record_name(turn.db, person_id, left.file, left.seconds, turn.call_id, turn.now)
    return Goto("mine.name_right", {**turn.data, "file": left.file}, keep=False)


def _written_name(turn: Turn, words: str) -> Move:
    if len(words) > LONGEST_NAME:
        return NoMatch((turn.say("mine.name.long"),))
    return Goto("mine.name_right", {**turn.data, "name": words}, keep=False)


NAME = Record(
    "mine.name",
    done=_recorded_name,
    max_seconds=NAME_SECONDS,
    write=_written_name,
    prepare=lambda turn: known(turn, "mine.name") or turn.data,
)


def _ask_name(turn: Turn) -> tuple[Phrase, ...]:
    if "name" in turn.data:
        return (
            Phrase(
                "mine.name_right",
                turn.say("mine.name_right.written", name=turn.data["name"]).text,
                personal=True,
            ),
        )
    sound = Phrase(
        "mine.name_right", turn.say("mine.name_right.sound").text, personal=True, sound=turn.data["file"]
    )
    return turn.say("mine.name_right"), sound


def _name_right(turn: Turn) -> Move:
    person_id = turn.profile.person_id
    if person_id is None:
        return Back((turn.say("mine.anonymous"),))
    if "name" in turn.data:
        households.write_name(turn.db, person_id, turn.data["name"], turn.now)
    elif not households.confirm_name(turn.db, person_id, turn.data["file"], turn.now):
        return Goto("mine.name", _on(turn), keep=False)
    else:
        people.give_consent(
            turn.db, person_id, "recordings", "mine.name/1", turn.channel, turn.call_id, turn.now
        )
    if then := turn.data.get("then"):
        return Goto(then, turn.data.get("data", {}), keep=False, say=(turn.say("mine.name.done"),))
    return Back((turn.say("mine.name.done"),))


NAME_RIGHT = Confirm(
    "mine.name_right",
    ask=_ask_name,
    yes=_name_right,
    no=lambda turn: Goto("mine.name", _on(turn), keep=False),
)


def _on(turn: Turn) -> Data:
    """Where they wanted to go."""
    return {name: turn.data[name] for name in ("then", "data") if name in turn.data}


# --- Somebody new ---------------------------------------------------------------------------------------------


def _prepare_new(turn: Turn) -> Data | Move:
    return turn.data if turn.profile.number else Back((turn.say("mine.anonymous"),))


def _new(turn: Turn, agreed: JSONValue) -> Move:
    if not agreed:
        return Back((turn.say("consent.needed"),), only=True)
    then = turn.data.get("then")
    person = people.create(turn.db, turn.profile.number, turn.now, turn.profile.language)
    people.give_consent(turn.db, person.id, "service", "mine.new/1", turn.channel, turn.call_id, turn.now)
    _speaks(turn, person)
    # nothing of whoever spoke before: their things are no places for somebody new
    on = {"then": then, "data": {}} if then in OPEN else {}
    return Goto("mine.name", on, root=True)


OPEN = frozenset({"mine.list", "mine.messages", "mine.kept", "mine.contact", "mine.pins"})
"""Pages that somebody new may go on to: those that need to know nothing of what was chosen before."""

NEW = Menu(
    "mine.new",
    (Option("1", "consent.yes", value=True), Option("2", "consent.no", value=False)),
    choose=_new,
    prepare=_prepare_new,
)

# --- Somebody on another telephone ----------------------------------------------------------------------------


def _check_number(turn: Turn, digits: str) -> JSONValue:
    right = (len(digits) == 11 and digits[0] == "1") or (len(digits) in (11, 12) and digits[0] == "0")
    return digits if right else turn.say("person.number.wrong")


def _elsewhere(turn: Turn, data: Data) -> Move:
    """Number and PIN open together; which of them was wrong is not said."""
    answers = data["answers"]
    number = f"+86{answers['number'].removeprefix('0')}"
    stranger = tries.person(0, None, turn.profile.number, turn.call_id)
    about = f"at:{answers['number']}"
    if tries.limited(turn.db, stranger, about, turn.now):
        return Back((turn.say("mine.pin.limited"),))
    for one in households.members(turn.db, number):
        if one.has_pin and pins.right(turn.db, one.id, answers["pin"]):
            person = people.get(turn.db, one.id)
            assert person is not None, "it was found just now"
            return _speaks(turn, person, own_number=False)
    tries.failed(turn.db, stranger, about, turn.now)
    return Stay({"answers": {}, "heard": None}, say=(turn.say("mine.elsewhere.wrong"),))


ELSEWHERE = Form(
    "mine.elsewhere",
    (
        FormField("number", "mine.elsewhere.number", check=_check_number, max_digits=12),
        FormField("pin", "mine.pin_ask", check=_check_pin, max_digits=pins.DIGITS),
    ),
    done=_elsewhere,
    # a text comes from a number, and the answer goes back there
    prepare=lambda turn: turn.data if turn.channel == "voice" else Back((turn.say("mine.elsewhere.call"),)),
)


def _who_now(turn: Turn) -> tuple[Phrase, ...]:
    person = people.get(turn.db, turn.profile.person_id or 0)
    return called(turn, person) if person else ()


HOUSEHOLD = Menu(
    "mine.household",
    (
        Option("1", "mine.household.who", page="mine.who"),
        Option("2", "mine.household.name", page="mine.name"),
        Option("3", "mine.household.pins", page="mine.pins"),
        Option("4", "mine.household.new", page="mine.new"),
        Option("5", "mine.household.elsewhere", page="mine.elsewhere"),
    ),
    lead=_who_now,
)

PAGES: tuple[Page, ...] = (
    HOUSEHOLD, Who(), PIN_ASK, PIN, PIN_OFF, PIN_FORGOTTEN, PINS, NAME, NAME_RIGHT, NEW, ELSEWHERE
)  # fmt: skip

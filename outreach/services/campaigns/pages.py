"""What somebody meets who gets a campaign: who it is from and about, the message, what can be done, the way out.

The same on both channels. Where to go from it is named as other lines' pages; the questions are asked one by one, each
answer kept at once, so that whoever hangs up in the middle has said what they said.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from outreach.dialogue.kinds import option_phrase
from outreach.dialogue.page import Back, Choice, Data, Goto, JSONValue, Move, Page, Phrase, Screen, Turn
from outreach.services.campaigns import content, store
from outreach.services.campaigns.content import ActionKind
from outreach.services.campaigns.store import Item

LEADS_TO: Final[Mapping[ActionKind, str]] = {
    "listen": "jobs.list",
    "register": "training.register",
    "book": "bookings.menu",
    "round": "titles.round",
    "questions": "campaigns.question",
}


def _item(turn: Turn) -> Item | None:
    """The caller's own, and its run not yet over."""
    item = store.get(turn.db, turn.data["item"])
    return item if item and item.person_id == turn.profile.person_id and turn.now < item.ends_at else None


def _over(turn: Turn) -> Back:
    return Back((turn.say("campaigns.over"),))


def _message(turn: Turn) -> tuple[Phrase, ...]:
    item = _item(turn)
    if item is None:
        return (turn.say("campaigns.over"),)
    language = turn.profile.language
    variant = item.content.variants[item.variant]
    text = content.filled(
        content.words_for(variant.words, language, turn.channel), content.fields_of(item.fields, turn.say)
    )
    sound = store.sound(turn.db, variant.recording) if variant.recording and turn.channel == "voice" else None
    message = Phrase("campaigns.message", text, personal=True, sound=sound or "")
    subject = content.in_language(item.content.subject, language)
    return turn.say("campaigns.from", subject=subject), message


def _choose(turn: Turn, value: JSONValue) -> Move:
    item = _item(turn)
    if item is None:
        return _over(turn)
    if value == "out":
        store.heard(turn.db, item.id, turn.now)
        store.opt_out(turn.db, item.person_id, turn.now)
        return Back((turn.say("campaigns.out.done"),))
    if value == "heard":
        store.heard(turn.db, item.id, turn.now)
        return Back((turn.say("campaigns.heard.done"),))
    store.acted(turn.db, item.id, turn.now)
    return _act(item)


def _act(item: Item) -> Move:
    there, target = LEADS_TO[item.content.action], item.content.target
    match item.content.action:
        case "listen":
            return Goto(there, {"only": target})
        case "register":
            return Goto(there, {"session": target})
        case "round":
            return Goto(there, {"level": target})
        case "questions":
            return Goto(there, {"item": item.id, "at": 0}, keep=False)
        case _:
            return Goto(there)


@dataclass(frozen=True, slots=True)
class Invite:
    """Where a campaign leads: what it is about, the message, then its action, that it was heard, and the way out."""

    name: str = "campaigns.item"

    def enter(self, turn: Turn) -> Data | Move:
        """Unless it is over, or somebody else's."""
        return turn.data if _item(turn) else _over(turn)

    def show(self, turn: Turn) -> Screen:
        """The message and its keys: an action comes first, where there is one."""
        item = _item(turn)
        labels = _labels(item.content.action if item else "none")
        said = (option_phrase(turn.say, str(key), label) for key, label in enumerate(labels, 1))
        choices = tuple(
            Choice(str(key), do, turn.say.words(label)) for key, (label, do) in enumerate(labels.items(), 1)
        )
        return Screen((*(phrase for phrase in _message(turn) if phrase.text), *said), choices=choices)

    def hear(self, turn: Turn, value: JSONValue) -> Move:
        """Act, note that it was heard, or leave them alone from now on."""
        return _choose(turn, value)

    def where(self, turn: Turn) -> str:
        """Its title, by what it is about."""
        item = _item(turn)
        return turn.say.title(f"campaigns.{item.content.action if item else 'none'}")


def _labels(action: ActionKind) -> Mapping[str, str]:
    """Each choice's label in prompts/, and what it does."""
    act = {} if action == "none" else {f"campaigns.{action}.act": "act"}
    return {**act, "campaigns.heard": "heard", "campaigns.out": "out"}


# --- Questions ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ask:
    """One question after the other; its choices are the counselor's own words, on keys 1 to 5."""

    name: str = "campaigns.question"

    def enter(self, turn: Turn) -> Data | Move:
        """The first question, unless the campaign is over."""
        return {"item": turn.data["item"], "at": turn.data.get("at", 0)} if _item(turn) else _over(turn)

    def show(self, turn: Turn) -> Screen:
        """Which one of how many, the question, its choices."""
        item = _item(turn)
        if item is None:
            return Screen((turn.say("campaigns.over"),))
        questions, at, language = item.content.questions, turn.data["at"], turn.profile.language
        position = turn.say("campaigns.question", n=at + 1, total=len(questions))
        asked = Phrase("campaigns.question.words", content.in_language(questions[at].words, language))
        labels = [content.in_language(option, language) for option in questions[at].options]
        said = tuple(
            Phrase("campaigns.question.option", turn.say("menu.choice", label=label, key=key).text)
            for key, label in enumerate(labels, 1)
        )
        choices = tuple(Choice(str(key), key - 1, (label,)) for key, label in enumerate(labels, 1))
        return Screen((position, asked, *said), choices=choices)

    def hear(self, turn: Turn, value: JSONValue) -> Move:
        """Keep the answer, and on."""
        item = _item(turn)
        if item is None:
            return _over(turn)
        at = turn.data["at"]
        store.answer(turn.db, item.id, at, value, turn.channel, turn.now)
        if at + 1 < len(item.content.questions):
            return Goto(self.name, {"item": item.id, "at": at + 1}, keep=False)
        return Back((turn.say("campaigns.thanks"),))

    def where(self, turn: Turn) -> str:
        """Its title."""
        return turn.say.title(self.name)


PAGES: tuple[Page, ...] = (Invite(), Ask())

"""Home: the greeting, consent, the main menu and "more", and going on after a dropped call."""

from dataclasses import dataclass, replace

from outreach.dialogue.kinds import Menu, Option
from outreach.dialogue.page import Back, Choice, Data, Goto, JSONValue, Move, Page, Screen, Turn
from outreach.store import people

MENU = Menu(
    "home.menu",
    (
        Option("1", "home.menu.jobs", page="jobs.start"),
        Option("2", "home.menu.training", page="training.start"),
        Option("3", "home.menu.bookings", page="bookings.menu"),
        Option("4", "home.menu.titles", page="titles.menu"),
        Option("5", "home.menu.more", page="home.more"),
    ),
)
"""Keys never change with the caller."""

MORE = Menu(
    "home.more",
    (
        Option("1", "home.more.policies", page="policies.menu"),
        Option("2", "home.more.events", page="events.menu"),
        Option("3", "home.more.produce", page="produce.menu"),
        Option("4", "home.more.rights", page="rights.menu"),
        Option("5", "home.more.mine", page="mine.menu"),
    ),
)


# --- Consent to keep number and choices (voice-interface, law 13) ---------------------------------------------

_YES_NO = (Option("1", "consent.yes", value=True), Option("2", "consent.no", value=False))


def _agree(turn: Turn, page: str) -> None:
    """Keep this caller: found again by the number the carrier sent, never by one that was only typed in.

    A typed number proves nothing: who types a stranger's must not be given the stranger's records.
    """
    profile = turn.profile
    number = None if "number" in turn.data else profile.number
    found = people.find_by_phone(turn.db, number) if number else None
    person = found or people.create(turn.db, number, turn.now, profile.language)
    people.give_consent(turn.db, person.id, "service", f"{page}/1", turn.channel, turn.call_id, turn.now)
    number = profile.number or turn.data.get("number")
    turn.profile = replace(profile, person_id=person.id, number=number, fresh=False)


def _welcome(turn: Turn, agreed: JSONValue) -> Move:
    if agreed == "practise":
        return Goto("tour.menu")
    if agreed:
        _agree(turn, "home.welcome")
    said = turn.say("consent.thanks" if agreed else "consent.refused")
    return Goto("home.menu", root=True, say=(said,))


WELCOME = Menu("home.welcome", (*_YES_NO, Option("3", "consent.practise", value="practise")), choose=_welcome)
"""Practice is offered last: whoever knows what they want loses no time by it (law 12)."""


def _consent(turn: Turn, agreed: JSONValue) -> Move:
    if not agreed:
        return Back((turn.say("consent.needed"),), only=True)
    _agree(turn, "home.consent")
    return Goto(turn.data["then"], turn.data["data"], keep=False)


CONSENT = Menu("home.consent", _YES_NO, choose=_consent)
"""Asked when something is to be kept for a caller who refused at first, or whose number was not sent."""


# --- Going on -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Resume:
    """After a dropped call: on from where it broke, or the main menu (law 11). ``place`` names where it was."""

    name: str = "home.resume"

    def enter(self, turn: Turn) -> Data | Move:
        """With the place in words."""
        return turn.data

    def show(self, turn: Turn) -> Screen:
        """Where we were, and the two keys."""
        choices = (
            Choice("1", "go_on", turn.say.words("resume.go_on")),
            Choice("2", "menu", turn.say.words("resume.menu")),
        )
        return Screen((turn.say("home.resume", place=turn.data["place"]),), choices=choices)

    def hear(self, turn: Turn, value: JSONValue) -> Move:
        """Uncover the page underneath, or start anew."""
        return Back() if value == "go_on" else Goto("home.menu", root=True)

    def where(self, turn: Turn) -> str:
        """Its title."""
        return turn.say.title(self.name)


PAGES: tuple[Page, ...] = (MENU, MORE, WELCOME, CONSENT, Resume())

"""Every page of every line, every second look, and what the lines tell the line "mine": the visible lists."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from outreach.dialogue.page import Data, Effect, Page, registry
from outreach.services import calls, home, person
from outreach.services.bookings import pages as bookings
from outreach.services.campaigns import pages as campaigns
from outreach.services.events import own as events_own
from outreach.services.events import pages as events
from outreach.services.jobs import own as jobs_own
from outreach.services.jobs import pages as jobs
from outreach.services.mine import erasing, household
from outreach.services.mine import pages as mine
from outreach.services.own import Leave, OwnList
from outreach.services.policies import pages as policies
from outreach.services.produce import own as produce_own
from outreach.services.produce import pages as produce
from outreach.services.rights import own as rights_own
from outreach.services.rights import pages as rights
from outreach.services.staff import pages as staff
from outreach.services.titles import own as titles_own
from outreach.services.titles import pages as titles
from outreach.services.training import notices as training_notices
from outreach.services.training import own as training_own
from outreach.services.training import pages as training

OWN: tuple[OwnList, ...] = (
    jobs_own.own,
    training_own.own,
    bookings.own,
    events_own.own,
    titles_own.own,
    rights_own.own,
    produce_own.own,
)
"""How each line tells what is the caller's own. What has no time is heard in this order."""

LEAVE: tuple[Leave, ...] = (training_own.leave, bookings.leave, events_own.leave, rights_own.leave)
"""What each line does before a person is erased."""

PERSONAL: frozenset[str] = frozenset(
    {"jobs.saved", "jobs.save", "jobs.apply", "jobs.application", "jobs.withdraw", "jobs.unsubscribe"}
    | {"training.register", "training.wait", "training.mine", "training.change"}
    | {"bookings.mine", "bookings.change", "bookings.confirm"}
    | {"events.sign_up", "events.mine", "events.withdraw"}
    | {"titles.enter", "titles.mine", "titles.check", "titles.missing", "titles.leave"}
    | {"rights.mine", "produce.sell", "produce.mine", "produce.withdraw"}
    | {"mine.list", "mine.messages", "mine.contact", "mine.hours", "mine.name", "mine.pins", "mine.pin"}
    | {"mine.pin_off", "mine.withdraw", "mine.kept", "mine.correct", "mine.county", "mine.erase", "mine.stay"}
)
"""Pages that are somebody's own: where several share a telephone, the line asks before them who is speaking (law 14).
A page that a reminder leads to is not among them: it is asked of the person who was written to."""

GATE = staff.gate(household.gate(PERSONAL))
DOOR = staff.door
"""Where whoever works for us begins, known by their telephone."""

Handler = Callable[[Connection, datetime, Data], list[Effect]]
HANDLERS: Mapping[str, Handler] = {
    "training.offer_expired": training_notices.offer_expired,
    "training.offer_told": training_notices.offer_told,
    "mine.erase_soon": erasing.soon,
    "mine.erase": erasing.erase(LEAVE),
}
"""What a ``Later`` names. Stored: a handler is renamed by keeping its old name too."""


def all_pages() -> dict[str, Page]:
    """By name. Raises ValueError when two pages share one."""
    return registry(
        home.PAGES,
        calls.PAGES,
        jobs.PAGES,
        bookings.PAGES,
        person.PAGES,
        training.PAGES,
        mine.pages(OWN),
        titles.PAGES,
        policies.PAGES,
        events.PAGES,
        rights.PAGES,
        produce.PAGES,
        staff.PAGES,
        campaigns.PAGES,
    )

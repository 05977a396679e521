"""Every page of every line, and every second look: the visible lists."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from outreach.dialogue.page import Data, Effect, Page, registry
from outreach.services import home, mine, person
from outreach.services.bookings import pages as bookings
from outreach.services.campaigns import pages as campaigns
from outreach.services.jobs import pages as jobs
from outreach.services.policies import pages as policies
from outreach.services.produce import pages as produce
from outreach.services.rights import pages as rights
from outreach.services.titles import pages as titles
from outreach.services.training import notices as training_notices
from outreach.services.training import pages as training

Handler = Callable[[Connection, datetime, Data], list[Effect]]
HANDLERS: Mapping[str, Handler] = {"training.offer_expired": training_notices.offer_expired}
"""What a ``Later`` names. Stored: a handler is renamed by keeping its old name too."""


def all_pages() -> dict[str, Page]:
    """By name. Raises ValueError when two pages share one."""
    return registry(
        home.PAGES,
        jobs.PAGES,
        bookings.PAGES,
        person.PAGES,
        mine.PAGES,
        training.PAGES,
        titles.PAGES,
        policies.PAGES,
        rights.PAGES,
        produce.PAGES,
        campaigns.PAGES,
    )

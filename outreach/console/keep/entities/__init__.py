"""Every entity that is kept, in the order of the page that lists them. A new one: its file, and its line here."""

from collections.abc import Mapping
from typing import Final

from outreach.console.keep.entities.bookings import PRACTITIONERS, PROVIDERS, SERVICES
from outreach.console.keep.entities.counselors import COUNSELORS
from outreach.console.keep.entities.employers import EMPLOYERS, MILESTONES, VISITS
from outreach.console.keep.entities.events import EVENTS
from outreach.console.keep.entities.openings import OPENINGS
from outreach.console.keep.entities.policies import POLICIES
from outreach.console.keep.entities.produce import PRODUCE
from outreach.console.keep.entities.titles import ROUNDS
from outreach.console.keep.entities.training import COURSES, SESSIONS
from outreach.console.keep.entity import Entity

ENTITIES: Final[Mapping[str, Entity]] = {
    one.name: one
    for one in (
        OPENINGS,
        EMPLOYERS,
        VISITS,
        COURSES,
        SESSIONS,
        ROUNDS,
        PROVIDERS,
        SERVICES,
        PRACTITIONERS,
        EVENTS,
        PRODUCE,
        POLICIES,
        COUNSELORS,
        MILESTONES,
    )
}

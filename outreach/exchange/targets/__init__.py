"""What can be imported, in one list."""

from collections.abc import Mapping
from typing import Final

from outreach.exchange.fields import Target
from outreach.exchange.targets.bookings import PROVIDERS
from outreach.exchange.targets.employers import EMPLOYERS
from outreach.exchange.targets.events import EVENTS
from outreach.exchange.targets.openings import OPENINGS
from outreach.exchange.targets.people import PEOPLE
from outreach.exchange.targets.titles import ROUNDS
from outreach.exchange.targets.training import TRAINING

TARGETS: Final[Mapping[str, Target]] = {
    target.name: target for target in (PEOPLE, EMPLOYERS, OPENINGS, TRAINING, PROVIDERS, ROUNDS, EVENTS)
}

"""Campaigns 群发活动: drafted, rehearsed, approved, run and reported, by keyboard and by ear.

One file a step, in the order of a campaign's life; each collects its own routes.
"""

from typing import Final

from outreach.console.routes import Views
from outreach.console.views.campaigns import (
    audience,
    lists,
    message,
    one,
    recording,
    rehearsal,
    report,
    run,
    when,
)

PARTS: Final = (lists, audience, message, recording, when, rehearsal, run, report, one)
VIEWS: Final = Views([route for part in PARTS for route in part.VIEWS.routes])

"""Every page under ``/console/keep``: those of one kind of record before those that all kinds have."""

from typing import Final

from outreach.console.routes import Views
from outreach.console.views import keep, sessions

VIEWS: Final = Views([*sessions.VIEWS.routes, *keep.VIEWS.routes])

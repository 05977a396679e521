"""Every page under ``/console/keep``: those of one kind of record before those that all kinds have."""

from typing import Final

from outreach.console.routes import Views
from outreach.console.views import keep, produce, prompts, providers, rounds, sessions

VIEWS: Final = Views(
    [
        *(route for views in (sessions, rounds, providers, produce, prompts) for route in views.VIEWS.routes),
        *keep.VIEWS.routes,
    ]
)

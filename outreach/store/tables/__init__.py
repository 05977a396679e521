"""The tables of the single lines and of what waits; importing this completes ``schema.metadata``."""

from outreach.store.tables import (
    bookings,
    community,
    console,
    messages,
    plans,
    sharing,
    timers,
    titles,
    training,
)

__all__ = ["bookings", "community", "console", "messages", "plans", "sharing", "timers", "titles", "training"]

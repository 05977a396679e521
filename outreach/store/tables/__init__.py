"""The tables of the single lines and of what waits; importing this completes ``schema.metadata``."""

from outreach.store.tables import (
    bookings,
    call_items,
    campaigns,
    community,
    console,
    imports,
    messages,
    plans,
    sharing,
    staff,
    timers,
    titles,
    training,
    tries,
)

__all__ = [
    "bookings",
    "call_items",
    "campaigns",
    "community",
    "console",
    "imports",
    "messages",
    "plans",
    "sharing",
    "staff",
    "timers",
    "titles",
    "training",
    "tries",
]

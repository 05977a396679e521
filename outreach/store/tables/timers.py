"""What waits for its time: reminders to a person, and second looks of a service line."""

from sqlalchemy import JSON, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table

from outreach.store.schema import Instant, metadata, one_of

timers = Table(
    "timers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("occasion", String(80), nullable=False, comment="what it is about; set anew, it replaces the old"),
    Column("page", String(60), comment="a reminder: the page that the person is led to"),
    Column("handler", String(60), comment="a second look: its name in the services' registry"),
    Column("data", JSON, nullable=False),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), index=True),
    Column("due_at", Instant, nullable=False),
    Column("until", Instant, comment="a reminder is of no use later"),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("set_at", Instant, nullable=False),
    Column("rung", String(10), nullable=False, server_default="own", comment="how; own: as the person likes"),
    Column("scope", String(20), nullable=False, server_default="reminders", comment="the consent it needs"),
    CheckConstraint("(page IS NULL) <> (handler IS NULL)", name="page_or_handler"),
    CheckConstraint(
        "page IS NULL OR (person_id IS NOT NULL AND until IS NOT NULL)", name="reminder_complete"
    ),
    one_of("rung", "own", "sms", "voice", "counselor"),
    Index("ix_timers_due", "due_at"),
    Index("ix_timers_occasion", "occasion"),
)

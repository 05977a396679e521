"""Tables of what counselors do beside the line: one person, one plan 一人一策; employers 用人单位 and visits to them.

And of what the yearly evaluation counts that nothing else writes down: milestones of the city's plan, and which lines
were called.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from outreach.store.schema import COUNTIES, Instant, metadata, one_of

SERVICES = ("job", "training", "assessment", "guidance", "loan", "subsidy", "aid", "rights", "other")
"""What somebody needs, or was given: 就业, 培训, 能力评估, 职业指导, 贷款, 补贴, 辅具, 维权, 其他."""

# --- One person, one plan -------------------------------------------------------------------------------------

needs = Table(
    "needs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", String(12), nullable=False),
    Column("words", String(200), nullable=False, server_default=""),
    Column("state", String(8), nullable=False, server_default="open"),
    Column("next_step", String(200), nullable=False, server_default="", comment="what is to be done next"),
    Column("next_on", Date, comment="and by when"),
    Column("counselor_id", ForeignKey("counselors.id"), comment="whose it is"),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    one_of("kind", *SERVICES),
    one_of("state", "open", "met", "dropped"),
    Index(
        "ix_needs_next",
        "next_on",
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
)

services_given = Table(
    "services_given",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", String(12), nullable=False),
    Column("words", String(200), nullable=False, server_default=""),
    Column("given_on", Date, nullable=False, index=True),
    Column("counselor_id", ForeignKey("counselors.id")),
    Column("created_at", Instant, nullable=False),
    one_of("kind", *SERVICES),
)

# --- Employers ------------------------------------------------------------------------------------------------

employers = Table(
    "employers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(120), nullable=False, unique=True),
    Column("kind", String(12), nullable=False),
    Column("county", String(20), nullable=False, index=True),
    Column("place", String(200), nullable=False, server_default=""),
    Column("contact", String(40), nullable=False, server_default=""),
    Column("phone", String(20), nullable=False, server_default="", comment="as dialled in China"),
    Column("staff", Integer, comment="people employed; null: not known"),
    Column("disabled_staff", Integer, comment="of them disabled people; the duty is 1.5 %"),
    Column("has_room", Integer, nullable=False, server_default="0", comment="1: could take somebody on"),
    Column("notes", Text, nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    Column("retired_at", Instant),
    Column("version", Integer, nullable=False, server_default="1"),
    one_of("kind", "public", "state", "private", "massage", "cooperative", "supported"),
    one_of("county", *COUNTIES),
    CheckConstraint("has_room IN (0, 1)", name="has_room_known"),
    CheckConstraint("disabled_staff <= staff", name="disabled_among_staff"),
)

employer_visits = Table(
    "employer_visits",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("employer_id", ForeignKey("employers.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("counselor_id", ForeignKey("counselors.id")),
    Column("visited_on", Date, nullable=False, index=True),
    Column("openings_found", Integer, nullable=False, server_default="0"),
    Column("words", String(400), nullable=False, server_default="", comment="what was talked about"),
    Column("created_at", Instant, nullable=False),
    CheckConstraint("openings_found >= 0", name="openings_counted"),
)

# --- The evaluation -------------------------------------------------------------------------------------------

milestones = Table(
    "milestones",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("goal", String(40), nullable=False, comment="a goal of the plan that is reached once"),
    Column("county", String(20), nullable=False, server_default="", comment="empty: the whole city"),
    Column("words", String(200), nullable=False),
    Column("reached_on", Date, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("goal", "county", "words"),
)

line_visits = Table(
    "line_visits",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", String(64), nullable=False, comment="the call or text it was in"),
    Column("channel", String(8), nullable=False),
    Column("line", String(20), nullable=False, comment="a service line, as its pages are called"),
    Column("person_id", ForeignKey("people.id", ondelete="SET NULL"), index=True),
    Column("county", String(20)),
    Column("at", Instant, nullable=False),
    one_of("channel", "voice", "sms"),
    Index("ix_line_visits_at", "at"),
    Index("ix_line_visits_source", "source", "at"),
)
"""A row each time somebody comes to another line. No number: who refused to be kept is counted, not known."""

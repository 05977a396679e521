"""The tables. What must stay true whatever the code does is a constraint here, not only there.

Times are aware UTC datetimes (``Instant``); dates are Gansu's calendar dates. Telephone numbers are E.164.
Migrations under ``migrations/`` must end at exactly these tables; a test compares the two.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime on every database (SQLite keeps no time zones). Naive values are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC; raise ValueError on a naive datetime."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Give back UTC."""
        if value is None:
            return None
        stored: datetime = value
        return stored.replace(tzinfo=UTC) if stored.tzinfo is None else stored.astimezone(UTC)


def one_of(column: str, *values: str) -> CheckConstraint:
    """A CHECK that ``column`` holds one of ``values``."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


COUNTIES = ("liangzhou", "minqin", "gulang", "tianzhu")
"""凉州区, 民勤县, 古浪县, 天祝藏族自治县."""

CATEGORIES = ("sight", "hearing", "speech", "limbs", "intellect", "mind", "several")
"""视力, 听力, 言语, 肢体, 智力, 精神, 多重."""

# --- People -------------------------------------------------------------------------------------------------

people = Table(
    "people",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("phone", String(20), index=True, comment="several people may share one telephone"),
    Column("name", String(80)),
    Column("county", String(20)),
    Column("language", String(12)),
    Column("speed", Integer, nullable=False, server_default="3"),
    Column(
        "wordiness", Integer, nullable=False, server_default="2", comment="2 with key reminders, 1 without"
    ),
    Column("patience", Integer, nullable=False, server_default="2", comment="1 brisk, 2 normal, 3 unhurried"),
    Column("counselor_id", ForeignKey("counselors.id")),
    Column("created_at", Instant, nullable=False),
    Column("last_call_at", Instant, comment="start of the latest call before this one"),
    Column("contact_by", String(8), comment="how they want to be reminded; null: not chosen"),
    Column("contact_from", String(5), comment="HH:MM, Asia/Shanghai; null: in the house's hours"),
    Column("contact_until", String(5)),
    Column("pin_hash", String(128), comment="argon2; asked for where several share the telephone"),
    Column("erase_at", Instant, comment="they asked to be erased then; null: they did not"),
    Column("township", String(40), comment="乡镇 or 街道, as counselors write it"),
    Column("birth_year", Integer),
    Column("category", String(16), comment="kind of disability: kept only under the consent of that scope"),
    CheckConstraint("speed BETWEEN 1 AND 6", name="speed_known"),
    CheckConstraint("wordiness BETWEEN 1 AND 2", name="wordiness_known"),
    CheckConstraint("patience BETWEEN 1 AND 3", name="patience_known"),
    one_of("county", *COUNTIES),
    one_of("contact_by", "sms", "voice"),
    CheckConstraint("birth_year BETWEEN 1900 AND 2100", name="birth_year_known"),
    one_of("category", *CATEGORIES),
    CheckConstraint("(contact_from IS NULL) = (contact_until IS NULL)", name="contact_hours_both"),
    CheckConstraint("contact_from < contact_until", name="contact_hours_in_order"),
    Index("ix_people_name", "name", "county"),
    Index("ix_people_county", "county", "id"),
)

consents = Table(
    "consents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("scope", String(20), nullable=False),
    Column("wording", String(40), nullable=False, comment="the prompt's key and version that was agreed to"),
    Column("channel", String(10), nullable=False),
    Column("evidence", String(64), comment="id of the call or message in which it was given"),
    Column("given_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
    one_of(
        "scope", "service", "reminders", "jobs", "campaigns", "recordings", "foreign_carrier", "disability"
    ),
    one_of("channel", "voice", "sms", "console"),
    Index("ix_consents_person_id", "person_id"),
    Index(
        "uq_consents_in_force",
        "person_id",
        "scope",
        unique=True,
        sqlite_where=text("withdrawn_at IS NULL"),
        postgresql_where=text("withdrawn_at IS NULL"),
    ),
)

counselors = Table(
    "counselors",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(80), nullable=False),
    Column("phone", String(20), nullable=False),
    Column("county", String(20)),
    Column("active", Boolean, nullable=False, server_default=text("true")),
)

duty_hours = Table(
    "duty_hours",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("counselor_id", ForeignKey("counselors.id", ondelete="CASCADE"), nullable=False),
    Column("weekday", Integer, nullable=False, comment="ISO: 1 Monday to 7 Sunday"),
    Column("starts", String(5), nullable=False, comment="HH:MM, Asia/Shanghai"),
    Column("ends", String(5), nullable=False),
    UniqueConstraint("counselor_id", "weekday", "starts"),
    CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday_known"),
    CheckConstraint("starts < ends", name="starts_before_ends"),
)

# --- Conversations and calls --------------------------------------------------------------------------------

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(40), primary_key=True, comment="person:ID, or call:ID for callers we do not keep"),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), unique=True),
    Column("state", Text, nullable=False, comment="dialogue.session.Session as JSON"),
    Column("turn", Integer, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

calls = Table(
    "calls",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("carrier", String(20), nullable=False),
    Column("carrier_call_id", String(64), nullable=False),
    Column("number", String(20), comment="erased when the call ends unless the caller agreed to its keeping"),
    Column("called", String(20)),
    Column("person_id", ForeignKey("people.id", ondelete="SET NULL")),
    Column("session_id", String(40), nullable=False),
    Column("state", String(12), nullable=False),
    Column("mode", String(8), nullable=False, server_default="stream", comment="stream, or keys only"),
    Column("token_hash", String(64), comment="of the one-time token the stream must show; null once used"),
    Column("streams", Integer, nullable=False, server_default="0", comment="streams opened so far"),
    Column("breaks", Integer, nullable=False, server_default="0", comment="streams that broke"),
    Column("next_step", JSON, comment="what the carrier shall do when the stream ends; null: go on here"),
    Column("node", String(64), comment="the process that holds its media"),
    Column("page", String(60), comment="where the caller is, for the console"),
    Column("language", String(12)),
    Column("sequence", Integer, nullable=False, server_default="-1", comment="highest status callback seen"),
    Column("reason", String(20)),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("delivery_id", Integer, comment="what we rang them for; or what they ring us back about"),
    UniqueConstraint("carrier", "carrier_call_id"),
    one_of("state", "ringing", "live", "transferring", "ended"),
    one_of("mode", "stream", "keys"),
    Index("ix_calls_person", "person_id", "started_at"),
    Index(
        "ix_calls_open",
        "started_at",
        sqlite_where=text("state <> 'ended'"),
        postgresql_where=text("state <> 'ended'"),
    ),
)

recordings = Table(
    "recordings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("call_id", ForeignKey("calls.id", ondelete="SET NULL")),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE")),
    Column("purpose", String(20), nullable=False),
    Column("file", String(120), nullable=False, unique=True, comment="below DATA_DIR/recordings"),
    Column("seconds", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("heard_at", Instant, comment="when a counselor first listened; null: nobody has"),
    Column("heard_by", ForeignKey("users.id")),
    Column("transcript", JSON, comment="machine-made: [word, per cent sure] pairs; null: not asked for yet"),
    Column("kept_because", String(200), comment="why it is kept longer than others of its purpose"),
    one_of("purpose", "message", "case", "produce", "prompt", "name"),
    Index("ix_recordings_person", "person_id"),
)

# --- Jobs 招聘 ------------------------------------------------------------------------------------------------

openings = Table(
    "openings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("title", String(80), nullable=False),
    Column("employer", String(120), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("county", String(20), nullable=False),
    Column(
        "place", String(200), nullable=False, server_default="", comment="town and street, how to get there"
    ),
    Column("places", Integer, nullable=False, server_default="1", comment="how many people are wanted"),
    Column(
        "pay", String(120), nullable=False, comment="as it is to be read: base pay, commission, trial period"
    ),
    Column("shifts", String(120), nullable=False, server_default=""),
    Column("lodging", String(120), nullable=False, server_default="", comment="meals, bed, insurance"),
    Column("requirements", String(200), nullable=False, server_default=""),
    Column("access", String(200), nullable=False, server_default="", comment="what is made accessible"),
    Column(
        "exam",
        String(200),
        nullable=False,
        server_default="",
        comment="arrangements at the exam, public bodies",
    ),
    Column("contact", String(40), nullable=False, server_default=""),
    Column("phone", String(20), nullable=False, comment="as dialled in China: 0935-2212345 or 139…"),
    Column("source", String(120), nullable=False, server_default=""),
    Column("owner_id", ForeignKey("counselors.id")),
    Column("checked_on", Date, comment="when somebody last asked: still open?"),
    Column("published_at", Instant, nullable=False),
    Column("expires_on", Date, nullable=False, comment="the last day on which it is offered"),
    Column("filled_at", Instant),
    Column("version", Integer, nullable=False, server_default="1"),
    one_of("kind", "massage", "hospital", "public", "factory", "farm", "service", "online", "supported"),
    one_of("county", *COUNTIES),
    CheckConstraint("places >= 1", name="places_positive"),
    Index(
        "ix_openings_offered",
        "county",
        "kind",
        "published_at",
        sqlite_where=text("filled_at IS NULL"),
        postgresql_where=text("filled_at IS NULL"),
    ),
)

saved_openings = Table(
    "saved_openings",
    metadata,
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    Column("opening_id", ForeignKey("openings.id", ondelete="CASCADE"), primary_key=True),
    Column("saved_at", Instant, nullable=False),
)

applications = Table(
    "applications",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("opening_id", ForeignKey("openings.id"), nullable=False),
    Column("state", String(20), nullable=False, server_default="received"),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("person_id", "opening_id"),
    one_of("state", "received", "passed_on", "interview", "hired", "refused", "withdrawn"),
)

job_alerts = Table(
    "job_alerts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("county", String(20), nullable=False, server_default="", comment="empty: all"),
    Column("kind", String(20), nullable=False, server_default="", comment="empty: all"),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("person_id", "county", "kind"),
)

# --- What leaves the house, and what waits for a counselor --------------------------------------------------

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column(
        "purpose",
        String(120),
        nullable=False,
        unique=True,
        comment="what it is for: nothing twice for one occasion",
    ),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE")),
    Column("channel", String(8), nullable=False),
    Column("address", String(20), nullable=False),
    Column("body", Text, nullable=False),
    Column(
        "scope",
        String(20),
        nullable=False,
        comment="the consent it needs; service: a reply that was asked for",
    ),
    Column("state", String(10), nullable=False, server_default="queued"),
    Column("reason", String(40)),
    Column("due_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("owner", String(64)),
    Column("lease_until", Instant),
    Column("carrier_id", String(64), index=True),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("priority", Integer, nullable=False, server_default="0", comment="0 before 1"),
    Column("line", String(20), comment="voice: which number of ours it comes from; null: the house's own"),
    Column("fallback", Boolean, nullable=False, server_default=text("true"), comment="voice: then as a text"),
    Column("begun_at", Instant, comment="when a carrier was last asked"),
    one_of("channel", "sms", "voice"),
    CheckConstraint("priority IN (0, 1)", name="priority_known"),
    one_of("state", "queued", "sending", "sent", "delivered", "failed", "unsure", "skipped", "cancelled"),
    Index(
        "ix_deliveries_leased",
        "lease_until",
        sqlite_where=text("state = 'sending'"),
        postgresql_where=text("state = 'sending'"),
    ),
    Index(
        "ix_deliveries_failed",
        "updated_at",
        sqlite_where=text("state = 'failed'"),
        postgresql_where=text("state = 'failed'"),
    ),
    Index(
        "ix_deliveries_due",
        "channel",
        "priority",
        "due_at",
        "id",  # thousands fall due at one moment: PostgreSQL would sort them all for each batch
        sqlite_where=text("state = 'queued'"),
        postgresql_where=text("state = 'queued'"),
    ),
    Index("ix_deliveries_person", "person_id", "updated_at"),
    Index(
        "ix_deliveries_calling",
        "begun_at",
        sqlite_where=text("channel = 'voice' AND state IN ('sending', 'sent')"),
        postgresql_where=text("channel = 'voice' AND state IN ('sending', 'sent')"),
    ),
    Index(
        "ix_deliveries_held",
        "channel",
        sqlite_where=text("state = 'queued' AND reason IN ('account', 'carrier_down')"),
        postgresql_where=text("state = 'queued' AND reason IN ('account', 'carrier_down')"),
    ),
)

tasks = Table(
    "tasks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("purpose", String(120), nullable=False, unique=True),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE")),
    Column("phone", String(20), comment="whom to call back, when it is nobody we know"),
    Column("counselor_id", ForeignKey("counselors.id")),
    Column("opening_id", ForeignKey("openings.id")),
    Column("recording_id", ForeignKey("recordings.id", ondelete="SET NULL")),
    Column("call_id", String(32)),
    Column("done", Boolean, nullable=False, server_default=false()),
    Column("created_at", Instant, nullable=False),
    Column("assignee_id", ForeignKey("users.id"), comment="who of the console does it; null: nobody yet"),
    Column("done_at", Instant),
    Column("done_by", ForeignKey("users.id")),
    one_of("kind", "call_back", "message", "application", "case", "urgent", "produce"),
    Index("ix_tasks_person", "person_id"),
    Index("ix_tasks_open", "created_at", sqlite_where=text("NOT done"), postgresql_where=text("NOT done")),
)

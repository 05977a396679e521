"""Tables of policies 政策, rights 维权, produce 农产品 and events 活动, a section each."""

from sqlalchemy import (
    Boolean,
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
    false,
    text,
)

from outreach.store.schema import COUNTIES, Instant, metadata, one_of

# --- Policies -----------------------------------------------------------------------------------------------

policies = Table(
    "policies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("topic", String(12), nullable=False),
    Column("position", Integer, nullable=False, server_default="0", comment="order within the topic"),
    Column("title", String(60), nullable=False, comment="the question, as a caller would ask it"),
    Column("source", String(80), nullable=False, comment="document and its number"),
    Column("source_on", Date, nullable=False, comment="its date"),
    Column("offered", Boolean, nullable=False, server_default=text("true")),
    UniqueConstraint("topic", "title"),
    one_of("topic", "employers", "business", "rural", "massage", "support"),
)

policy_paragraphs = Table(
    "policy_paragraphs",
    metadata,
    Column("policy_id", ForeignKey("policies.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("words", Text, nullable=False),
)

# --- Rights -------------------------------------------------------------------------------------------------

cases = Table(
    "cases",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", String(8), nullable=False, unique=True, comment="drawn at random, told to its owner"),
    Column("person_id", ForeignKey("people.id", ondelete="SET NULL"), index=True),
    Column("kind", String(16), nullable=False),
    Column("state", String(12), nullable=False, server_default="received"),
    Column("pin_hash", String(64), comment="null: no PIN set, so only its owner's telephone hears of it"),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("assignee_id", ForeignKey("users.id"), comment="whose it is; null: nobody's yet"),
    Column("urgent", Boolean, nullable=False, server_default=false()),
    one_of("kind", "discrimination", "wages", "dismissal", "other"),
    one_of("state", "received", "working", "passed_on", "settled", "closed"),
    CheckConstraint("length(number) = 8", name="number_of_eight"),
)

case_messages = Table(
    "case_messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", ForeignKey("cases.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("file", String(120), unique=True, comment="as in recordings"),
    Column("words", Text, comment="where it was written"),
    Column("created_at", Instant, nullable=False),
    CheckConstraint("(file IS NULL) <> (words IS NULL)", name="spoken_or_written"),
)

case_notes = Table(
    "case_notes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", ForeignKey("cases.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("state", String(12), comment="what the case became then; null: it was only noted"),
    Column("words", Text, nullable=False),
    one_of("state", "received", "working", "passed_on", "settled", "closed"),
)

# --- Produce ------------------------------------------------------------------------------------------------

produce_offers = Table(
    "produce_offers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", String(12), nullable=False),
    Column("county", String(20), nullable=False),
    Column("file", String(120), unique=True, comment="what the seller said, as in recordings"),
    Column("written", Text, comment="what the seller wrote"),
    Column("words", String(200), nullable=False, server_default="", comment="as it is read out"),
    Column("share_phone", Boolean, nullable=False, comment="the seller agreed that buyers get the number"),
    Column("state", String(10), nullable=False, server_default="received"),
    Column("expires_on", Date, comment="the last day on which it is offered"),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    one_of("kind", "grain", "vegetables", "livestock", "handicraft", "other"),
    one_of("county", *COUNTIES),
    one_of("state", "received", "offered", "sold", "withdrawn"),
    CheckConstraint("(file IS NULL) OR (written IS NULL)", name="spoken_or_written"),
    CheckConstraint("state <> 'offered' OR (words <> '' AND expires_on IS NOT NULL)", name="complete"),
    Index(
        "ix_produce_offers_offered",
        "county",
        "kind",
        sqlite_where=text("state = 'offered'"),
        postgresql_where=text("state = 'offered'"),
    ),
)

produce_wishes = Table(
    "produce_wishes",
    metadata,
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    Column("offer_id", ForeignKey("produce_offers.id", ondelete="CASCADE"), primary_key=True),
    Column("created_at", Instant, nullable=False),
)
"""Who would buy what."""

# --- Events -------------------------------------------------------------------------------------------------

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("name", String(80), nullable=False),
    Column("county", String(20), nullable=False),
    Column("place", String(200), nullable=False),
    Column("transport", String(200), nullable=False, server_default=""),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
    Column("begins", String(5), nullable=False, comment="HH:MM on the first day, Asia/Shanghai"),
    Column("hours", String(120), nullable=False, server_default="", comment="as they are to be read"),
    Column("content", String(200), nullable=False, server_default="", comment="what there will be"),
    Column("bring", String(200), nullable=False, server_default="", comment="what to bring"),
    Column("places", Integer, comment="null: everybody may come"),
    Column("contact", String(40), nullable=False, server_default=""),
    Column("phone", String(20), nullable=False, comment="as dialled in China"),
    Column("published_at", Instant, nullable=False),
    Column("cancelled_at", Instant),
    one_of("kind", "job_fair", "live", "sale", "contest", "publicity", "other"),
    one_of("county", *COUNTIES),
    CheckConstraint("places >= 1", name="places_positive"),
    CheckConstraint("starts_on <= ends_on", name="dates_in_order"),
    CheckConstraint("length(begins) = 5", name="begins_clock"),
    Index(
        "ix_events_to_come",
        "starts_on",
        "county",
        sqlite_where=text("cancelled_at IS NULL"),
        postgresql_where=text("cancelled_at IS NULL"),
    ),
)

event_sign_ups = Table(
    "event_sign_ups",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("event_id", ForeignKey("events.id"), nullable=False),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("coming", Boolean, nullable=False, comment="false: they withdrew"),
    Column("place", Integer, comment="a number of their own, where places are limited"),
    Column("confirmed_at", Instant, comment="when they last answered that they will come"),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("person_id", "event_id"),
    UniqueConstraint("event_id", "place"),
    CheckConstraint("place IS NULL OR (coming AND place >= 1)", name="place_of_who_comes"),
)
"""A limited place is a number: none is given twice by the database, none is beyond the event's limit by the line."""

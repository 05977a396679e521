"""Events: what takes place, and who comes."""

from alembic import op
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    String,
    UniqueConstraint,
    text,
)

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "events",
        Column("id", Integer(), nullable=False),
        Column("kind", String(12), nullable=False),
        Column("name", String(80), nullable=False),
        Column("county", String(20), nullable=False),
        Column("place", String(200), nullable=False),
        Column("transport", String(200), server_default="", nullable=False),
        Column("starts_on", Date(), nullable=False),
        Column("ends_on", Date(), nullable=False),
        Column("begins", String(5), nullable=False, comment="HH:MM on the first day, Asia/Shanghai"),
        Column("hours", String(120), server_default="", nullable=False, comment="as they are to be read"),
        Column("content", String(200), server_default="", nullable=False, comment="what there will be"),
        Column("bring", String(200), server_default="", nullable=False, comment="what to bring"),
        Column("places", Integer(), comment="null: everybody may come"),
        Column("contact", String(40), server_default="", nullable=False),
        Column("phone", String(20), nullable=False, comment="as dialled in China"),
        Column("published_at", DateTime(timezone=True), nullable=False),
        Column("cancelled_at", DateTime(timezone=True)),
        CheckConstraint(
            "county IN ('liangzhou', 'minqin', 'gulang', 'tianzhu')", name=op.f("ck_events_county_known")
        ),
        CheckConstraint(
            "kind IN ('job_fair', 'live', 'sale', 'contest', 'publicity', 'other')",
            name=op.f("ck_events_kind_known"),
        ),
        CheckConstraint("length(begins) = 5", name=op.f("ck_events_begins_clock")),
        CheckConstraint("places >= 1", name=op.f("ck_events_places_positive")),
        CheckConstraint("starts_on <= ends_on", name=op.f("ck_events_dates_in_order")),
        PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index(
        "ix_events_to_come",
        "events",
        ["starts_on", "county"],
        unique=False,
        sqlite_where=text("cancelled_at IS NULL"),
        postgresql_where=text("cancelled_at IS NULL"),
    )
    op.create_table(
        "event_sign_ups",
        Column("id", Integer(), nullable=False),
        Column("event_id", Integer(), nullable=False),
        Column("person_id", Integer(), nullable=False),
        Column("coming", Boolean(), nullable=False, comment="false: they withdrew"),
        Column("place", Integer(), comment="a number of their own, where places are limited"),
        Column(
            "confirmed_at", DateTime(timezone=True), comment="when they last answered that they will come"
        ),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("updated_at", DateTime(timezone=True), nullable=False),
        CheckConstraint(
            "place IS NULL OR (coming AND place >= 1)", name=op.f("ck_event_sign_ups_place_of_who_comes")
        ),
        ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_event_sign_ups_event_id_events")),
        ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_event_sign_ups_person_id_people"),
            ondelete="CASCADE",
        ),
        PrimaryKeyConstraint("id", name=op.f("pk_event_sign_ups")),
        UniqueConstraint("event_id", "place", name=op.f("uq_event_sign_ups_event_id_place")),
        UniqueConstraint("person_id", "event_id", name=op.f("uq_event_sign_ups_person_id_event_id")),
    )
    op.create_index(op.f("ix_event_sign_ups_person_id"), "event_sign_ups", ["person_id"], unique=False)

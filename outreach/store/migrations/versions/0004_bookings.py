"""Bookings: providers, their hours, services and practitioners; bookings, and the time they take."""

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
    false,
    text,
)

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "booking_providers",
        Column("id", Integer(), nullable=False),
        Column("kind", String(12), nullable=False),
        Column("name", String(80), nullable=False),
        Column("county", String(20), nullable=False),
        Column(
            "place",
            String(120),
            server_default="",
            nullable=False,
            comment="town and street, how to get there",
        ),
        Column("phone", String(20), nullable=False, comment="as dialled in China"),
        Column(
            "visits", Boolean(), server_default=false(), nullable=False, comment="comes to people's homes"
        ),
        Column(
            "step_minutes",
            Integer(),
            server_default="30",
            nullable=False,
            comment="from one start to the next",
        ),
        Column(
            "lead_minutes",
            Integer(),
            server_default="60",
            nullable=False,
            comment="booked at least so long before",
        ),
        Column("horizon_days", Integer(), server_default="14", nullable=False),
        Column("active", Boolean(), server_default=text("true"), nullable=False),
        CheckConstraint(
            "kind IN ('massage', 'counseling', 'guidance', 'assessment', 'loan', 'lottery', 'legal')",
            name=op.f("ck_booking_providers_kind_known"),
        ),
        CheckConstraint(
            "county IN ('liangzhou', 'minqin', 'gulang', 'tianzhu')",
            name=op.f("ck_booking_providers_county_known"),
        ),
        CheckConstraint(
            "step_minutes > 0 AND step_minutes % 15 = 0", name=op.f("ck_booking_providers_step_in_cells")
        ),
        CheckConstraint("lead_minutes >= 0", name=op.f("ck_booking_providers_lead_not_negative")),
        CheckConstraint("horizon_days BETWEEN 1 AND 60", name=op.f("ck_booking_providers_horizon_known")),
        PrimaryKeyConstraint("id", name=op.f("pk_booking_providers")),
    )
    op.create_table(
        "booking_hours",
        Column("provider_id", Integer(), nullable=False),
        Column("weekday", Integer(), nullable=False, comment="ISO: 1 Monday to 7 Sunday"),
        Column("starts", String(5), nullable=False, comment="HH:MM, Asia/Shanghai"),
        Column("ends", String(5), nullable=False),
        CheckConstraint("weekday BETWEEN 1 AND 7", name=op.f("ck_booking_hours_weekday_known")),
        CheckConstraint("starts < ends", name=op.f("ck_booking_hours_starts_before_ends")),
        ForeignKeyConstraint(
            ["provider_id"],
            ["booking_providers.id"],
            name=op.f("fk_booking_hours_provider_id_booking_providers"),
            ondelete="CASCADE",
        ),
        PrimaryKeyConstraint("provider_id", "weekday", "starts", name=op.f("pk_booking_hours")),
    )
    op.create_table(
        "booking_closed_days",
        Column("provider_id", Integer(), nullable=False),
        Column("day", Date(), nullable=False),
        ForeignKeyConstraint(
            ["provider_id"],
            ["booking_providers.id"],
            name=op.f("fk_booking_closed_days_provider_id_booking_providers"),
            ondelete="CASCADE",
        ),
        PrimaryKeyConstraint("provider_id", "day", name=op.f("pk_booking_closed_days")),
    )
    op.create_table(
        "booking_services",
        Column("id", Integer(), nullable=False),
        Column("provider_id", Integer(), nullable=False),
        Column("position", Integer(), nullable=False),
        Column("name", String(60), nullable=False),
        Column("minutes", Integer(), nullable=False),
        Column("price", String(60), server_default="", nullable=False, comment="as it is to be read"),
        CheckConstraint(
            "minutes > 0 AND minutes % 15 = 0", name=op.f("ck_booking_services_minutes_in_cells")
        ),
        CheckConstraint("position BETWEEN 1 AND 5", name=op.f("ck_booking_services_position_on_a_key")),
        ForeignKeyConstraint(
            ["provider_id"],
            ["booking_providers.id"],
            name=op.f("fk_booking_services_provider_id_booking_providers"),
            ondelete="CASCADE",
        ),
        PrimaryKeyConstraint("id", name=op.f("pk_booking_services")),
        UniqueConstraint("provider_id", "position", name=op.f("uq_booking_services_provider_id_position")),
    )
    op.create_table(
        "practitioners",
        Column("id", Integer(), nullable=False),
        Column("provider_id", Integer(), nullable=False),
        Column("name", String(40), nullable=False, comment="as callers call them: 王师傅"),
        Column("phone", String(20), comment="E.164: from here they hear their bookings"),
        Column("active", Boolean(), server_default=text("true"), nullable=False),
        ForeignKeyConstraint(
            ["provider_id"],
            ["booking_providers.id"],
            name=op.f("fk_practitioners_provider_id_booking_providers"),
            ondelete="CASCADE",
        ),
        PrimaryKeyConstraint("id", name=op.f("pk_practitioners")),
        UniqueConstraint("phone", name=op.f("uq_practitioners_phone")),
    )
    op.create_index(op.f("ix_practitioners_provider_id"), "practitioners", ["provider_id"], unique=False)
    op.create_table(
        "practitioner_breaks",
        Column("practitioner_id", Integer(), nullable=False),
        Column("weekday", Integer(), nullable=False, comment="ISO: 1 Monday to 7 Sunday"),
        Column("starts", String(5), nullable=False, comment="HH:MM, Asia/Shanghai"),
        Column("ends", String(5), nullable=False),
        CheckConstraint("weekday BETWEEN 1 AND 7", name=op.f("ck_practitioner_breaks_weekday_known")),
        CheckConstraint("starts < ends", name=op.f("ck_practitioner_breaks_starts_before_ends")),
        ForeignKeyConstraint(
            ["practitioner_id"],
            ["practitioners.id"],
            name=op.f("fk_practitioner_breaks_practitioner_id_practitioners"),
            ondelete="CASCADE",
        ),
        PrimaryKeyConstraint("practitioner_id", "weekday", "starts", name=op.f("pk_practitioner_breaks")),
    )
    op.create_table(
        "bookings",
        Column("id", Integer(), nullable=False),
        Column("person_id", Integer(), nullable=False),
        Column("service_id", Integer(), nullable=False),
        Column("practitioner_id", Integer(), nullable=False),
        Column("starts_at", DateTime(timezone=True), nullable=False),
        Column("minutes", Integer(), nullable=False, comment="of the service when it was booked"),
        Column("state", String(12), server_default="booked", nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("updated_at", DateTime(timezone=True), nullable=False),
        CheckConstraint(
            "state IN ('booked', 'confirmed', 'cancelled', 'called_off')",
            name=op.f("ck_bookings_state_known"),
        ),
        CheckConstraint("minutes > 0 AND minutes % 15 = 0", name=op.f("ck_bookings_minutes_in_cells")),
        ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_bookings_person_id_people"), ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["service_id"], ["booking_services.id"], name=op.f("fk_bookings_service_id_booking_services")
        ),
        ForeignKeyConstraint(
            ["practitioner_id"], ["practitioners.id"], name=op.f("fk_bookings_practitioner_id_practitioners")
        ),
        PrimaryKeyConstraint("id", name=op.f("pk_bookings")),
    )
    op.create_index("ix_bookings_person", "bookings", ["person_id", "starts_at"], unique=False)
    op.create_index("ix_bookings_practitioner", "bookings", ["practitioner_id", "starts_at"], unique=False)
    op.create_table(
        "booking_cells",
        Column("practitioner_id", Integer(), nullable=False),
        Column("cell", DateTime(timezone=True), nullable=False, comment="start of a quarter of an hour"),
        Column("booking_id", Integer(), comment="null: closed"),
        Column("person_id", Integer()),
        CheckConstraint(
            "(booking_id IS NULL) = (person_id IS NULL)", name=op.f("ck_booking_cells_booked_or_closed")
        ),
        ForeignKeyConstraint(
            ["practitioner_id"],
            ["practitioners.id"],
            name=op.f("fk_booking_cells_practitioner_id_practitioners"),
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["booking_id"],
            ["bookings.id"],
            name=op.f("fk_booking_cells_booking_id_bookings"),
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_booking_cells_person_id_people"), ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("practitioner_id", "cell", name=op.f("pk_booking_cells")),
        UniqueConstraint("person_id", "cell", name=op.f("uq_booking_cells_person_id_cell")),
    )
    op.create_index(op.f("ix_booking_cells_booking_id"), "booking_cells", ["booking_id"], unique=False)

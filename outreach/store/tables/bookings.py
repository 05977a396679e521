"""Tables of bookings 预约: who offers what and when, and whose time is taken.

Nobody's time is given away twice because the database forbids it: time is cut into cells of a quarter of an hour, and
a practitioner has each cell once (so has a person, who cannot be in two places). Hours, breaks and closed days are a
counselor's words, in Asia/Shanghai.
"""

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
    UniqueConstraint,
    false,
    text,
)

from outreach.store.schema import COUNTIES, Instant, metadata, one_of

booking_providers = Table(
    "booking_providers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("name", String(80), nullable=False),
    Column("county", String(20), nullable=False),
    Column(
        "place", String(120), nullable=False, server_default="", comment="town and street, how to get there"
    ),
    Column("phone", String(20), nullable=False, comment="as dialled in China"),
    Column("visits", Boolean, nullable=False, server_default=false(), comment="comes to people's homes"),
    Column(
        "step_minutes", Integer, nullable=False, server_default="30", comment="from one start to the next"
    ),
    Column(
        "lead_minutes", Integer, nullable=False, server_default="60", comment="booked at least so long before"
    ),
    Column("horizon_days", Integer, nullable=False, server_default="14"),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    one_of("kind", "massage", "counseling", "guidance", "assessment", "loan", "lottery", "legal"),
    one_of("county", *COUNTIES),
    CheckConstraint("step_minutes > 0 AND step_minutes % 15 = 0", name="step_in_cells"),
    CheckConstraint("lead_minutes >= 0", name="lead_not_negative"),
    CheckConstraint("horizon_days BETWEEN 1 AND 60", name="horizon_known"),
)

booking_hours = Table(
    "booking_hours",
    metadata,
    Column("provider_id", ForeignKey("booking_providers.id", ondelete="CASCADE"), primary_key=True),
    Column("weekday", Integer, primary_key=True, comment="ISO: 1 Monday to 7 Sunday"),
    Column("starts", String(5), primary_key=True, comment="HH:MM, Asia/Shanghai"),
    Column("ends", String(5), nullable=False),
    CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday_known"),
    CheckConstraint("starts < ends", name="starts_before_ends"),
)

booking_closed_days = Table(
    "booking_closed_days",
    metadata,
    Column("provider_id", ForeignKey("booking_providers.id", ondelete="CASCADE"), primary_key=True),
    Column("day", Date, primary_key=True),
)
"""Holidays, and whatever else keeps a whole provider shut for a day."""

booking_services = Table(
    "booking_services",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("provider_id", ForeignKey("booking_providers.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, comment="its key; null: no longer offered"),
    Column("name", String(60), nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("price", String(60), nullable=False, server_default="", comment="as it is to be read"),
    UniqueConstraint("provider_id", "position"),
    CheckConstraint("minutes > 0 AND minutes % 15 = 0", name="minutes_in_cells"),
    CheckConstraint("position BETWEEN 1 AND 5", name="position_on_a_key"),
)

practitioners = Table(
    "practitioners",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("provider_id", ForeignKey("booking_providers.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String(40), nullable=False, comment="as callers call them: 王师傅"),
    Column("phone", String(20), unique=True, comment="E.164: from here they hear their bookings"),
    Column("active", Boolean, nullable=False, server_default=text("true")),
)

practitioner_breaks = Table(
    "practitioner_breaks",
    metadata,
    Column("practitioner_id", ForeignKey("practitioners.id", ondelete="CASCADE"), primary_key=True),
    Column("weekday", Integer, primary_key=True, comment="ISO: 1 Monday to 7 Sunday"),
    Column("starts", String(5), primary_key=True, comment="HH:MM, Asia/Shanghai"),
    Column("ends", String(5), nullable=False),
    CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday_known"),
    CheckConstraint("starts < ends", name="starts_before_ends"),
)

bookings = Table(
    "bookings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("service_id", ForeignKey("booking_services.id"), nullable=False),
    Column("practitioner_id", ForeignKey("practitioners.id"), nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("minutes", Integer, nullable=False, comment="of the service when it was booked"),
    Column("state", String(12), nullable=False, server_default="booked"),
    Column(
        "place",
        String(200),
        nullable=False,
        server_default="",
        comment="of a visit at home, as it is read out",
    ),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    one_of("state", "booked", "confirmed", "cancelled", "called_off"),
    CheckConstraint("minutes > 0 AND minutes % 15 = 0", name="minutes_in_cells"),
    Index("ix_bookings_person", "person_id", "starts_at"),
    Index("ix_bookings_practitioner", "practitioner_id", "starts_at"),
)
"""``cancelled``: by the person; ``called_off``: by the practitioner, or for them by a counselor."""

booking_cells = Table(
    "booking_cells",
    metadata,
    Column("practitioner_id", ForeignKey("practitioners.id", ondelete="CASCADE"), primary_key=True),
    Column("cell", Instant, primary_key=True, comment="start of a quarter of an hour"),
    Column("booking_id", ForeignKey("bookings.id", ondelete="CASCADE"), index=True, comment="null: closed"),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE")),
    UniqueConstraint("person_id", "cell"),
    CheckConstraint("(booking_id IS NULL) = (person_id IS NULL)", name="booked_or_closed"),
)
"""Taken time. A booking that is called off or cancelled has no cells."""

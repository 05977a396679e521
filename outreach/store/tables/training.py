"""Tables of training 培训: courses, the sessions in which they are held, and who registered for one.

A place in a session is a numbered seat. That no more are given than there are is the database's business: a
registration carries its session's number of seats, kept equal by the foreign key, and no seat may exceed it.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    text,
)

from outreach.store.schema import COUNTIES, Instant, metadata, one_of

training_courses = Table(
    "training_courses",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(80), nullable=False),
    Column("field", String(20), nullable=False),
    Column("organiser", String(120), nullable=False, server_default=""),
    Column("content", String(200), nullable=False, server_default="", comment="what is taught"),
    Column(
        "audience", String(200), nullable=False, server_default="", comment="for whom, and up to what age"
    ),
    Column(
        "material",
        String(120),
        nullable=False,
        server_default="",
        comment="Braille, audio, large print, help",
    ),
    Column("papers", String(200), nullable=False, server_default="", comment="what to bring"),
    Column("fee", String(120), nullable=False, server_default="", comment="as it is to be read: free, …"),
    Column("certificate", String(120), nullable=False, server_default="", comment="empty: none is given"),
    one_of("field", "massage", "farming", "crafts", "computing", "commerce", "daily_living", "other"),
)

training_sessions = Table(
    "training_sessions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("course_id", ForeignKey("training_courses.id"), nullable=False),
    Column("county", String(20), nullable=False),
    Column("place", String(200), nullable=False),
    Column(
        "transport", String(200), nullable=False, server_default="", comment="how to get there, who fetches"
    ),
    Column("board", String(120), nullable=False, server_default="", comment="meals and bed"),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
    Column("begins", String(5), nullable=False, comment="HH:MM on the first day, Asia/Shanghai"),
    Column("hours", String(120), nullable=False, server_default="", comment="as they are to be read"),
    Column("seats", Integer, nullable=False),
    Column("waiting_places", Integer, nullable=False, server_default="10", comment="0: no waiting list"),
    Column("deadline_on", Date, nullable=False, comment="the last day on which callers may register"),
    Column("contact", String(40), nullable=False, server_default=""),
    Column("phone", String(20), nullable=False, comment="as dialled in China: 0935-2212345 or 139…"),
    Column("certificate_place", String(200), comment="where certificates lie ready; null: not yet"),
    Column("certificate_until", Date, comment="the last day on which they are handed out there"),
    Column("published_at", Instant, nullable=False),
    Column("cancelled_at", Instant),
    one_of("county", *COUNTIES),
    CheckConstraint("seats >= 1", name="seats_positive"),
    CheckConstraint("waiting_places >= 0", name="waiting_places_counted"),
    CheckConstraint("deadline_on <= starts_on AND starts_on <= ends_on", name="dates_in_order"),
    CheckConstraint("length(begins) = 5", name="begins_clock"),
    CheckConstraint(
        "(certificate_place IS NULL) = (certificate_until IS NULL)", name="certificate_place_and_day"
    ),
    UniqueConstraint("id", "seats"),
    Index(
        "ix_training_sessions_offered",
        "deadline_on",
        "county",
        sqlite_where=text("cancelled_at IS NULL"),
        postgresql_where=text("cancelled_at IS NULL"),
    ),
)

training_registrations = Table(
    "training_registrations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("session_id", Integer, nullable=False),
    Column("session_seats", Integer, nullable=False, comment="the session's, so that a seat can be checked"),
    Column("state", String(12), nullable=False),
    Column("seat", Integer, comment="1 to session_seats, held while offered, and once registered"),
    Column("queued_at", Instant, nullable=False, comment="when they joined the waiting list, or registered"),
    Column("offer_until", Instant, comment="until when an offered seat is held"),
    Column("confirmed_at", Instant, comment="when they last answered that they will come"),
    Column("collected_at", Instant, comment="when the certificate was handed out"),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    ForeignKeyConstraint(
        ["session_id", "session_seats"],
        ["training_sessions.id", "training_sessions.seats"],
        onupdate="CASCADE",
    ),
    UniqueConstraint("person_id", "session_id"),
    UniqueConstraint("session_id", "seat"),
    one_of("state", "waiting", "offered", "registered", "cancelled", "lapsed", "attended", "absent"),
    CheckConstraint("seat BETWEEN 1 AND session_seats", name="seat_exists"),
    CheckConstraint(
        "(seat IS NOT NULL) = (state IN ('offered', 'registered', 'attended', 'absent'))", name="seat_held"
    ),
    CheckConstraint("(offer_until IS NOT NULL) = (state = 'offered')", name="offer_ends"),
    Index(
        "ix_training_registrations_waiting",
        "session_id",
        "queued_at",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
)

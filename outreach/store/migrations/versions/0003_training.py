"""Training: courses, sessions, registrations."""

from alembic import op
from sqlalchemy import (
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

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "training_courses",
        Column("id", Integer(), nullable=False),
        Column("name", String(80), nullable=False),
        Column("field", String(20), nullable=False),
        Column("organiser", String(120), server_default="", nullable=False),
        Column("content", String(200), server_default="", nullable=False, comment="what is taught"),
        Column(
            "audience",
            String(200),
            server_default="",
            nullable=False,
            comment="for whom, and up to what age",
        ),
        Column(
            "material",
            String(120),
            server_default="",
            nullable=False,
            comment="Braille, audio, large print, help",
        ),
        Column("papers", String(200), server_default="", nullable=False, comment="what to bring"),
        Column("fee", String(120), server_default="", nullable=False, comment="as it is to be read: free, …"),
        Column("certificate", String(120), server_default="", nullable=False, comment="empty: none is given"),
        CheckConstraint(
            "field IN ('massage', 'farming', 'crafts', 'computing', 'commerce', 'daily_living', 'other')",
            name=op.f("ck_training_courses_field_known"),
        ),
        PrimaryKeyConstraint("id", name=op.f("pk_training_courses")),
    )
    op.create_table(
        "training_sessions",
        Column("id", Integer(), nullable=False),
        Column("course_id", Integer(), nullable=False),
        Column("county", String(20), nullable=False),
        Column("place", String(200), nullable=False),
        Column(
            "transport",
            String(200),
            server_default="",
            nullable=False,
            comment="how to get there, who fetches",
        ),
        Column("board", String(120), server_default="", nullable=False, comment="meals and bed"),
        Column("starts_on", Date(), nullable=False),
        Column("ends_on", Date(), nullable=False),
        Column("begins", String(5), nullable=False, comment="HH:MM on the first day, Asia/Shanghai"),
        Column("hours", String(120), server_default="", nullable=False, comment="as they are to be read"),
        Column("seats", Integer(), nullable=False),
        Column(
            "waiting_places", Integer(), server_default="10", nullable=False, comment="0: no waiting list"
        ),
        Column("deadline_on", Date(), nullable=False, comment="the last day on which callers may register"),
        Column("contact", String(40), server_default="", nullable=False),
        Column("phone", String(20), nullable=False, comment="as dialled in China: 0935-2212345 or 139…"),
        Column("certificate_place", String(200), comment="where certificates lie ready; null: not yet"),
        Column("certificate_until", Date(), comment="the last day on which they are handed out there"),
        Column("published_at", DateTime(timezone=True), nullable=False),
        Column("cancelled_at", DateTime(timezone=True)),
        CheckConstraint(
            "county IN ('liangzhou', 'minqin', 'gulang', 'tianzhu')",
            name=op.f("ck_training_sessions_county_known"),
        ),
        CheckConstraint("seats >= 1", name=op.f("ck_training_sessions_seats_positive")),
        CheckConstraint("waiting_places >= 0", name=op.f("ck_training_sessions_waiting_places_counted")),
        CheckConstraint(
            "deadline_on <= starts_on AND starts_on <= ends_on",
            name=op.f("ck_training_sessions_dates_in_order"),
        ),
        CheckConstraint("length(begins) = 5", name=op.f("ck_training_sessions_begins_clock")),
        CheckConstraint(
            "(certificate_place IS NULL) = (certificate_until IS NULL)",
            name=op.f("ck_training_sessions_certificate_place_and_day"),
        ),
        ForeignKeyConstraint(
            ["course_id"],
            ["training_courses.id"],
            name=op.f("fk_training_sessions_course_id_training_courses"),
        ),
        PrimaryKeyConstraint("id", name=op.f("pk_training_sessions")),
        UniqueConstraint("id", "seats", name=op.f("uq_training_sessions_id_seats")),
    )
    op.create_index(
        "ix_training_sessions_offered",
        "training_sessions",
        ["deadline_on", "county"],
        sqlite_where=text("cancelled_at IS NULL"),
        postgresql_where=text("cancelled_at IS NULL"),
    )
    op.create_table(
        "training_registrations",
        Column("id", Integer(), nullable=False),
        Column("person_id", Integer(), nullable=False),
        Column("session_id", Integer(), nullable=False),
        Column(
            "session_seats",
            Integer(),
            nullable=False,
            comment="the session's, so that a seat can be checked",
        ),
        Column("state", String(12), nullable=False),
        Column("seat", Integer(), comment="1 to session_seats, held while offered, and once registered"),
        Column(
            "queued_at",
            DateTime(timezone=True),
            nullable=False,
            comment="when they joined the waiting list, or registered",
        ),
        Column("offer_until", DateTime(timezone=True), comment="until when an offered seat is held"),
        Column(
            "confirmed_at", DateTime(timezone=True), comment="when they last answered that they will come"
        ),
        Column("collected_at", DateTime(timezone=True), comment="when the certificate was handed out"),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("updated_at", DateTime(timezone=True), nullable=False),
        CheckConstraint(
            "state IN ('waiting', 'offered', 'registered', 'cancelled', 'lapsed', 'attended', 'absent')",
            name=op.f("ck_training_registrations_state_known"),
        ),
        CheckConstraint(
            "seat BETWEEN 1 AND session_seats", name=op.f("ck_training_registrations_seat_exists")
        ),
        CheckConstraint(
            "(seat IS NOT NULL) = (state IN ('offered', 'registered', 'attended', 'absent'))",
            name=op.f("ck_training_registrations_seat_held"),
        ),
        CheckConstraint(
            "(offer_until IS NOT NULL) = (state = 'offered')",
            name=op.f("ck_training_registrations_offer_ends"),
        ),
        ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_training_registrations_person_id_people"),
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["session_id", "session_seats"],
            ["training_sessions.id", "training_sessions.seats"],
            name=op.f("fk_training_registrations_session_id_training_sessions"),
            onupdate="CASCADE",
        ),
        PrimaryKeyConstraint("id", name=op.f("pk_training_registrations")),
        UniqueConstraint(
            "person_id", "session_id", name=op.f("uq_training_registrations_person_id_session_id")
        ),
        UniqueConstraint("session_id", "seat", name=op.f("uq_training_registrations_session_id_seat")),
    )
    op.create_index(
        "ix_training_registrations_waiting",
        "training_registrations",
        ["session_id", "queued_at"],
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    )

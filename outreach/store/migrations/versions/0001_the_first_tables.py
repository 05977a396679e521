"""The first tables."""

from alembic import op
from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "counselors",
        Column("id", Integer(), nullable=False),
        Column("name", String(80), nullable=False),
        Column("phone", String(20), nullable=False),
        Column("county", String(20)),
        Column("active", Boolean(), server_default=text("true"), nullable=False),
        PrimaryKeyConstraint("id", name=op.f("pk_counselors")),
    )
    op.create_table(
        "duty_hours",
        Column("id", Integer(), nullable=False),
        Column("counselor_id", Integer(), nullable=False),
        Column("weekday", Integer(), nullable=False, comment="ISO: 1 Monday to 7 Sunday"),
        Column("starts", String(5), nullable=False, comment="HH:MM, Asia/Shanghai"),
        Column("ends", String(5), nullable=False),
        CheckConstraint("starts < ends", name=op.f("ck_duty_hours_starts_before_ends")),
        CheckConstraint("weekday BETWEEN 1 AND 7", name=op.f("ck_duty_hours_weekday_known")),
        ForeignKeyConstraint(
            ["counselor_id"],
            ["counselors.id"],
            name=op.f("fk_duty_hours_counselor_id_counselors"),
            ondelete="CASCADE",
        ),
        PrimaryKeyConstraint("id", name=op.f("pk_duty_hours")),
        UniqueConstraint(
            "counselor_id", "weekday", "starts", name=op.f("uq_duty_hours_counselor_id_weekday_starts")
        ),
    )
    op.create_table(
        "openings",
        Column("id", Integer(), nullable=False),
        Column("title", String(80), nullable=False),
        Column("employer", String(120), nullable=False),
        Column("kind", String(20), nullable=False),
        Column("county", String(20), nullable=False),
        Column(
            "place",
            String(200),
            server_default="",
            nullable=False,
            comment="town and street, how to get there",
        ),
        Column("places", Integer(), server_default="1", nullable=False, comment="how many people are wanted"),
        Column(
            "pay",
            String(120),
            nullable=False,
            comment="as it is to be read: base pay, commission, trial period",
        ),
        Column("shifts", String(120), server_default="", nullable=False),
        Column("lodging", String(120), server_default="", nullable=False, comment="meals, bed, insurance"),
        Column("requirements", String(200), server_default="", nullable=False),
        Column("access", String(200), server_default="", nullable=False, comment="what is made accessible"),
        Column(
            "exam",
            String(200),
            server_default="",
            nullable=False,
            comment="arrangements at the exam, public bodies",
        ),
        Column("contact", String(40), server_default="", nullable=False),
        Column("phone", String(20), nullable=False, comment="as dialled in China: 0935-2212345 or 139…"),
        Column("source", String(120), server_default="", nullable=False),
        Column("owner_id", Integer()),
        Column("checked_on", Date(), comment="when somebody last asked: still open?"),
        Column("published_at", DateTime(timezone=True), nullable=False),
        Column("expires_on", Date(), nullable=False, comment="the last day on which it is offered"),
        Column("filled_at", DateTime(timezone=True)),
        Column("version", Integer(), server_default="1", nullable=False),
        CheckConstraint(
            "county IN ('liangzhou', 'minqin', 'gulang', 'tianzhu')", name=op.f("ck_openings_county_known")
        ),
        CheckConstraint(
            "kind IN ('massage', 'hospital', 'public', 'factory', 'farm', 'service', 'online', 'supported')",
            name=op.f("ck_openings_kind_known"),
        ),
        CheckConstraint("places >= 1", name=op.f("ck_openings_places_positive")),
        ForeignKeyConstraint(["owner_id"], ["counselors.id"], name=op.f("fk_openings_owner_id_counselors")),
        PrimaryKeyConstraint("id", name=op.f("pk_openings")),
    )
    op.create_index(
        "ix_openings_offered",
        "openings",
        ["county", "kind", "published_at"],
        sqlite_where=text("filled_at IS NULL"),
        postgresql_where=text("filled_at IS NULL"),
    )

    op.create_table(
        "people",
        Column("id", Integer(), nullable=False),
        Column("phone", String(20), comment="several people may share one telephone"),
        Column("name", String(80)),
        Column("county", String(20)),
        Column("language", String(12)),
        Column("speed", Integer(), server_default="3", nullable=False),
        Column(
            "wordiness",
            Integer(),
            server_default="2",
            nullable=False,
            comment="2 with key reminders, 1 without",
        ),
        Column(
            "patience",
            Integer(),
            server_default="2",
            nullable=False,
            comment="1 brisk, 2 normal, 3 unhurried",
        ),
        Column("counselor_id", Integer()),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("last_call_at", DateTime(timezone=True), comment="start of the latest call before this one"),
        CheckConstraint(
            "county IN ('liangzhou', 'minqin', 'gulang', 'tianzhu')", name=op.f("ck_people_county_known")
        ),
        CheckConstraint("patience BETWEEN 1 AND 3", name=op.f("ck_people_patience_known")),
        CheckConstraint("speed BETWEEN 1 AND 6", name=op.f("ck_people_speed_known")),
        CheckConstraint("wordiness BETWEEN 1 AND 2", name=op.f("ck_people_wordiness_known")),
        ForeignKeyConstraint(
            ["counselor_id"], ["counselors.id"], name=op.f("fk_people_counselor_id_counselors")
        ),
        PrimaryKeyConstraint("id", name=op.f("pk_people")),
    )
    op.create_index(op.f("ix_people_phone"), "people", ["phone"])

    op.create_table(
        "applications",
        Column("id", Integer(), nullable=False),
        Column("person_id", Integer(), nullable=False),
        Column("opening_id", Integer(), nullable=False),
        Column("state", String(20), server_default="received", nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("updated_at", DateTime(timezone=True), nullable=False),
        CheckConstraint(
            "state IN ('received', 'passed_on', 'interview', 'hired', 'refused', 'withdrawn')",
            name=op.f("ck_applications_state_known"),
        ),
        ForeignKeyConstraint(
            ["opening_id"], ["openings.id"], name=op.f("fk_applications_opening_id_openings")
        ),
        ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_applications_person_id_people"), ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("id", name=op.f("pk_applications")),
        UniqueConstraint("person_id", "opening_id", name=op.f("uq_applications_person_id_opening_id")),
    )
    op.create_table(
        "calls",
        Column("id", String(32), nullable=False),
        Column("carrier", String(20), nullable=False),
        Column("carrier_call_id", String(64), nullable=False),
        Column(
            "number", String(20), comment="erased when the call ends unless the caller agreed to its keeping"
        ),
        Column("called", String(20)),
        Column("person_id", Integer()),
        Column("session_id", String(40), nullable=False),
        Column("state", String(12), nullable=False),
        Column("mode", String(8), server_default="stream", nullable=False, comment="stream, or keys only"),
        Column(
            "token_hash", String(64), comment="of the one-time token the stream must show; null once used"
        ),
        Column("streams", Integer(), server_default="0", nullable=False, comment="streams opened so far"),
        Column("breaks", Integer(), server_default="0", nullable=False, comment="streams that broke"),
        Column(
            "next_step", JSON(), comment="what the carrier shall do when the stream ends; null: go on here"
        ),
        Column("node", String(64), comment="the process that holds its media"),
        Column("page", String(60), comment="where the caller is, for the console"),
        Column("language", String(12)),
        Column(
            "sequence", Integer(), server_default="-1", nullable=False, comment="highest status callback seen"
        ),
        Column("reason", String(20)),
        Column("started_at", DateTime(timezone=True), nullable=False),
        Column("ended_at", DateTime(timezone=True)),
        CheckConstraint("mode IN ('stream', 'keys')", name=op.f("ck_calls_mode_known")),
        CheckConstraint(
            "state IN ('ringing', 'live', 'transferring', 'ended')", name=op.f("ck_calls_state_known")
        ),
        ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_calls_person_id_people"), ondelete="SET NULL"
        ),
        PrimaryKeyConstraint("id", name=op.f("pk_calls")),
        UniqueConstraint("carrier", "carrier_call_id", name=op.f("uq_calls_carrier_carrier_call_id")),
    )
    op.create_index(
        "ix_calls_open",
        "calls",
        ["started_at"],
        sqlite_where=text("state <> 'ended'"),
        postgresql_where=text("state <> 'ended'"),
    )

    op.create_table(
        "consents",
        Column("id", Integer(), nullable=False),
        Column("person_id", Integer(), nullable=False),
        Column("scope", String(20), nullable=False),
        Column(
            "wording", String(40), nullable=False, comment="the prompt's key and version that was agreed to"
        ),
        Column("channel", String(10), nullable=False),
        Column("evidence", String(64), comment="id of the call or message in which it was given"),
        Column("given_at", DateTime(timezone=True), nullable=False),
        Column("withdrawn_at", DateTime(timezone=True)),
        CheckConstraint("channel IN ('voice', 'sms', 'console')", name=op.f("ck_consents_channel_known")),
        CheckConstraint(
            "scope IN ('service', 'reminders', 'jobs', 'campaigns', 'recordings', 'foreign_carrier', "
            "'disability')",
            name=op.f("ck_consents_scope_known"),
        ),
        ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_consents_person_id_people"), ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(
        "uq_consents_in_force",
        "consents",
        ["person_id", "scope"],
        unique=True,
        sqlite_where=text("withdrawn_at IS NULL"),
        postgresql_where=text("withdrawn_at IS NULL"),
    )

    op.create_table(
        "deliveries",
        Column("id", Integer(), nullable=False),
        Column(
            "purpose", String(120), nullable=False, comment="what it is for: nothing twice for one occasion"
        ),
        Column("person_id", Integer()),
        Column("channel", String(8), nullable=False),
        Column("address", String(20), nullable=False),
        Column("body", Text(), nullable=False),
        Column(
            "scope",
            String(20),
            nullable=False,
            comment="the consent it needs; service: a reply that was asked for",
        ),
        Column("state", String(10), server_default="queued", nullable=False),
        Column("reason", String(40)),
        Column("due_at", DateTime(timezone=True), nullable=False),
        Column("expires_at", DateTime(timezone=True), nullable=False),
        Column("attempts", Integer(), server_default="0", nullable=False),
        Column("owner", String(64)),
        Column("lease_until", DateTime(timezone=True)),
        Column("carrier_id", String(64)),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("updated_at", DateTime(timezone=True), nullable=False),
        CheckConstraint("channel IN ('sms', 'voice')", name=op.f("ck_deliveries_channel_known")),
        CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'delivered', 'failed', 'unsure', 'skipped', 'cancelled')",
            name=op.f("ck_deliveries_state_known"),
        ),
        ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_deliveries_person_id_people"), ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        UniqueConstraint("purpose", name=op.f("uq_deliveries_purpose")),
    )
    op.create_index(op.f("ix_deliveries_carrier_id"), "deliveries", ["carrier_id"])
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["due_at"],
        sqlite_where=text("state = 'queued'"),
        postgresql_where=text("state = 'queued'"),
    )
    op.create_index(
        "ix_deliveries_leased",
        "deliveries",
        ["lease_until"],
        sqlite_where=text("state = 'sending'"),
        postgresql_where=text("state = 'sending'"),
    )

    op.create_table(
        "job_alerts",
        Column("id", Integer(), nullable=False),
        Column("person_id", Integer(), nullable=False),
        Column("county", String(20), server_default="", nullable=False, comment="empty: all"),
        Column("kind", String(20), server_default="", nullable=False, comment="empty: all"),
        Column("created_at", DateTime(timezone=True), nullable=False),
        ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_job_alerts_person_id_people"), ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("id", name=op.f("pk_job_alerts")),
        UniqueConstraint("person_id", "county", "kind", name=op.f("uq_job_alerts_person_id_county_kind")),
    )
    op.create_table(
        "saved_openings",
        Column("person_id", Integer(), nullable=False),
        Column("opening_id", Integer(), nullable=False),
        Column("saved_at", DateTime(timezone=True), nullable=False),
        ForeignKeyConstraint(
            ["opening_id"],
            ["openings.id"],
            name=op.f("fk_saved_openings_opening_id_openings"),
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_saved_openings_person_id_people"), ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("person_id", "opening_id", name=op.f("pk_saved_openings")),
    )
    op.create_table(
        "sessions",
        Column("id", String(40), nullable=False, comment="person:ID, or call:ID for callers we do not keep"),
        Column("person_id", Integer()),
        Column("state", Text(), nullable=False, comment="dialogue.session.Session as JSON"),
        Column("turn", Integer(), nullable=False),
        Column("updated_at", DateTime(timezone=True), nullable=False),
        ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_sessions_person_id_people"), ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        UniqueConstraint("person_id", name=op.f("uq_sessions_person_id")),
    )
    op.create_table(
        "recordings",
        Column("id", Integer(), nullable=False),
        Column("call_id", String(32)),
        Column("person_id", Integer()),
        Column("purpose", String(20), nullable=False),
        Column("file", String(120), nullable=False, comment="below DATA_DIR/recordings"),
        Column("seconds", Integer(), nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("expires_at", DateTime(timezone=True), nullable=False),
        CheckConstraint(
            "purpose IN ('message', 'case', 'produce', 'prompt')", name=op.f("ck_recordings_purpose_known")
        ),
        ForeignKeyConstraint(
            ["call_id"], ["calls.id"], name=op.f("fk_recordings_call_id_calls"), ondelete="SET NULL"
        ),
        ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_recordings_person_id_people"), ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("id", name=op.f("pk_recordings")),
        UniqueConstraint("file", name=op.f("uq_recordings_file")),
    )
    op.create_table(
        "tasks",
        Column("id", Integer(), nullable=False),
        Column("kind", String(20), nullable=False),
        Column("purpose", String(120), nullable=False),
        Column("person_id", Integer()),
        Column("phone", String(20), comment="whom to call back, when it is nobody we know"),
        Column("counselor_id", Integer()),
        Column("opening_id", Integer()),
        Column("recording_id", Integer()),
        Column("call_id", String(32)),
        Column("done", Boolean(), server_default=false(), nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
        CheckConstraint(
            "kind IN ('call_back', 'message', 'application', 'case', 'urgent', 'produce')",
            name=op.f("ck_tasks_kind_known"),
        ),
        ForeignKeyConstraint(
            ["counselor_id"], ["counselors.id"], name=op.f("fk_tasks_counselor_id_counselors")
        ),
        ForeignKeyConstraint(["opening_id"], ["openings.id"], name=op.f("fk_tasks_opening_id_openings")),
        ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_tasks_person_id_people"), ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["recording_id"],
            ["recordings.id"],
            name=op.f("fk_tasks_recording_id_recordings"),
            ondelete="SET NULL",
        ),
        PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        UniqueConstraint("purpose", name=op.f("uq_tasks_purpose")),
    )

"""What waits for its time."""

from alembic import op
from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    String,
)

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "timers",
        Column("id", Integer(), nullable=False),
        Column(
            "occasion", String(80), nullable=False, comment="what it is about; set anew, it replaces the old"
        ),
        Column("page", String(60), comment="a reminder: the page that the person is led to"),
        Column("handler", String(60), comment="a second look: its name in the services' registry"),
        Column("data", JSON(), nullable=False),
        Column("person_id", Integer()),
        Column("due_at", DateTime(timezone=True), nullable=False),
        Column("until", DateTime(timezone=True), comment="a reminder is of no use later"),
        Column("failures", Integer(), server_default="0", nullable=False),
        Column("set_at", DateTime(timezone=True), nullable=False),
        CheckConstraint("(page IS NULL) <> (handler IS NULL)", name=op.f("ck_timers_page_or_handler")),
        CheckConstraint(
            "page IS NULL OR (person_id IS NOT NULL AND until IS NOT NULL)",
            name=op.f("ck_timers_reminder_complete"),
        ),
        ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_timers_person_id_people"), ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("id", name=op.f("pk_timers")),
    )
    op.create_index("ix_timers_due", "timers", ["due_at"])
    op.create_index("ix_timers_occasion", "timers", ["occasion"])
    op.create_index("ix_timers_person_id", "timers", ["person_id"])

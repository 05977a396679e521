"""Wrong PINs of cases and of people are counted alike; who said they are speaking."""

from alembic import op
from sqlalchemy import Boolean, Column, DateTime, ForeignKeyConstraint, Integer, PrimaryKeyConstraint, String

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("case_tries")  # a day's wrong tries; nobody misses them
    op.create_table(
        "tries",
        Column("id", Integer(), nullable=False),
        Column(
            "asker",
            String(80),
            nullable=False,
            comment="hash of a number, a call that hides it, or a person on their own telephone",
        ),
        Column(
            "about",
            String(24),
            nullable=False,
            comment="what was tried, whether or not there is such a thing",
        ),
        Column("pooled", Boolean(), nullable=False, comment="counts together with all others of its sort"),
        Column("tried_at", DateTime(timezone=True), nullable=False),
        PrimaryKeyConstraint("id", name=op.f("pk_tries")),
    )
    op.create_index(op.f("ix_tries_asker"), "tries", ["asker"])
    op.create_index(op.f("ix_tries_tried_at"), "tries", ["tried_at"])
    op.create_table(
        "speakers",
        Column("source", String(48), nullable=False, comment="a call, or a person's text messages"),
        Column("person_id", Integer(), nullable=False),
        Column("said_at", DateTime(timezone=True), nullable=False),
        ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_speakers_person_id_people"), ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("source", name=op.f("pk_speakers")),
    )
    op.create_index(op.f("ix_speakers_person_id"), "speakers", ["person_id"])
    op.create_index("ix_speakers_said", "speakers", ["said_at"])

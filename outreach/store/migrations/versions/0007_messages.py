"""The text messages that come in."""

from alembic import op
from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    String,
    UniqueConstraint,
)

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inbound_messages",
        Column("id", Integer(), nullable=False),
        Column("carrier", String(20), nullable=False),
        Column("carrier_message_id", String(64), nullable=False),
        Column(
            "session_id", String(40), nullable=False, comment="no number: the sender's, where we keep them"
        ),
        Column("person_id", Integer()),
        Column("kind", String(8), nullable=False, comment="what became of it; its words are not kept"),
        Column("received_at", DateTime(timezone=True), nullable=False),
        CheckConstraint(
            "kind IN ('turn', 'out', 'in', 'passed')", name=op.f("ck_inbound_messages_kind_known")
        ),
        ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_inbound_messages_person_id_people"),
            ondelete="CASCADE",
        ),
        PrimaryKeyConstraint("id", name=op.f("pk_inbound_messages")),
        UniqueConstraint(
            "carrier", "carrier_message_id", name=op.f("uq_inbound_messages_carrier_carrier_message_id")
        ),
    )
    op.create_index(
        "ix_inbound_messages_sender", "inbound_messages", ["session_id", "received_at"], unique=False
    )

"""Calls out: what they are about, the ladder of reminders, priorities, and the lines they come from."""

from typing import Literal

from alembic import op
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    String,
    UniqueConstraint,
    text,
)

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

CALLING = text("channel = 'voice' AND state IN ('sending', 'sent')")
HELD = text("state = 'queued' AND reason IN ('account', 'carrier_down')")
QUEUED = text("state = 'queued'")


def upgrade() -> None:
    op.drop_index("ix_deliveries_due", table_name="deliveries")
    with op.batch_alter_table("deliveries") as deliveries:
        deliveries.add_column(
            Column("priority", Integer(), server_default="0", nullable=False, comment="0 before 1")
        )
        deliveries.add_column(
            Column(
                "line",
                String(20),
                comment="voice: which number of ours it comes from; null: the house's own",
            )
        )
        deliveries.add_column(
            Column(
                "fallback",
                Boolean(),
                server_default=text("true"),
                nullable=False,
                comment="voice: then as a text",
            )
        )
        deliveries.add_column(
            Column("begun_at", DateTime(timezone=True), comment="when a carrier was last asked")
        )
        deliveries.create_check_constraint(op.f("ck_deliveries_priority_known"), "priority IN (0, 1)")
    partial = {"due": ("channel", "priority", "due_at"), "calling": ("begun_at",), "held": ("channel",)}
    wheres = {"due": QUEUED, "calling": CALLING, "held": HELD}
    for name, columns in partial.items():
        op.create_index(
            f"ix_deliveries_{name}",
            "deliveries",
            list(columns),
            sqlite_where=wheres[name],
            postgresql_where=wheres[name],
        )
    op.create_index("ix_deliveries_person", "deliveries", ["person_id", "updated_at"])
    # rebuilt on SQLite, which would else write the new column on the line of another
    rebuilt: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("calls", recreate=rebuilt) as calls:
        calls.add_column(
            Column("delivery_id", Integer(), comment="what we rang them for; or what they ring us back about")
        )
    with op.batch_alter_table("timers") as timers:
        timers.add_column(
            Column(
                "rung",
                String(10),
                server_default="own",
                nullable=False,
                comment="how; own: as the person likes",
            )
        )
        timers.add_column(
            Column(
                "scope",
                String(20),
                server_default="reminders",
                nullable=False,
                comment="the consent it needs",
            )
        )
        timers.create_check_constraint(
            op.f("ck_timers_rung_known"), "rung IN ('own', 'sms', 'voice', 'counselor')"
        )
    op.create_table(
        "call_items",
        Column("id", Integer(), nullable=False),
        Column("purpose", String(120), nullable=False, comment="nothing twice for one occasion"),
        Column("delivery_id", Integer(), nullable=False),
        Column("page", String(60), nullable=False, comment="the page that the person is led to"),
        Column("data", JSON(), nullable=False),
        Column("scope", String(20), nullable=False, comment="the consent it needs"),
        Column("expires_at", DateTime(timezone=True), nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column(
            "heard_at", DateTime(timezone=True), comment="when they were led there; null: still to be told"
        ),
        ForeignKeyConstraint(
            ["delivery_id"],
            ["deliveries.id"],
            name=op.f("fk_call_items_delivery_id_deliveries"),
            ondelete="CASCADE",
        ),
        PrimaryKeyConstraint("id", name=op.f("pk_call_items")),
        UniqueConstraint("purpose", name=op.f("uq_call_items_purpose")),
    )
    op.create_index("ix_call_items_delivery_id", "call_items", ["delivery_id"])

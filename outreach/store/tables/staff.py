"""Tables of counselors on the telephone: their PINs, and calls that connect them with people."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table

from outreach.store.schema import Instant, metadata, one_of

bridges = Table(
    "bridges",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column(
        "call_id", String(32), index=True, comment="the counselor's call, once the person is rung from it"
    ),
    Column("dialled_at", Instant),
    Column("outcome", String(12), comment="null: not known, or not yet"),
    Column("ended_at", Instant),
    one_of("outcome", "answered", "busy", "no_answer", "failed"),
)

staff_pins = Table(
    "staff_pins",
    metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("pin_hash", String(128), nullable=False, comment="argon2"),
)
"""Who has none does not ring in."""

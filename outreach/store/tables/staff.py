"""Table of calls that connect a counselor with a person: asked for, dialled, and how that went."""

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

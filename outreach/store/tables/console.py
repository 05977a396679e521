"""Who works at the console, who is signed in, and what they did there."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from outreach.store.schema import Instant, metadata, one_of

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("login", String(80), nullable=False, unique=True, comment="the name to sign in with, casefolded"),
    Column("name", String(80), nullable=False),
    Column("password_hash", String(200), nullable=False, comment="argon2id"),
    Column("role", String(12), nullable=False),
    Column("counselor_id", ForeignKey("counselors.id"), comment="whom the line knows them as"),
    Column("language", String(12), nullable=False, server_default="zh-CN"),
    Column("totp_secret", String(64), comment="null: signs in by password alone"),
    Column("totp_step", Integer, comment="the latest code's time step: no code counts twice"),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("created_at", Instant, nullable=False),
    one_of("role", "admin", "counselor", "viewer", "tester"),
)

console_sessions = Table(
    "console_sessions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False, comment="the latest thing its user did, to the minute"),
    Column("ended_at", Instant, comment="signed out"),
    Index("ix_console_sessions_user", "user_id"),
)

known_devices = Table(
    "known_devices",
    metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("token_hash", String(64), primary_key=True),
    Column("created_at", Instant, nullable=False),
)
"""Browsers in which somebody has signed in: strangers who guess do not lock these out."""

sign_in_attempts = Table(
    "sign_in_attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("bucket", String(70), nullable=False, comment="name:, address: or device:, and a hash"),
    Column("at", Instant, nullable=False),
    Index("ix_sign_in_attempts_bucket", "bucket", "at"),
)

console_drafts = Table(
    "console_drafts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("path", String(300), nullable=False),
    Column("fields", JSON, nullable=False, comment="[name, value] pairs; no passwords"),
    Column("created_at", Instant, nullable=False),
    Index("ix_console_drafts_user", "user_id"),
)
"""What was sent from a page whose session had ended: shown again to its writer."""

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("user_id", ForeignKey("users.id"), comment="null: the command line, or the service itself"),
    Column("via", String(12), nullable=False),
    Column("action", String(40), nullable=False),
    Column("entity", String(40), nullable=False, comment="a table's name"),
    Column("entity_id", String(64), nullable=False),
    Column("before", JSON),
    Column("after", JSON),
    one_of("via", "console", "terminal", "telephone", "api"),
    Index("ix_audit_entity", "entity", "entity_id"),
    Index("ix_audit_user", "user_id"),
    Index("ix_audit_at", "at"),
)

task_notes = Table(
    "task_notes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("words", Text, nullable=False),
)

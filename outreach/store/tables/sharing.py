"""Tables of what is shared with other systems: tokens that may ask, and who is told when something happens."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    text,
)

from outreach.store.schema import Instant, metadata, one_of

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(60), nullable=False, comment="which system asks with it, as its keeper calls it"),
    Column("token_hash", String(64), nullable=False, unique=True, comment="SHA-256; the token is shown once"),
    Column("scopes", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, comment="null: until it is revoked"),
    Column("used_at", Instant, comment="last use, to the hour"),
    Column("revoked_at", Instant),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("url", String(400), nullable=False),
    Column("secret", String(80), nullable=False, comment="whsec_…, signs what is sent there"),
    Column("kinds", JSON, nullable=False, comment="what it is told of; a * at the end stands for anything"),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("why", String(80), comment="why it was switched off, when the program did"),
    Column("created_at", Instant, nullable=False),
)

webhook_events = Table(
    "webhook_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(60), nullable=False),
    Column("data", JSON, nullable=False, comment="ids only: whoever may know more asks for it"),
    Column("at", Instant, nullable=False, index=True),
)

webhook_sends = Table(
    "webhook_sends",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("webhook_id", ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False),
    Column("event_id", ForeignKey("webhook_events.id", ondelete="CASCADE"), nullable=False),
    Column("state", String(8), nullable=False, server_default="queued"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("answer", String(40), comment="what the last attempt came to"),
    Column(
        "due_at", Instant, nullable=False, comment="while it is being sent: when another node may take it"
    ),
    UniqueConstraint("webhook_id", "event_id"),
    one_of("state", "queued", "taken", "given_up"),
    Index(
        "ix_webhook_sends_due",
        "due_at",
        sqlite_where=text("state = 'queued'"),
        postgresql_where=text("state = 'queued'"),
    ),
)

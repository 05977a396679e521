"""What a call out is about: several things for one person in one call, each a page of the dialogue."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table

from outreach.store.schema import Instant, metadata

call_items = Table(
    "call_items",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("purpose", String(120), nullable=False, unique=True, comment="nothing twice for one occasion"),
    Column("delivery_id", ForeignKey("deliveries.id", ondelete="CASCADE"), nullable=False),
    Column("page", String(60), nullable=False, comment="the page that the person is led to"),
    Column("data", JSON, nullable=False),
    Column("scope", String(20), nullable=False, comment="the consent it needs"),
    Column("expires_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("heard_at", Instant, comment="when they were led there; null: still to be told"),
    Index("ix_call_items_delivery_id", "delivery_id"),
)

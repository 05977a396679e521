"""Tables of the text messages that come in."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from outreach.store.schema import Instant, metadata, one_of

inbound_messages = Table(
    "inbound_messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("carrier", String(20), nullable=False),
    Column("carrier_message_id", String(64), nullable=False),
    Column("session_id", String(40), nullable=False, comment="no number: the sender's, where we keep them"),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE")),
    Column("kind", String(8), nullable=False, comment="what became of it; its words are not kept"),
    Column("received_at", Instant, nullable=False),
    UniqueConstraint("carrier", "carrier_message_id"),
    one_of("kind", "turn", "out", "in", "passed"),
    Index("ix_inbound_messages_person", "person_id"),
    Index("ix_inbound_messages_sender", "session_id", "received_at"),
)

"""Tables of PINs and of households: wrong tries, and who said they are speaking."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table

from outreach.store.schema import Instant, metadata

tries = Table(
    "tries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column(
        "asker",
        String(80),
        nullable=False,
        index=True,
        comment="hash of a number, a call that hides it, or a person on their own telephone",
    ),
    Column(
        "about", String(24), nullable=False, comment="what was tried, whether or not there is such a thing"
    ),
    Column("pooled", Boolean, nullable=False, comment="counts together with all others of its sort"),
    Column("tried_at", Instant, nullable=False, index=True),
)
"""Wrong PINs of the last day; older ones are deleted by the next."""

speakers = Table(
    "speakers",
    metadata,
    Column("source", String(48), primary_key=True, comment="a call, or a person's text messages"),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("said_at", Instant, nullable=False),
    Index("ix_speakers_said", "said_at"),
)
"""Who said they are speaking, where several share a telephone or a PIN is set; for a day at most."""

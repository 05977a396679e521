"""Tables of campaigns 群发活动: whom they are for, what they say, each time they run, and each person in them.

An item is one person in one run: planned, fed into the ledger of deliveries bit by bit, and what became of it. What a
campaign says and asks is one JSON value, checked when it is saved (``outreach/campaigns/message.py``), for it is
written and read as a whole; what people answer is rows.
"""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
    true,
)

from outreach.store.schema import Instant, metadata, one_of

STATES = ("draft", "rehearsed", "approved", "scheduled", "running", "paused", "finished", "cancelled")
ITEM_STATES = ("planned", "queued", "sent", "reached", "unreached", "skipped", "cancelled", "held")

person_skills = Table(
    "person_skills",
    metadata,
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    Column("skill", String(20), primary_key=True),
    one_of("skill", "massage", "farming", "crafts", "computing", "commerce", "service", "driving", "other"),
)
"""What somebody can do, as they or their counselor say."""

audiences = Table(
    "audiences",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("filter", JSON, nullable=False, comment="outreach.campaigns.audience.Audience"),
    Column("made_by", String(80), nullable=False, comment="a sign-in name, or: command line"),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

audience_members = Table(
    "audience_members",
    metadata,
    Column("audience_id", ForeignKey("audiences.id", ondelete="CASCADE"), primary_key=True),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_audience_members_person_id", "person_id"),
)
"""Pasted and imported lists."""

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(80), nullable=False),
    Column("state", String(10), nullable=False, server_default="draft"),
    Column("audience", JSON, nullable=False, comment="the filter; a saved one is copied here"),
    Column("growing", Boolean, nullable=False, server_default=false(), comment="until the end"),
    Column("holdout_percent", Integer, nullable=False, server_default="0", comment="left alone, to compare"),
    Column("content", JSON, nullable=False, comment="outreach.campaigns.message.Content"),
    Column("channel", String(8), nullable=False, server_default="sms"),
    Column("fallback", Boolean, nullable=False, server_default=false(), comment="the other channel"),
    Column("scope", String(20), nullable=False, server_default="campaigns"),
    Column("schedule", JSON, nullable=False, comment="outreach.campaigns.schedule.Schedule"),
    Column("per_minute", Integer, comment="pace; null: the channel's own"),
    Column("line", String(20), comment="which number of ours rings; null: the house's own"),
    Column("made_by", String(80), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("next_at", Instant, comment="when the next run begins; null: none will"),
    Column("version", Integer, nullable=False, server_default="1"),
    one_of("state", *STATES),
    one_of("channel", "sms", "voice"),
    one_of("scope", "campaigns", "jobs"),
    CheckConstraint("holdout_percent BETWEEN 0 AND 90", name="holdout_share"),
    CheckConstraint("per_minute >= 1", name="pace_positive"),
    Index(
        "ix_campaigns_next",
        "next_at",
        sqlite_where=text("state = 'scheduled'"),
        postgresql_where=text("state = 'scheduled'"),
    ),
)

campaign_moves = Table(
    "campaign_moves",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("campaign_id", ForeignKey("campaigns.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("verb", String(10), nullable=False),
    Column("was", String(10), nullable=False),
    Column("became", String(10), nullable=False),
    Column("by", String(80), nullable=False, comment="a sign-in name, or: command line, scheduler"),
    Column("why", String(200), nullable=False, server_default=""),
    Column("at", Instant, nullable=False),
)
"""Who moved a campaign from one state to the next, and when."""

campaign_rehearsals = Table(
    "campaign_rehearsals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("campaign_id", ForeignKey("campaigns.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("version", Integer, nullable=False, comment="of the campaign: what was rehearsed"),
    Column("people", Integer, comment="the audience filled up to so many; null: as it is"),
    Column("seed", Integer, nullable=False),
    Column("by", String(80), nullable=False),
    Column("percent", Integer, nullable=False, server_default="0", comment="how far it is"),
    Column("begun_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("outcome", JSON, comment="outreach.rehearsal.campaign.Outcome; null: not yet, or it failed"),
)
"""Rehearsals that were asked for, and what came of them: figures of simulated people only."""

campaign_runs = Table(
    "campaign_runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("campaign_id", ForeignKey("campaigns.id", ondelete="CASCADE"), nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False, comment="a wall, for retries too"),
    Column("planned", Boolean, nullable=False, server_default=false(), comment="everybody is in it"),
    Column("open", Boolean, nullable=False, server_default=true()),
    Column("fed_at", Instant, nullable=False, comment="up to when its pace has been used"),
    Column("grown_at", Instant, comment="when people were last added"),
    Column("ended_at", Instant),
    UniqueConstraint("campaign_id", "starts_at"),
    CheckConstraint("starts_at < ends_at", name="starts_before_end"),
    Index(
        "ix_campaign_runs_open",
        "campaign_id",
        sqlite_where=text("open"),
        postgresql_where=text("open"),
    ),
)
"""Started once, whatever restarts: the unique key decides."""

campaign_items = Table(
    "campaign_items",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", ForeignKey("campaign_runs.id", ondelete="CASCADE"), nullable=False),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("address", String(20), nullable=False, server_default=""),
    Column("variant", Integer, nullable=False, server_default="0", comment="which wording, from 0"),
    Column("channel", String(8), nullable=False),
    Column("state", String(10), nullable=False),
    Column("reason", String(40)),
    Column("due_at", Instant, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0", comment="how often it was fed"),
    Column("delivery_id", ForeignKey("deliveries.id", ondelete="SET NULL"), index=True),
    Column("heard_at", Instant, comment="pressed a key after the message, or answered the text"),
    Column("acted_at", Instant, comment="went on to what the campaign is about"),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("run_id", "person_id"),
    one_of("channel", "sms", "voice"),
    one_of("state", *ITEM_STATES),
    Index("ix_campaign_items_person_id", "person_id"),
    Index(
        "ix_campaign_items_planned",
        "run_id",
        "due_at",
        "id",
        sqlite_where=text("state = 'planned'"),
        postgresql_where=text("state = 'planned'"),
    ),
    Index(
        "ix_campaign_items_results",
        "run_id",
        "updated_at",
        sqlite_where=text("state IN ('sent', 'reached', 'unreached')"),
        postgresql_where=text("state IN ('sent', 'reached', 'unreached')"),
    ),
    Index(
        "ix_campaign_items_under_way",
        "state",
        "run_id",
        sqlite_where=text("state IN ('queued', 'sent')"),
        postgresql_where=text("state IN ('queued', 'sent')"),
    ),
)

campaign_answers = Table(
    "campaign_answers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("item_id", ForeignKey("campaign_items.id", ondelete="CASCADE"), nullable=False),
    Column("question", Integer, nullable=False, comment="from 0"),
    Column("answer", Integer, nullable=False, comment="which choice, from 0"),
    Column("channel", String(8), nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("item_id", "question"),
    one_of("channel", "sms", "voice"),
)

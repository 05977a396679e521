"""Rehearsals of campaigns that were asked for at the console, and what came of them."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "campaign_rehearsals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="of the campaign: what was rehearsed"),
        sa.Column(
            "people", sa.Integer(), nullable=True, comment="the audience filled up to so many; null: as it is"
        ),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("percent", sa.Integer(), server_default="0", nullable=False, comment="how far it is"),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "outcome",
            sa.JSON(),
            nullable=True,
            comment="outreach.rehearsal.campaign.Outcome; null: not yet, or it failed",
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaigns.id"],
            name=op.f("fk_campaign_rehearsals_campaign_id_campaigns"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_rehearsals")),
    )
    op.create_index("ix_campaign_rehearsals_campaign_id", "campaign_rehearsals", ["campaign_id"])

"""Campaigns: audiences, runs, items, answers; township, year of birth, kind of disability and skills of people."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audiences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("filter", sa.JSON(), nullable=False, comment="outreach.campaigns.audience.Audience"),
        sa.Column(
            "made_by", sa.String(length=80), nullable=False, comment="a sign-in name, or: command line"
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audiences")),
        sa.UniqueConstraint("name", name=op.f("uq_audiences_name")),
    )
    op.create_table(
        "campaigns",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=10), server_default="draft", nullable=False),
        sa.Column("audience", sa.JSON(), nullable=False, comment="the filter; a saved one is copied here"),
        sa.Column(
            "growing", sa.Boolean(), server_default=sa.false(), nullable=False, comment="until the end"
        ),
        sa.Column(
            "holdout_percent",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="left alone, to compare",
        ),
        sa.Column("content", sa.JSON(), nullable=False, comment="outreach.campaigns.message.Content"),
        sa.Column("channel", sa.String(length=8), server_default="sms", nullable=False),
        sa.Column(
            "fallback", sa.Boolean(), server_default=sa.false(), nullable=False, comment="the other channel"
        ),
        sa.Column("scope", sa.String(length=20), server_default="campaigns", nullable=False),
        sa.Column("schedule", sa.JSON(), nullable=False, comment="outreach.campaigns.schedule.Schedule"),
        sa.Column("per_minute", sa.Integer(), nullable=True, comment="pace; null: the channel's own"),
        sa.Column(
            "line",
            sa.String(length=20),
            nullable=True,
            comment="which number of ours rings; null: the house's own",
        ),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "next_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the next run begins; null: none will",
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("channel IN ('sms', 'voice')", name=op.f("ck_campaigns_channel_known")),
        sa.CheckConstraint("scope IN ('campaigns', 'jobs')", name=op.f("ck_campaigns_scope_known")),
        sa.CheckConstraint(
            "state IN ('draft', 'rehearsed', 'approved', 'scheduled', 'running', 'paused', 'finished', 'cancelled')",
            name=op.f("ck_campaigns_state_known"),
        ),
        sa.CheckConstraint("holdout_percent BETWEEN 0 AND 90", name=op.f("ck_campaigns_holdout_share")),
        sa.CheckConstraint("per_minute >= 1", name=op.f("ck_campaigns_pace_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
    )
    with op.batch_alter_table("campaigns", schema=None) as batch_op:
        batch_op.create_index(
            "ix_campaigns_next",
            ["next_at"],
            unique=False,
            sqlite_where=sa.text("state = 'scheduled'"),
            postgresql_where=sa.text("state = 'scheduled'"),
        )

    op.create_table(
        "campaign_moves",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("verb", sa.String(length=10), nullable=False),
        sa.Column("was", sa.String(length=10), nullable=False),
        sa.Column("became", sa.String(length=10), nullable=False),
        sa.Column(
            "by", sa.String(length=80), nullable=False, comment="a sign-in name, or: command line, scheduler"
        ),
        sa.Column("why", sa.String(length=200), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaigns.id"],
            name=op.f("fk_campaign_moves_campaign_id_campaigns"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_moves")),
    )
    with op.batch_alter_table("campaign_moves", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_campaign_moves_campaign_id"), ["campaign_id"], unique=False)

    op.create_table(
        "campaign_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False, comment="a wall, for retries too"),
        sa.Column(
            "planned", sa.Boolean(), server_default=sa.false(), nullable=False, comment="everybody is in it"
        ),
        sa.Column("open", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column(
            "fed_at", sa.DateTime(timezone=True), nullable=False, comment="up to when its pace has been used"
        ),
        sa.Column(
            "grown_at", sa.DateTime(timezone=True), nullable=True, comment="when people were last added"
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_campaign_runs_starts_before_end")),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaigns.id"],
            name=op.f("fk_campaign_runs_campaign_id_campaigns"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_runs")),
        sa.UniqueConstraint("campaign_id", "starts_at", name=op.f("uq_campaign_runs_campaign_id_starts_at")),
    )
    with op.batch_alter_table("campaign_runs", schema=None) as batch_op:
        batch_op.create_index(
            "ix_campaign_runs_open",
            ["campaign_id"],
            unique=False,
            sqlite_where=sa.text("open"),
            postgresql_where=sa.text("open"),
        )

    op.create_table(
        "audience_members",
        sa.Column("audience_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["audience_id"],
            ["audiences.id"],
            name=op.f("fk_audience_members_audience_id_audiences"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_audience_members_person_id_people"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("audience_id", "person_id", name=op.f("pk_audience_members")),
    )
    with op.batch_alter_table("audience_members", schema=None) as batch_op:
        batch_op.create_index("ix_audience_members_person_id", ["person_id"], unique=False)

    op.create_table(
        "person_skills",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("skill", sa.String(length=20), nullable=False),
        sa.CheckConstraint(
            "skill IN ('massage', 'farming', 'crafts', 'computing', 'commerce', 'service', 'driving', 'other')",
            name=op.f("ck_person_skills_skill_known"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_person_skills_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "skill", name=op.f("pk_person_skills")),
    )
    op.create_table(
        "campaign_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=20), server_default="", nullable=False),
        sa.Column(
            "variant", sa.Integer(), server_default="0", nullable=False, comment="which wording, from 0"
        ),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False, comment="how often it was fed"),
        sa.Column("delivery_id", sa.Integer(), nullable=True),
        sa.Column(
            "heard_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="pressed a key after the message, or answered the text",
        ),
        sa.Column(
            "acted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="went on to what the campaign is about",
        ),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("channel IN ('sms', 'voice')", name=op.f("ck_campaign_items_channel_known")),
        sa.CheckConstraint(
            "state IN ('planned', 'queued', 'sent', 'reached', 'unreached', 'skipped', 'cancelled', 'held')",
            name=op.f("ck_campaign_items_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["deliveries.id"],
            name=op.f("fk_campaign_items_delivery_id_deliveries"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_campaign_items_person_id_people"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["campaign_runs.id"],
            name=op.f("fk_campaign_items_run_id_campaign_runs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_items")),
        sa.UniqueConstraint("run_id", "person_id", name=op.f("uq_campaign_items_run_id_person_id")),
    )
    with op.batch_alter_table("campaign_items", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_campaign_items_delivery_id"), ["delivery_id"], unique=False)
        batch_op.create_index("ix_campaign_items_person_id", ["person_id"], unique=False)
        batch_op.create_index(
            "ix_campaign_items_planned",
            ["run_id", "due_at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'planned'"),
            postgresql_where=sa.text("state = 'planned'"),
        )
        batch_op.create_index(
            "ix_campaign_items_results",
            ["run_id", "updated_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('sent', 'reached', 'unreached')"),
            postgresql_where=sa.text("state IN ('sent', 'reached', 'unreached')"),
        )
        batch_op.create_index(
            "ix_campaign_items_under_way",
            ["state", "run_id"],
            unique=False,
            sqlite_where=sa.text("state IN ('queued', 'sent')"),
            postgresql_where=sa.text("state IN ('queued', 'sent')"),
        )

    op.create_table(
        "campaign_answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("question", sa.Integer(), nullable=False, comment="from 0"),
        sa.Column("answer", sa.Integer(), nullable=False, comment="which choice, from 0"),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("channel IN ('sms', 'voice')", name=op.f("ck_campaign_answers_channel_known")),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["campaign_items.id"],
            name=op.f("fk_campaign_answers_item_id_campaign_items"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_answers")),
        sa.UniqueConstraint("item_id", "question", name=op.f("uq_campaign_answers_item_id_question")),
    )
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "township",
                sa.String(length=40),
                nullable=True,
                comment="乡镇 or 街道, as counselors write it",
            )
        )
        batch_op.add_column(sa.Column("birth_year", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "category",
                sa.String(length=16),
                nullable=True,
                comment="kind of disability: kept only under the consent of that scope",
            )
        )
        batch_op.create_check_constraint(
            op.f("ck_people_birth_year_known"), "birth_year BETWEEN 1900 AND 2100"
        )
        batch_op.create_check_constraint(
            op.f("ck_people_category_known"),
            "category IN ('sight', 'hearing', 'speech', 'limbs', 'intellect', 'mind', 'several')",
        )

"""Policies, rights and produce; events."""

from alembic import op
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    String,
    Text,
    UniqueConstraint,
    text,
)

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_tries",
        Column("id", Integer(), nullable=False),
        Column(
            "asker", String(80), nullable=False, comment="hash of the asking number, or the call without one"
        ),
        Column("number", String(8), nullable=False, comment="as it was keyed in, of a case or not"),
        Column("hidden", Boolean(), nullable=False, comment="the asking number was not sent"),
        Column("tried_at", DateTime(timezone=True), nullable=False),
        PrimaryKeyConstraint("id", name=op.f("pk_case_tries")),
    )
    op.create_index(op.f("ix_case_tries_asker"), "case_tries", ["asker"])
    op.create_index(op.f("ix_case_tries_tried_at"), "case_tries", ["tried_at"])
    op.create_table(
        "policies",
        Column("id", Integer(), nullable=False),
        Column("topic", String(12), nullable=False),
        Column("position", Integer(), server_default="0", nullable=False, comment="order within the topic"),
        Column("title", String(60), nullable=False, comment="the question, as a caller would ask it"),
        Column("source", String(80), nullable=False, comment="document and its number"),
        Column("source_on", Date(), nullable=False, comment="its date"),
        Column("offered", Boolean(), server_default=text("true"), nullable=False),
        CheckConstraint(
            "topic IN ('employers', 'business', 'rural', 'massage', 'support')",
            name=op.f("ck_policies_topic_known"),
        ),
        PrimaryKeyConstraint("id", name=op.f("pk_policies")),
        UniqueConstraint("topic", "title", name=op.f("uq_policies_topic_title")),
    )
    op.create_table(
        "policy_paragraphs",
        Column("policy_id", Integer(), nullable=False),
        Column("position", Integer(), nullable=False),
        Column("words", Text(), nullable=False),
        ForeignKeyConstraint(
            ["policy_id"],
            ["policies.id"],
            name=op.f("fk_policy_paragraphs_policy_id_policies"),
            ondelete="CASCADE",
        ),
        PrimaryKeyConstraint("policy_id", "position", name=op.f("pk_policy_paragraphs")),
    )
    op.create_table(
        "cases",
        Column("id", Integer(), nullable=False),
        Column("number", String(8), nullable=False, comment="drawn at random, told to its owner"),
        Column("person_id", Integer()),
        Column("kind", String(16), nullable=False),
        Column("state", String(12), server_default="received", nullable=False),
        Column("pin_hash", String(64), comment="null: no PIN set, so only its owner's telephone hears of it"),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("updated_at", DateTime(timezone=True), nullable=False),
        CheckConstraint(
            "kind IN ('discrimination', 'wages', 'dismissal', 'other')", name=op.f("ck_cases_kind_known")
        ),
        CheckConstraint(
            "state IN ('received', 'working', 'passed_on', 'settled', 'closed')",
            name=op.f("ck_cases_state_known"),
        ),
        CheckConstraint("length(number) = 8", name=op.f("ck_cases_number_of_eight")),
        ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_cases_person_id_people"), ondelete="SET NULL"
        ),
        PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        UniqueConstraint("number", name=op.f("uq_cases_number")),
    )
    op.create_index(op.f("ix_cases_person_id"), "cases", ["person_id"])
    op.create_table(
        "produce_offers",
        Column("id", Integer(), nullable=False),
        Column("person_id", Integer(), nullable=False),
        Column("kind", String(12), nullable=False),
        Column("county", String(20), nullable=False),
        Column("file", String(120), comment="what the seller said, as in recordings"),
        Column("written", Text(), comment="what the seller wrote"),
        Column("words", String(200), server_default="", nullable=False, comment="as it is read out"),
        Column(
            "share_phone", Boolean(), nullable=False, comment="the seller agreed that buyers get the number"
        ),
        Column("state", String(10), server_default="received", nullable=False),
        Column("expires_on", Date(), comment="the last day on which it is offered"),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("updated_at", DateTime(timezone=True), nullable=False),
        CheckConstraint(
            "county IN ('liangzhou', 'minqin', 'gulang', 'tianzhu')",
            name=op.f("ck_produce_offers_county_known"),
        ),
        CheckConstraint(
            "kind IN ('grain', 'vegetables', 'livestock', 'handicraft', 'other')",
            name=op.f("ck_produce_offers_kind_known"),
        ),
        CheckConstraint(
            "state <> 'offered' OR (words <> '' AND expires_on IS NOT NULL)",
            name=op.f("ck_produce_offers_complete"),
        ),
        CheckConstraint(
            "state IN ('received', 'offered', 'sold', 'withdrawn')",
            name=op.f("ck_produce_offers_state_known"),
        ),
        CheckConstraint(
            "(file IS NULL) OR (written IS NULL)", name=op.f("ck_produce_offers_spoken_or_written")
        ),
        ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_produce_offers_person_id_people"), ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("id", name=op.f("pk_produce_offers")),
        UniqueConstraint("file", name=op.f("uq_produce_offers_file")),
    )
    op.create_index(
        "ix_produce_offers_offered",
        "produce_offers",
        ["county", "kind"],
        sqlite_where=text("state = 'offered'"),
        postgresql_where=text("state = 'offered'"),
    )
    op.create_index(op.f("ix_produce_offers_person_id"), "produce_offers", ["person_id"])
    op.create_table(
        "case_messages",
        Column("id", Integer(), nullable=False),
        Column("case_id", Integer(), nullable=False),
        Column("file", String(120), comment="as in recordings"),
        Column("words", Text(), comment="where it was written"),
        Column("created_at", DateTime(timezone=True), nullable=False),
        CheckConstraint("(file IS NULL) <> (words IS NULL)", name=op.f("ck_case_messages_spoken_or_written")),
        ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_case_messages_case_id_cases"), ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("id", name=op.f("pk_case_messages")),
        UniqueConstraint("file", name=op.f("uq_case_messages_file")),
    )
    op.create_index(op.f("ix_case_messages_case_id"), "case_messages", ["case_id"])
    op.create_table(
        "produce_wishes",
        Column("person_id", Integer(), nullable=False),
        Column("offer_id", Integer(), nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
        ForeignKeyConstraint(
            ["offer_id"],
            ["produce_offers.id"],
            name=op.f("fk_produce_wishes_offer_id_produce_offers"),
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_produce_wishes_person_id_people"), ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("person_id", "offer_id", name=op.f("pk_produce_wishes")),
    )

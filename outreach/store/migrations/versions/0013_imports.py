"""Imports of files, and what became of each line."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("target", sa.String(length=20), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False, comment="as its owner called it"),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("layout", sa.JSON(), nullable=False, comment="headers, columns taken for fields, remarks"),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column(
            "good_rows",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="1: without the refused ones",
        ),
        sa.Column("lines", sa.Integer(), server_default="0", nullable=False),
        sa.Column("fresh", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("same", sa.Integer(), server_default="0", nullable=False),
        sa.Column("repeated", sa.Integer(), server_default="0", nullable=False),
        sa.Column("refused", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False, comment="lines applied so far"),
        sa.Column(
            "kept",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="lines that undoing had to leave",
        ),
        sa.Column(
            "made_by",
            sa.String(length=80),
            nullable=False,
            comment="a counselor's sign-in name, or: command line",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('csv', 'xlsx', 'json')", name=op.f("ck_imports_kind_known")),
        sa.CheckConstraint(
            "state IN ('reading', 'checked', 'applying', 'applied', 'undoing', 'undone', 'failed', 'dropped')",
            name=op.f("ck_imports_state_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_table(
        "import_rows",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column(
            "line", sa.Integer(), autoincrement=False, nullable=False, comment="as its own program counts"
        ),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column(
            "key", sa.String(length=24), nullable=True, comment="hash of what makes it the same as another"
        ),
        sa.Column(
            "cells",
            sa.JSON(none_as_null=True),
            nullable=True,
            comment="as written; refused lines only, to be mended",
        ),
        sa.Column("understood", sa.JSON(none_as_null=True), nullable=True, comment="field -> value"),
        sa.Column(
            "remarks",
            sa.JSON(none_as_null=True),
            nullable=True,
            comment="[field or empty, sentence] of what was mended or refused",
        ),
        sa.Column(
            "before",
            sa.JSON(none_as_null=True),
            nullable=True,
            comment="field -> present value, where the line changes a record",
        ),
        sa.Column("record_id", sa.Integer(), nullable=True, comment="the record changed, or added"),
        sa.Column("written", sa.JSON(none_as_null=True), nullable=True, comment="what undoing must know"),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('done', 'refused', 'undone', 'kept')", name=op.f("ck_import_rows_outcome_known")
        ),
        sa.CheckConstraint(
            "verdict IN ('fresh', 'changed', 'same', 'repeated', 'refused')",
            name=op.f("ck_import_rows_verdict_known"),
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_import_rows_import_id_imports"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", "line", name=op.f("pk_import_rows")),
    )
    with op.batch_alter_table("import_rows", schema=None) as batch_op:
        batch_op.create_index("ix_import_rows_key", ["import_id", "key"], unique=False)
        batch_op.create_index("ix_import_rows_verdict", ["import_id", "verdict", "line"], unique=False)
    # an import looks its employers up, batch by batch, among all openings
    op.create_index(op.f("ix_openings_employer"), "openings", ["employer"], unique=False)

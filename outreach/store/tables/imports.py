"""Tables of imports: each file that came in, what became of each of its lines, and how to take it back.

The lines hold what people wrote, so they are forgotten after a while (``exchange.staging.KEPT``); the import itself
stays, as a line in the house's history. After that it can no longer be undone.
"""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table

from outreach.store.schema import Instant, metadata, one_of

imports = Table(
    "imports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("target", String(20), nullable=False),
    Column("file_name", String(200), nullable=False, comment="as its owner called it"),
    Column("kind", String(8), nullable=False),
    Column("layout", JSON, nullable=False, comment="headers, columns taken for fields, remarks"),
    Column("state", String(10), nullable=False),
    Column("good_rows", Integer, nullable=False, server_default="0", comment="1: without the refused ones"),
    Column("lines", Integer, nullable=False, server_default="0"),
    Column("fresh", Integer, nullable=False, server_default="0"),
    Column("changed", Integer, nullable=False, server_default="0"),
    Column("same", Integer, nullable=False, server_default="0"),
    Column("repeated", Integer, nullable=False, server_default="0"),
    Column("refused", Integer, nullable=False, server_default="0"),
    Column("done", Integer, nullable=False, server_default="0", comment="lines applied so far"),
    Column("kept", Integer, nullable=False, server_default="0", comment="lines that undoing had to leave"),
    Column("made_by", String(80), nullable=False, comment="a counselor's sign-in name, or: command line"),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("applied_at", Instant),
    Column("undone_at", Instant),
    one_of("state", "reading", "checked", "applying", "applied", "undoing", "undone", "failed", "dropped"),
    one_of("kind", "csv", "xlsx", "json"),
)

import_rows = Table(
    "import_rows",
    metadata,
    Column("import_id", ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False, comment="as its own program counts"),
    Column("verdict", String(10), nullable=False),
    Column("key", String(24), comment="hash of what makes it the same as another"),
    Column("cells", JSON(none_as_null=True), comment="as written; refused lines only, to be mended"),
    Column("understood", JSON(none_as_null=True), comment="field -> value"),
    Column(
        "remarks", JSON(none_as_null=True), comment="[field or empty, sentence] of what was mended or refused"
    ),
    Column(
        "before", JSON(none_as_null=True), comment="field -> present value, where the line changes a record"
    ),
    Column("record_id", Integer, comment="the record changed, or added"),
    Column("written", JSON(none_as_null=True), comment="what undoing must know"),
    Column("outcome", String(10)),
    one_of("verdict", "fresh", "changed", "same", "repeated", "refused"),
    one_of("outcome", "done", "refused", "undone", "kept"),
    Index("ix_import_rows_key", "import_id", "key"),
    Index("ix_import_rows_verdict", "import_id", "verdict", "line"),
)

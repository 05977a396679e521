"""Where data are kept: SQLAlchemy Core over SQLite or PostgreSQL."""

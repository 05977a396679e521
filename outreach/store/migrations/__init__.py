"""Alembic's folder: how databases made by earlier versions become what schema.py says."""

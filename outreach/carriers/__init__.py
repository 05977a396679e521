"""Vendors at the edge, one folder each. What a vendor calls things is a table in its own folder."""

"""Data in and out: spreadsheets to rows and back, the whole database as a plain file, backups.

Reading a file knows no database, judging its rows writes nothing, and applying them is batches of short transactions
(docs/decisions/0012).
"""

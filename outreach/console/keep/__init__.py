"""Keep 档案: one engine for everything counselors keep. An entity is declared once, in ``entities/``.

From its declaration come list, search, filters, record, form, the check that nobody else changed it meanwhile, what is
shown before it is saved, the audit. ``docs/console.md`` says how to add one.
"""

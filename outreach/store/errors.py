"""What goes wrong with the database itself, in one sentence that says what to do.

Errors of the work done in it (a broken constraint, a missing row) stay what SQLAlchemy or the work made.
"""


class DatabaseError(Exception):
    """The database could not be opened, asked or written. ``retry``: may the same work be tried again later?

    When a commit fails, whether it took place is not always known; the message then says so.
    """

    def __init__(self, reason: str, *, retry: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry = retry

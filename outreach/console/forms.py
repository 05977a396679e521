"""What all forms of the console share. A form is a WTForms class; ``parts.html`` draws it, labels and errors tied.

WTForms says its own errors in Chinese or English; ours are marked with ``said`` and translated when they are shown.
"""

from typing import Any, Final

from wtforms import Field, Form
from wtforms.validators import InputRequired, StopValidation

from outreach.console.language import said


def stripped(value: Any) -> Any:
    """A filter: no blanks at the ends, and no characters that cannot be seen."""
    if not isinstance(value, str):
        return value
    return "".join(letter for letter in value if letter.isprintable() or letter in "\n\t").strip()


STRIPPED: Final = (stripped,)
"""``filters=STRIPPED`` for every text field that is not a password."""


class Needed(InputRequired):
    """Something must be there; says so by the field's name."""

    def __call__(self, form: Any, field: Field) -> None:
        """Raises StopValidation when nothing was sent, or blanks only."""
        sent = field.raw_data[0] if field.raw_data else None
        if sent is None or (isinstance(sent, str) and not sent.strip()):
            field.errors = []
            raise StopValidation(said("请填写“{label}”。", label=field.label.text))


class Chosen:
    """A file is needed; whether there is one, the view sees, since files are not WTForms' business here."""

    field_flags: Final = {"required": True}

    def __call__(self, form: Any, field: Any) -> None:
        """Nothing to look at."""


class ConsoleForm(Form):
    """A form."""

    def flaws(self) -> list[tuple[str, str]]:
        """Everything that is wrong: the field's id, and what, for the summary on top."""
        return [(field.id, str_of(error)) for field in self for error in field.errors]

    def refuse(self, name: str, why: str) -> None:
        """Say that the field of this name is wrong, after validation."""
        field = self[name]
        field.errors = [*field.errors, why]


def str_of(error: Any) -> str:
    """WTForms' errors are texts; a ``Said`` keeps its values."""
    return error if isinstance(error, str) else str(error)

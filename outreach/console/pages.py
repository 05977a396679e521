"""The console's templates: one environment a language, autoescaped, missing names an error."""

from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from outreach.console.access import ROLES
from outreach.console.language import LANGUAGES, Language, catalogue

TEMPLATES: Final = Path(__file__).parent / "templates"


@cache
def environment(language: Language) -> Environment:
    """Templates in a language: ``_`` translates, ``moment`` and ``day`` write times and dates."""
    say = catalogue(language)
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update({"_": say, "language": language, "languages": LANGUAGES, "roles": ROLES})
    made.filters.update({"moment": say.moment, "day": say.day, "say": say})
    return made

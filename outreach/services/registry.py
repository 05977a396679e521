"""Every page of every line: the one visible list."""

from outreach.dialogue.page import Page, registry
from outreach.services import home, mine, person
from outreach.services.jobs import pages as jobs


def all_pages() -> dict[str, Page]:
    """By name. Raises ValueError when two pages share one."""
    return registry(home.PAGES, jobs.PAGES, person.PAGES, mine.PAGES)

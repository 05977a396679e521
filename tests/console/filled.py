"""What a browser would send of a form that nobody touched: so that a test changes only what a person changes."""

from html.parser import HTMLParser


class _Forms(HTMLParser):
    """All fields of all forms of a page, form by form."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[list[tuple[str, str]]] = []
        self._select = self._area = ""
        self._options: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        match tag:
            case "form":
                self.forms.append([])
            case "input" if "name" in given:
                chosen = given.get("type") not in ("checkbox", "radio") or "checked" in given
                if chosen and given.get("type") != "file":
                    self.forms[-1].append((given["name"], given.get("value", "")))
            case "select":
                self._select, self._options = given["name"], []
            case "option":
                self._options.append((given.get("value", ""), "selected" in given))
            case "textarea":
                self._area = given["name"]
                self.forms[-1].append((self._area, ""))

    def handle_data(self, data: str) -> None:
        if self._area:
            name, text = self.forms[-1][-1]
            self.forms[-1][-1] = (name, text + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            name, text = self.forms[-1][-1]
            self.forms[-1][-1] = (name, text.lstrip("\r\n"))
            self._area = ""
        if tag == "select" and self._options:
            chosen = [value for value, is_it in self._options if is_it] or [self._options[0][0]]
            self.forms[-1].append((self._select, chosen[-1]))


def fields(page: str, having: str) -> dict[str, list[str]]:
    """The fields of the page's form that has a field called ``having``."""
    parser = _Forms()
    parser.feed(page)
    found = next(form for form in parser.forms if any(name == having for name, _ in form))
    values: dict[str, list[str]] = {}
    for name, value in found:
        values.setdefault(name, []).append(value)
    return values

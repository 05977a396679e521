"""An entity's form, made from its fields."""

from collections.abc import Mapping
from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms import (
    Field as FormField,
)
from wtforms.validators import Length, Optional, ValidationError

from outreach.console.forms import STRIPPED, ConsoleForm, Needed
from outreach.console.keep.entity import Entity, Field

Options = Mapping[str, Mapping[str, str]]
"""Of every field that has choices: value and words."""


def form_class(entity: Entity, options: Options) -> type[ConsoleForm]:
    """A form for records of this entity."""
    made = {one.name: _field(one, options.get(one.name, {})) for one in entity.fields}
    return type("KeepForm", (ConsoleForm,), made)


def values_of(entity: Entity, form: ConsoleForm) -> dict[str, Any]:
    """What the form holds, as it is kept: no text is "", no choice None, lines a list."""
    values: dict[str, Any] = {}
    for one in entity.fields:
        value = form[one.name].data
        match one.kind:
            case "lines":
                values[one.name] = [line.strip() for line in (value or "").splitlines() if line.strip()]
            case "choice":
                values[one.name] = _chosen(entity, one, value)
            case "text" | "long":
                values[one.name] = value or (None if entity.table.c[one.name].nullable else "")
            case _:
                values[one.name] = value
    return values


def data_of(entity: Entity, values: Mapping[str, Any]) -> dict[str, Any]:
    """The other way round: what is kept, as a form shows it."""
    shown = dict(values)
    for one in entity.fields:
        value = values.get(one.name)
        if one.kind == "lines":
            shown[one.name] = "\n".join(value or [])
        elif one.kind == "choice":
            shown[one.name] = "" if value is None else str(value)
    return shown


def _chosen(entity: Entity, one: Field, value: str | None) -> Any:
    column = entity.table.c[one.name]
    if not value:
        return None if column.nullable else ""
    return int(value) if column.type.python_type is int else value


def _field(one: Field, options: Mapping[str, str]) -> FormField:
    check = [_check(one)] if one.check else []
    first: list[Any] = [Needed()] if one.required else [Optional()]
    common: dict[str, Any] = {"description": one.help}
    plain = {"maxlength": one.longest, "autocomplete": "off"}
    match one.kind:
        case "text":
            validators = [*first, Length(max=one.longest), *check]
            return StringField(one.label, validators, filters=STRIPPED, render_kw=plain, **common)
        case "long" | "lines":
            rows = {"rows": 6 if one.kind == "lines" else 3, "autocomplete": "off"}
            validators = [*first, Length(max=one.longest), *check]
            return TextAreaField(one.label, validators, filters=STRIPPED, render_kw=rows, **common)
        case "number":
            number = {"inputmode": "numeric", "autocomplete": "off"}
            return IntegerField(one.label, [*first, *check], render_kw=number, **common)
        case "date":
            return DateField(one.label, [*first, *check], **common)
        case "tick":
            return BooleanField(one.label, **common)
    chosen = {**({} if one.required else {"": "–"}), **options}
    return SelectField(one.label, [*first, *check], choices=list(chosen.items()), **common)


def _check(one: Field) -> Any:
    def checked(_form: Any, field: FormField) -> None:
        assert one.check is not None
        if field.data not in (None, "") and (why := one.check(field.data)):
            raise ValidationError(why)

    return checked

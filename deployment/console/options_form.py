"""A form for the options of a workflow, made from the JSON schema of their model, and what was filled in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from werkzeug.datastructures import MultiDict

from workflows import InvalidOptions, Workflow

PREFIX = "option."
"""What the names of the fields begin with."""
KINDS = {"boolean": "checkbox", "integer": "number", "number": "number", "string": "text"}
"""By type of JSON Schema; all else is written as JSON, and a list of strings as lines."""


@dataclass(frozen=True)
class Field:
    """A field: `kind` is `checkbox`, `number`, `text`, `choice`, `lines` or `json`; `value` is shown in it."""

    name: str
    kind: str
    value: Any
    description: str
    choices: tuple[str, ...] = ()
    step: str = "any"
    error: str = ""

    @property
    def key(self) -> str:
        return PREFIX + self.name


def fields_of(workflow: Workflow, options: Mapping[str, Any], error: InvalidOptions | None = None) -> list[Field]:
    """The fields, filled with `options`, else with the defaults; each with what `error` says of it."""
    schema = workflow.options_model.model_json_schema()
    breaches = str(error).splitlines() if error else []
    return [_field(schema, name, told, options, breaches) for name, told in schema.get("properties", {}).items()]


def typed_in(workflow: Workflow, form: MultiDict[str, str], error: InvalidOptions | None) -> list[Field]:
    """The fields as they were filled in, for a form that is refused."""
    return [replace(field, value=_typed(field, form)) for field in fields_of(workflow, {}, error)]


def _typed(field: Field, form: MultiDict[str, str]) -> Any:
    return field.key in form if field.kind == "checkbox" else form.get(field.key, "")


def keeping(form: MultiDict[str, str]) -> dict[str, Any]:
    """What a deployment keeps, as its form says it: the columns `single_use` and `keep_inputs`."""
    kept = {"keep": True, "drop": False}.get(form.get("keep_inputs", ""))
    return {"single_use": "single_use" in form, "keep_inputs": kept}


def filled_in(workflow: Workflow, form: MultiDict[str, str]) -> dict[str, Any]:
    """What the form says, for `Workflow.parse_options`; what was left empty is left out. Raises `InvalidOptions`."""
    return dict(_filled(fields_of(workflow, {}), form))


def _filled(fields: list[Field], form: MultiDict[str, str]) -> Iterator[tuple[str, Any]]:
    for field in fields:
        text = form.get(field.key, "").strip()
        if field.kind == "checkbox":
            yield field.name, field.key in form
        elif text and field.kind == "lines":
            yield field.name, [line.strip() for line in text.splitlines() if line.strip()]
        elif text and field.kind == "json":
            yield field.name, _json(field.name, text)
        elif text:
            yield field.name, text


def _json(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidOptions(f"option {name!r}: this is no JSON") from None


def _field(
    schema: Mapping[str, Any], name: str, told: Mapping[str, Any], options: Mapping[str, Any], breaches: list[str]
) -> Field:
    kind, choices, step = _kind(schema, told)
    value = options.get(name, told.get("default"))
    if kind == "lines":
        value = "\n".join(map(str, value or []))
    elif kind == "json" and value is not None:
        value = json.dumps(value)
    error = "; ".join(line.partition(": ")[2] for line in breaches if f"option {name!r}" in line)
    return Field(name, kind, value, told.get("description", ""), choices, step, error)


def _kind(schema: Mapping[str, Any], told: Mapping[str, Any]) -> tuple[str, tuple[str, ...], str]:
    """The kind of a field, what may be chosen, and the step of a number."""
    plain = _resolved(schema, told)
    if "enum" in plain:
        return "choice", tuple(map(str, plain["enum"])), ""
    if plain.get("type") == "array" and _resolved(schema, plain.get("items", {})).get("type") == "string":
        return "lines", (), ""
    step = "1" if plain.get("type") == "integer" else "any"
    return KINDS.get(plain.get("type", ""), "json"), (), step


def _resolved(schema: Mapping[str, Any], told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Behind a reference, and what stands beside null."""
    if "$ref" in told:
        return _resolved(schema, schema["$defs"][told["$ref"].rpartition("/")[2]])
    others = [each for each in told.get("anyOf", []) if each.get("type") != "null"]
    return _resolved(schema, others[0]) if len(others) == 1 else told

"""Checks values against ``schema.json``, the one description that Python and TypeScript share.

The schema uses few words of JSON Schema, so a small reader gives sentences that name the
field at fault; a test compares it with a full validator.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

from foldsight.errors import BadRequest

SCHEMA_VERSION = 1
_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    # JSON knows one kind of number, and Yjs hands whole ones over as floats.
    "integer": lambda value: (
        isinstance(value, (int, float)) and not isinstance(value, bool) and value == value // 1
    ),
}


@cache
def schema() -> dict[str, Any]:
    """Return the JSON Schema."""
    text = (files("foldsight.annotation") / "schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def check(name: str, value: Any) -> None:
    """Check a value against one definition of the schema.

    Parameters
    ----------
    name : str
        ``Annotation``, ``Comment``, ``Layer``...
    value : object

    Raises
    ------
    BadRequest
        Naming the field at fault and what would be right.
    """
    _check(schema()["$defs"][name], value, name.lower())


def _check(rule: dict[str, Any], value: Any, where: str) -> None:
    if "$ref" in rule:
        rule = schema()["$defs"][rule["$ref"].rpartition("/")[2]]
    if "anyOf" in rule:
        _any_of(rule["anyOf"], value, where)
        return
    kinds = rule["type"] if isinstance(rule["type"], list) else [rule["type"]]
    kind = next((kind for kind in kinds if _TYPES[kind](value)), None)
    if kind is None:
        raise _fault(where, f"is not of type {' or '.join(kinds)}")
    if kind == "object":
        _check_object(rule, value, where)
    elif kind == "array":
        _check_array(rule, value, where)
    elif kind == "string":
        _check_string(rule, value, where)
    elif kind == "integer" and not rule["minimum"] <= value <= rule["maximum"]:
        raise _fault(where, f"is {value}, outside {rule['minimum']} to {rule['maximum']}")


def _any_of(rules: list[dict[str, Any]], value: Any, where: str) -> None:
    faults = []
    for rule in rules:
        try:
            _check(rule, value, where)
            return
        except BadRequest as fault:
            faults.append(fault)
    raise faults[0]


def _check_object(rule: dict[str, Any], value: dict[str, Any], where: str) -> None:
    known = rule.get("properties", {})
    missing = [name for name in rule.get("required", ()) if name not in value]
    if missing:
        raise _fault(where, f"lacks {', '.join(missing)}")
    if len(value) > rule.get("maxProperties", len(value)):
        raise _fault(where, f"has {len(value)} entries, more than {rule['maxProperties']}")
    others = rule.get("additionalProperties", False)
    for name, part in value.items():
        if name in known:
            _check(known[name], part, f"{where}.{name}")
        elif others is False:
            raise _fault(where, f"has the unknown field {str(name)[:40]!r}")
        else:
            _check(schema()["$defs"]["Id"], name, f"{where} key")
            _check(others, part, f"{where}.{name}")
            if isinstance(part, dict) and part.get("id", name) != name:
                raise _fault(f"{where}.{name}", "has another id than its key")


def _check_array(rule: dict[str, Any], value: list[Any], where: str) -> None:
    low, high = rule.get("minItems", 0), rule["maxItems"]
    if not low <= len(value) <= high:
        raise _fault(where, f"has {len(value)} entries, not {low} to {high}")
    for number, part in enumerate(value):
        _check(rule["items"], part, f"{where}[{number}]")


def _check_string(rule: dict[str, Any], value: str, where: str) -> None:
    low, high = rule.get("minLength", 0), rule.get("maxLength")
    if len(value) < low or (high is not None and len(value) > high):
        raise _fault(where, f"has {len(value)} characters, not {low} to {high}")
    if "pattern" in rule and not re.fullmatch(rule["pattern"], value):
        raise _fault(where, f"is {value[:40]!r}, which does not match {rule['pattern']}")
    if "\x00" in value:
        raise _fault(where, "holds a NUL character")


def _fault(where: str, what: str) -> BadRequest:
    return BadRequest(f"{where} {what}.", hint="See foldsight/annotation/schema.json.", field=where)

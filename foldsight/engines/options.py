"""Engine settings: what each engine lets a user change, and the refusal of the rest.

An engine that has settings lists them in an attribute ``options``; one that has a
slower but safer way to run names it in ``safe_settings``. Both are optional.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from foldsight.engines.base import Engine
from foldsight.errors import BadRequest


@dataclass(frozen=True)
class Option:
    """One setting of an engine.

    Attributes
    ----------
    name : str
    default : bool, int, float or str
        Its type is the type that a value must have.
    help : str
        One line, with the unit.
    choices : tuple, optional
        The only values allowed.
    low, high : float, optional
        The range allowed, both ends inside it.
    """

    name: str
    default: bool | int | float | str
    help: str
    choices: tuple[Any, ...] = ()
    low: float | None = None
    high: float | None = None

    def check(self, value: Any, engine: str) -> Any:
        """Return the value in its proper type.

        Raises
        ------
        BadRequest
            Naming the engine, the setting and what would be right.
        """
        if not self._fits(value):
            raise BadRequest(
                f"{engine}: {self.name} cannot be {value!r}.",
                hint=f"Give {self.wanted()}.",
                engine=engine,
                setting=self.name,
            )
        return float(value) if isinstance(self.default, float) else value

    def _fits(self, value: Any) -> bool:
        kind = type(self.default)
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if type(value) is not kind or (self.choices and value not in self.choices):
            return False
        return not self._outside(value)

    def _outside(self, value: Any) -> bool:
        below = self.low is not None and value < self.low
        return below or (self.high is not None and value > self.high)

    def wanted(self) -> str:
        """Say which values are right, such as ``a whole number from 1 to 8``."""
        if self.choices:
            return "one of " + ", ".join(map(str, self.choices))
        noun = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
        words = noun[type(self.default)]
        if self.low is not None and self.high is not None:
            words += f" from {self.low:g} to {self.high:g}"
        return words


def options_of(engine: Engine) -> tuple[Option, ...]:
    """Return the settings that an engine declares; none when it declares none."""
    return tuple(getattr(engine, "options", ()))


def resolve(engine: Engine, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return every setting of an engine: what was asked, defaults for the rest.

    Raises
    ------
    BadRequest
        On a setting that the engine does not have, or a value that does not fit it.
    """
    known = {option.name: option for option in options_of(engine)}
    refuse_unknown(settings, known, engine.id)
    return {
        name: option.check(settings[name], engine.id) if name in settings else option.default
        for name, option in known.items()
    }


def refuse_unknown(settings: Iterable[str], known: Iterable[str], who: str) -> None:
    """Refuse a setting whose name is not among ``known``.

    Raises
    ------
    BadRequest
    """
    names = sorted(known)
    for name in settings:
        if name not in names:
            hint = f"Its settings are {', '.join(names)}." if names else "It has no settings."
            raise BadRequest(f"{who} has no setting {name!r}.", hint=hint, engine=who, setting=name)


def safe_settings(engine: Engine) -> dict[str, Any]:
    """Return the settings of the slower, safer way to run, empty when there is none."""
    return dict(getattr(engine, "safe_settings", {}))

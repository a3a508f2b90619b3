"""Reads a JSON object field by field; every refusal names the field, what it was and what is expected."""

from __future__ import annotations

import math
from typing import Any, TypeVar

from .errors import bad_job

Text = TypeVar("Text", bound=str)
_MISSING = object()


class Fields:
    def __init__(self, values: dict[str, Any], path: str = "") -> None:
        self._values = dict(values)
        self._path = path

    def text(self, name: str, max_length: int) -> str:
        value = self._take(name)
        if not isinstance(value, str) or not 0 < len(value) <= max_length or "\0" in value:
            raise self._refusal(name, f"text of 1 to {max_length} characters", value)
        return value

    def integer(self, name: str, lowest: int, highest: int) -> int:
        value = self._take(name)
        if type(value) is not int or not lowest <= value <= highest:
            raise self._refusal(name, f"a whole number from {lowest} to {highest}", value)
        return value

    def number(self, name: str, above: float, highest: float) -> float:
        """A finite number in (above, highest]."""
        value = self._take(name)
        is_number = type(value) in (int, float) and math.isfinite(value)
        if not is_number or not above < value <= highest:
            raise self._refusal(name, f"a number above {above:g} and at most {highest:g}", value)
        return float(value)

    def choice(self, name: str, choices: tuple[Text, ...]) -> Text:
        value = self._take(name)
        for choice in choices:
            if value == choice:
                return choice
        raise self._refusal(name, f"one of {', '.join(choices)}", value)

    def integer_pair(self, name: str) -> tuple[int, int]:
        value = self._take(name)
        is_pair = isinstance(value, list) and len(value) == 2
        if not is_pair or any(type(item) is not int or item < 0 for item in value):
            raise self._refusal(name, "two row numbers [start, end]", value)
        return value[0], value[1]

    def names(self, name: str) -> tuple[str, ...]:
        """A list of different, non-empty texts."""
        value = self._take(name)
        is_list = isinstance(value, list) and len(value) > 0
        if not is_list or not all(isinstance(item, str) and item for item in value):
            raise self._refusal(name, "a list of names", value)
        seen: set[str] = set()
        for item in value:
            if item in seen:
                raise bad_job(f"{self._path}{name}: {item!r} is listed twice")
            seen.add(item)
        return tuple(value)

    def object(self, name: str) -> Fields:
        value = self._take(name)
        if not isinstance(value, dict):
            raise self._refusal(name, "an object", value)
        return Fields(value, f"{self._path}{name}.")

    def has(self, name: str) -> bool:
        return self._values.get(name) is not None

    def optional(self, name: str) -> Any:
        return self._values.pop(name, None)

    def ignore(self, *names: str) -> None:
        for name in names:
            self._values.pop(name, None)

    def rest(self) -> dict[str, Any]:
        return self._values

    def refuse_rest(self) -> None:
        for name in self._values:
            raise bad_job(f"{self._path}{name}: unknown field")

    def _take(self, name: str) -> Any:
        return self._values.pop(name, _MISSING)

    def _refusal(self, name: str, expected: str, value: Any) -> Exception:
        read = "nothing" if value is _MISSING else repr(value)[:80]
        return bad_job(f"{self._path}{name}: expected {expected}, read {read}")

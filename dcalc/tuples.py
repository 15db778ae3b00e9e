"""`NamedTuple` at an eighth of the price of making one.

`typing.NamedTuple` compiles each annotation and a constructor: a tenth of a millisecond for a class, of which a call
of the command line needs thirty. Modules that every call imports take this one; type checkers see no difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import NamedTuple
else:
    from collections import _tuplegetter as make_item

    class _Maker(type):
        """Makes a tuple with fields of the annotations of a class; the values beside them are the defaults."""

        def __new__(cls, name: str, bases: tuple[type, ...], space: dict[str, Any]) -> type:
            made = super().__new__(cls, name, bases, {**space, "__slots__": ()})
            if bases == (tuple,) or hasattr(made, "_fields"):  # the class below, or one that adds methods alone
                return made
            fields = made._fields = made.__match_args__ = tuple(made.__annotations__)
            defaults = made._field_defaults = {field: space[field] for field in fields if field in space}
            made.__new__ = staticmethod(_make_constructor(name, fields, defaults))
            for place, field in enumerate(fields):
                setattr(made, field, make_item(place, None))
            return made

    def _make_constructor(name: str, fields: tuple[str, ...], defaults: dict[str, Any]) -> Callable[..., Any]:
        count, given = len(fields), tuple(defaults.values())
        least = count - len(given)
        make = tuple.__new__

        def construct(cls: type, *values: Any, **named: Any) -> Any:
            if len(values) == count and not named:
                return make(cls, values)
            if not named and least <= len(values) < count:
                return make(cls, (*values, *given[len(values) - least :]))
            placed = dict(zip(fields, values, strict=False))
            whole = {**defaults, **placed, **named}
            if len(values) > count or len(whole) != count or not placed.keys().isdisjoint(named):
                raise TypeError(f"{name} has the fields {', '.join(fields)}")
            return make(cls, map(whole.__getitem__, fields))

        return construct

    class NamedTuple(tuple, metaclass=_Maker):
        """A tuple whose parts have the names, and the defaults, that a subclass annotates."""

        @classmethod
        def _make(cls, values: Iterable[Any]) -> Any:
            return cls(*values)

        def _replace(self, **changes: Any) -> Any:
            return type(self)(**{**self._asdict(), **changes})

        def _asdict(self) -> dict[str, Any]:
            return dict(zip(self._fields, self, strict=True))

        def __getnewargs__(self) -> tuple[Any, ...]:
            return tuple(self)

        def __repr__(self) -> str:
            parts = ", ".join(f"{name}={value!r}" for name, value in self._asdict().items())
            return f"{type(self).__name__}({parts})"


__all__ = ["NamedTuple"]

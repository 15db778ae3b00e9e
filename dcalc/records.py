"""Records that are cheap to make: `NamedTuple` for those of a few fields, `Frozen` for larger ones, with `Lazy` fields.

`typing.NamedTuple` compiles each annotation and a constructor: a tenth of a millisecond for a class, of which a call
of the command line needs thirty, and a dataclass takes half a millisecond or more. Modules that every call imports
take these; type checkers see no difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, NoReturn, Self, TypeVar, cast, dataclass_transform

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


@dataclass_transform(frozen_default=True)
class Frozen:
    """What a frozen dataclass is, at a fiftieth of the price of making one: for records that every call needs.

    The annotations of a subclass are its fields, and the values beside them the defaults. ``hidden`` fields are
    left out of comparisons and of the text, ``unprinted`` ones of the text.
    """

    _fields: ClassVar[tuple[str, ...]] = ()
    _known: ClassVar[frozenset[str]] = frozenset()
    _needed: ClassVar[frozenset[str]] = frozenset()
    _shown: ClassVar[tuple[str, ...]] = ()
    _printed: ClassVar[tuple[str, ...]] = ()
    _guarded: ClassVar[tuple[Lazy[Any], ...]] = ()

    def __init_subclass__(cls, hidden: tuple[str, ...] = (), unprinted: tuple[str, ...] = ()) -> None:
        cls._fields = tuple(cls.__annotations__)
        cls._known = frozenset(cls._fields)
        cls._needed = cls._known.difference(vars(cls))
        cls._shown = tuple(name for name in cls._fields if name not in hidden)
        cls._printed = tuple(name for name in cls._shown if name not in unprinted)
        cls._guarded = tuple(field for field in vars(cls).values() if isinstance(field, Lazy) and field.without)

    def __init__(self, *values: Any, **named: Any) -> None:
        given = self.__dict__  # what is not given stays with the class
        given.update(zip(self._fields, values, strict=False), **named)
        count = len(values) + len(named)
        if len(given) != count or not self._needed <= given.keys() <= self._known:
            raise TypeError(f"{type(self).__name__} has the fields {', '.join(self._fields)}")
        for field in self._guarded:
            value = given.get(field.name, ())
            if not callable(value) and not field.without.isdisjoint(value):
                field.refuse(value)

    def replace(self, **changes: Any) -> Self:
        """The same record but for these fields."""
        return type(self)(**{**self.__dict__, **changes})

    def _refuse(self, name: str, _value: object = None) -> NoReturn:
        raise AttributeError(f"the field {name} of a {type(self).__name__} cannot be set")

    __setattr__ = __delattr__ = _refuse

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self._shown)

    def __hash__(self) -> int:
        return hash(tuple([getattr(self, name) for name in self._shown]))

    def __repr__(self) -> str:
        pairs = [(name, getattr(self, name)) for name in self._printed]
        given = [f"{name}={value!r}" for name, value in pairs if value != getattr(type(self), name, _MISSING)]
        return f"{type(self).__name__}({', '.join(given)})"


_MISSING = object()
T = TypeVar("T")


class Lazy(Generic[T]):
    """A field of a `Frozen` record that may be given as a function without arguments, called at the first look.

    A batch in one format does without the tables, facts and records of all the others. A mapping ``without`` some keys
    is looked at as soon as it is known: at construction where it is given as such.
    """

    def __init__(self, default: T | Callable[[], T], without: frozenset[str] = frozenset()) -> None:
        self.default = default
        self.without = without

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, record: object | None, owner: type) -> T:
        if record is None:  # looked up in the class, as pydoc does
            return cast("T", self.default)
        fields = vars(record)  # the record itself is frozen
        value = fields.get(self.name, self.default)
        if callable(value):
            value = value()
            if self.without and not self.without.isdisjoint(value):
                self.refuse(value)
            fields[self.name] = value
        return cast("T", value)

    def refuse(self, value: Iterable[str]) -> NoReturn:
        """Raise ValueError for the keys that must not be there."""
        raise ValueError(f"the field {self.name} must not hold {', '.join(sorted(self.without.intersection(value)))}")

    def __set__(self, record: object, value: object) -> NoReturn:
        """Never called, as records are frozen; without it the fields of a record would come before this."""
        raise AttributeError(self.name)


__all__ = ["Frozen", "Lazy", "NamedTuple"]

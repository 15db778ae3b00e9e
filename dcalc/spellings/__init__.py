"""How other languages spell what the table has: one file per language, for what writes it and what reads it.

A file of this folder provides

``NATIVE``     the key of a row to its spelling: a name, applied to the arguments in their order, or a
               template with {0} and {1} for the arguments, {*} for all. It is written, and read back.
``EMITTED``    the same, for programs alone: readers take these for something simpler, or do not know them.
``AVOIDED``    the rows that a library has, mostly in `NATIVE` or in `IDIOMS`, and that programs are written without,
               with the reason: how many ulps it was off certified values, infinitely many where no digit was right,
               or a sentence. `tests/benchmarks/emit.py --avoided` measures it again.
``SYNONYMS``   calls that are read as well: `"name(u, v=1)"` to a text in dcalc's own language, in the
               names of the arguments. A name that means something else there than here stands here.
``REFUSED``    names that are not read, each with what to write instead.
``IDIOMS``     spellings that users of a library write, and backends ask it by, but no program of ours: they are
               less exact, or of another form than a call.

Names of constants have no brackets, in either. A row without a spelling is written in simpler functions
where that is possible, and refused by name where it is not.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from dcalc import functions as table
from dcalc.functions import Row
from dcalc.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

_SIGNATURE = re.compile(r"([^\s(\[]+)\s*[(\[](.*)[)\]]$")
_PLACE = re.compile(r"\{(\d)\}")


class Call(NamedTuple):
    """A call as another language has it: its parameters, and what it means.

    It means ``row`` of the arguments in the given ``order``, or else a ``text`` in dcalc's own language.
    ``defaults`` are those of the last parameters.
    """

    parameters: tuple[str, ...]
    defaults: tuple[str, ...] = ()
    text: str = ""
    row: Row | None = None
    order: tuple[int, ...] = ()

    def takes(self, count: int) -> bool:
        """True where that many arguments may be given."""
        if self.row is not None and not self.order:
            return count >= self.row.minimum and (self.row.maximum is None or count <= self.row.maximum)
        return len(self.parameters) - len(self.defaults) <= count <= len(self.parameters)


def native(language: str) -> Mapping[Row, str]:
    """The spellings of a language by row."""
    return _native(import_module(f"dcalc.spellings.{language}"))


@cache
def _native(module: ModuleType) -> Mapping[Row, str]:
    return {table.BY_KEY[key]: text for key, text in module.NATIVE.items()}


def emitted(language: str) -> Mapping[Row, str]:
    """The spellings that programs in a language are written with."""
    module = import_module(f"dcalc.spellings.{language}")
    native = {row: text for row, text in _native(module).items() if row not in avoided(language)}
    return {**native, **{table.BY_KEY[key]: text for key, text in getattr(module, "EMITTED", {}).items()}}


def avoided(language: str) -> Mapping[Row, float | str]:
    """Why programs do without what a library has: its error in ulps, or a sentence, by row."""
    return _avoided(import_module(f"dcalc.spellings.{language}"))


@cache
def _avoided(module: ModuleType) -> Mapping[Row, float | str]:
    return {table.BY_KEY[key]: reason for key, reason in getattr(module, "AVOIDED", {}).items()}


def idioms(language: str) -> Mapping[Row, str]:
    """What users of a language write for a row: its idioms, and the other spellings."""
    module = import_module(f"dcalc.spellings.{language}")
    return {**_native(module), **{table.BY_KEY[key]: text for key, text in getattr(module, "IDIOMS", {}).items()}}


def calls(language: str) -> Mapping[str, list[Call]]:
    """The calls that a language has, by name. The first one that takes as many arguments is meant."""
    return _calls(import_module(f"dcalc.spellings.{language}"))


@cache
def _calls(module: ModuleType) -> Mapping[str, list[Call]]:
    known: dict[str, list[Call]] = {}
    for row, spelling in _native(module).items():
        if row.name in table.BY_NAME and (entry := _inverse(row, spelling)) is not None:
            known.setdefault(entry[0], []).append(entry[1])
    for signature, text in module.SYNONYMS.items():
        match = _SIGNATURE.match(signature)
        if match is not None:
            known.setdefault(match[1], []).append(_synonym(match[2], text))
    return known


def _inverse(row: Row, spelling: str) -> tuple[str, Call] | None:
    """The name that a spelling begins with and the call it is, or None where it is more than a call."""
    if "{" not in spelling:
        return spelling, Call(row.args, row=row)
    match = _SIGNATURE.match(spelling)
    places = [_PLACE.fullmatch(part.strip()) for part in match[2].split(",")] if match else []
    if match is None or not all(places):
        return None
    given = [int(place[1]) for place in places if place]
    return match[1], Call(tuple(row.args[k] for k in given), row=row, order=tuple(map(given.index, range(len(given)))))


def _synonym(parameters: str, text: str) -> Call:
    words = [word.strip() for word in parameters.split(",")] if parameters.strip() else []
    names = tuple(word.partition("=")[0].strip() for word in words)
    defaults = tuple(word.partition("=")[2].strip() for word in words if "=" in word)
    return Call(names, defaults, text)


def constants(language: str) -> Mapping[str, str]:
    """The constants that a language has: names to texts in dcalc's own language."""
    module = import_module(f"dcalc.spellings.{language}")
    known = {spelling: row.name for row, spelling in _native(module).items() if row.name in table.CONSTANTS}
    return {**known, **{name: text for name, text in module.SYNONYMS.items() if not _SIGNATURE.match(name)}}


def refused_names(language: str) -> Mapping[str, str]:
    """Names of a language that are not read, with what to write instead."""
    names: Mapping[str, str] = import_module(f"dcalc.spellings.{language}").REFUSED
    return names

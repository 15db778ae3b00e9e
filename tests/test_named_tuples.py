"""`dcalc.records.NamedTuple` is what `typing.NamedTuple` is."""

from __future__ import annotations

import copy
import pickle
import typing

import pytest

from dcalc import records


class Own(records.NamedTuple):
    """A place."""

    x: int
    y: float = 0.5
    name: str = "place"

    @property
    def total(self) -> float:
        """Of both."""
        return self.x + self.y


class Known(typing.NamedTuple):
    """The same, from the standard library."""

    x: int
    y: float = 0.5
    name: str = "place"


class Louder(Own):
    """The same with a method of its own."""

    def shout(self) -> str:
        """The name, louder."""
        return self.name.upper()


CALLS: tuple[tuple[tuple[object, ...], dict[str, object]], ...] = (
    ((1,), {}), ((1, 2.0), {}), ((1, 2.0, "z"), {}), ((), {"x": 1}), ((1,), {"name": "z"}), ((), {"name": "n", "x": 3}),
    ((1,), {"y": 2, "name": "z"}),
)  # fmt: skip
WRONG: tuple[tuple[tuple[object, ...], dict[str, object]], ...] = (
    ((), {}), ((1, 2, 3, 4), {}), ((1,), {"x": 2}), ((1,), {"z": 2}), ((), {"y": 2}), ((1, 2, 3), {"name": "z"}),
)  # fmt: skip


@pytest.mark.parametrize(("values", "named"), CALLS)
def test_fields_are_those_of_the_standard_library(values, named):
    own, known = Own(*values, **named), Known(*values, **named)
    assert own == known
    assert hash(own) == hash(known)
    assert (own.x, own.y, own.name) == tuple(known)
    assert repr(own) == repr(known).replace("Known", "Own")
    assert own._asdict() == known._asdict()
    assert own._replace(y=7) == known._replace(y=7)
    assert own.total == own.x + own.y
    assert pickle.loads(pickle.dumps(own)) == copy.deepcopy(own) == own
    assert type(pickle.loads(pickle.dumps(own))) is Own


@pytest.mark.parametrize(("values", "named"), WRONG)
def test_a_call_that_the_standard_library_refuses_is_refused(values, named):
    for kind in (Own, Known):
        with pytest.raises(TypeError):
            kind(*values, **named)


def test_classes_tell_their_fields_and_instances_have_no_others():
    assert Own._fields == Known._fields == Own.__match_args__
    assert Own._field_defaults == Known._field_defaults
    assert Own._make([1, 2, "z"]) == (1, 2, "z")
    assert typing.get_type_hints(Own) == typing.get_type_hints(Known)
    assert not hasattr(Own(1), "__dict__")
    with pytest.raises(AttributeError):
        Own(1).x = 2  # type: ignore[misc]  # what is tried
    with pytest.raises(TypeError):
        Own(1)._replace(z=1)


def test_a_subclass_keeps_the_fields():
    assert Louder(1, name="z") == Own(1, name="z")
    assert Louder._fields == Own._fields
    assert Louder(1, name="z").shout() == "Z"

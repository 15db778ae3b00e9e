"""Straight-line programs over blocks of numbers: NumPy's ufuncs, one after the other, into buffers.

A program is written once, run any number of times. Each step names a ufunc, the places that it
reads and those that it fills. Equal steps are written once, steps that nothing reads are left
out, and a place whose last reader has run is filled again, so that a block stays in the cache.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from dcalc.records import NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Column = Sequence[float] | NDArray[np.float64]
    """The values of one variable, or of one target: a list where there is no NumPy."""


class Reg:
    """A place for one number (or truth value) a point, filled by one step."""

    __slots__ = ("boolean", "index")

    def __init__(self, index: int, boolean: bool) -> None:
        self.index = index
        self.boolean = boolean


Operand = Reg | float


class Step(NamedTuple):
    """A ufunc's name or a function, what it reads, and the places it fills."""

    call: str | Callable[..., Any]
    ins: tuple[Any, ...]
    outs: tuple[Reg, ...]


class Exceptional(ArithmeticError):
    """A number left the range in which relative errors are bounded, in some row of a block."""


_TRUTHS = frozenset(
    "less less_equal greater greater_equal equal not_equal logical_and logical_or logical_not isfinite".split()
)
_OVERLAPPING = "select"
"""Fills its place in two strokes, so that it must not be one of those it reads."""


class Program:
    """Steps being written; each place is filled once until buffers are given out."""

    def __init__(self, inputs: int) -> None:
        self.steps: list[Step] = []
        self.known: dict[tuple[Any, ...], tuple[Reg, ...]] = {}
        self.count = 0
        self.inputs = [self.place() for _ in range(inputs)]
        self.outputs: list[Operand | bool] = []

    def place(self, boolean: bool = False) -> Reg:
        """A new place."""
        self.count += 1
        return Reg(self.count - 1, boolean)

    def op(self, name: str, *ins: Operand) -> Reg:
        """The place of a ufunc's result."""
        return self.step(name, ins, (name in _TRUTHS,))[0]

    def has(self, name: str, *ins: Operand) -> bool:
        """Whether a step is written already."""
        return _key(name, ins) in self.known

    def step(self, call: str | Callable[..., Any], ins: tuple[Any, ...], kinds: tuple[bool, ...]) -> tuple[Reg, ...]:
        """The places that a call fills: those of the same call before, if there was one."""
        key = _key(call, ins)
        if key not in self.known:
            self.known[key] = tuple([self.place(kind) for kind in kinds])
            self.steps.append(Step(call, ins, self.known[key]))
        return self.known[key]

    def check(self, call: Callable[..., None], *ins: Operand) -> None:
        """A step that fills nothing, and may raise Exceptional."""
        self.step(call, ins, ())

    def finish(self) -> Layout:
        """The program with its buffers given out. Linear in steps."""
        steps = self._needed_steps()
        last: dict[int, int] = {}
        for number, step in enumerate(steps):
            last.update((part.index, number) for part in step.ins if isinstance(part, Reg))
        last.update((part.index, len(steps)) for part in (*self.inputs, *self.outputs) if isinstance(part, Reg))
        return _Buffers(last, self.inputs).given_out(steps, self.outputs)

    def _needed_steps(self) -> list[Step]:
        """The steps that outputs or checks depend on."""
        used = {part.index for part in self.outputs if isinstance(part, Reg)}
        steps: list[Step] = []
        for step in reversed(self.steps):
            if not step.outs or any(out.index in used for out in step.outs):
                steps.append(step)
                used.update(part.index for part in step.ins if isinstance(part, Reg))
        return steps[::-1]


def _key(call: object, ins: tuple[Any, ...]) -> tuple[Any, ...]:
    return (call, *[part.index if isinstance(part, Reg) else repr(part) for part in ins])


class Layout(NamedTuple):
    """A finished program: steps over numbered buffers, how many of each kind, and the outputs."""

    steps: list[Step]
    numbers: int
    truths: int
    outputs: list[Operand | bool]


class _Buffers:
    """Buffers by last use: one that is free again is taken first, for it is warm."""

    def __init__(self, last: dict[int, int], inputs: Sequence[Reg]) -> None:
        self.last = last
        self.homes: dict[int, Reg] = {}
        self.free: dict[bool, list[int]] = {False: [], True: []}
        self.sizes = {False: 0, True: 0}
        for place in inputs:
            self._take(place)

    def _take(self, place: Reg) -> Reg:
        kind = place.boolean
        if not self.free[kind]:
            self.free[kind].append(self.sizes[kind])
            self.sizes[kind] += 1
        self.homes[place.index] = Reg(self.free[kind].pop(), kind)
        return self.homes[place.index]

    def _leave(self, ins: tuple[Any, ...], number: int) -> None:
        for index in {part.index for part in ins if isinstance(part, Reg)}:
            if self.last[index] == number:
                home = self.homes[index]
                self.free[home.boolean].append(home.index)

    def _home(self, part: Any) -> Any:
        return self.homes[part.index] if isinstance(part, Reg) else part

    def given_out(self, steps: list[Step], outputs: list[Operand | bool]) -> Layout:
        placed: list[Step] = []
        for number, step in enumerate(steps):
            ins = tuple([self._home(part) for part in step.ins])
            apart = step.call == _OVERLAPPING or len(step.outs) > 1
            if not apart:
                self._leave(step.ins, number)
            outs = tuple([self._take(out) for out in step.outs])
            if apart:
                self._leave(step.ins, number)
            for out in step.outs:
                if out.index not in self.last:  # one of several results, which nobody reads
                    self.free[out.boolean].append(self.homes[out.index].index)
            placed.append(Step(step.call, ins, outs))
        return Layout(placed, self.sizes[False], self.sizes[True], [self._home(part) for part in outputs])


_MOST_LENGTHS = 2
"""Lengths of blocks whose views are kept: a whole block and the last one."""


class Machine:
    """A layout with its own buffers, as long as the longest block so far: each thread has one."""

    def __init__(self, layout: Layout) -> None:
        import numpy as np

        self.np = np
        self.layout = layout
        self.room = -1
        self.bound: dict[int, list[tuple[Any, list[Any], Any]]] = {}

    def _make_room(self, size: int) -> None:
        # a stride off the powers of two, so that the buffers do not fight for the same sets of the cache
        self.numbers = self.np.empty((self.layout.numbers, size + 72))
        self.truths = self.np.empty((self.layout.truths, size + 72), dtype=bool)
        self.bound.clear()
        self.room = size

    def _view(self, part: Any, size: int) -> Any:
        if isinstance(part, Reg):
            return (self.truths if part.boolean else self.numbers)[part.index, :size]
        return part

    def _steps(self, size: int) -> list[tuple[Any, list[Any], Any]]:
        if size not in self.bound:
            if len(self.bound) >= _MOST_LENGTHS:
                self.bound.clear()
            self.bound[size] = [self._bind(step, size) for step in self.layout.steps]
        return self.bound[size]

    def _bind(self, step: Step, size: int) -> tuple[Any, list[Any], Any]:
        call = step.call
        if isinstance(call, str):
            call = _select if call == _OVERLAPPING else getattr(self.np, call)
        outs = tuple([self._view(out, size) for out in step.outs])
        return call, [self._view(part, size) for part in step.ins], outs[0] if len(outs) == 1 else outs

    def run(self, columns: Sequence[Column], start: int, size: int) -> list[Any]:
        """The outputs over rows start to start + size of the columns: views of the buffers, or the
        constants that they are. Raises Exceptional from a check, FloatingPointError as NumPy is set to."""
        if size > self.room:
            self._make_room(size)
        for place, column in enumerate(columns):
            self.numbers[place, :size] = column[start : start + size]
        for call, ins, out in self._steps(size):
            call(*ins, out=out)
        return [self._view(part, size) for part in self.layout.outputs]


def _select(condition: Any, first: Any, second: Any, out: Any) -> None:
    import numpy as np

    np.copyto(out, second)
    np.copyto(out, first, where=condition)


def map_function(function: Callable[..., float]) -> Callable[..., None]:
    """A function of numbers as a step: row by row."""

    def over(*ins: Any, out: Any) -> None:
        columns = [part.tolist() if hasattr(part, "tolist") else [part] * len(out) for part in ins]
        out[:] = list(map(function, *columns))

    return over

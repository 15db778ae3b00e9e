"""Sums of products of arrays whose axes have labels, with a count of the roundings on the way to one entry.

Long sums are done in parts, whose sums are added in pairs: so fewer roundings lie on the way of each term, and bounds
of their errors are closer (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., ch. 4.2). The order within
a part is NumPy's choice and is not known, so that every term may be one rounding there.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence
from math import prod
from typing import Any, TypeVar

from dcalc.bulk.lazy_numpy import np
from dcalc.errors import LimitError

T = TypeVar("T")

Labels = tuple[int, ...]
"""The labels of an array's axes."""
Shared = MutableMapping[object, tuple[Sequence[Any], Any]]
"""What evaluations at one point share: results by the operation and the ids of its operands, which are kept with them
so that their ids stay theirs."""

_PART = 512
"""Terms of a sum that are added in NumPy's order."""
_MOST_PARTIAL = 1 << 20
"""Entries of the sums of all parts that are kept at once."""
_MOST_ENTRIES = 1 << 27
"""Entries of the largest array that is made: a gigabyte."""


class Join:
    """The product of two arrays, or one array, summed over the labels that are not ``kept``.

    ``terms`` is the number of terms of each sum; ``roundings`` is how many roundings change a term at most.
    """

    def __init__(self, labels: Sequence[Labels], kept: Labels, lengths: Sequence[int]) -> None:
        self.labels = tuple(labels)
        self.kept = kept
        self.summed = tuple(dict.fromkeys(label for own in labels for label in own if label not in kept))
        self.terms = prod(lengths[label] for label in self.summed)
        self.shape = [lengths[label] for label in kept]
        self.key = (self.labels, kept)
        free = tuple(label for own in labels for label in own if label not in self.summed)
        is_matrix_product = len(set(free)) == len(free) and all(
            len(set(own)) == len(own) and {*self.summed} <= {*own} for own in labels
        )
        self._free = free if is_matrix_product else None
        self._parts = self._longest = 0
        if self._free is not None and _is_long(self.terms) and self.terms // _PART * prod(self.shape) <= _MOST_PARTIAL:
            self._parts = self.terms // _PART
            additions = _PART + _halvings(self.terms) + 1
        else:
            longest = max(self.summed, key=lengths.__getitem__, default=None)
            additions = self.terms if self.terms > 1 else 0
            if longest is not None and _is_long(lengths[longest]):
                self._longest, self._cut = lengths[longest], longest
                additions = self.terms // self._longest * _PART + _halvings(self._longest)
        self.roundings = len(labels) - 1 + additions

    def run(self, arrays: Sequence[Any]) -> Any:
        """The result, its axes in the order of ``kept``. Raises LimitError where it has too many entries."""
        if prod(self.shape) > _MOST_ENTRIES:
            raise LimitError(
                f"an array of {prod(self.shape):,} numbers does not fit",
                help="ask for the formula, or name fewer variables",
            )
        if self._parts:
            return self._multiply_parts(arrays)
        if not self._longest:
            return self._contract(arrays)
        sums = []
        for start in range(0, self._longest, _PART):
            block = slice(start, start + _PART)
            pieces = [
                array[tuple(block if label == self._cut else slice(None) for label in own)]
                for array, own in zip(arrays, self.labels, strict=True)
            ]
            sums.append(self._contract(pieces))
        return _add_pairs(sums)

    def _multiply_parts(self, arrays: Sequence[Any]) -> Any:
        """A long sum by one call of NumPy: that of one array, or of two that share just the labels of the sum."""
        cut = self._parts * _PART
        rows = [
            array.transpose([*map(own.index, self.summed), *(k for k, label in enumerate(own) if label in self.kept)])
            for array, own in zip(arrays, self.labels, strict=True)
        ]
        rows = [array.reshape(self.terms, -1) for array in rows]
        parts = [array[:cut].reshape(self._parts, _PART, -1) for array in rows]
        rest = [array[cut:] for array in rows]
        if len(arrays) == 1 and parts[0].shape[2] == 1:  # several times faster along the last axis
            sums, last = parts[0][:, :, 0].sum(axis=1)[:, None], rest[0].sum(axis=0)
        elif len(arrays) == 1:
            sums, last = parts[0].sum(axis=1), rest[0].sum(axis=0)
        else:
            sums = np.matmul(parts[0].transpose(0, 2, 1), parts[1]).reshape(self._parts, -1)
            last = (rest[0].T @ rest[1]).reshape(-1)
        while len(sums) > 1:  # in pairs, as `_halvings` counts
            half = len(sums) // 2
            left_over = sums[2 * half :]
            sums = sums[:half] + sums[half : 2 * half]
            if len(left_over):
                sums = np.concatenate([sums, left_over])
        assert self._free is not None
        lengths = dict(zip(self.kept, self.shape, strict=True))
        whole = (sums[0] + last).reshape([lengths[label] for label in self._free])
        return _align(whole, self._free, self.kept)

    def _contract(self, arrays: Sequence[Any]) -> Any:
        if not self.summed and all(len(set(own)) == len(own) for own in self.labels):
            aligned = [_align(array, own, self.kept) for array, own in zip(arrays, self.labels, strict=True)]
            return aligned[0] if len(arrays) == 1 else aligned[0] * aligned[1]
        if len(arrays) == 2 and self._free is not None:
            if len(self.summed) == 1 and max(map(len, self.labels)) <= 2:  # without the detours of tensordot
                left = arrays[0] if self.labels[0][-1] in self.summed else arrays[0].T
                right = arrays[1] if self.labels[1][0] in self.summed else arrays[1].T
                return _align(np.asarray(left @ right), self._free, self.kept)
            places = [list(map(own.index, self.summed)) for own in self.labels]
            return _align(np.tensordot(*arrays, places), self._free, self.kept)
        operands: list[Any] = []
        for array, own in zip(arrays, self.labels, strict=True):
            operands += [array, list(own)]
        return np.einsum(*operands, list(self.kept))


class Contraction:
    """The sum of products of arrays, over the labels that are not in ``out``: joins of two at a time.

    Those are joined first that leave least. ``roundings`` is how many roundings change a term at most.
    """

    def __init__(self, labels: Sequence[Labels], out: Sequence[int], lengths: Sequence[int]) -> None:
        self.labels = [tuple(one) for one in labels]
        self.out = tuple(out)
        self.lengths = lengths
        self.steps: list[tuple[Join, tuple[int, ...]]] = []
        operands = list(enumerate(self.labels))
        while len(operands) > 1:
            first, second = self._choose([own for _, own in operands])
            right, left = operands.pop(second), operands.pop(first)
            rest = {label for _, own in operands for label in own}.union(self.out)
            kept = tuple(label for label in dict.fromkeys(left[1] + right[1]) if label in rest)
            self._plan((left, right), kept if operands or set(kept) != set(self.out) else self.out)
            operands.append((len(labels) + len(self.steps) - 1, self.steps[-1][0].kept))
        if operands and operands[0][1] != self.out:
            self._plan(operands, self.out)
        self.roundings = sum(join.roundings for join, _ in self.steps)

    def _plan(self, operands: Sequence[tuple[int, Labels]], kept: Labels) -> None:
        join = Join([own for _, own in operands], kept, self.lengths)
        self.steps.append((join, tuple(place for place, _ in operands)))

    def _choose(self, operands: Sequence[Labels]) -> tuple[int, int]:
        """The two whose product has the fewest labels to run over, and the fewest entries."""
        pairs = [(k, j) for j in range(1, len(operands)) for k in range(j)]

        def measure(pair: tuple[int, int]) -> tuple[int, int]:
            both = {*operands[pair[0]], *operands[pair[1]]}
            others = {x for k, own in enumerate(operands) if k not in pair for x in own}.union(self.out)
            return prod(self.lengths[x] for x in both), prod(self.lengths[x] for x in both & others)

        return min(pairs, key=measure)

    def run(self, operands: Sequence[T], join: Callable[[Join, Sequence[T]], T] = Join.run) -> T:
        """The result of at least one operand, where ``join`` does one step; its axes are in the order of ``out``."""
        results = list(operands)
        for step, places in self.steps:
            results.append(join(step, [results[place] for place in places]))
        return results[-1]

    def run_sizes(self, arrays: Sequence[Any]) -> Any:
        """The result for arrays some of whose axes have length 1, along which their entries are alike.

        It has length 1 itself along axes on which nothing depends.
        """
        if not arrays:
            return np.ones(())
        labels: list[Labels] = []
        bare: list[Any] = []
        used: set[int] = set()
        for array, own in zip(arrays, self.labels, strict=True):
            whole = [k for k, label in enumerate(own) if array.shape[k] != 1 or self.lengths[label] == 1]
            bare.append(array.reshape([array.shape[k] for k in whole]))
            labels.append(tuple(own[k] for k in whole))
            used.update(labels[-1])
        every = {label for own in self.labels for label in own}
        scale = prod(self.lengths[label] for label in every - used - set(self.out))
        kept = tuple(label for label in self.out if label in used)
        result = Contraction(labels, kept, self.lengths).run(bare) * float(scale)
        return result.reshape([self.lengths[label] if label in used else 1 for label in self.out])


class EinsteinSum(Contraction):
    """A contraction whose result may have labels that no operand has, and a label twice: zeros stand beside a diagonal.

    ``whole`` are the labels of the result, which `place` makes of that of the contraction.
    """

    def __init__(self, labels: Sequence[Labels], whole: Sequence[int], lengths: Sequence[int]) -> None:
        self.whole = tuple(whole)
        self._kept = tuple(dict.fromkeys(whole))
        used = {label for own in labels for label in own}
        super().__init__(labels, [label for label in self._kept if label in used], lengths)
        self.has_diagonal = len(self._kept) < len(self.whole)

    def place(self, array: Any) -> Any:
        """An array with the axes ``out``, stretched along those that are missing, and put on its diagonals."""
        if self.out == self.whole:
            return array
        array = np.broadcast_to(_align(array, self.out, self._kept), [self.lengths[label] for label in self._kept])
        if not self.has_diagonal:
            return array
        whole = np.zeros([self.lengths[label] for label in self.whole], dtype=array.dtype)
        np.einsum(whole, list(self.whole), list(self._kept))[...] = array
        return whole


def look_up(shared: Shared, key: object, operands: Sequence[Any], compute: Callable[[], T]) -> T:
    """A result that is computed once for the same operands."""
    full = (key, *map(id, operands))
    known = shared.get(full)
    if known is None:
        known = shared[full] = operands, compute()
    result: T = known[1]
    return result


def _align(array: Any, own: Sequence[int], kept: Sequence[int]) -> Any:
    """A view whose axes are in the order of ``kept``, with length 1 where the array has none."""
    order = [own.index(label) for label in kept if label in own]
    if order != [*range(len(order))]:
        array = array.transpose(order)
    return array if len(own) == len(kept) else array[tuple(slice(None) if label in own else None for label in kept)]


def _is_long(length: int) -> bool:
    """Whether a sum has fewer roundings in parts."""
    return length > _PART + _halvings(length)


def _halvings(length: int) -> int:
    """How often the parts of a sum of this length are added in pairs."""
    return (max(1, -(-length // _PART)) - 1).bit_length()


def _add_pairs(parts: Sequence[Any]) -> Any:
    """The sum of some arrays, which are added in pairs, and the sums again."""
    while len(parts) > 1:
        parts = [parts[k] + parts[k + 1] if k + 1 < len(parts) else parts[k] for k in range(0, len(parts), 2)]
    return parts[0]

"""Boxes and arrows laid out in layers: each box below all that it is made of.

After Sugiyama, Tagawa and Toda, IEEE Trans. SMC 11 (1981): longest paths give the layers, long
edges pass through every layer between, and sweeps by the mean place of neighbours undo crossings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

Key = tuple[int, int]
"""A box (its id, -1), or a bend (its edge, its layer)."""

_SWEEPS = 8
GAP = 24.0
"""Between neighbours of a layer."""
_BEND = 12.0
"""The room of a bend."""


class Layout(NamedTuple):
    """Layers from the top, boxes and bends in each from the left; and the middle of each."""

    layers: list[list[Key]]
    middles: dict[Key, float]
    routes: list[list[Key]]
    width: float


def arrange(nodes: Sequence[int], edges: Sequence[tuple[int, int]], widths: Mapping[int, float]) -> Layout:
    """Places for boxes of these widths; ``routes`` has the way of each edge, its ends included.

    Cost: linear in the boxes and in the layers that edges cross.
    """
    level = _levels(nodes, edges)
    layers: list[list[Key]] = [[] for _ in range(max(level.values(), default=-1) + 1)]
    for node in nodes:
        layers[level[node]].append((node, -1))
    routes = []
    for index, (start, end) in enumerate(edges):
        bends = [(index, layer) for layer in range(level[start] + 1, level[end])]
        for bend in bends:
            layers[bend[1]].append(bend)
        routes.append([(start, -1), *bends, (end, -1)])
    above, below = _neighbours(routes)
    _uncross(layers, above, below)
    middles = _placed(layers, above, below, widths)
    shift = min((middles[key] - _width(key, widths) / 2 for key in middles), default=0.0)
    middles = {key: middle - shift for key, middle in middles.items()}
    width = max((middles[key] + _width(key, widths) / 2 for key in middles), default=0.0)
    return Layout(layers, middles, routes, width)


def _levels(nodes: Sequence[int], edges: Sequence[tuple[int, int]]) -> dict[int, int]:
    """The layer of each box: one below the lowest of what it is made of.

    Boxes with nothing above them stand right above the first that uses them.
    """
    level = dict.fromkeys(nodes, 0)
    order = sorted(edges, key=lambda edge: edge[1])  # operands come before what they are used in
    for start, end in order:
        level[end] = max(level[end], level[start] + 1)
    fed = {end for _, end in edges}
    first: dict[int, int] = {}
    for start, end in edges:
        if start not in fed:
            first[start] = min(first.get(start, level[end]), level[end])
    return {node: first[node] - 1 if node in first else level[node] for node in nodes}


def _neighbours(routes: Sequence[Sequence[Key]]) -> tuple[dict[Key, list[Key]], dict[Key, list[Key]]]:
    above: dict[Key, list[Key]] = {}
    below: dict[Key, list[Key]] = {}
    for route in routes:
        for first, second in pairwise(route):
            below.setdefault(first, []).append(second)
            above.setdefault(second, []).append(first)
    return above, below


def _uncross(layers: list[list[Key]], above: Mapping[Key, list[Key]], below: Mapping[Key, list[Key]]) -> None:
    """Sort each layer by the mean place of its neighbours in the one before, down and up again."""
    place = {key: float(index) for layer in layers for index, key in enumerate(layer)}
    for sweep in range(_SWEEPS):
        ordered, near = (layers, above) if sweep % 2 == 0 else (layers[::-1], below)
        for layer in ordered:
            means = {key: _mean([place[other] for other in near.get(key, ())], place[key]) for key in layer}
            layer.sort(key=lambda key: means[key])
            place.update((key, float(index)) for index, key in enumerate(layer))


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _width(key: Key, widths: Mapping[int, float]) -> float:
    return widths[key[0]] if key[1] < 0 else _BEND


def _placed(
    layers: list[list[Key]], above: Mapping[Key, list[Key]], below: Mapping[Key, list[Key]], widths: Mapping[int, float]
) -> dict[Key, float]:
    """Middles: as near to the neighbours as those beside leave room."""
    middles: dict[Key, float] = {}
    for layer in layers:
        x = 0.0
        for key in layer:
            middles[key] = x + _width(key, widths) / 2
            x += _width(key, widths) + GAP
    for sweep in range(_SWEEPS):
        ordered, near = (layers, above) if sweep % 2 == 0 else (layers[::-1], below)
        for layer in ordered:
            wanted = [_mean([middles[other] for other in near.get(key, ())], middles[key]) for key in layer]
            middles.update(zip(layer, _spread(wanted, [_width(key, widths) for key in layer]), strict=True))
    return middles


def _spread(wanted: Sequence[float], widths: Sequence[float]) -> list[float]:
    """Places nearest to those wanted (in the sum of squares) that keep the order and the gaps."""
    offsets = [0.0]
    for first, second in pairwise(widths):
        offsets.append(offsets[-1] + (first + second) / 2 + GAP)
    blocks: list[tuple[float, int]] = []  # mean and count: pooling adjacent violators
    for want, offset in zip(wanted, offsets, strict=True):
        mean, count = want - offset, 1
        while blocks and blocks[-1][0] >= mean:
            other, size = blocks.pop()
            mean = (mean * count + other * size) / (count + size)
            count += size
        blocks.append((mean, count))
    starts = [mean for mean, count in blocks for _ in range(count)]
    return [start + offset for start, offset in zip(starts, offsets, strict=True)]

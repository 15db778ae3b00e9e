"""`dcalc study` on textbook curves: every feature is found, and none invented."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import mpmath
import pytest

import dcalc
from dcalc.analysis import plot
from dcalc.analysis.study import find
from dcalc.finding import Finding, Subject
from dcalc.notation import write
from dcalc.parser import parse
from dcalc.point import read_exact_ranges
from tests.isolate.test_zeros import read_truth

CURVES = tomllib.loads((Path(__file__).parent / "curves.toml").read_text(encoding="utf-8"))["curve"]
PLACES = ("zeros", "inflections", "poles", "holes", "jumps", "kinks", "edges")
SETS = ("rising", "falling", "constant", "convex", "concave")


def study(text: str, over: str = "") -> Finding:
    """The finding of `dcalc study`."""
    subject = Subject(root=parse(text).root, names=("x",), wrt=(), digits=30)
    return find(subject, read_exact_ranges(over) if over else None)


def read_ends(interval: str) -> list[float | None]:
    """The ends of an interval such as `(-inf, sqrt(3))`."""
    low, _, high = interval[1:-1].rpartition(", ")
    return [None if end in ("-inf", "inf") else float(read_truth(end)[0]) for end in (low, high)]


def are_close(numbers: list[dict[str, Any]], truths: list[str], key: str = "decimal") -> bool:
    values = [read_truth(text)[0] for text in truths]
    return len(numbers) == len(values) and all(
        mpmath.almosteq(mpmath.mpf(number[key]), value, 1e-14, 1e-14)
        for number, value in zip(numbers, values, strict=True)
    )


@pytest.mark.parametrize(
    ("text", "over", "facts"),
    [
        ("floor(x)", "-3:3", {"zeros": "[0, 1)"}),
        ("max(x, 0)", "", {"zeros": "(-inf, 0]"}),
        ("floor(x) + 1/2", "", {"zeros": "none known"}),
        # what is rounded is one number, at which the rounding jumps: halves go to even numbers
        ("ceil(x - x)", "0:4", {"range": "{0}", "zeros": "[0, 4]"}),
        ("ceil(sin(x)**2 + cos(x)**2)", "0:4", {"range": "{1}", "zeros": "none"}),
        ("trunc(-abs(x)/x)", "1:4", {"range": "{-1}", "zeros": "none"}),
        ("frac(sqrt(x**2)/x)", "1:4", {"range": "{0}", "zeros": "[1, 4]"}),
        ("round(x - x + 1/2)", "0:4", {"range": "{0}", "zeros": "[0, 4]"}),
        ("round(sin(x)**2 + cos(x)**2 + 1/2)", "0:4", {"range": "{2}", "zeros": "none"}),
        ("x*floor(1/x)", "", {"domain": "(-inf, -0.02537647146], [0.02622586366, inf) at least"}),
        ("softplus(min(sinc(x), lambertw(x)))", "-1:1", {"domain": "not known"}),
        ("airyai(x)", "-3:3", {"inflections": "(-2.33810741, 0), (0, airyai(0))"}),
        ("lambertw(x)", "", {"domain": "[-exp(-1), inf)"}),
        ("x**x", "-3:3", {"domain": "[0, 3]", "left out": "single values, for x from -3 to 0"}),
        ("where(x == 2, 3, log(-1))", "", {"domain": "{2}"}),
        ("log(x) - 10**6", "", {"zeros": "3.033215397e434294"}),
        ("x**2", "0:1e400", {"range": "[0, 1e800]"}),
    ],
)
def test_nothing_is_said_that_is_not_known(text: str, over: str, facts: dict[str, str]) -> None:
    told = dict(study(text, over).plain)
    assert {label: told[label] for label in facts} == facts


@pytest.mark.parametrize("curve", CURVES, ids=[curve["f"] for curve in CURVES])
def test_every_feature_is_found_and_none_invented(curve: dict[str, Any]) -> None:
    finding = study(curve["f"], curve.get("over", ""))
    record = finding.record
    assert curve["source"]
    assert record["complete"], finding.sentence
    assert [part["text"] for part in record["domain"]] == curve.get("domain", ["(-inf, inf)"])
    if "range" in curve:
        assert record["range"] is not None
        ends = [[part["low"], part["high"]] for part in record["range"]]
        truths = [
            [float(read_truth(text[1:-1])[0])] * 2 if text.startswith("{") else read_ends(text)
            for text in curve["range"]
        ]
        assert ends == [pytest.approx(truth) for truth in truths]
        assert [part["text"][0] + part["text"][-1] for part in record["range"]] == [
            text[0] + text[-1] for text in curve["range"]
        ]
    assert record["symmetry"] == curve.get("symmetry")
    period = record["period"]
    assert (None if period is None else write(period["exact"])) == curve.get("period")
    for key in PLACES:
        assert are_close(record[key], curve.get(key, [])), (key, record[key])
    for kind, key in (("maximum", "maxima"), ("minimum", "minima")):
        turns = [turn for turn in record["extrema"] if turn["kind"] == kind]
        assert are_close(turns, [place for place, _ in curve.get(key, [])]), (key, turns)
        assert are_close(turns, [height for _, height in curve.get(key, [])], "f"), (key, turns)
    for key in SETS:
        if key in curve:
            assert record[key] == [pytest.approx(read_ends(text)) for text in curve[key]], key
    lines = list(dict.fromkeys(line["line"] for line in record["asymptotes"]))
    assert lines == curve.get("asymptotes", [])
    assert record["stationary"] == []


@pytest.mark.parametrize(
    ("text", "domain"),
    [  # by hand: floor(x) is 0 on [0, 1), trunc(x) on (-1, 1)
        ("1/floor(x)", ["[-5/2, 0)", "[1, 5/2]"]), ("1/trunc(x)", ["[-5/2, -1]", "[1, 5/2]"]),
        ("log(floor(x))", ["[1, 5/2]"]), ("sqrt(sign(x))", ["[0, 5/2]"]), ("1/(abs(x) - x)", ["[-5/2, 0)"]),
        ("x**floor(x)", ["[-5/2, 5/2]"]), ("acos(ceil(x))", ["(-2, 1]"]),
    ],
)  # fmt: skip
def test_what_a_rounding_makes_constant_may_have_no_value(text: str, domain: list[str]) -> None:
    assert [part.text.replace("2.5", "5/2") for part in dcalc.study(text, (-2.5, 2.5)).domain] == domain


@pytest.mark.slow_cases(fast_every=2)
@pytest.mark.parametrize(
    ("text", "over", "edges"),
    [  # at 0 begins what is defined below the range, at 1 and -1 what is in it; an edge that f has is shown alone, too
        ("1/floor(x)", "0:3", [1]), ("1/floor(x)", "-1:3", [0, 1]), ("log(-x)", "0:2", []), ("log(x)", "0:2", [0]),
        ("1/sqrt(x**2 - 1)", "-1:1", []), ("sqrt(x**2 - 1)", "-1:1", [-1, 1]),
    ],
)  # fmt: skip
def test_edges_of_values_beyond_the_range_are_not_shown(text: str, over: str, edges: list[float]) -> None:
    assert [edge["x"] for edge in study(text, over).record["edges"]] == edges
    low, high = map(float, over.split(":"))
    picture = plot.find(Subject(root=parse(text).root, names=("x",), wrt=()), [(None, (low, high))])
    assert [mark["x"] for mark in picture.record["marks"] if mark["kind"] == "edge"] == edges


def test_zeros_are_marked_at_the_height_zero() -> None:
    picture = plot.find(Subject(root=parse("x**2 - 2").root, names=("x",), wrt=()), [(None, (-2.0, 2.0))])
    assert [mark["f"] for mark in picture.record["marks"]] == [0.0, -2.0, 0.0]


def test_single_values_of_powers_are_left_out() -> None:
    assert dcalc.study("x**x", (-3, 3)).scattered == ((-3.0, 0.0),)  # (-2)**-2 is 1/4
    assert dcalc.study("2**x").scattered == ()


@pytest.mark.parametrize(
    ("text", "ends"),
    [  # floor(x)/x tends to 1, which is not found; x + sin(x), x*sin(x) and x*(2 + sin(x)) come close to no line
        ("floor(x)/x", [[None, -16.0], [16.0, None]]),
        ("x*zeta(x)", [[None, 1.0]]), ("x + sin(x)", []), ("x*sin(x)", []), ("x*(2 + sin(x))", []),
        ("log(x)", []), ("x**2", []),
    ],
)  # fmt: skip
def test_asymptotes_that_are_not_known_are_said_to_be_open(text: str, ends: list[list[float | None]]) -> None:
    unsettled = study(text).record["unsettled"]
    assert [part["between"] for part in unsettled if part["of"] == "asymptotes"] == ends


def test_an_end_that_is_known_nearly_is_not_rounded_to_a_place_without_a_value() -> None:
    """zeta has a pole at 1, which is not in the part of the domain that is known."""
    (part,) = study("zeta(x)**(1/3)", "1:2").record["domain"]
    assert part["low"] > 1
    assert part["text"] == f"[{part['low']!r}, 2]"


@pytest.mark.parametrize(
    ("text", "over", "place"), [("log(besselj(0, x))", "0:3", 2.404825557695773), ("besselk(x, x)", "0:1", 0.0)]
)
def test_a_limit_that_is_not_known_leaves_asymptotes_open(text: str, over: str, place: float) -> None:
    """The first is -inf where J0 is 0, the second inf at 0, like -log(x)."""
    record = study(text, over).record
    (gap,) = (part["between"] for part in record["unsettled"] if part["of"] == "asymptotes")
    assert gap == [pytest.approx(place, rel=1e-15)] * 2
    assert not record["asymptotes"]

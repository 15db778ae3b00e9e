# ruff: noqa: E501  # a row is a line
"""Fits to least absolute deviations: a minimum at a kink is one where residuals vanish exactly."""

from __future__ import annotations

from tests.falsehoods.command import Record
from tests.falsehoods.deviations import slopes_along
from tests.falsehoods.rows import Row, fitted

STEP = "the best slope is the weighted median of y/x with weights abs(x): {}"


def _data(*pairs: str) -> str:
    return "x,y\n" + "".join(pair.replace(" ", "") + "\n" for pair in pairs)


def _sloping(data: str) -> Row:
    """A fit of a*exp(b*x) + c to points beside a line, to which it comes closer for ever as b tends to 0."""
    points = [tuple(map(float, line.split(","))) for line in data.split()[1:]]

    def check(record: Record) -> str:
        said = record["message"]
        a, b, c = (record["parameters"][name]["value"] for name in "abc")
        claims = "a minimum" in said and "not proved" not in said
        return f"at a={a}, b={b}, c={c}: {said}" if claims and slopes_along(points, a, b, c) else ""

    row = fitted(
        "a*exp(b*x)+c", data, {}, "for b nearer to 0 the best a and c give a smaller loss", "--from", "a=1,b=0.1,c=0"
    )
    return row._replace(check=check)


ROWS = (
    _sloping(_data("0,-0.1", "1,1.3", "2,2.1", "3,3.1", "4,3.9", "5,5")),
    _sloping(_data("0,0.3", "1,0.3", "2,1.0", "3,1.8", "4,2.0", "5,2.6", "6,2.8")),
    _sloping(_data("0,0.1", "1,-1.2", "2,-1.9", "3,-2.9", "4,-4.1", "5,-4.7")),
    _sloping(_data("0,-0.2", "1,1.3", "2,1.8", "3,3.3", "4,4.1")),

    fitted("a*x", _data("1,2", "2,4.1", "3,5.9", "4,8.2"), {"a": "2.05"}, STEP.format("1.97, 2, 2.05 with weights 3, 1, 6: half of 10 is passed at 2.05"), zeros=2),
    fitted("a*x", _data("1,3.1", "2,5.9", "3,9", "5,15.2"), {"a": "3.04"}, STEP.format("2.95, 3, 3.04, 3.1 with weights 2, 3, 5, 1: half of 11 is passed at 3.04"), zeros=1),
    fitted("a*x", _data("5,15", "6,20.5", "8,24", "10,29.7"), {"a": "3"}, STEP.format("2.97, 3, 3, 3.42 with weights 10, 5, 8, 6: half of 29 is passed at 3"), zeros=2),
    fitted("a*x", _data("1,1.9", "3,6", "6,12.2", "8,16", "11,21.9"), {"a": "2"}, STEP.format("1.9, 1.99, 2, 2, 2.03 with weights 1, 11, 3, 8, 6: half of 29 is passed at 2"), zeros=2),
    fitted("a*x", _data("1,1", "2,2", "3,3", "4,40"), {"a": "1"}, STEP.format("1, 1, 1, 10 with weights 1, 2, 3, 4: half of 10 is passed at 1"), zeros=3),
    fitted("a*x", _data("1,0.1", "2,0.2", "4,0.4", "5,3"), {"a": "0.1"}, STEP.format("0.1 has weight 7 of 12"), zeros=3),
    fitted("a*x", _data("2,-6.2", "4,-12.4", "7,-21.7", "1,5"), {"a": "-3.1"}, STEP.format("-3.1 has weight 13 of 14")),
    fitted("a", _data("1,5", "2,1", "3,2", "4,100", "5,7"), {"a": "5"}, "the median of 1, 2, 5, 7, 100", zeros=1),
    fitted("a + 0*x", _data("1,0.3", "2,0.1", "3,0.2"), {"a": "0.2"}, "the median", zeros=1),
    fitted("a*x + b", _data("0,1", "1,3", "2,5", "3,7", "4,90"), {"a": "2", "b": "1"}, "four of five points lie on 2*x + 1", zeros=4),
    fitted("a*x + b", _data("1,0", "2,4.5", "5,7.7", "8,13.7", "9,16", "11,20"), {"a": "2", "b": "-2"}, "of all lines through two of the points the one through (1, 0), (9, 16), (11, 20) has the least sum, 2.5 + 0.3 + 0.3", zeros=3),
    fitted("a*x + b", _data("0,0.5", "1,1", "2,9", "3,2", "4,2.5"), {"a": "0.5", "b": "0.5"}, "four of five points lie on a line", zeros=4),
    fitted("a*x**2", _data("1,2", "2,8.2", "3,18", "4,32"), {"a": "2"}, "2, 2.05, 2, 2 with weights 1, 4, 9, 16", zeros=3),
    fitted("a*x", _data("1,2", "2,4.1", "3,5.9", "4,8.2"), {"a": "2.05"}, STEP.format("2.05"), "--from", "a=2", zeros=2),
    fitted("a*x", _data("1,2", "2,4.1", "3,5.9", "4,8.2"), {"a": "2.05"}, STEP.format("2.05"), "--from", "a=-7", zeros=2),
)  # fmt: skip

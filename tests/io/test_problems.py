"""Problems and points from a stream of bytes."""

from __future__ import annotations

import io
import subprocess
import time

import pytest

from dcalc.errors import ParseError, UsageError
from dcalc.io.lines import numbered_lines
from dcalc.io.problems import Item, read_problems
from tests.cli.conftest import Run, Start
from tests.waiting import PATIENCE


class Trickle(io.RawIOBase):
    """A stream that gives what it was given, piece by piece."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)

    def read1(self, size: int) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""


def read(data: bytes, **options: bool) -> list[Item]:
    return list(read_problems(io.BytesIO(data), lambda: None, **options))


def test_lines_are_numbered_and_blank_ones_and_comments_passed_over() -> None:
    data = b"x\n\n# note\n  y  \r\n   \n#\nz"
    assert list(numbered_lines(io.BytesIO(data), lambda: None)) == [(1, b"x"), (4, b"y"), (7, b"z")]


def test_lines_do_not_depend_on_how_they_arrive() -> None:
    stream = Trickle(b"ab", b"c\nd", b"\n", b"\n", b"e")
    assert list(numbered_lines(stream, lambda: None)) == [(1, b"abc"), (2, b"d"), (4, b"e")]


def test_what_is_there_is_answered_before_more_is_waited_for() -> None:
    seen: list[object] = []
    seen.extend(line for _, line in numbered_lines(Trickle(b"a\nb\n", b"c\n"), lambda: seen.append("wait")))
    assert seen == ["wait", b"a", b"b", "wait", b"c", "wait"]


def test_a_line_without_end_is_not_held() -> None:
    stream = Trickle(*[b"(" * (1 << 20)] * 40, b"\nx\n")
    (first, second) = numbered_lines(stream, lambda: None)
    assert len(first[1]) < 34 << 20
    assert second == (2, b"x")


def test_a_bad_byte_spoils_its_line_alone() -> None:
    first, second = read(b"x+\xff\nx")
    assert second.text == "x"
    assert isinstance(first.error, ParseError)
    assert first.error.span == (2, 3)
    assert first.error.message == "byte 0xff is not UTF-8"


def test_a_byte_order_mark_is_passed_over() -> None:
    assert read(b"\xef\xbb\xbfx")[0].text == "x"


def test_a_byte_order_mark_before_points(run: Run) -> None:
    assert run("diff", "x**2", "--at", "-", stdin=b"\xef\xbb\xbf1\n2\n").out == "1.0\t2.0\n2.0\t4.0\n"


def test_json_objects() -> None:
    (item,) = read(b'{"expr": "x*y", "at": {"x": 1}, "wrt": ["x"], "order": 2, "id": [7], "source": "a book"}')
    assert item == Item(1, "x*y", {"x": 1}, ["x"], 2, [7], own={"source": "a book"})


def test_with_many_digits_numbers_in_json_stay_text() -> None:
    (item,) = read(b'{"expr": "x", "at": 0.1000000000000000055511151231257827, "id": 0.5}', exact=True)
    assert item.at == "0.1000000000000000055511151231257827"
    assert item.id == 0.5


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{", "not a JSON object: a key in double quotes is missing"),
        (b'{"expr": "x"} y', "not a JSON object: there is more after its end"),
        (b'{"expr": }', "not a JSON object: a value is missing"),
        (b'{"expr" "x"}', "not a JSON object: a colon is missing"),
        (b'{"expr": "x", }', "not a JSON object: "),
        (b'{"expr": "x}', "not a JSON object: a closing quote is missing"),
        (b'{"expr": "x\t"}', "not a JSON object: a string contains a control character"),
        (b'{"expr": "\\q"}', "not a JSON object: an escape is not one of JSON's"),
        (b'{"expr": "x", "expr": "y"}', 'the key "expr" is given twice'),
        (b'{"expr": "x", "at": {"x": 1, "x": 2}}', 'the key "x" is given twice'),
        (b"{}", 'a problem needs the key "expr", a string'),
        (b'{"expr": 3}', 'a problem needs the key "expr", a string'),
        (b'{"expr": "x", "Order": 2}', 'a problem has no key "Order"'),
        (b'{"expr": "x", "wtr": "x"}', 'a problem has no key "wtr"'),
        (b'{"expr": "x", "at": NaN}', "NaN is not allowed in JSON"),
        (b'{"expr": "x", "at": ' + b"1" * 5000 + b"}", "the JSON object cannot be read"),
        (b'{"a": ' + b"[" * 100_000 + b"}", "the JSON object cannot be read"),
    ],
)
def test_bad_json(line: bytes, message: str) -> None:
    (item,) = read(line)
    assert isinstance(item.error, ParseError | UsageError)
    assert item.error.message.startswith(message)


def test_an_id_is_kept_where_the_rest_is_wrong() -> None:
    (item,) = read(b'{"id": "q7", "expr": null}')
    assert item.id == "q7"
    assert item.error is not None


def test_batch(run: Run) -> None:
    code, out, err = run("diff", "-", stdin=b'x**2\n# c\n{"expr": "x*y", "wrt": "y"}\nsinn(x)\n')
    assert (code, out) == (1, "2*x\nx\n# error: no function named sinn\n")
    assert err.startswith("error: line 4: no function named sinn\n  sinn(x)\n  ^^^^\nhelp: ")


def test_no_expression_and_a_pipe_is_a_batch(run: Run) -> None:
    assert run("diff", stdin=b"x**3") == (0, "3*x**2\n", "")
    assert run("diff", stdin=b"") == (0, "", "")


def test_a_batch_in_a_batch(run: Run) -> None:
    first = run("diff", "-", stdin=b"x**3\nlog(-1)*x\n")
    assert first.out.startswith("3*x**2\n# undefined: ")
    assert run("diff", "-", stdin=first.out.encode()).out == "6*x\n"


def test_points_in_json(run: Run) -> None:
    code, out, _ = run(
        "diff", "-", stdin=b'{"expr": "x**2", "at": [1, 2]}\n{"expr": "x*y", "at": "x=1,y=3", "wrt": "x"}'
    )
    assert (code, out) == (0, "2.0\n4.0\n3.0\n")


def test_points_on_stdin(run: Run) -> None:
    code, out, _ = run("diff", "x**2", "--at", "-", stdin=b"# points\n1\n\n0.5\npi/4\n")
    assert (code, out) == (0, "1.0\t2.0\n0.5\t1.0\n0.7853981633974483\t1.5707963267948966\n")
    code, out, _ = run("diff", "x**2*y", "--wrt", "x", "--at", "-", stdin=b"x=1,y=2\n")
    assert (code, out) == (0, "x=1.0,y=2.0\t4.0\n")


def test_a_bad_point_among_good_ones(run: Run) -> None:
    code, out, err = run("diff", "x**2", "--at", "-", stdin=b"1\none\n3\n")
    assert code == 1
    rows = out.splitlines()
    assert (rows[0], rows[2]) == ("1.0\t2.0", "3.0\t6.0")
    assert "error: line 2: a point must be a number, not the name one" in err


@pytest.mark.parametrize("arguments", [("diff", "-"), ("diff", "x**2", "--at", "-")])
def test_a_slow_pipe_sees_each_answer_at_once(start: Start, arguments: tuple[str, ...]) -> None:
    child = start(*arguments, stdin=subprocess.PIPE)
    assert child.stdin is not None
    assert child.stdout is not None
    for line in (b"1\n", b"2\n"):
        child.stdin.write(line)
        assert child.stdout.readline() != b""
        time.sleep(0.05)
    child.stdin.close()
    assert child.wait(PATIENCE) == 0

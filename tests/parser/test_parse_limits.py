"""Whatever is typed is read or refused, in bounded time: any text, long texts, deep texts."""

import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcalc.errors import DcalcError, LimitError
from dcalc.expr import walk
from dcalc.notation import write
from dcalc.parser import Parsed, parse

_SCRAPS = st.sampled_from(
    [*"x|+-/()√²1.,;=<!%[\\'½ⁿé٣ \0\u200b\ud800\udcff"]
    + ["sin", "sin(", "where(", "**", "2.5", "1e", "==", " and ", " not ", "f(x) = ", "t = "]
)


def _refused_or_read(text: str) -> Parsed | DcalcError:
    try:
        return parse(text)
    except DcalcError as error:
        return error


@pytest.mark.slow
@pytest.mark.covers
@settings(max_examples=300, deadline=None)
@given(
    st.text()
    | st.lists(_SCRAPS, max_size=12).map("".join)
    | st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape"))
)
def test_no_text_escapes_as_anything_but_an_error_of_ours(text: str) -> None:
    for whole in (text, f"sin({text})"):
        answer = _refused_or_read(whole)
        if isinstance(answer, DcalcError):
            first, last = answer.span or (0, 0)
            assert answer.message
            assert answer.help
            assert answer.source == whole
            assert 0 <= first <= last <= len(whole) + 1


_M = 1 << 20
"""More than the tokens that a text may have."""
_BAD = [
    *(char * _M for char in "(1.-|\0"), ")" * _M, "(" * (10 * _M), "()" * (_M // 2), "x+" * (_M // 2), "x " * _M,
    "x<" * (_M // 2), "²" * _M, "x" + "²" * _M, "1" + "_1" * _M, "1e10000000", "+".join(["1e99999"] * 100_000),
    "-" * (3 * _M) + "x", "- +" * (_M // 2) + "x", "√" * (_M // 2) + "x",
    "+".join(["9" * 99_999] * 40), "f(" + "a," * (_M // 4) + "a) = 1)", "t=1;" * (_M // 4), "é" * _M + "½",
    "é" * _M + " ½",
]  # fmt: skip


@pytest.mark.parametrize("text", _BAD, ids=lambda text: ascii(text[:6] + text[-3:]))
def test_long_bad_text_is_refused_at_once(text: str) -> None:
    """Sooner than good text of that length would be read."""
    usual = _usual_seconds()
    start = time.process_time()
    assert isinstance(_refused_or_read(text), DcalcError)
    assert time.process_time() - start < usual * max(len(text), 1 << 20)


def test_size_limit() -> None:
    with pytest.raises(LimitError, match="4 MiB"):
        parse("é" * (2 << 20) + "+x")


# --- length and depth ---------------------------------------------------------------------

_N = 100_000
_LONG = [
    ("parentheses", "(" * _N + "x" + ")" * _N, 2 * _N, 1),
    ("calls", "sin(" * _N + "x" + ")" * _N, 3 * _N, _N + 1),
    ("minus", "-(" * (_N // 4) + "x" + ")" * (_N // 4), _N // 2, _N // 4 + 1),
    ("signs", "-" * 1_000 + "x", 1_000, 1_001),
    ("power", "x^" * _N + "x", 2 * _N, _N + 1),
    ("sum", "x+" * (_N - 1) + "x", 2 * _N, _N),
    ("product", "x*" * (_N - 1) + "x", 2 * _N, _N),
    ("bindings", "t=x;" * (_N // 4) + "t", _N, 1),
]


@pytest.mark.parametrize("text", ["x+" * 600_000 + "x", "x*" * (1 << 20) + "x", "max(" + "x, " * (1 << 20) + "x)"])
def test_texts_of_many_tokens_are_refused_at_once(text: str) -> None:
    usual = _usual_seconds()
    start = time.process_time()
    with pytest.raises(LimitError, match="more than 1,000,000 numbers, names and signs"):
        parse(text)
    assert time.process_time() - start < usual * len(text)


def test_few_long_names_may_be_a_long_text() -> None:
    name = "a" * (1 << 20)
    assert walk(parse(f"{name} + {name}").root)


def _usual_seconds() -> float:
    """What a character of good text takes."""
    short = "+".join(["sin(x)*(y - 2)**3"] * 50)
    return min(_seconds(short)[1] for _ in range(3)) / len(short)


def _seconds(text: str) -> tuple[Parsed, float]:
    start = time.process_time()
    parsed = parse(text)
    return parsed, time.process_time() - start


@pytest.mark.slow_cases("bindings", "product", "power", "calls")
@pytest.mark.parametrize(("text", "tokens", "nodes"), [row[1:] for row in _LONG], ids=[row[0] for row in _LONG])
def test_long_and_deep_text_takes_linear_time(text: str, tokens: int, nodes: int) -> None:
    """As many seconds a token as a short text takes, and a factor for the memory it needs."""
    short = "+".join(["sin(x)*(y - 2)**3"] * 50)
    usual = min(_seconds(short)[1] for _ in range(3)) / (50 * 13)
    parsed, seconds = _seconds(text)
    assert len(walk(parsed.root)) == nodes
    assert seconds < 12 * usual * tokens


def test_iterated_map_is_one_small_graph() -> None:
    text = "x"
    while len(text) < 20_000:
        text = f"4*({text})*(1-({text}))"
    usual = _usual_seconds()
    parsed, seconds = _seconds(text)
    assert len(walk(parsed.root)) < 60
    assert seconds < 10 * usual * len(text)


def test_threads_do_not_disturb_each_other() -> None:
    seen: list[str] = []

    def work(name: str) -> None:
        seen.extend(write(parse(f"t = {name}; t*sin(t)").root) for _ in range(50))

    threads = [threading.Thread(target=work, args=(name,)) for name in ("x", "y", "z")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(set(seen)) == ["x*sin(x)", "y*sin(y)", "z*sin(z)"]
    assert len(seen) == 150

"""Blocks of whole lines from streams of bytes."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcalc.io.lines import BLOCK, LONGEST, Source
from tests.io.test_problems import Trickle


def blocks(stream: io.IOBase, **options: int) -> list[bytes]:
    return list(Source(stream, lambda: None, **options))  # type: ignore[arg-type]  # it has all that is used


@given(st.binary(max_size=200), st.integers(1, 50))
def test_nothing_is_lost_and_lines_are_whole(data: bytes, size: int) -> None:
    found = blocks(io.BytesIO(data), block=size)
    assert b"".join(found) == data.removeprefix(b"\xef\xbb\xbf")
    assert all(block.endswith(b"\n") for block in found[:-1])
    assert all(found)


def test_how_the_bytes_come_does_not_matter() -> None:
    assert blocks(Trickle(b"\xef", b"\xbb\xbf1", b"\n2\n", b"3", b"\n4"), block=1) == [b"1\n2\n", b"3\n", b"4"]


def test_a_line_that_never_ends_is_not_held() -> None:
    found = blocks(Trickle(*[b"1" * (1 << 20)] * 40, b"1\n2\n"))
    assert b"".join(found) == b"1" * LONGEST + b"\n2\n"  # however the bytes came


def test_blocks_grow_while_they_are_quickly_worked_on() -> None:
    sizes = [len(block) for block in blocks(io.BytesIO(b"1\n" * (1 << 21)))]
    assert sizes[0] < sizes[1] < sizes[3] <= max(sizes) <= 2 * BLOCK


def test_input_that_is_there_is_answered_before_more_is_waited_for() -> None:
    seen: list[object] = []
    seen.extend(Source(Trickle(b"1\n", b"2\n3\n"), lambda: seen.append("wait"), block=1))  # type: ignore[arg-type]
    assert seen[:4] == ["wait", b"1\n", "wait", b"2\n3\n"]


@pytest.mark.parametrize("data", [b"", b"\n", b"\xef\xbb\xbf"])
def test_next_to_nothing(data: bytes) -> None:
    assert b"".join(blocks(io.BytesIO(data))) == data.removeprefix(b"\xef\xbb\xbf")

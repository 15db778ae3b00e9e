"""At every width, in every mode, whatever the text: no line outgrows the terminal."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from dcalc.text import text_width
from tests.formats.made_reports import (
    HOSTILE,
    diff,
    evaluated,
    failed,
    free,
    grad,
    grad_free,
    grad_part,
    hostile,
    kink,
    nowhere,
    scores,
    simplified,
    undefined,
)

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def everything():
    scored = replace(grad(), answers=tuple(answer.replace(scores=scores()) for answer in grad().answers))
    return [
        diff(*scores()),
        diff(*scores(), command="compare"),
        free(),
        kink(),
        undefined(),
        nowhere(),
        failed(HOSTILE * 20),
        grad(),
        grad_free(),
        grad_part(),
        scored,
        evaluated(),
        simplified(),
        *hostile(),
    ]


@pytest.mark.parametrize("width", [10, 20, 40, 80, 120, 1000])
@pytest.mark.parametrize("color", [False, True])
@pytest.mark.parametrize("unicode", [False, True])
@pytest.mark.parametrize("several", [{}, {"sweep": True}, {"batch": True}, {"batch": True, "backends": True}])
def test_no_line_is_wider_than_the_terminal(show, width, color, unicode, several):
    for report in everything():
        text = show("table", report, width=width, color=color, unicode=unicode, command=report.command, **several)
        plain = ESCAPE.sub("", text)
        assert all(text_width(line) <= max(width, 20) for line in plain.split("\n"))
        assert plain.replace("\n", "").isprintable()
        assert unicode or plain.isascii()

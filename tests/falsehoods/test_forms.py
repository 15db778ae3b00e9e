"""No right claim is refused, and most are proved, of those that are written in other forms than dcalc's own."""

from __future__ import annotations

import pytest

from tests.falsehoods.command import ask_record
from tests.falsehoods.forms import FORMS, HARDER, Form


@pytest.mark.slow
@pytest.mark.parametrize(("forms", "least"), [(FORMS, 96), (HARDER, 121)], ids=["usual", "harder"])
def test_most_right_claims_are_proved(forms: tuple[Form, ...], least: int) -> None:
    verdicts = {form: ask_record(("check", form.f, form.claim, *form.options))["verdict"] for form in forms}
    assert all(verdict in ("proved", "agrees") for verdict in verdicts.values()), verdicts
    proved = [form for form, verdict in verdicts.items() if verdict == "proved"]
    assert len(proved) >= least, [form for form in forms if form not in proved]

"""A finding: what it refuses to hold, and what it works out only when it is looked at."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from dcalc.finding import ENVELOPE, Finding, Sheet
from dcalc.formats import Style, load
from tests.formats.made_reports import diff


@pytest.mark.parametrize("key", sorted(ENVELOPE))
@pytest.mark.parametrize("field", ["record", "question"])
def test_a_record_cannot_hold_a_key_of_the_envelope(field: str, key: str) -> None:
    own = {"rows": 1, key: 2}
    with pytest.raises(ValueError, match=f"{field} must not hold {key}"):
        Finding("quotient", **{field: own})  # type: ignore[arg-type]
    later = Finding("quotient", **{field: lambda: own})  # type: ignore[arg-type]
    for format in ("json", "jsonl"):
        with pytest.raises(ValueError, match=f"{field} must not hold {key}"):
            list(load(format).present([later], Style("quotient")))


def test_a_field_is_worked_out_at_the_first_look_and_once() -> None:
    looks = []

    def record() -> Mapping[str, object]:
        looks.append("record")
        return {"rows": 3}

    finding = Finding("quotient", record=record)
    assert not looks
    assert finding.record == finding.record == {"rows": 3}
    assert looks == ["record"]


def test_a_pipe_works_out_neither_tables_nor_records() -> None:
    finding = diff().finding()

    def fail() -> Sheet:
        raise AssertionError("a pipe shows this to nobody")

    unseen = Finding(
        "diff", finding.expression, at=finding.at, record=fail, question=fail, sheets=fail, entry=fail, data=fail,
        all_facts=fail, formulas=fail, plain=finding.plain, named=False,
    )  # type: ignore[arg-type]  # fmt: skip
    assert "".join(load("plain").present([unseen], Style(heading=lambda: unseen))) == "2.2232442754839328\n"


def test_the_fields_of_a_finding_cannot_be_set() -> None:
    finding = Finding("diff", plain=())
    with pytest.raises(AttributeError, match="the field plain of a Finding cannot be set"):
        finding.plain = (("1",),)  # type: ignore[misc]  # that is what is refused
    with pytest.raises(AttributeError, match="plain"):
        vars(Finding)["plain"].__set__(finding, (("1",),))

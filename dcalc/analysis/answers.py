"""Answers of derivatives at points as findings: diff, grad, eval, simplify and compare make theirs of these parts.

An `Entry` holds a question and its answers. Each of its methods is one field of the finding,
worked out only when a format looks at it, since a batch makes findings by the thousand.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import get_args

from dcalc.coordinates import in_numbers
from dcalc.expr import variables
from dcalc.finding import (
    WITHOUT,
    AnyStatus,
    Brief,
    Cell,
    Column,
    Fact,
    Field,
    Finding,
    Formula,
    Key,
    Mood,
    Sheet,
    Subject,
)
from dcalc.notation import write_coordinate, write_point
from dcalc.numbers.rounding import finite_or_none, format_number, format_places, round_decimal
from dcalc.numerals import exact_norm
from dcalc.problem import DOUBLE_DIGITS, REFERENCE, VALUED, Kind, Point, Result, Score, Status
from dcalc.solver import MAX_TEXT_ORDER
from dcalc.text import escape_unprintable

TOLERANCE = 1e-6
"""The relative error above which a backend counts as off, unless --tol says another."""
_PROVED_NONE = ("undefined", "not_differentiable", "overflow")
"""Statuses that prove that no double is right; `unresolved` proves nothing."""
_SCORES = ("backend", "value", "abs_error", "rel_error", "ulps", "error_bound", "evaluations", "seconds")
_SAME = ("variable", "said", "status", "remark")
"""What backends that share a line have in common."""
_ALONE = "by the backend {} alone: no digit is certified"
_VERDICT = ("status", "kind", "left", "right")
_STATUS = Column("verdict", "status")
_EXPRESSION = Column("expression", "expression", "code")
_AT = Column("at", "at", "code")
_VALUE = Column("value", "value", "number")
_DERIVATIVE = Column("derivative", "derivative", "code")

Cells = dict[Key, Cell]

REFERENCE_KEYS = {
    "value": Field("string", "the decimal"),
    "digits": Field("integer", "its significant digits"),
    "certified": Field("boolean", "whether each of them is proved"),
}
"""Keys of the reference: the digits behind a double."""
BACKEND_KEYS = {
    "backend": Field("string", "its name"),
    "status": Field("string", "what it says of the point", values=get_args(Status)),
    "value": Field("number | null", "its number"),
    "abs_error": Field("number | null", "how far its exact double is off the reference"),
    "rel_error": Field("number | null", "the same, relative; null where the truth is 0 and missed"),
    "ulps": Field("number | null", "the same, in units of the last place of the double nearest to the truth"),
    "error_bound": Field("number | null", "the absolute error that it claims for itself"),
    "evaluations": Field("integer", "how many times it evaluated the function"),
    "seconds": Field("number | null", "the time that it took; told by compare alone"),
    "note": Field("string", "what is to be known of the number, or why there is none"),
}
"""Keys of a backend beside the reference."""
KIND = Field("string | null", "how f fails to be differentiable", values=get_args(Kind))
DERIVATIVE_RECORD = {
    "shapes": Field("{[integer | string]}", "of arrays: the lengths of the axes, by variable", optional=True),
    "order": Field("integer", "how many times f is differentiated"),
    "derivative": Field(
        "string | null", "the derivative as an expression; at a point null where it is too long or of high order"
    ),
    "f": Field("number | null", "the value of f; null without a point"),
    "value": Field("number | null | [any]", "the derivative at the point, in nested lists for arrays; null where none"),
    "left": Field("number | null", "the one-sided derivative from the left; null where it is infinite or missing"),
    "right": Field("number | null", "the one-sided derivative from the right"),
    "kind": KIND,
    "reference": Field("object | null", "the digits behind the value", REFERENCE_KEYS),
    "backends": Field("[object]", "the backends that were asked for, in their order", BACKEND_KEYS),
}
"""Keys of the record of one derivative."""


class Entry:
    """One question and its answer: that of diff, on which the other commands build."""

    command = "diff"
    timed = False
    """Whether records tell times, which differ from run to run."""
    several = False
    """Whether there is an answer for each name differentiated by."""
    differentiates = True
    """Whether `wrt` has a meaning."""
    holds_backends = False
    """Whether backends are what it is about, rather than an addition that --backend asks for."""

    def __init__(self, subject: Subject, answers: Sequence[Result]) -> None:
        """``answers`` has one for each name in ``wrt`` where there are `several`, else a single one."""
        self.subject = subject
        self.answers = answers
        self.worst = self.overall() if self.several else answers[0]
        self.code = next((one.code for one in answers if one.status not in VALUED and not one.chosen), 0)
        """The exit code: 0 where every part has a value, if only by convention."""
        wrt = subject.wrt
        if not self.several:  # the order says how often a repeated name is meant
            wrt = wrt[:1] if len(wrt) > 1 and len(set(wrt)) == 1 else wrt
        self.wrt = wrt if self.several or (wrt and self.differentiates) else None
        backends = subject.backends
        self.compares_backends = self.holds_backends or len(backends) > 1 or "all" in backends
        self.has_scores = self.compares_backends and any(answer.scores for answer in answers)

    def finding(self) -> Finding:
        """The record of output."""
        subject, worst = self.subject, self.worst
        code = self.code
        notes = self.answers[0].notes if not self.several else [note for one in self.answers for note in one.notes]
        return Finding(
            self.command,
            subject.root,
            self.wrt,
            subject.at,
            worst.status,
            question=self.question,
            record=self.record,
            several=self.several,
            all_facts=self.facts,
            sheets=self.sheets,
            brief=self.brief,
            entry=self.entry,
            formulas=self.formulas,
            data=self.data,
            plain=self.plain,
            named=self.has_scores,
            sentence=worst.reason if code in WITHOUT else "",
            code=code,
            lacking=self.lacking() if code else (),
            notes=tuple(dict.fromkeys(notes)),
        )

    # --- what is true of the whole ---------------------------------------------------------

    def overall(self) -> Result:
        """The answer that speaks for all: the first whose status is not ok."""
        return next((answer for answer in self.answers if answer.status != "ok"), Result())

    def lacking(self) -> Sequence[tuple[AnyStatus, str]]:
        """The status of each part without a value, and why."""
        return [(one.status, one.reason or one.status) for one in self.answers if one.code and not one.chosen]

    # --- values and derivatives ------------------------------------------------------------

    def formula(self, answer: Result) -> Formula | None:
        """The derivative as an expression; None beside a value where its order is high."""
        pointed = self.subject.at is not None
        if answer.derivative is None or (pointed and self.subject.order > MAX_TEXT_ORDER):
            return None
        return Formula(answer.derivative, pointed)

    def value(self, answer: Result) -> str:
        """The number with the asked digits; empty where there is none."""
        digits = self.subject.shown
        if digits is not None and answer.value is not None and (reference := answer.reference) and reference.decimal:
            return round_decimal(reference.decimal, digits)
        return "nan" if answer.chosen == "nan" else format_number(answer.value, digits)

    def result(self, answer: Result) -> Formula | str | None:
        """What the next program in a pipe reads: a number where a point is given, else an expression."""
        return self.formula(answer) if self.subject.at is None else self.value(answer)

    def f(self) -> str:
        """The value of the function itself."""
        values = [answer.f for answer in self.answers if answer.f is not None]
        return format_number(values[0], self.subject.shown) if values else ""

    # --- for programs ----------------------------------------------------------------------

    def question(self) -> Mapping[str, object]:
        """The order, and the derivative as an expression."""
        return {"order": self.subject.order, "derivative": self.formula(self.answers[0])}

    def record(self) -> Mapping[str, object]:
        """The keys of the record behind `status`."""
        answer = self.answers[0]
        return {
            "f": finite_or_none(answer.f),
            "value": finite_or_none(answer.value),
            "left": finite_or_none(answer.left),
            "right": finite_or_none(answer.right),
            "kind": answer.kind,
            "reference": answer.reference,
            "backends": [self.backend(score) for score in answer.scores],
        }

    def backend(self, score: Score) -> dict[str, object]:
        """A backend's estimate and its errors as a record."""
        estimate = score.estimate
        return {
            "backend": estimate.backend,
            "status": estimate.status,
            "value": finite_or_none(estimate.value),
            "abs_error": finite_or_none(score.abs_error),
            "rel_error": finite_or_none(score.rel_error),
            "ulps": finite_or_none(score.ulps),
            "error_bound": finite_or_none(estimate.error_bound),
            "evaluations": estimate.evaluations,
            "seconds": finite_or_none(estimate.seconds) if self.timed else None,
            "note": estimate.note,
        }

    def plain(self) -> Sequence[Sequence[Cell]]:
        """The lines of a pipe: the answer alone."""
        if self.has_scores:
            return self.score_lines()
        answer = self.answers[0]
        if text := self.result(answer):
            return ((text,),)
        if self.subject.setting.sweep and self.subject.at is not None:
            return (("", answer.status),)
        return self.place_held(answer)

    def place_held(self, answer: Result) -> Sequence[Sequence[Cell]]:
        """Among others a line for what has no value, which a reader of expressions passes over."""
        setting = self.subject.setting
        return ((comment(answer.status, answer.reason),),) if setting.batch or setting.sweep else ()

    def score_lines(self) -> Sequence[Sequence[Cell]]:
        """A line a backend: name, value, both errors, status."""
        return [
            [*([name] if name else []), *self.score_line(score)]
            for name, answer in self.parts()
            for score in answer.scores
        ]

    def score_line(self, score: Score) -> Sequence[Cell]:
        """The cells of one backend."""
        estimate = score.estimate
        value = format_number(estimate.value, self.subject.shown)
        return (estimate.backend, value, score.abs_error, score.rel_error, estimate.status)

    def data(self) -> Sheet:
        """The table for programs."""
        rows = self.score_rows() if self.has_scores else self.data_rows()
        coordinates = coordinate_names(self.subject)
        titles = self.score_titles(coordinates) if self.compares_backends else self.titles(coordinates)
        at = dict(zip(coordinates, titles.coordinates, strict=True))
        numbers = in_numbers(self.subject.at or {})
        point: Cells = {at[name]: write_coordinate(value) for name, value in numbers.items()}
        partials = dict(zip(partial_names(self.subject), titles.partials, strict=False))
        named: list[Cells] = [
            {**point, **{partials[key[1]] if isinstance(key, tuple) else key: cell for key, cell in row.items()}}
            for row in rows
        ]
        return Sheet(titles.columns, named)

    def titles(self, coordinates: tuple[str, ...]) -> Titles:
        """The columns of the table for programs."""
        return headings(("wrt", "order", "derivative"), coordinates, (), (), ("f", "value", *_VERDICT))

    def score_titles(self, coordinates: tuple[str, ...]) -> Titles:
        """The same where each backend has a row."""
        before, after = ("wrt", "order", "derivative"), ("f", "reference", *_SCORES, *_VERDICT, "note")
        return headings(before, coordinates, (), (), after)

    def data_rows(self) -> list[Cells]:
        """The rows of the table for programs, without backends."""
        return [{**self.question_cells(), **self.answer_cells(self.answers[0])}]

    def score_rows(self) -> list[Cells]:
        """A row a backend, of each variable in turn."""
        common = self.question_cells()
        return [
            {**common, **self.shared_cells(name, answer), **self.score_cells(score, answer)}
            for name, answer in self.parts()
            for score in answer.scores
        ]

    # --- for people ------------------------------------------------------------------------

    def formulas(self) -> Sequence[tuple[str, Cell]] | None:
        """The answers as formulas, or as numbers where a point is given; none where one has no formula."""
        pairs = [(name, self.result(answer)) for name, answer in self.parts()]
        if self.subject.at is None:
            return pairs if all(cell is not None for _, cell in pairs) else ()
        return [(name, cell or answer.status) for (name, cell), answer in zip(pairs, self.answers, strict=True)]

    def parts(self) -> list[tuple[str, Result]]:
        """Each answer with the name that tells it from the others, if there are several."""
        return [("", self.answers[0])] if self.answers else []

    def facts(self) -> list[Fact]:
        """What a terminal shows of one problem, before any table."""
        return [Fact("expression", self.subject.root), *self.variable_facts(), *self.answer_facts()]

    def variable_facts(self) -> list[Fact]:
        """The variable, where it is not obvious."""
        subject = self.subject
        wrt = ", ".join(self.wrt or ())
        if subject.order != 1:
            return [Fact("wrt", f"{wrt} (order {subject.order})" if wrt else f"(order {subject.order})")]
        return [Fact("wrt", wrt)] if len(variables(subject.root)) > 1 else []

    def answer_facts(self) -> list[Fact]:
        """The derivative, the point and what is true there."""
        subject, answer = self.subject, self.answers[0]
        facts: list[Fact] = []
        if (formula := self.formula(answer)) is not None:
            facts.append(Fact("derivative", formula, "" if subject.at else "strong"))
        elif answer.derivative is not None:
            facts.append(Fact("derivative", f"(not written out above order {MAX_TEXT_ORDER})", "dim"))
        if subject.at is not None:
            facts += point_facts(subject.at)
            if answer.f is not None:
                facts.append(Fact("f", format_number(answer.f, subject.shown), wraps=False))
            return facts + self.value_facts(answer)
        return facts if answer.status == "ok" else facts + status_facts(answer)

    def value_facts(self, answer: Result) -> list[Fact]:
        """The value, the digits behind it, and the status."""
        value, reference = self.value(answer), answer.reference
        facts = [Fact("value", value, "strong", wraps=False)] if value else []
        if reference is not None and reference.decimal:
            if answer.value is None or self.subject.shown is None:  # else the value shows these digits
                facts.append(Fact("reference", reference.decimal, wraps=False))
            facts.append(Fact("certified", f"all {reference.precision} digits" if reference.certified else "no"))
        return facts + status_facts(answer)

    def sheets(self) -> list[Sheet]:
        """The tables that a terminal shows under the facts."""
        if not any(answer.scores for answer in self.answers):
            return []
        return [Sheet(score_columns(self.several), self.people_rows(truth=False))]

    def brief(self) -> Brief | None:
        """What a terminal shows first: the answer, its certificate, and which backends agree with it."""
        return Brief([*self.answer_lines(), *self.certificate()], self.agreement())

    def answer_lines(self) -> list[Fact]:
        """Each answer on a line, or why there is none."""
        return [line for name, answer in self.parts() for line in self.answer_line(name, answer)]

    def answer_line(self, name: str, answer: Result) -> list[Fact]:
        """The answer, behind the name that tells it from others."""
        if result := self.result(answer):
            is_number = isinstance(result, str)
            return [Fact(name, result, "strong", wraps=not is_number)]
        if answer.status == "ok":
            return [Fact(name, f"(not written out above order {MAX_TEXT_ORDER})", "dim")]
        words = answer.status.replace("_", " ")
        why = f"{words}: {answer.reason}" if answer.reason else status_words(answer)
        sides = " and ".join(
            f"{format_number(value)} from the {side}" for side, value in _sides(answer) if value is not None
        )
        if name:
            return [Fact(name, f"{why}; {sides}" if sides else why, "bad")]
        return [Fact("", why, "bad"), *([Fact("", sides)] if sides else [])]

    def certificate(self) -> list[Fact]:
        """How much of the answer is proved: the digits of the reference, or that there are none."""
        answer = self.answers[0]
        reference = answer.reference
        if self.subject.at is None and self.differentiates:
            return []
        if reference is None or not reference.decimal:
            return [] if answer.value is None or answer.chosen else [Fact("", _ALONE.format(answer.backend), "dim")]
        certified = f"certified to {reference.precision} digits" if reference.certified else "not certified"
        is_shown = answer.value is not None and self.subject.shown is not None
        return [Fact("", certified if is_shown else f"{certified}: {reference.decimal}", "dim")]

    def agreement(self) -> list[Sheet]:
        """The backends that say the same on one line, the most accurate first."""
        groups: dict[tuple[Cell, ...], Cells] = {}
        for row in self.people_rows(truth=False):
            if row["backend"] == REFERENCE and len(self.answers[0].scores) > 1:
                continue  # it is the answer itself
            key = tuple(row.get(name) for name in _SAME)
            if key in groups:
                groups[key]["backend"] = f"{groups[key]['backend']}, {row['backend']}"
            else:
                groups[key] = row
        order = [name for name, _ in self.parts()]
        rows = sorted(groups.values(), key=lambda row: (order.index(str(row["variable"])), _inaccuracy(row)))
        return [Sheet(agreement_columns(self.several), rows)] if rows else []

    def entry(self) -> Sheet:
        """The rows for people in a table of several problems or points."""
        rows = self.people_rows(truth=True) if self.has_scores else self.entry_rows()
        point = self.coordinate_cells()
        return Sheet(self.columns(), [{**point, **row} for row in rows], adapt=adapt_row)

    def coordinate_cells(self) -> Cells:
        """The cells that tell the point."""
        return {("at", name): write_coordinate(value) for name, value in (self.subject.at or {}).items()}

    def entry_rows(self) -> list[Cells]:
        """The rows for people, without backends."""
        return [{**self.question_cells(), **self.answer_cells(self.answers[0])}]

    def columns(self) -> tuple[Column, ...]:
        """The columns for people."""
        subject, setting = self.subject, self.subject.setting
        if self.compares_backends:
            before = (_EXPRESSION,) if setting.batch else ()
            at = (_AT,) if (subject.at if setting.batch else setting.sweep) else ()
            return (*before, *at, *score_columns(self.several))
        return self.answer_columns(*table_columns(subject))

    def answer_columns(self, which: tuple[Column, ...], points: tuple[Column, ...]) -> tuple[Column, ...]:
        """``which`` tell the rows apart, ``points`` are the coordinates of a single point."""
        setting = self.subject.setting
        if self.subject.at is None:
            return (*which, _DERIVATIVE, *((_STATUS,) if setting.batch or setting.sweep else ()))
        alone = not (setting.batch or setting.sweep)
        middle = (_DERIVATIVE, *points) if alone else ()
        f = () if setting.batch else (Column("f", "f", "number", 1),)
        return (*which, *middle, *f, _VALUE, _STATUS)

    # --- cells -----------------------------------------------------------------------------

    def question_cells(self) -> Cells:
        """What is asked."""
        subject = self.subject
        at = write_point(subject.at, named=True) if subject.at else ""
        return {"expression": subject.root, "wrt": ",".join(self.wrt or ()), "order": str(subject.order), "at": at}

    def answer_cells(self, answer: Result) -> Cells:
        """One answer: the number, the expression, and what is true at the point."""
        subject = self.subject
        status = verdict(answer, sentence=subject.setting.batch)
        value = self.value(answer) if self.has_value() else ""
        cells: Cells = {
            "derivative": self.formula(answer),
            "f": format_number(answer.f, subject.shown),
            "value": value,
            "status": answer.status,
            "kind": answer.kind or "",
            "left": format_number(answer.left),
            "right": format_number(answer.right),
            "verdict": status,
            "remark": status,
            "mood": row_mood(answer.status),
        }
        return cells

    def has_value(self) -> bool:
        """Whether a number is asked, rather than an expression."""
        return self.subject.at is not None

    def shared_cells(self, name: str, answer: Result) -> Cells:
        """What the rows of all backends have in common."""
        reference = answer.reference
        cells: Cells = {
            "variable": name,
            "derivative": self.formula(answer),
            "f": format_number(answer.f, self.subject.shown),
            "reference": reference.decimal if reference is not None else "",
        }
        return {**cells, "wrt": name} if name else cells

    def score_cells(self, score: Score, answer: Result) -> Cells:
        """What one backend said and how far it is off."""
        estimate = score.estimate
        value = format_number(estimate.value, self.subject.shown)
        phantom = bool(value) and answer.status in _PROVED_NONE
        error = score.abs_error if score.rel_error is None else score.rel_error
        tolerance = TOLERANCE if self.subject.tol is None else self.subject.tol
        off = phantom or (error is not None and not error <= tolerance)
        remark = "a number where there is no derivative" if phantom else ""
        return {
            **statement(value, estimate.status, estimate.kind, estimate.note, remark),
            "backend": estimate.backend,
            "abs_error": score.abs_error,
            "rel_error": score.rel_error,
            "ulps": score.ulps,
            "error_bound": format_number(estimate.error_bound),
            "evaluations": str(estimate.evaluations),
            "seconds": format_number(estimate.seconds) if self.timed else "",
            "kind": estimate.kind or "",
            "left": format_number(estimate.left),
            "right": format_number(estimate.right),
            "note": estimate.note,
            "digits": format_places(score.right_digits),
            "time": estimate.seconds or None,
            "mood": "bad" if off else "warn" if estimate.status == "removable" else "",
        }

    def people_rows(self, *, truth: bool) -> list[Cells]:
        """A row a backend, after one of the reference itself where ``truth`` is asked for."""
        common = self.question_cells()
        rows: list[Cells] = []
        for name, answer in self.parts():
            shared = {**common, **self.shared_cells(name, answer)}
            if truth:
                rows.append({**shared, **self.truth_cells(answer)})
            rows += [{**shared, **self.score_cells(score, answer)} for score in answer.scores]
        return rows

    def truth_cells(self, answer: Result) -> Cells:
        """What the backends are held against; none of them is called so."""
        reference = answer.reference
        value = reference.decimal if reference is not None and reference.decimal else self.value(answer)
        cells = statement(value, answer.status, answer.kind, answer.reason)
        return {**cells, "backend": "truth", "mood": row_mood(answer.status)}


# --- parts that need no entry ---------------------------------------------------------------


class Titles:
    """The headings of a table for programs, and which of them are coordinates and partial derivatives."""

    __slots__ = ("columns", "coordinates", "partials")

    def __init__(self, columns: tuple[Column, ...], coordinates: tuple[str, ...], partials: tuple[str, ...]) -> None:
        self.columns = columns
        self.coordinates = coordinates
        self.partials = partials


@lru_cache(maxsize=64)
def headings(
    before: tuple[str, ...],
    coordinates: tuple[str, ...],
    f: tuple[str, ...],
    partials: tuple[str, ...],
    after: tuple[str, ...],
) -> Titles:
    """The headings in this order; a name of the user's that is one of ours gets `at_` before it."""
    taken = {"line", "id", "expression", *before, *f, *after}
    known: set[str] = set()

    def distinct(names: Sequence[str]) -> tuple[str, ...]:
        titles = []
        for title in names:
            while title in taken or title in known:
                title = f"at_{title}"
            titles.append(title)
            known.add(title)
        return tuple(titles)

    at, slopes = distinct(coordinates), distinct([f"df_d{name}" for name in partials])
    columns = tuple(Column(title, title) for title in (*before, *at, *f, *slopes, *after))
    return Titles(columns, at, slopes)


def coordinate_names(subject: Subject) -> tuple[str, ...]:
    """The names of the columns of a point: those that a batch has in common, and those of its own."""
    return _with_common(subject.setting.variables, tuple(subject.at or ()))


def partial_names(subject: Subject) -> tuple[str, ...]:
    """The names of the columns of partial derivatives: those in common, and those of its own."""
    return _with_common(subject.setting.wrt, subject.wrt)


def _with_common(common: tuple[str, ...] | None, own: tuple[str, ...]) -> tuple[str, ...]:
    return own if common is None else (*common, *(name for name in own if name not in common))


def table_columns(subject: Subject) -> tuple[tuple[Column, ...], tuple[Column, ...]]:
    """The columns that tell one row for people from the next; and those of the coordinates."""
    setting = subject.setting
    points = tuple(Column(("at", name), name, "number") for name in coordinate_names(subject))
    if setting.batch:
        return ((_EXPRESSION, _AT) if subject.at else (_EXPRESSION,)), points
    return (points if setting.sweep else (_EXPRESSION,)), points


@lru_cache(maxsize=2)
def agreement_columns(several: bool) -> tuple[Column, ...]:
    """The columns of backends that agree, for people."""
    return (
        *((Column("variable", "variable", "code"),) if several else ()),
        Column("backend", "backend", "code"),
        Column("said", "value", "number"),
        Column("rel_error", "rel error", "error", 1, "rel", right=True),
        Column("ulps", "ulps", "error", 3, "ulps", right=True),
        Column("digits", "digits", "number", 2, "digits", right=True),
        Column("remark", "note", "words", 6, "note"),
    )


def _inaccuracy(row: Cells) -> float:
    """How far a backend is off, for sorting; those without a number come last."""
    errors = [error for key in ("rel_error", "abs_error") if isinstance(error := row[key], float)]
    return errors[0] if errors else math.inf


def _sides(answer: Result) -> tuple[tuple[str, float | None], tuple[str, float | None]]:
    return ("left", answer.left), ("right", answer.right)


@lru_cache(maxsize=2)
def score_columns(several: bool) -> tuple[Column, ...]:
    """The columns of backends, for people."""
    return (
        *((Column("variable", "variable", "code"),) if several else ()),
        Column("backend", "backend", "code"),
        Column("said", "value", "number"),
        Column("abs_error", "abs error", "error", 3, "abs", right=True),
        Column("rel_error", "rel error", "error", 1, "rel", right=True),
        Column("ulps", "ulps", "error", 4, "ulps", right=True),
        Column("digits", "digits", "number", 2, "digits", right=True),
        Column("time", "time", "time", 5, "time", right=True),
        Column("remark", "note", "words", 6, "note"),
    )


def adapt_row(
    row: Mapping[Key, Cell], columns: Sequence[Column], write: Callable[[Cell], str], *, typeset: bool
) -> Mapping[Key, Cell]:
    """A row of a batch whose first problem was of the other kind, with a point or without.

    The value then stands in the column of derivatives; a derivative stands where formulas are
    ``typeset`` in the column of values, and elsewhere beside its status.
    """
    keys = {column.key for column in columns}
    if row.get("at") and "derivative" in keys and "value" not in keys:
        return {**row, "derivative": f"{row.get('value', '')} at {row['at']}"}
    formula = row.get("derivative")
    if not row.get("at") and "value" in keys and "derivative" not in keys and isinstance(formula, Formula):
        return {**row, "value": formula} if typeset else {**row, "verdict": f"{row['verdict']}: {write(formula)}"}
    return row


def statement(value: str, status: Status, kind: Kind | None, why: str, *remarks: str) -> Cells:
    """A number, or the status in words short enough to stand where a number would; beside it why."""
    words = status.replace("_", " ")
    what = (kind or "").replace("_", " ")
    more = [words if value and status != "ok" else "", *remarks, "" if what in why else what, why]
    remark = escape_unprintable("; ".join(filter(None, more)))
    return {"value": value, "said": value or words, "status": status, "remark": remark}


def verdict(answer: Result, *, sentence: bool = True) -> str:
    """A status in words: `not differentiable (kink), left -1.0, right 1.0: why`."""
    words = status_words(answer)
    for side, value in _sides(answer):
        if value is not None:
            words += f", {side} {format_number(value)}"
    return escape_unprintable(f"{words}: {answer.reason}" if sentence and answer.reason else words)


def status_words(answer: Result) -> str:
    """`not differentiable (kink)`."""
    words = answer.status.replace("_", " ")
    return f"{words} ({answer.kind.replace('_', ' ')})" if answer.kind else words


def status_facts(answer: Result) -> list[Fact]:
    """The status in words, then each side, then why."""
    facts = [Fact("status", status_words(answer), fact_mood(answer.status))]
    for side, value in _sides(answer):
        if value is not None:
            facts.append(Fact(side, format_number(value), wraps=False))
    return facts + ([Fact("why", answer.reason)] if answer.reason else [])


def point_facts(at: Point) -> list[Fact]:
    """The point: `x = 1.0, y = 2.0`."""
    return [Fact("at", write_point(at, named=True).replace(",", ", ").replace("=", " = "))] if at else []


def fact_mood(status: Status) -> Mood:
    """Green for what is ok, yellow for a hole that was filled, red for anything else."""
    return "good" if status == "ok" else "warn" if status == "removable" else "bad"


def row_mood(status: Status) -> Mood:
    """The same in a table, whose plain rows stay plain."""
    return "warn" if status == "removable" else "" if status in (*VALUED, "unsupported") else "bad"


def comment(status: Status, sentence: str) -> str:
    """The line of a problem without a value, which a reader of expressions passes over."""
    return f"# {status}: {escape_unprintable(sentence)}" if sentence else f"# {status}"


def norm(answers: Sequence[Result]) -> float | None:
    """The length of a gradient, never overflowing on the way; None where a part has no value.

    From the references where all parts have one, so that it is right to the last digit
    too; from the doubles otherwise, which may leave the last digit off by one.
    """
    values = [finite_or_none(answer.value) for answer in answers]
    if None in values:
        return None
    texts = [_reference_text(answer.reference) for answer in answers]
    if None not in texts:
        return finite_or_none(exact_norm([text for text in texts if text is not None]))
    return finite_or_none(math.hypot(*(value for value in values if value is not None)))


def _reference_text(reference: Result | None) -> str | None:
    """The digits of a reference that is a number of a double's precision or more."""
    return reference.decimal if reference is not None and reference.precision >= DOUBLE_DIGITS else None

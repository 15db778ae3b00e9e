"""Nonlinear regression against the certified values of NIST's Statistical Reference Datasets.

    python tests/benchmarks/nist.py FILE

FILE has a JSON object a line: `{"id", "expr", "response", "columns", "data", "params", "starts",
"certified", "certified_sd", "rss"}`. Measured: `dcalc fit` with its defaults (Levenberg-Marquardt,
then balls) from each start; the digits are the log relative error of the worst parameter and
of the worst standard deviation against the certified values, which have 11 digits.

How to read it: a row a start; beneath, how many fits agree to 6 digits from each start and the
median of the digits. `proved` means that the end is proved to be a minimum.
"""

import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from _common import arguments, show, verdict

from dcalc.analysis.fit import FitOptions, find
from dcalc.expr import variables
from dcalc.finding import Finding, Subject
from dcalc.numbers.real import evaluate
from dcalc.parser import parse

ENOUGH = 6


@dataclass(frozen=True, slots=True)
class Outcome:
    """One fit held against the certified values."""

    id: str
    start: int
    finding: Finding
    digits: float
    sd_digits: float
    seconds: float


def agreement(found: Sequence[float | None], certified: Sequence[str]) -> float:
    """The digits of the worst value: the log relative error, 11 at most."""
    worst = 11.0
    for value, text in zip(found, certified, strict=True):
        if value is None or not math.isfinite(value):
            return 0.0
        error = abs(value - float(text)) / abs(float(text)) if float(text) else abs(value)
        worst = min(worst, -math.log10(error) if error else 11.0)
    return max(worst, 0.0)


def fitted(record: dict[str, Any], number: int) -> Outcome:
    """The fit from one start. A response such as log(y) is computed before."""
    columns = {name: [row[place] for row in record["data"]] for place, name in enumerate(record["columns"])}
    response = parse(record["response"].replace("[", "(").replace("]", ")")).root
    if record["response"] not in columns:
        (name,) = variables(response)
        columns["response"] = [evaluate(response, {name: value}) for value in columns[name]]
    target = record["response"] if record["response"] in columns else "response"
    root = parse(record["expr"]).root
    start = dict(zip(record["params"], record["starts"][number], strict=True))
    before = time.perf_counter()
    options = FitOptions(columns, target, start=start)
    finding = find(Subject(root=root, names=tuple(variables(root)), wrt=()), options=options)
    seconds = time.perf_counter() - before
    known = [finding.record["parameters"][name] for name in record["params"]]
    digits = agreement([parameter["value"] for parameter in known], record["certified"])
    sd = agreement([parameter["stderr"] for parameter in known], record["certified_sd"])
    return Outcome(record["id"], number + 1, finding, digits, sd, seconds)


def load(path: Path) -> list[dict[str, Any]]:
    """The data sets of a file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def main() -> None:
    """Print the tables."""
    parser = arguments(__doc__)
    outcomes = [fitted(record, number) for record in load(parser.parse_args().file) for number in (0, 1)]
    rows = [
        (
            one.id, one.start, one.finding.status, f"{one.digits:.1f}", f"{one.sd_digits:.1f}",
            "yes" if one.finding.record["certified"] else "no", one.seconds,
        )
        for one in outcomes
    ]  # fmt: skip
    show("", ("data set", "start", "status", "digits", "of sd", "proved", "seconds"), rows)
    summary = []
    for start, least in ((1, 26), (2, 27)):
        own = [one for one in outcomes if one.start == start]
        good = sum(one.digits >= ENOUGH for one in own)
        middle = median(one.digits for one in own)
        summary.append(
            (f"start {start}", f"{good} of {len(own)}", verdict(good, least, least=True), f"{middle:.1f}",
             verdict(middle, 9, least=True))
        )  # fmt: skip
    show("", ("", f"{ENOUGH} digits", "target", "median", "target"), summary)


if __name__ == "__main__":
    main()

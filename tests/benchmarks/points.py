"""The verdict of the command line at every point of a file, against truths found by hand.

    python tests/benchmarks/points.py FILE [--slowest N]

FILE holds a JSON object a line: `{"id", "command": "diff" or "grad", "expr", "wrt", "order",
"at": {"x": "text"}, "status", "kind", "value", "left", "right"}`, decimals as text or null, and
where needed `accept` (further statuses), `accept_kind` (further kinds), `"sides": "free"`
(`left` and `right` are not looked at), `reference` (the decimal of an overflow, of which 10
digits are compared) and, for grad, `components` by variable with the same fields.

Measured: one process a record, asked for JSON. Right means the status and the kind, and for
each number the double nearest to the decimal, to 1 ulp, the sign of a zero aside.

How to read it: a line for every record that is not right. `wrong` is a false status or number
(target: none), `unresolved` an answer that was not given (target: none). Last stand the
slowest calls and the median of all; nothing is asserted about time.
"""

import json
import math
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from statistics import median
from typing import Any

from _common import arguments, command, compiled, cut, show, verdict

_DIGITS = 10
"""Of an overflow's decimal, these are compared."""
Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a record came out: right, wrong, unresolved or failed, and what is wrong with it."""

    record: Record
    verdict: str
    reason: str
    seconds: float


def main() -> None:
    """Print what is not right, and how many are."""
    parser = arguments(__doc__)
    parser.add_argument("--slowest", type=int, default=3, help="how many of the slowest calls to list")
    options = parser.parse_args()
    records = [json.loads(line) for line in options.file.read_text(encoding="utf-8").splitlines() if line.strip()]
    with compiled():
        run(records[0])
        outcomes = [run(record) for record in records]
    report(outcomes, options.slowest)
    sys.exit(any(outcome.verdict != "right" for outcome in outcomes))


def run(record: Record) -> Outcome:
    """One record, asked of a process of its own."""
    names = record["wrt"] if isinstance(record["wrt"], list) else [record["wrt"]]
    arguments = [record["command"], record["expr"], "--wrt", ",".join(names), "--json"]
    arguments += ["--at", ",".join(f"{name}={text}" for name, text in record["at"].items())]
    if record["command"] == "diff" and len(names) == 1:
        arguments += ["-n", str(record["order"])]
    start = time.perf_counter()
    done = subprocess.run(command(*arguments), capture_output=True, text=True, check=False)
    spent = time.perf_counter() - start
    try:
        (answer,) = json.loads(done.stdout)["records"]
    except (ValueError, KeyError):
        return Outcome(record, "failed", (done.stderr.strip() or "no output").splitlines()[-1], spent)
    reason = judge(record, answer)
    unresolved = reason and "unresolved" in (answer["status"], *(part["status"] for part in parts(answer)))
    return Outcome(record, "unresolved" if unresolved else "wrong" if reason else "right", reason, spent)


def parts(answer: Record) -> list[Record]:
    """The components of a gradient."""
    return list((answer.get("components") or {}).values())


def judge(record: Record, answer: Record) -> str:
    """What is wrong with an answer; empty where nothing is."""
    components = record.get("components")
    reason = judge_status(record, answer) if components else judge_part(record, answer)
    for name, wanted in (components or {}).items():
        found = {**answer["components"][name], "value": answer["value"][name]}
        accepted = {key: record[key] for key in ("accept", "accept_kind") if key in record}
        reason = reason or ((wrong := judge_part({**accepted, **wanted}, found)) and f"{name}: {wrong}")
    return reason


def judge_status(wanted: Record, found: Record) -> str:
    """Status and kind."""
    if found["status"] not in (wanted["status"], *wanted.get("accept", ())):
        return f"{found['status']} ({found['kind']}), not {wanted['status']}"
    if found["kind"] is None or found["kind"] in (wanted.get("kind"), *wanted.get("accept_kind", ())):
        return ""
    return f"{found['kind']}, not {wanted.get('kind')}"


def judge_part(wanted: Record, found: Record) -> str:
    """Status, kind and numbers; of an accepted other status the numbers are not looked at."""
    reason = judge_status(wanted, found)
    if reason or found["status"] != wanted["status"]:
        return reason
    numbers = ["value"] if wanted.get("sides") == "free" else ["value", "left", "right"]
    for name in numbers:
        if not is_near(found[name], wanted.get(name)):
            return f"{name} is {found[name]}, not {wanted.get(name)}"
    if wanted.get("reference") and not same_digits(found["reference"]["value"], wanted["reference"]):
        return f"reference is {found['reference']['value']}, not {wanted['reference']}"
    return ""


def is_near(found: float | None, wanted: str | None) -> bool:
    """Whether a double is the one nearest to a decimal, to 1 ulp."""
    if found is None or wanted is None:
        return found is None and wanted is None
    nearest = float(wanted)
    return abs(found - nearest) <= math.ulp(nearest)


def same_digits(found: str, wanted: str) -> bool:
    """Whether two decimals agree to the digits compared, whatever their exponent."""
    with localcontext() as context:
        context.prec = _DIGITS + 5
        return abs(Decimal(found) / Decimal(wanted) - 1) < Decimal(10) ** -_DIGITS


def report(outcomes: list[Outcome], slowest: int) -> None:
    """What is not right, the counts, the slowest."""
    for outcome in outcomes:
        if outcome.verdict != "right":
            place = ", ".join(f"{name} = {text}" for name, text in outcome.record["at"].items())
            asked = f"{cut(outcome.record['expr'], 60)} at {place}, order {outcome.record['order']}"
            print(f"{outcome.verdict}: {outcome.record['id']}: {asked}: {outcome.reason}")
    counts = {name: sum(o.verdict == name for o in outcomes) for name in ("right", "wrong", "unresolved", "failed")}
    targets = {"right": len(outcomes), "wrong": 0, "unresolved": 0, "failed": 0}
    rows = [[name, n, verdict(n, targets[name], least=name == "right")] for name, n in counts.items()]
    show(f"{len(outcomes)} points", ["verdict", "count", "target"], rows)
    times = sorted(outcomes, key=lambda outcome: -outcome.seconds)
    rows = [[cut(o.record["expr"], 60), 1000 * o.seconds] for o in times[:slowest]]
    show("milliseconds a process", ["slowest", "ms"], [*rows, ["median", 1000 * median(o.seconds for o in outcomes)]])


if __name__ == "__main__":
    main()

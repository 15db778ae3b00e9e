"""Least-squares fits beside those of lmfit: time as ratios in one run, and covariances beside SciPy's.

    python tests/benchmarks/fits.py FILE

FILE has a JSON object a line, as for `nist.py`. Measured from the second start, without start-up: `dcalc fit` with its
proof of the minimum, the same without one (no balls), and `lmfit.Model.fit`, in turns. Covariances are held against
`scipy.optimize.curve_fit`, which gets the exact Jacobian and begins at the end of the fit.

How to read it: a row per data set. `proved/lmfit` is what a proved answer costs, `steps/lmfit` the search and the
standard errors alone; `digits` are those on which the worst covariance agrees, relative to both standard errors.
"""

import math
import sys
import warnings
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any

import nist
from _common import arguments, interleaved, ratio, show, verdict

from dcalc.analysis.fit import FitOptions, find
from dcalc.derive import derivative
from dcalc.expr import variables
from dcalc.finding import Finding, Subject
from dcalc.numbers.real import evaluate
from dcalc.optimise import certify
from dcalc.parser import parse

try:
    import lmfit
    import numpy as np
    from scipy import optimize
except ImportError:
    sys.exit("this benchmark needs lmfit: pip install lmfit")

ROUNDS = 3
ENOUGH = 6
MOST = 2.0
"""Times lmfit's time that a fit may take."""
_NUMPY = {name: getattr(np, name) for name in ("exp", "sin", "cos", "log", "sqrt")} | {"atan": np.arctan, "pi": np.pi}


class Case:
    """A data set with its model, for dcalc and for NumPy."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        self.names, self.inputs = list(record["params"]), list(record["xvars"])
        self.start = dict(zip(self.names, record["starts"][1], strict=True))
        columns = {name: [row[place] for row in record["data"]] for place, name in enumerate(record["columns"])}
        response = parse(record["response"].replace("[", "(").replace("]", ")")).root
        rows = range(len(record["data"]))
        target = [evaluate(response, {name: columns[name][row] for name in variables(response)}) for row in rows]
        self.columns = {**{name: columns[name] for name in self.inputs}, "target": target}
        self.root = parse(record["expr"]).root
        call = f"lambda {', '.join([*self.inputs, *self.names])}: {record['expr']}"
        self.function: Callable[..., Any] = eval(call, _NUMPY)  # the text is that of a trusted file
        self.arrays = [np.array(columns[name]) for name in self.inputs]
        self.target = np.array(target)

    def fit(self) -> Finding:
        """The fit of dcalc."""
        subject = Subject(root=self.root, names=tuple(variables(self.root)), wrt=())
        return find(subject, options=FitOptions(self.columns, "target", start=self.start))

    def fit_without_proof(self) -> Finding:
        """The same, of which nothing is proved."""
        most, certify.MOST_WORK = certify.MOST_WORK, 0
        try:
            return self.fit()
        finally:
            certify.MOST_WORK = most

    def fit_by_lmfit(self) -> object:
        """The fit of lmfit, with its standard errors."""
        model = lmfit.Model(self.function, independent_vars=self.inputs)
        inputs = dict(zip(self.inputs, self.arrays, strict=True))
        return model.fit(self.target, **inputs, **self.start)

    def digits(self, finding: Finding) -> float:
        """The digits on which the covariances of dcalc and SciPy agree."""
        slopes = [derivative(self.root, (name,)) for name in self.names]
        rows = list(zip(*self.arrays, strict=True))

        def jacobian(_: Any, *at: float) -> Any:
            point = dict(zip(self.names, map(float, at), strict=True))
            places = [{**dict(zip(self.inputs, map(float, row), strict=True)), **point} for row in rows]
            return np.array([[evaluate(slope, place) for slope in slopes] for place in places])

        _, theirs = optimize.curve_fit(
            lambda x, *at: self.function(*x, *at), self.arrays, self.target, jac=jacobian, maxfev=10_000,
            p0=[finding.record["parameters"][name]["value"] for name in self.names], xtol=1e-15, ftol=1e-15, gtol=1e-15,
        )  # fmt: skip
        ours = np.array([[finding.record["covariance"][a][b] for b in self.names] for a in self.names])
        scale = np.sqrt(np.outer(np.diag(theirs), np.diag(theirs)))
        return min(15.0, -math.log10(np.max(np.abs(ours - theirs) / scale) or 1e-15))


def main() -> None:
    """Print the tables."""
    warnings.simplefilter("ignore")
    rows, proved, bare, agreeing = [], [], [], 0
    records = nist.load(arguments(__doc__).parse_args().file)
    for record in records:
        case = Case(record)
        times = interleaved({"proved": case.fit, "steps": case.fit_without_proof, "lmfit": case.fit_by_lmfit}, ROUNDS)
        finding = case.fit()
        digits = case.digits(finding)
        agreeing += digits >= ENOUGH
        proved.append(ratio(times["proved"], times["lmfit"]))
        bare.append(ratio(times["steps"], times["lmfit"]))
        rows.append((record["id"], len(record["data"]), median(times["lmfit"]), proved[-1], bare[-1], digits))
    show("", ("data set", "rows", "lmfit, s", "proved/lmfit", "steps/lmfit", "digits"), rows)
    summary = [
        ("proved/lmfit, median", median(proved), verdict(median(proved), MOST)),
        ("steps/lmfit, median", median(bare), verdict(median(bare), MOST)),
        (f"covariances to {ENOUGH} digits", f"{agreeing} of {len(records)}", verdict(agreeing, 26, least=True)),
    ]
    show("", ("", "measured", "target"), summary)


if __name__ == "__main__":
    main()

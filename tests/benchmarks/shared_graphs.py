"""The iterated logistic map written out: what a derivative costs where nearly all is shared.

    python tests/benchmarks/shared_graphs.py [--length CHARACTERS] [--rounds N]

Measured: l -> 4*l*(1-l) from x, as the text of the last step that is no longer than the
limit; the time to differentiate it and to write the derivative, and its length. The
baseline is `dcalc.parser.parse` of the same text, in the same rounds, every round from a
new parse and with nothing kept from the round before.

How to read it: derivative and writing together take at most 1.5 times as long as parsing,
and the text is at most twice as long as the input.
"""

from statistics import median

from _common import arguments, cut, ratio, seconds, show, verdict

from dcalc.derive import derivative
from dcalc.expr import Expr, walk
from dcalc.notation import write
from dcalc.parser import parse

TARGET_TIME = 1.5
TARGET_LENGTH = 2.0


def main() -> None:
    """Print the table."""
    parser = arguments(__doc__, file=False)
    parser.add_argument("--length", type=int, default=24_565, help="the longest text of the map")
    parser.add_argument("--rounds", type=int, default=11)
    options = parser.parse_args()
    text = logistic(options.length)
    times: dict[str, list[float]] = {"parse": [], "derive": [], "write": []}
    for count in range(options.rounds + 1):
        spent, output, nodes = one_round(text)
        if count:
            for stage, figure in spent.items():
                times[stage].append(figure)
    both = [a + b for a, b in zip(times["derive"], times["write"], strict=True)]
    times["derive + write"] = both
    rows = [[stage, 1e3 * median(found), ratio(found, times["parse"])] for stage, found in times.items()]
    show(f"logistic map of {len(text):,} characters, {nodes[0]:,} nodes; its derivative has {nodes[1]:,}",
         ["", "ms", "ratio to parse"], rows)  # fmt: skip
    longer = len(output) / len(text)
    print(f"  derive + write over parse: {rows[-1][2]:.2f}, {verdict(ratio(both, times['parse']), TARGET_TIME)}")
    print(f"  length: {len(output):,}, over that of the input {longer:.2f}, {verdict(longer, TARGET_LENGTH)}")
    print(f"  {cut(output)}")


def logistic(limit: int) -> str:
    """The map as text: the last step that is no longer than ``limit``."""
    text = "x"
    while len(longer := f"4*({text})*(1-({text}))") <= limit:
        text = longer
    return text


def one_round(text: str) -> tuple[dict[str, float], str, tuple[int, int]]:
    """Seconds of each stage, the text of the derivative, the nodes of both."""
    roots: list[Expr] = []
    output: list[str] = []
    spent = {
        "parse": seconds(lambda: roots.append(parse(text).root)),
        "derive": seconds(lambda: roots.append(derivative(roots[0], ("x",)))),
        "write": seconds(lambda: output.append(write(roots[1], against=len(text)))),
    }
    return spent, output[0], (len(walk(roots[0])), len(walk(roots[1])))


if __name__ == "__main__":
    main()

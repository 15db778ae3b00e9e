"""The baseline of streams.py: a derivative beside every number of stdin, by hand, with orjson and NumPy.

The derivative of x**2*sin(x) is written out; nothing is checked, nothing is bounded.
"""

import sys
from itertools import islice

import numpy as np
import orjson

ROWS = 1 << 16


def main() -> None:
    """Numbers in, a line each; number, tab, derivative out."""
    write = sys.stdout.buffer.write
    while lines := list(islice(sys.stdin.buffer, ROWS)):
        x = np.array(orjson.loads(b"[" + b",".join(lines) + b"]"), dtype=np.float64)
        slope = 2 * x * np.sin(x) + x * x * np.cos(x)
        text = orjson.dumps(np.column_stack([x, slope]), option=orjson.OPT_SERIALIZE_NUMPY)
        write(text[2:-2].replace(b"],[", b"\n").replace(b",", b"\t") + b"\n")


if __name__ == "__main__":
    main()

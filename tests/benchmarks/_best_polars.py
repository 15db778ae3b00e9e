"""The baseline of streams.py by Polars: all of stdin read, computed and written by its engine."""

import sys

import polars as pl


def main() -> None:
    """Numbers in, a line each; number, tab, derivative out."""
    frame = pl.read_csv(sys.stdin.buffer, has_header=False, new_columns=["x"], schema_overrides=[pl.Float64])
    x = pl.col("x")
    slope = (2 * x * x.sin() + x * x * x.cos()).alias("slope")
    frame.with_columns(slope).write_csv(sys.stdout.buffer, include_header=False, separator="\t")


if __name__ == "__main__":
    main()

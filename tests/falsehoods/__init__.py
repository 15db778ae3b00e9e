"""Statements that a calculator of derivatives is tempted to make, and that are false: one row each.

A row is a call, what must hold of its answer, and why that is true, in words; no truth was
computed by dcalc. `python -m tests.falsehoods` lists the rows that fail.
"""

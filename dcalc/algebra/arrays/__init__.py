"""Arithmetic on blocks of numbers, with or without running error bounds.

`program` holds straight-line programs of NumPy's ufuncs, `bound` what is known of an error,
`arithmetic`, `choices`, `functions` and `composed` the rows of the table, `balls` those that no
array library has; `lowering` writes a graph as a program, `certain` its conditions, and `refine`
does single points again in balls. NumPy is loaded where a program runs.
"""

"""Derivatives at many points at once: columns in, columns out.

The columns go through generated straight-line programs of NumPy in cache-sized blocks, each value
with a running error bound beside it; rows whose bound is not good enough, or that are at a kink, an
edge or a pole, are answered by the reference. Before that, rows in which only digits are missing are tried
again in forms that lose fewer, then in double-doubles, and then in balls: `kernel`.

`ufunc_program` holds straight-line programs of NumPy's ufuncs and `bound` what is known of an error;
`operators` and `elementary` hold the rows of the table, `formula` writes a graph as a program and adds
the conditions under which it may be believed, `column_blocks` runs it over columns, `rounder` does so over
double-doubles, whose arithmetic is `double_double`, `piecewise` has polynomials for functions that NumPy
has not, and `rowwise` does what is answered one row at a time.

Arrays of the language of arrays have values and bounds by their nodes: `tensors` bounds each entry, or
none, and `uniform` an array as a whole;
`contraction` multiplies, and `tensor_gradient` puts a gradient together.
"""

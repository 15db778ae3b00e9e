"""Vectors and matrices: expressions with shapes, their derivatives, and both in matrix notation.

Nothing here is imported unless an array is written: `dcalc.tensor.signs` tells that from the text alone.

The layout convention, which every derivative here keeps: the derivative of an array of shape S by a variable of
shape V has the shape S + V. So a gradient has the shape of its variable, a Jacobian has a row for each output, and
a Hessian by a vector is the usual matrix.
"""

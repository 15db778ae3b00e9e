"""Finding minima of functions and of losses over data.

`methods` makes steps and their lengths, `objective` evaluates in doubles, `linear` solves small systems,
`descent` puts them together. `dataset` says what a fit minimises, `least_squares` and `least_absolute` descend in
ways of their own, `starts` draws first parameters, `minima` encloses a zero of a gradient, `certify` and `exact` prove
the end of a fit by that or by rational numbers, and `fitting` makes one fit of all. Commands and formats are unknown
here.
"""

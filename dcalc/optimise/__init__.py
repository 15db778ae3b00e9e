"""Finding minima of functions and of losses over data.

`methods` makes steps and their lengths, `objective` evaluates in doubles, `linear` solves small systems,
`descent` puts them together. `dataset` and `losses` say what a fit minimises, `least_squares` and
`least_absolute` descend in ways of their own, `starts` draws first parameters, `minima` proves the end, and
`fitting` makes one fit of all that. Commands and formats are unknown here.
"""

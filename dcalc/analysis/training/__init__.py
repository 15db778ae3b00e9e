"""Fitting a model to data: `data` and `losses` say what is minimised, `summed` evaluates it over
all rows, `least_squares` and `stochastic` descend in ways of their own, `certify` proves the end,
`initial` finds starts. The methods of `optimise` do the rest."""

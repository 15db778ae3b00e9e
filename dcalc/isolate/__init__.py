"""All zeros of a function of one variable in an interval, proved, and what f does at the places where it is not smooth.

From the bottom up:

- `smooth`: functions without choices, and places: numbers in closed form, isolated zeros, infinities;
- `spans`: bounds of values over open intervals, which may be infinite: signs that balls do not show;
- `factors`: a function as a product, of which each factor is looked at alone;
- `zeros`: isolation by the zeros of the derivative, or by halving with enclosures;
- `pieces`: the line cut where a choice changes or a part has no value, with a smooth function on each piece;
- `periods`: symmetry and periods, proved.
"""

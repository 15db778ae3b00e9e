"""Rust: the methods of f64 in its standard library, called as functions.

`acosh` and `atanh` are written out: close to 1 and -1 they lose half of their digits.
"""

NATIVE = {
    **{name: f"f64::{name}" for name in (
        "sin cos tan asin acos atan atan2 sinh cosh tanh exp exp2 log2 log10 sqrt cbrt hypot floor ceil trunc abs min "
        "max").split()},
    "expm1": "f64::exp_m1", "log": "f64::ln", "log1p": "f64::ln_1p", "round": "f64::round_ties_even",
    "inv": "f64::recip", "pi": "std::f64::consts::PI", "e": "std::f64::consts::E",
}  # fmt: skip

EMITTED = {
    "asinh": "f64::asinh", "pow": "f64::powf", "fmod": "(({0}) % ({1}))", "log/2": "f64::log", "log_base":
    "f64::log({1}, {0})", "deg2rad": "f64::to_radians", "rad2deg": "f64::to_degrees",
}  # fmt: skip

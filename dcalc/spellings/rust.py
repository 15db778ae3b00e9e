"""Rust: the methods of f64 in its standard library, called as functions."""

NATIVE = {
    **{name: f"f64::{name}" for name in (
        "sin cos tan asin acos atan atan2 sinh cosh tanh exp exp2 log2 log10 sqrt cbrt hypot floor ceil trunc abs min "
        "max").split()},
    "expm1": "f64::exp_m1", "log": "f64::ln", "log1p": "f64::ln_1p", "round": "f64::round_ties_even",
    "inv": "f64::recip", "pi": "std::f64::consts::PI", "e": "std::f64::consts::E",
}  # fmt: skip

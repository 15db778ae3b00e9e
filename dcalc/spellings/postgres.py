"""PostgreSQL's SQL, from version 15 on."""

NATIVE = {
    **{name: name for name in (
        "sin cos tan cot asin acos atan atan2 sinh cosh tanh asinh acosh atanh sqrt cbrt floor abs sign trunc sind "
        "cosd tand asind acosd atand").split()},
    "ceil": "ceil", "log": "ln", "min": "least", "max": "greatest", "pi": "pi()",
    "exp": "CASE WHEN {0} < '-708'::float8 THEN '0'::float8 ELSE exp({0}) END",
}  # fmt: skip

EMITTED = {"pow": "power", "round": "round", "log10": "log", "deg2rad": "radians", "rad2deg": "degrees", "cotd": "cotd"}

"""JavaScript: what its object Math has."""

from dcalc.spellings.c import SYNONYMS as _ALIKE

NATIVE = {
    **{name: f"Math.{name}" for name in (
        "sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh exp expm1 log log1p log2 log10 sqrt cbrt "
        "hypot floor ceil trunc abs sign min max").split()},
    "pi": "Math.PI", "e": "Math.E",
}  # fmt: skip

EMITTED = {"pow": "Math.pow", "fmod": "(({0}) % ({1}))", "norm": "Math.hypot"}

_OF_JAVA = ("Math.signum", "Math.toRadians", "Math.toDegrees", "Math.clamp")

SYNONYMS = {
    signature: text
    for signature, text in _ALIKE.items()
    if signature.startswith("Math.") and not signature.startswith(_OF_JAVA)
}

KEYWORDS = frozenset(
    "arguments await break case catch class const continue debugger default delete do else enum eval export "
    "extends false finally for function if implements import in instanceof interface let new null package private "
    "protected public return static super switch this throw true try typeof undefined var void while with yield "
    "async of Math NaN Infinity Object Array".split()
)
"""Words that no variable can be called."""

REFUSED = {
    "NaN": "NaN is not a number", "Infinity": "infinity is not a number",
    "Math.random": "a random number has no derivative", "Math.fround": "single precision is not read: leave it out",
}  # fmt: skip
"""Names that are not read."""

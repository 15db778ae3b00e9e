"""What names and numbers look like, as regular expressions to build others from."""

# Explicit classes: Python's \w matches superscripts. Beyond ASCII they are wider than
# letters, since such a word is looked at once more, after NFKC.
_LETTER = (
    "A-Za-z_\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u1fff\u2090-\u209c\u2100-\u218b"
    "\u2c00-\u2dff\u3005-\u3007\u3031-\ud7ff\uf900-\ufdff\ufe70-\ufefc\uff21-\uff3a\uff41-\uff5a"
    "\uff66-\uffdc\U00010000-\U0003ffff"
)
NAME = f"[{_LETTER}][{_LETTER}0-9\u2080-\u2089\uff10-\uff19]*"
_DIGITS = "[0-9]++(?:_[0-9]++)*+"
NUMBER = rf"(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?"
SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
ASCII_NAME = "[A-Za-z_][A-Za-z_0-9]*"
WIDE_SPACES = "\u00a0\u2000-\u200a\u202f\u205f\u3000"

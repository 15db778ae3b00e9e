"""Whether a text has vectors or matrices in it: told by a few signs, so that scalar expressions pay nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

ARRAY_FUNCTIONS = frozenset(
    "sum mean prod norm1 norminf dot outer tr trace det logdet solve diag cumsum tril zeros ones eye arange var std "
    "matmul einsum triu log_softmax one_hot matrix_power slogdet logabsdet vdot mse_loss l1_loss huber_loss "
    "smooth_l1_loss nll_loss cosine_similarity layer_norm normalize".split()
)
"""Functions that mean nothing for scalars. Others, such as `norm` and `max`, are read as ever."""
_OF_MATRICES = ("inv", "norm")
"""Functions of scalars that mean something else for a matrix, which a name of one upper-case letter is."""
_CALLED_BEHIND = (
    "sum mean prod var std dot vdot inner outer matmul mm mv trace det logdet slogdet inv inverse solve norm diag "
    "diagonal cumsum tril triu einsum softmax log_softmax logsumexp transpose t cross_entropy zeros ones eye "
    "mse_loss l1_loss huber_loss smooth_l1_loss nll_loss binary_cross_entropy binary_cross_entropy_with_logits kl_div "
    "cosine_similarity layer_norm normalize"
).split()
"""Methods of arrays, and functions of libraries for whole arrays."""

_HINTS = ("(", "[", ".T", "'", "^T", "||", "‖", " ", "^{", "⊤", "ᵀ", "⟨", "\\", "⁻")
"""One of these is in every text with arrays but for an @."""
_SIGNS = (
    "[",
    "'",
    '"',
    "^T",
    "^{T}",
    "⊤",
    "ᵀ",
    "||",
    "‖",
    "⟨",
    "\\",
    "^-1",
    "^{-1}",
    "⁻¹",
    "Tr(",
    "softmax",
    "cross_entropy",
)
_WORDS = (*_SIGNS, *ARRAY_FUNCTIONS, *_OF_MATRICES)
"""What `_pattern` looks for has one of these in it, or in a text with a dot one of the next."""
_BEHIND = (".T", *(f".{name}" for name in _CALLED_BEHIND))


def has_arrays(text: str, notation: str = "plain", at: Iterable[str] | None = None) -> bool:
    """Whether an expression is written with vectors or matrices, or one of the texts for --at gives an array.

    ``at`` gives an array where a name is followed by a list or a file. It alone decides in notations where the text
    means something else: in Mathematica `f[x]` is a call, and in MATLAB and SymPy `*` is the product of matrices.
    Cost: a scan for a few characters.
    """
    given = ";".join(at or ())
    if ("[" in given or "@" in given) and _given_pattern().search(given) is not None:
        return True
    if notation in ("mathematica", "matlab", "sympy"):
        return False
    if "@" in text:
        return True
    has = text.__contains__
    if not any(map(has, _HINTS)) or not any(map(has, _WORDS if "." not in text else (*_WORDS, *_BEHIND))):
        return False  # the pattern takes a while to compile
    return _pattern().search(text) is not None


@cache
def _given_pattern() -> re.Pattern[str]:
    return re.compile(r"=\s*[\[@]")


@cache
def _pattern() -> re.Pattern[str]:
    names = "|".join(sorted(ARRAY_FUNCTIONS))
    called = rf"(?<![\w.])(?:{names})\s*\("
    matrices = rf"(?<![\w.])(?:{'|'.join(_OF_MATRICES)})\s*\((?:[^()]*[^()\w.])?[A-Z](?![\w(])"
    listed = r"(?<!\w)\[[^\[\]]*,|\[\s*\["  # ArcTan[x, y] is a call of Mathematica
    indexed = r"(?<![\w.])(?:[a-z]|[A-Za-z]\d*|[A-Za-z]_\w*)\[|[\])]\["
    transposed = r"(?<=[\w)\]])\.T(?!\w)|(?<=[A-Z)\]])'(?![('])"
    turned = r"(?<=[A-Za-z)\]])\^(?:T|\{T\}|⊤)\s*[A-Za-z(\[]"  # an operand follows: x^T A
    turned += r"|[A-Za-z)\]]\s+[A-Za-z]\w*\^(?:T|\{T\})(?![\w(])"  # x y^T
    behind = rf"(?<=[\w)\]])\.(?:{'|'.join(_CALLED_BEHIND)})\s*\((?!.*\sfor\s)"
    barred = r"(?:^|[-+*/(,=])\s*\|\|(?=[^|]*\w)[^|]+\|\|(?!\s*[A-Za-z0-9_(])|‖"  # no `a || b || c`
    beside = r"[\w)]\s+\|\|(?=[\w(])[^|]*[\w)\]]\|\|"  # 1/2 ||x||
    primed = r"(?<=[a-z)\]])'\s*[A-Za-z*@]"  # x'A, where scalars have f'(x)
    of_order = (
        r"(?<![\w.])norm\s*\((?=[^,]*(?<![\d.])[^\W\d])(?:[^(),]|\((?:[^()]|\([^()]*\))*\))*,\s*"
        r"(?:(?:ord|p|axis|dim|keepdims?)\s*=|(?:\d+(?:\.\d*)?|-?(?:\w+\.)?inf)\s*\))"
    )
    papers = r"[⊤ᵀ⟨]|\^\{?\\(?:top|intercal)|\\(?:left\s*\\|right\s*\\)?\||\\[lr]Vert"
    latex = (
        r"\\(?:mathbf|boldsymbol|bm|vec|langle|odot|sum|prod|det)(?![A-Za-z])|\\begin\s*\{[bp]?(?:small)?matrix\}"
        r"|\\(?:operatorname\*?|mathrm|text)\s*\{(?:tr|Tr|trace|diag|softmax|logdet|logsumexp|norm)\}"
        r"|\^\s*\{?\s*(?:-\s*)?\\(?:top|intercal|math\w+\s*\{?\s*T)(?![A-Za-z])"
    )
    inverted = r"(?:\b[A-Z]|\))(?:\^-1\s+|\^\{-1\}\s*|⁻¹\s*)[A-Za-z]"
    spoken = r"(?<![\w.])(?:(?:det|tr|Tr|trace|logdet|sum|mean)\s+[A-Za-z(]|Tr\s*\()|(?<=[\w)])\s\\\s"
    quoted = r"[(,=]\s*(?:'\w+'|\"\w+\")|\.shape\[|(?<=[\w)\]])\.size(?![\w(])|(?<!\w)log\s+det\s*\("
    alone = r"(?<![\w.])softmax\s*\((?:[^(),]|\([^()]*\))*\)"  # of scalars it takes several
    alone += r"|(?<![\w.])cross_entropy\s*\(\s*[^-\d\s]"  # of scalars it begins with a number
    signs = (transposed, turned, primed, inverted, barred, beside, papers, listed, indexed, quoted, latex)
    return re.compile("|".join((called, matrices, of_order, behind, spoken, alone, *signs)))

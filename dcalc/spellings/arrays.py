"""What NumPy, JAX and torch call functions of whole arrays; those of single numbers stand in `python`."""

from __future__ import annotations

RENAMED = {
    "matmul": "@", "mm": "@", "mv": "@", "bmm": "@", "multi_dot": "@", "vdot": "inner", "vecdot": "inner",
    "transpose": ".T", "t": ".T", "matrix_transpose": ".T", "adjoint": ".T",
    "inverse": "inv", "amax": "max", "amin": "min", "identity": "eye", "fill_diagonal": "diag",
    "len": "size", "numel": "size", "matrix_norm": "norm",
    "array": "identity", "asarray": "identity", "tensor": "identity", "as_tensor": "identity", "atleast_1d": "identity",
    "float": "identity", "double": "identity", "float64": "identity", "copy": "identity", "clone": "identity",
    "item": "identity", "diagonal": "diag", "cumulative_sum": "cumsum",
    "Tr": "tr", "ger": "outer", "nanmean": "mean", "nansum": "sum",
    "binary_cross_entropy": "bce", "binary_cross_entropy_with_logits": "bce_logits",
    "mse_loss": "mse", "l1_loss": "mae",
}  # fmt: skip
"""Names that are read as another one; `@` and `.T` are the signs."""

KEYWORDS = {
    "dim": "axis", "keepdim": "keepdims", "p": "ord", "correction": "ddof", "a": "", "x": "", "input": "", "A": "",
    "dtype": None, "dim1": "axis", "mean": None, "epsilon": "eps",
}  # fmt: skip
"""Names of arguments: what they are called here, "" for the first argument, None for what changes no value."""

TARGET_LAST = frozenset(("cross_entropy", "bce", "bce_logits"))
"""Losses that torch calls with the prediction first."""

METHODS = frozenset(
    "sum mean prod max min amax amin norm dot trace det logdet inverse diag diagonal cumsum tril logsumexp var std t "
    "transpose matmul mm mv outer ger clip clamp size numel item copy clone".split()
)
"""Functions that arrays have, and the libraries of `MATRICES` have not."""

LOSSES = {
    "MSELoss": "mse_loss", "L1Loss": "l1_loss", "CrossEntropyLoss": "cross_entropy", "BCELoss": "binary_cross_entropy",
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits", "HuberLoss": "huber_loss", "NLLLoss": "nll_loss",
    "SmoothL1Loss": "smooth_l1_loss", "KLDivLoss": "kl_div",
}  # fmt: skip
"""Modules of torch that are losses, as functions: `nn.MSELoss()(z, y)` is `F.mse_loss(z, y)`."""

SPOKEN = frozenset(
    "det tr trace Tr logdet sum mean norm inv diag softmax logsumexp sin cos tan tanh exp log ln sqrt sigmoid".split()
)
"""Functions that people write without brackets before a name: `tr A`, `log det S`."""

MATRICES = frozenset(("F", "nn", "sc", "st", "sp", "cp", "LA", "special", "stats", "lax"))
"""Names of libraries that are as often names of arrays: `F.sum()` is a sum of F's entries."""

NO_FORMULA = {
    "pinv": "write inv(A.T@A)@A.T, where the columns are independent",
    "lstsq": "write inv(A.T@A)@A.T@b, where the columns are independent",
    "eig": "an eigenvalue is lambda where det(A - lambda*eye(n)) is 0",
    "eigh": "an eigenvalue is lambda where det(A - lambda*eye(n)) is 0",
    "eigvals": "an eigenvalue is lambda where det(A - lambda*eye(n)) is 0",
    "eigvalsh": "an eigenvalue is lambda where det(A - lambda*eye(n)) is 0",
    "svd": "sums of squares of singular values are norm(A)^2",
    "cholesky": "write what it is for with inv(A) and logdet(A)",
    "qr": "write what it is for with inv(A) and det(A)",
    "expm": "exp(A) is taken entry by entry",
    "sqrtm": "sqrt(A) is taken entry by entry",
    "diagflat": "write diag(x) for a vector",
    "kron": "write the entries by index: [i, j]: ...",
    "reshape": "arrays keep their shape here",
    "ravel": "arrays keep their shape here",
    "flatten": "arrays keep their shape here",
    "view": "arrays keep their shape here",
    "concatenate": "write the parts one by one",
    "hstack": "write the parts one by one",
    "vstack": "write the parts one by one",
    "vec": "arrays keep their shape here: a derivative by A has the shape of A",
    "kl_div": "write sum(p*log(p/q)), or F.kl_div(log(q), p) of torch",
    "topk": "it picks entries, which max and min do for the ends",
    "argmax": "it is constant wherever it has a derivative",
    "argmin": "it is constant wherever it has a derivative",
    "sort": "write max or min for the entries at the ends",
    "median": "it is one of the entries wherever it has a derivative",
}
"""Functions that have no formula here, each with what to write instead."""

"""SciPy, JAX and PyTorch: what they write otherwise than NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dcalc.targets.arrays.library import Library, mentions
from dcalc.tensor.forms import Form, Look
from dcalc.tensor.layout import ATOM, LOOSE, Layout, Piece


def _renamed(texts: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {key: text.replace("np.", prefix) for key, text in texts.items()}


def _stable_sums(functions: str, whole: str = "") -> dict[str, str]:
    """logsumexp and softmax of a library that has them under the prefix ``functions``; ``whole`` says all entries."""
    return {
        key: text
        for name in ("logsumexp", "softmax")
        for key, text in (
            (name, f"{functions}{name}({{0}}{whole if name == 'softmax' else ''})"),
            (f"{name} axis", f"{functions}{name}({{0}}, axis={{axis}})"),
        )
    }


class _WithStableSums(Library):
    """A library that has logsumexp and softmax: no program of it needs helpers."""

    rows: Mapping[str, str] = {}
    helpers: Mapping[str, str] = {}


class SciPy(_WithStableSums):
    """NumPy with SciPy's special functions."""

    title = "SciPy"
    target = "scipy"
    texts: Mapping[str, str] = {**Library.texts, **_stable_sums("special.")}


class Jax(_WithStableSums):
    """JAX."""

    title = "JAX"
    target = "jax"
    prefix = "jnp."
    rows: Mapping[str, str] = {"softplus": "jax.nn.softplus", "sigmoid": "jax.nn.sigmoid"}
    texts: Mapping[str, str] = {**_renamed(Library.texts, "jnp."), **_stable_sums("jax.nn.", ", axis=None")}


class Torch(_WithStableSums):
    """PyTorch. Its functions take tensors alone, and its literals are in single precision unless they say another."""

    title = "PyTorch"
    target = "torch"
    prefix = "torch."
    axis = "dim"
    texts: Mapping[str, str] = {
        **_renamed(Library.texts, "torch."),
        "norminf": "torch.amax(torch.abs({0}))", "tr": "torch.trace({0})",
        "eye": "torch.eye({0}, dtype=torch.float64)", "ones/1": "torch.ones({0}, dtype=torch.float64)",
        "ones/2": "torch.ones({0}, {1}, dtype=torch.float64)", "zeros/1": "torch.zeros({0}, dtype=torch.float64)",
        "zeros/2": "torch.zeros({0}, {1}, dtype=torch.float64)", "arange": "torch.arange({0}, dtype=torch.float64)",
        "max": "torch.amax({0})", "min": "torch.amin({0})", "var": "torch.var({0}, correction=0)",
        "mean axis": "torch.mean({0}, dim={axis})", "sum axis": "torch.sum({0}, dim={axis})",
        "prod axis": "torch.prod({0}, dim={axis})", "max axis": "torch.amax({0}, dim={axis})",
        "min axis": "torch.amin({0}, dim={axis})", "logsumexp": "torch.logsumexp(torch.flatten({0}), 0)",
        "logsumexp axis": "torch.logsumexp({0}, dim={axis})", "softmax": "torch.softmax({0}, 0)",
        "softmax axis": "torch.softmax({0}, dim={axis})",
    }  # fmt: skip

    def literal(self, form: Form) -> Layout:
        if all(cell.look is Look.NUMBER for part in form.parts for cell in (part.parts or (part,))):
            return ATOM, ["torch.tensor(", *self._nested(form), ", dtype=torch.float64)"]
        return ATOM, self._stack(form)

    def _stack(self, form: Form) -> list[Piece]:
        pieces: list[Piece] = []
        for part in form.parts:
            pieces += [", ", *(self._stack(part) if part.look is Look.LIST else [(self.as_array(part), LOOSE)])]
        return ["torch.stack([", *pieces[1:], "])"]

    def real(self, form: Form) -> Piece:
        return (self.as_array(form), LOOSE)

    def as_array(self, form: Form) -> Form:
        if form.rank or form.look is Look.OPERATOR or mentions(form, self.arrays):
            return form
        text = self.write_number(form.number, is_real=True) if form.look is Look.NUMBER else self.write(form)
        return Form(Look.LENGTH, (), f"torch.tensor({text}, dtype=torch.float64)", 0)

    def _nested(self, form: Form) -> list[Piece]:
        pieces: list[Piece] = []
        for part in form.parts:
            inner = self._nested(part) if part.look is Look.LIST else [self.write_number(part.number, is_real=True)]
            pieces += [", ", *inner]
        return ["[", *pieces[1:], "]"]

    def einsum(self, operands: Sequence[Form], subscripts: str) -> list[Piece]:
        return super().einsum([self.as_array(one) for one in operands], subscripts)

    def array(self, nested: object, rank: int) -> str:
        return f"torch.tensor({nested!r}, dtype=torch.float64)"

    def flattened(self, name: str) -> str:
        return f"torch.ravel(torch.as_tensor({name})).tolist()"

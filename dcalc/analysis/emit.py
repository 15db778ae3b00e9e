"""An expression and its derivatives as a program in another language."""

from __future__ import annotations

from collections.abc import Sequence

from dcalc import targets
from dcalc.finding import Fact, Field, Finding, Subject
from dcalc.targets import Order, Precision, Product, Quantity

RECORD = {
    "target": Field("string", "the language"),
    "code": Field("string", "the program"),
    "functions": Field(
        "[object]",
        "the functions in it",
        {
            "name": Field("string", "what it is called"),
            "arguments": Field("[string]", "the variables that it takes, in order"),
            "shape": Field("[integer]", "empty for a number, else the lengths of a vector or of a matrix"),
        },
    ),
    "rewritings": Field("[string]", "the stable forms that were used, by what they replace"),
}


def find(
    subject: Subject,
    *,
    target: str,
    of: Sequence[Quantity] = (),
    name: str = "f",
    precision: Precision = "float64",
    plain: bool = False,
) -> Finding:
    """The program for a subject's expressions: f and its derivative, gradient or Jacobian, unless ``of`` says what.

    The targets of the subject are what the derivative is taken by, in turn, and the variables of gradients.
    Raises Unsupported with the name of a function that the language lacks, UsageError where the quantities do not
    fit. Linear in the nodes of the expressions and of their derivatives.
    """
    along, among = subject.targets
    order = Order(
        target,
        tuple(of) or default_quantities(subject),
        along if len(set(along)) > 1 else along[:1],
        among,
        len(along) if len(set(along)) == 1 else 1,
        name,
        precision,
        plain,
    )
    return _make_finding(subject, order, targets.emit((subject.root, *subject.more), order))


def default_quantities(subject: Subject) -> tuple[Quantity, ...]:
    """What is emitted where nothing is named: the first derivatives beside f."""
    if subject.more:
        return "f", "jacobian"
    return ("f", "derivative") if subject.targets[0] else ("f", "gradient")


def _make_finding(subject: Subject, order: Order, product: Product) -> Finding:
    lines = product.text.rstrip("\n").split("\n")
    roots = (subject.root, *subject.more)
    functions = [
        {"name": each.name, "arguments": list(product.arguments), "shape": list(each.shape)}
        for each in product.functions
    ]
    return Finding(
        "emit",
        expression=roots if len(roots) > 1 else subject.root,
        wrt=subject.wrt,
        record={
            "target": order.target,
            "code": product.text,
            "functions": functions,
            "rewritings": list(product.rewritings),
        },
        facts=[Fact("", line, "strong") for line in lines],
        plain=[[line] for line in lines],
        named=False,
    )

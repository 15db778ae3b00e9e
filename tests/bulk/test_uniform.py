"""One bound for all entries against those entry by entry, and sums in parts against exact ones."""

from fractions import Fraction
from math import inf

import pytest

np = pytest.importorskip("numpy")

from dcalc.bulk.contraction import Contraction, Join  # noqa: E402  # NumPy may be missing
from dcalc.bulk.inexact import Estimate, evaluate_smooth  # noqa: E402
from dcalc.bulk.uniform import ANY, Uniform, UniformFunction, apply_jointly, find_range  # noqa: E402  # noqa: E402
from dcalc.errors import LimitError  # noqa: E402
from dcalc.parser import parse  # noqa: E402
from dcalc.tensor.reader import read  # noqa: E402
from dcalc.tensor.sizes import Declared  # noqa: E402

EXPRESSIONS = (
    "log(1 + exp(-v*u))", "tanh(u)*v", "sqrt(1 + u**2)", "u/(2 + sin(v))", "abs(u) + v", "max(u, v)", "relu(u - v)",
    "where(u > v, u, v**2)", "1/u", "u**(3/2)", "asin(u/8)", "atanh(u/8)", "exp(u)**v", "atan2(u, v)", "sec(u/4)*v",
    "log(u**2 + 1) - v**3", "sinh(u)/cosh(u)", "floor(u)*v", "step(u) + sign(v)", "min(u, 2)/3", "clip(u, -1, 1)",
    "1/(1 + exp(-u))", "sqrt(abs(u) + 1)", "u*v - v*u", "(u + v)**5", "cbrt(u)", "acosh(u + 9)", "where(u < 0, -u, u)",
    "lgamma(u + 9)", "u - floor(u/2)*2", "abs(abs(u) - 9)", "log(u)", "pi + u/v",
)  # fmt: skip


@pytest.mark.parametrize("text", EXPRESSIONS)
@pytest.mark.parametrize(("low", "high"), [(-3.0, 3.0), (0.5, 4.0)])
@pytest.mark.parametrize("error", [0.0, 1e-13])
def test_one_bound_is_at_least_that_of_every_entry(text: str, low: float, high: float, error: float) -> None:
    rng = np.random.default_rng(5)
    u, v = rng.uniform(low, high, size=(2, 40))
    root = parse(text).root
    columns = [Estimate(part, np.full(40, error), np.full(40, True)) for part in (u, v)]
    entries, is_smooth = evaluate_smooth(root, ("u", "v"), columns)
    joint = apply_jointly(root, ("u", "v"), [Uniform(u, error), Uniform(v, error)], (40,))
    assert is_smooth or not joint.is_smooth
    if joint.is_known:
        assert entries.sure.all()
        assert np.array_equal(joint.values, entries.values)
        assert entries.errors.max() * (1 - 1e-9) <= joint.error < 1e-9 * max(1.0, joint.largest)
        assert joint.ends[0] <= joint.values.min() <= joint.values.max() <= joint.ends[1]
    elif low > 0 and "where" not in text and "floor" not in text:
        assert not is_smooth  # else little is lost by it


def test_what_is_not_known_is_infinite() -> None:
    root = parse("exp(u)").root
    for values, error in (([1.0, np.nan], 0.0), ([1.0, np.inf], 0.0), ([1.0, 2.0], inf), ([1.0, 800.0], 0.0)):
        assert not apply_jointly(root, ("u",), [Uniform(np.array(values), error)], (2,)).is_known
    assert find_range(np.array([1.0, np.nan])) == ANY
    squares = read("sum(x**2 * y**2)", {"x": Declared((2,)), "y": Declared((2,))}).root
    for y, is_known in ((1e-9, True), (1e9, False), (inf, False)):  # 1e300**2 has no double
        values = {"x": Uniform(np.array([1e150, 1.0])), "y": Uniform(np.array([y, 1.0]))}
        (result,) = UniformFunction([squares], {}).run(values, {})
        assert result.is_known is is_known
    nothing = apply_jointly(root, ("u",), [Uniform(np.zeros(0))], (0,))
    assert (nothing.error, nothing.is_smooth, nothing.ends) == (0.0, True, (0.0, 0.0))


@np.errstate(all="ignore")
def test_lengths_of_vectors_are_not_too_short() -> None:
    array = np.random.default_rng(6).normal(size=(30, 7))
    for axes in ((0,), (1,), (0, 1)):
        exact = np.sqrt((array**2).sum(axis=axes).max())
        for scale in (1.0, 1e-170, 1e170):  # squares underflow and overflow
            uniform = Uniform(array * scale)
            assert exact * scale <= uniform.measure(axes) <= exact * scale * 9
            assert exact * scale <= uniform.measure_roughly(axes) <= exact * scale * 9
    assert Uniform(array.T).measure_roughly((0,)) >= np.sqrt((array**2).sum(axis=1).max())


@pytest.mark.slow_cases("labels5")
@pytest.mark.parametrize(
    ("labels", "out", "lengths"),
    [
        (((0, 1), (0, 1)), (), (40, 40)),  # two labels as one long one
        (((0, 1), (0, 1)), (0,), (3, 1300)),  # blocks of a long label beside one that is kept
        (((0, 1),), (0,), (2, 1100)),
        (((0,), (0,)), (), (5000,)),
        (((0, 1), (1, 2), (2,)), (0,), (3, 600, 2)),
        (((0, 0),), (), (600,)),  # a trace
        (((0, 1), (0,)), (1, 0), (3, 2)),
    ],
)
def test_sums_in_parts_are_within_their_roundings(labels, out, lengths) -> None:  # type: ignore[no-untyped-def]  # data
    rng = np.random.default_rng(7)
    arrays = [rng.normal(size=[lengths[label] for label in own]) for own in labels]
    contraction = Contraction(labels, out, lengths)
    result = np.asarray(contraction.run(arrays))
    operands = [part for array, own in zip(arrays, labels, strict=True) for part in (array, list(own))]
    exact = [part if k % 2 else np.vectorize(Fraction, otypes=[object])(part) for k, part in enumerate(operands)]
    truth = np.asarray(np.einsum(*exact, list(out)))
    size = np.einsum(*[part if k % 2 else abs(part) for k, part in enumerate(operands)], list(out))
    off = np.abs(np.vectorize(float)(np.asarray(np.vectorize(Fraction, otypes=[object])(result)) - truth))
    assert result.shape == truth.shape
    assert (off <= contraction.roundings * 2.0**-53 * size * 1.001).all()


def test_arrays_that_do_not_fit_are_refused() -> None:
    with pytest.raises(LimitError, match="an array of 10,000,000,000 numbers does not fit"):
        Join([(0,), (1,)], (0, 1), (100_000, 100_000)).run([np.zeros(1), np.zeros(1)])

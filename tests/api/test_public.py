"""The front door: what it offers, what it loads, what it costs, and its types."""

from __future__ import annotations

import inspect
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import dcalc
from dcalc.api import stub
from tests.api import calls

ROOT = Path(dcalc.__file__).parent


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_importing_loads_no_library_and_nothing_of_dcalc():
    code = "import sys; before = set(sys.modules); import dcalc; print(*sorted(set(sys.modules) - before))"
    assert run(code) == "dcalc"


def test_a_value_loads_neither_numpy_nor_what_shows_things():
    code = (
        "import sys, dcalc; dcalc.diff('x**2', 'x').at(x=1.0); "
        "unwanted = {'numpy', 'rich', 'typer', 'dcalc.verdict', 'dcalc.formats', 'dcalc.analysis'}; "
        "print(*sorted(unwanted & set(sys.modules)))"
    )
    assert run(code) == ""


def test_importing_takes_at_most_five_milliseconds():
    code = "import time; start = time.process_time(); import dcalc; print(time.process_time() - start)"
    assert min(float(run(code)) for _ in range(5)) < 5e-3


def test_all_is_the_whole_of_it():
    assert len(set(dcalc.__all__)) == len(dcalc.__all__)
    for name in dcalc.__all__:
        assert getattr(dcalc, name) is not None
    assert set(dcalc.__all__) <= set(dir(dcalc))
    with pytest.raises(AttributeError, match="no attribute 'sinn'"):
        _ = dcalc.sinn
    namespace: dict[str, object] = {}
    exec("from dcalc import *", namespace)
    assert set(dcalc.__all__) <= set(namespace)


def test_no_module_takes_the_place_of_a_public_name():
    """Importing `dcalc.x` sets the attribute x of the package."""
    modules = {path.stem for path in ROOT.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert modules & set(dcalc.__all__) == {"errors"}


def test_every_public_name_says_what_it_is():
    for name in dcalc.__all__:
        value = getattr(dcalc, name)
        assert isinstance(value, dcalc.Expression) or (value.__doc__ or "").strip(), name


def test_the_types_are_those_of_the_names():
    assert (ROOT / "__init__.pyi").read_text(encoding="utf-8") == stub()
    assert (ROOT / "py.typed").exists()


def test_the_calls_run():
    calls.main()


def signatures(value: object) -> list[str]:
    """The signatures of a function, or of the public methods of a class."""
    if isinstance(value, type):
        own = [member for name, member in vars(value).items() if not name.startswith("_")]
        parts = [getattr(member, "fget", None) or getattr(member, "__func__", member) for member in own]
        return [str(inspect.signature(part)) for part in parts if inspect.isfunction(part)]
    return [str(inspect.signature(value))] if inspect.isfunction(value) else []


def test_no_public_signature_says_any():
    checked = {name: signatures(getattr(dcalc, name)) for name in dcalc.__all__}
    assert [name for name, texts in checked.items() if any("Any" in text for text in texts)] == []
    assert sum(map(len, checked.values())) > 30


@pytest.mark.slow
@pytest.mark.skipif(find_spec("mypy") is None, reason="mypy is not installed")
def test_the_calls_have_their_types():
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "tests/api/calls.py"],
        cwd=ROOT.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.stdout, done.returncode) == ("", 0)

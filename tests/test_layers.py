"""The architecture, read from the imports: a file imports only from layers below its own."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import dcalc

PACKAGE = Path(dcalc.__file__).parent
LAYERS = (  # from the bottom; what stands on one line may import each other, without cycles
    ("errors", "records"),
    ("numerals", "functions", "spellings", "unknown"),
    ("expr", "problem", "finding", "shapes", "text"),
    ("parser",),
    ("rules",),
    ("tape", "numbers", "crew", "simplify", "notation"),
    ("derive", "interior", "flat", "joints", "opaque", "ties", "tensor"),
    ("proof", "stable", "reasons", "coordinates"),
    ("verdict",),
    ("backends",),
    ("solver", "bulk"),
    ("isolate",),
    ("optimise", "point", "targets"),
    ("analysis", "formats", "io"),
    ("api", "polars"),
    ("cli", "checklist", "generate", "__main__"),
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
FILES = sorted(PACKAGE.rglob("*.py"))
CORE = [file for file in FILES if file.relative_to(PACKAGE).parts[0] not in ("cli", "io", "generate.py", "__main__.py")]


def part_of(file: Path) -> str:
    """The module or package directly below dcalc that a file belongs to."""
    first = file.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def files_of(part: str) -> list[Path]:
    return [file for file in FILES if part_of(file) == part]


def where(file: Path) -> str:
    return str(file.relative_to(PACKAGE))


def imports(tree: ast.AST, package: tuple[str, ...] = ("dcalc",)) -> Iterator[str]:
    """Every dotted name that is imported, lazily and for types too; relative ones made absolute."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level + 1]) if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{stem}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and _imports_a_module(node.func):
            yield _named(node.args[0])


def _imports_a_module(called: ast.expr) -> bool:
    """Whether a call is that of import_module, or importlib.import_module."""
    return (isinstance(called, ast.Name) and called.id == "import_module") or (
        isinstance(called, ast.Attribute) and called.attr == "import_module"
    )


def _named(argument: ast.expr) -> str:
    """The constant beginning of what `import_module` is called with."""
    if isinstance(argument, ast.JoinedStr) and argument.values:
        argument = argument.values[0]
    return str(argument.value) if isinstance(argument, ast.Constant) else ""


@cache
def parse(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def package_of(file: Path) -> tuple[str, ...]:
    """The package that relative imports of a file start from."""
    return ("dcalc", *file.relative_to(PACKAGE).parts[:-1])


@cache
def imports_of(file: Path) -> tuple[str, ...]:
    """Every dotted name that a file imports: read once, since most tests here ask for all files."""
    return tuple(imports(parse(file), package_of(file)))


def imported_parts(file: Path) -> set[str]:
    """The parts of dcalc that a file imports; `from dcalc import x` counts as x."""
    names = (name.split(".") for name in imports_of(file))
    return {name[1] for name in names if name[0] == "dcalc" and len(name) > 1 and name[1] in LEVEL}


def test_every_part_of_the_package_has_its_layer():
    assert {part_of(file) for file in FILES} - {"__init__"} <= set(LEVEL)


def test_the_package_itself_imports_the_public_functions_alone():
    assert imported_parts(PACKAGE / "__init__.py") == {"api"}


@pytest.mark.parametrize("part", sorted({part_of(file) for file in FILES} - {"__init__"}))
def test_a_file_imports_nothing_from_a_layer_above(part):
    above = [
        f"{where(file)} imports {other}"
        for file in files_of(part)
        for other in imported_parts(file) - {part}
        if LEVEL[other] > LEVEL[part]
    ]
    assert above == []


def circle(graph: dict[str, set[str]]) -> list[str]:
    """What is left of a graph of imports when all that stands on firm ground is taken away."""
    left = dict(graph)
    while free := [name for name, below in left.items() if not below & set(left)]:
        for name in free:
            del left[name]
    while idle := [name for name in left if not any(name in below for below in left.values())]:
        for name in idle:
            del left[name]
    return sorted(left)


def dotted(file: Path) -> str:
    return ".".join(("dcalc", *file.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")


MODULES = {dotted(file): file for file in FILES}


def test_a_name_of_a_module_is_bound_once():
    """A limit that is set again further down is another limit for all functions of the file, those above included."""
    repeated = []
    for file in FILES:
        bound: list[str] = []
        for statement in ast.parse(file.read_text(encoding="utf-8")).body:
            targets = statement.targets if isinstance(statement, ast.Assign) else []
            targets += [statement.target] if isinstance(statement, ast.AnnAssign) else []
            names = [node for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]
            bound += [node.id for node in names if isinstance(node.ctx, ast.Store)]
        repeated += [(file.name, name) for name in sorted(set(bound)) if bound.count(name) > 1]
    assert repeated == []


def test_no_files_import_each_other_in_a_circle_when_they_are_loaded():
    """Imports inside of functions may look back at the package that holds them."""
    graph = {}
    for name, file in MODULES.items():
        found = set(eager(file))
        found |= {dotted_name.rpartition(".")[0] for dotted_name in found - set(MODULES)}
        graph[name] = found & set(MODULES)
    assert circle(graph) == []


def test_no_parts_of_a_line_import_each_other_in_a_circle():
    """Modules and packages directly below dcalc, lazy imports and those for types included."""
    graph: dict[str, set[str]] = {}
    for file in FILES:
        graph.setdefault(part_of(file), set()).update(imported_parts(file) - {part_of(file)})
    assert circle(graph) == []


def test_a_circle_is_found():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"c"}, "e": set()}) == ["b", "c"]
    assert circle({"a": {"b"}, "b": {"c"}, "c": set()}) == []


def test_the_reader_of_imports_sees_lazy_relative_and_typed_ones():
    source = """
import os.path
from dcalc import expr
def f():
    from dcalc.cli import main
if TYPE_CHECKING:
    from dcalc.solver import solve
from . import jet
from ..simplify import build
import_module(f"dcalc.formats.{name}")
"""
    found = set(imports(ast.parse(source), ("dcalc", "numbers")))
    assert found == {
        "os.path", "dcalc.expr", "dcalc.cli.main", "dcalc.solver.solve", "dcalc.numbers.jet", "dcalc.simplify.build",
        "dcalc.formats.",
    }  # fmt: skip


def test_analyses_and_formats_know_nothing_of_each_other():
    for file in FILES:
        for one, other in (("analysis", "formats"), ("formats", "analysis")):
            assert part_of(file) != one or other not in imported_parts(file), where(file)


# --- who may use what ---------------------------------------------------------------------


def library(file: Path, name: str) -> bool:
    return any(found.split(".")[0] == name for found in imports_of(file))


def users(name: str) -> set[str]:
    return {where(file) for file in FILES if library(file, name)}


@cache
def eager(file: Path) -> list[str]:
    """What is imported as soon as the file is."""
    body: list[ast.stmt] = [node for node in parse(file).body if isinstance(node, ast.Import | ast.ImportFrom)]
    return list(imports(ast.Module(body, []), package_of(file)))


def test_rich_is_for_the_table_and_the_live_views():
    """And for the width of text beyond ASCII, which it alone knows as the terminal does."""
    drawing = ("formats/table.py", "io/progress.py", "text.py")
    assert all(name in drawing or name.startswith("cli/") for name in users("rich"))


def test_flint_is_for_numbers_and_what_is_proved_with_them():
    folders = (
        "numbers/",
        "bulk/",
        "proof/",
        "verdict/",
        "backends/",
        "isolate/",
        "optimise/",
        "analysis/",
        "stable/",
        "coordinates.py",
    )
    assert all(name.startswith(folders) for name in users("flint"))


def test_a_derivative_as_text_loads_no_library_of_numbers_or_tables():
    """Each of them costs more than all of the rest; a point, or a terminal, asks for them."""
    program = """
import sys
from dcalc.solver import solve
from dcalc.notation import write
from dcalc.parser import parse
from dcalc.problem import Problem
write(solve(Problem(parse('x**2*sin(x)').root, ('x',))).derivative)
print(*sorted({'flint', 'rich', 'numpy', 'typer', 'asyncio', 'pydantic'} & set(sys.modules)))
"""
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.split() == []


def test_typer_is_for_the_cli():
    assert all(name.startswith("cli/") or name == "generate.py" for name in users("typer"))
    assert not users("click")


def test_lark_is_for_the_parser():
    assert users("lark") == {"parser/grammar.py"}


LIBRARIES = "numpy orjson polars nanoarrow pyarrow duckdb pyspark sympy jax torch scipy mpmath pydantic".split()


@pytest.mark.parametrize("name", LIBRARIES)
def test_no_library_that_is_not_required_is_imported_at_once(name):
    """But in the file that has its name, which is for those who have the library."""
    users = [where(file) for file in FILES if any(found.split(".")[0] == name for found in eager(file))]
    assert set(users) <= {f"{name}.py"}


def test_every_library_is_the_standard_one_or_a_requirement():
    known = {*sys.stdlib_module_names, "dcalc", "typer", "rich", "lark", "flint", "numpy", "orjson", "polars"}
    found = {name.split(".")[0] for file in FILES for name in imports_of(file) if name}
    assert found - known <= {
        "autograd", "casadi", "duckdb", "jax", "nanoarrow", "numdifftools", "pyarrow", "pyspark", "torch", "sympy",
        "scipy", "resvg_py", "cairosvg",
    }  # fmt: skip


def test_errors_imports_nothing_but_types():
    assert list(imports(parse(PACKAGE / "errors.py"))) == ["typing.Literal"]


OUTPUT = {"print", "input", "open", "breakpoint", "exec", "eval", "compile", "exit", "quit"}
STREAMS = {"stdout", "stderr", "stdin", "exit", "argv"}


def forbidden(tree: ast.AST) -> list[str]:
    """Calls and names that do I/O, end the process, or run text as code."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in OUTPUT:
            found.append(node.func.id)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "sys":
            found += [f"sys.{node.attr}"] if node.attr in STREAMS else []
        if isinstance(node, ast.ImportFrom) and node.module == "sys":
            found += [f"sys.{alias.name}" for alias in node.names if alias.name in STREAMS]
    return found


@pytest.mark.parametrize("part", sorted({part_of(file) for file in CORE}))
def test_below_the_cli_nothing_is_printed_read_or_run(part):
    """The grammar and its cache are files too, and `parser/grammar.py` is the place for them."""
    calls = {where(file): forbidden(parse(file)) for file in files_of(part)}
    assert {file: names for file, names in calls.items() if names} == {}


def test_the_search_for_output_finds_it():
    source = "print(1)\nsys.stdout.write(x)\nfrom sys import stderr\nopen(p)\neval(t)\nsys.maxsize\nx.open()"
    assert sorted(forbidden(ast.parse(source))) == ["eval", "open", "print", "sys.stderr", "sys.stdout"]


# --- recursion ----------------------------------------------------------------------------


def recursive(tree: ast.AST) -> list[str]:
    """Functions that take an expression and call themselves, by name or as a method of self."""
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    return [node.name for node in functions if _takes_an_expression(node) and _calls(node, node.name)]


def _takes_an_expression(function: ast.FunctionDef) -> bool:
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return any(arg.annotation is not None and "Expr" in ast.unparse(arg.annotation) for arg in arguments)


def _calls(function: ast.FunctionDef, name: str) -> bool:
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name) and called.id == name:
                return True
            if isinstance(called, ast.Attribute) and called.attr == name and ast.unparse(called.value) == "self":
                return True
    return False


BOUNDED = {
    "simplify/build.py": {"mul", "power", "add"},  # once more with what has become simpler, never down the graph
    "interior.py": {"_vanishes"},  # once more for factors, coefficients and cases, which have fewer of them
}


@pytest.mark.parametrize("part", sorted({part_of(file) for file in CORE}))
def test_no_function_walks_an_expression_by_calling_itself(part):
    beyond = {where(file): set(recursive(parse(file))) - BOUNDED.get(where(file), set()) for file in files_of(part)}
    assert {file: names for file, names in beyond.items() if names} == {}


def test_the_search_for_recursion_finds_it():
    source = """
def depth(node: Expr) -> int:
    return 1 + max(depth(arg) for arg in node.args)
class Walker:
    def visit(self, node: "Expr | None") -> None:
        self.visit(node.args[0])
def gcd(a: int, b: int) -> int:
    return gcd(b, a % b)
def leaf(node: Expr) -> bool:
    return is_leaf(node)
"""
    assert recursive(ast.parse(source)) == ["depth", "visit"]

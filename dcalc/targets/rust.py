"""Rust with its standard library alone; vectors and matrices are arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dcalc.expr import Expr
from dcalc.functions import Row
from dcalc.notation import Child, Layout, plain
from dcalc.notation import c as notation
from dcalc.notation.common import Language
from dcalc.targets.common.dialect import Call, Dialect, Routine, indent, write_nested


class Rust(Dialect):
    """Rust."""

    title = "Rust"
    spelling = "rust"
    suffix = "rs"
    comment = "//"
    keywords = frozenset(
        "abstract as async await become box break const continue crate do dyn else enum extern false final fn for gen "
        "if impl in let loop macro match mod move mut override priv pub ref return self Self static struct super "
        "trait true try type typeof union unsafe unsized use virtual where while yield f32 f64 std main println None "
        "Some Ok Err Option Vec Box".split()
    )
    ascii_only = True
    takes_arrays = True
    precisions = ("float64", "float32")

    @property
    def kind(self) -> str:
        """The type of all numbers."""
        return "f64" if self.precision == "float64" else "f32"

    def language(self, symbols: Mapping[str, str]) -> Language:
        names = {row: text.replace("f64", self.kind) for row, text in self.spellings().items()}
        return notation.LANGUAGE._replace(
            title=self.title, spellings=names, number=self.number_of_kind, symbol=symbols.__getitem__,
            power=self.write_power, choice=self.write_choice,
        )  # fmt: skip

    def number_of_kind(self, value: object) -> str:
        """A number with its type, which a method call on it needs."""
        return f"{self.number(value)}_{self.kind}" if self.precision == "float32" else self.number(value)

    def helper_name(self, row: Row) -> str:
        name = super().helper_name(row)
        return f"{name}_" if name in self.keywords else name

    def write_power(self, base: Child, exponent: Child) -> Layout:
        """A call of powf."""
        return Layout(
            plain.ATOM, [f"{self.kind}::powf(", base._replace(level=0), ", ", exponent._replace(level=0), ")"]
        )

    def write_choice(self, condition: Expr, then: Expr, otherwise: Expr) -> Layout:
        """An if with both branches, which is an expression."""
        first, second, third = Child(condition, 0), Child(then, 0), Child(otherwise, 0)
        return Layout(plain.ATOM, ["(if ", first, " { ", second, " } else { ", third, " })"])

    def assign(self, name: str, text: str) -> str:
        return f"let {name} = {text};"

    def reassign(self, name: str, text: str) -> str:
        return f"{name} = {text};"

    def choose(self, name: str, condition: str, then: list[str], otherwise: list[str]) -> list[str]:
        return [f"let {name}: {self.kind};", f"if {condition} {{", *indent(then), "} else {", *indent(otherwise), "}"]

    def write_function(self, routine: Routine) -> list[str]:
        """The lines of a function."""
        parameters = ", ".join(
            f"{name}: &[{self.kind}; {size}]" if size else f"{name}: {self.kind}"
            for name, size in routine.sized_arguments()
        )
        kind = self.kind
        for length in reversed(routine.shape):
            kind = f"[{kind}; {length}]"
        scope = "" if routine.is_helper else "pub "
        unused = [f"let _ = {name};" for name in routine.unused]
        head = f"{scope}fn {routine.name}({parameters}) -> {kind} {{"
        end = write_nested(routine)
        attributes = "#[allow(non_snake_case, unused_parens, clippy::all)]"
        return [f"/// {routine.title}", attributes, head, *indent([*unused, *routine.lines, end]), "}"]

    def drive(self, calls: Sequence[Call]) -> str:
        lines = ["fn main() {"]
        for call in calls:
            width = len(call.points[0])
            rows = ", ".join(f"[{', '.join(map(repr, point))}]" for point in call.points)
            numbers = call.split_point([f"p[{place}] as {self.kind}" for place in range(width)])
            given = ", ".join(f"&[{', '.join(one)}]" if isinstance(one, list) else one for one in numbers)
            body = f"let value = {call.name}({given});"
            flat = "value" + "[i]" * bool(call.shape) + "[j]" * (len(call.shape) == 2)
            show = f'println!("{{:e}}", {flat} as f64);'
            loops = [f"for {index} in 0..{size} {{ " for index, size in zip("ij", call.shape, strict=False)]
            shown = "".join(loops) + show + " }" * len(loops)
            lines += indent([f"let points: [[f64; {width}]; {len(call.points)}] = [{rows}];",
                             "for p in points.iter() {", f"    let _ = p; {body} {shown}", "}"])  # fmt: skip
        return "\n".join([*lines, "}"]) + "\n"

    def commands(self, source: str) -> list[list[str]]:
        return [["rustc", "-O", "-D", "warnings", source, "-o", "program"], ["./program"]]


TARGET = Rust

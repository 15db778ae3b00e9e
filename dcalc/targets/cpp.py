"""C++17 with cmath: as C, with the functions of the namespace std."""

from __future__ import annotations

from dcalc.functions import Row
from dcalc.spellings.c import KEYWORDS
from dcalc.targets.c import MACROS, C
from dcalc.targets.common.dialect import Dialect


class CPlusPlus(C):
    """C++."""

    title = "C++"
    spelling = "cpp"
    suffix = "cpp"
    preamble = ("#include <cmath>",)
    keywords = (
        KEYWORDS
        | MACROS
        | frozenset(
            "and and_eq alignas alignof asm bitand bitor bool catch char16_t char32_t class compl concept consteval "
            "constexpr constinit const_cast co_await co_return co_yield decltype delete dynamic_cast explicit export "
            "false friend main mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected "
            "public reinterpret_cast requires static_assert static_cast std template this thread_local throw true try "
            "typeid typename using virtual wchar_t xor xor_eq std printf abs gamma signgam y0 y1 yn j0 j1 jn "
            "log1p".split()
        )
    )
    no_arguments = ""
    write = Dialect.write  # without the macros of C

    def spell(self, text: str) -> str:
        return text if text.startswith("std::") else f"std::{text}"

    def helper_name(self, row: Row) -> str:
        return "dcalc_" + super().helper_name(row).removeprefix("dcalc_")

    def commands(self, source: str) -> list[list[str]]:
        flags = ["-std=c++17", "-O2", "-Wall", "-Wextra", "-Werror", "-pedantic"]
        return [["c++", *flags, source, "-o", "program"], ["./program"]]


TARGET = CPlusPlus

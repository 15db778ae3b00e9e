"""dcalc: derivatives that are right to the last digit, or say why there is none.

`import dcalc` loads nothing else: a name is loaded when it is first used (`dcalc.api` says from where), functions
such as `dcalc.sin` from the table of functions. The types are in `__init__.pyi`.
"""

__version__ = "0.3.0"


def __getattr__(name: str) -> object:
    from dcalc.api import load

    value = load(name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    from dcalc.api import public_names

    return sorted({*globals(), *public_names()})

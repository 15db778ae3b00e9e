"""What all tests share: profiles of Hypothesis, workers, rare garbage collection, what is traced, and Ctrl-C."""

from __future__ import annotations

import gc
import signal
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings

# The examples are the same every time, so that a change is judged and not its luck. "long" looks elsewhere in every
# run, for a night: `pytest -m "" --hypothesis-profile=long`. It draws a hundred times as many examples where a test
# does not set its own number.
settings.register_profile("repeatable", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "long", max_examples=10_000, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")

# By default the collector looks after every 700 new objects, which takes a quarter of the time of the tests.
gc.set_threshold(50_000, 20, 20)

# A shell starts its background jobs with SIGINT ignored, and nohup its command with SIGHUP, and children inherit that,
# but not a handler: with these here, the processes that tests interrupt can be interrupted wherever tests are started.
for name, handler in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
    number = getattr(signal, name, None)  # Windows has no SIGHUP
    if number is not None and signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, handler)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """No workers where files or tests are named: starting them would take longer than most of these runs."""
    return 0 if config.args_source is pytest.Config.ArgsSource.ARGS else None


@pytest.hookimpl(tryfirst=True)  # before the lanes are chosen
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the slow cases of tests that have fast ones as well.

    No slow test is traced but those of branches that no other takes: it would take twice the time.
    """
    places: Counter[str] = Counter()
    for item in items:
        if (mark := item.get_closest_marker("slow_cases")) and isinstance(item, pytest.Function):
            family, case = item.nodeid.partition("[")[0], f"{item.callspec.id}-"
            is_left_out = places[family] % mark.kwargs.get("fast_every", 1) > 0
            if is_left_out or any(case.startswith(f"{name}-") for name in mark.args):
                item.add_marker(pytest.mark.slow)
                item.add_marker(pytest.mark.covers)
            places[family] += 1
        if item.get_closest_marker("slow") and not item.get_closest_marker("covers"):
            item.add_marker(pytest.mark.no_cover)

"""What all tests share: how Hypothesis draws its examples."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# On CI the examples are the same every time, so that a change is judged and not its luck; at home
# every run looks somewhere else.
settings.register_profile("ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("home", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "home")

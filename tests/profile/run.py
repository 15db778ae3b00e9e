"""A profile being run: questions in batches, each answer judged."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

from tests.falsehoods.command import ask, ask_batch
from tests.profile import kinds
from tests.profile.question import OPEN, RIGHT, Question, Record

CHUNK = 500
"""Questions drawn before they are asked."""


@dataclass
class Tally:
    """How many questions of a kind were answered, and how."""

    asked: int = 0
    right: int = 0
    open: int = 0
    false: list[tuple[Question, str]] = field(default_factory=list)

    def patterns(self) -> dict[str, list[tuple[Question, str]]]:
        """The false statements by what they have in common, the shortest question first."""
        found: dict[str, list[tuple[Question, str]]] = {}
        for question, said in sorted(self.false, key=lambda pair: len(str(pair[0].problem))):
            pattern = re.sub(
                r"[-+]?\d[\d.e+-]*|\[.*|\{.*|/.*", "#", f"{question.arguments[0]}: {said.rpartition(': ')[2]}"
            )
            found.setdefault(pattern, []).append((question, said))
        return found


def profile(name: str, count: int, seed: int) -> Tally:
    """Ask so many questions of a kind, the same for the same seed."""
    draw = kinds.load(name)
    rng = random.Random(f"{name} {seed}")
    tally = Tally()
    while tally.asked < count:
        questions = [draw(rng) for _ in range(min(CHUNK, count - tally.asked))]
        for question, record in zip(questions, _answers(questions), strict=True):
            said = question.judge(record)
            tally.asked += 1
            tally.right += said == RIGHT
            tally.open += said == OPEN
            if said not in (RIGHT, OPEN):
                tally.false.append((question, said))
    return tally


def _answers(questions: list[Question]) -> list[Record]:
    """The records, in order; problems of one call are asked together."""
    found: dict[int, Record] = {}
    calls: dict[tuple[str, ...], list[int]] = {}
    for place, question in enumerate(questions):
        if isinstance(question.problem, str):
            reply = ask([*question.arguments, "--format", "jsonl"], question.problem)
            found[place] = {**reply._asdict(), "records": reply.records()}
        else:
            calls.setdefault(question.arguments, []).append(place)
    for arguments, places in calls.items():
        problems = [questions[place].problem for place in places]
        found |= zip(places, ask_batch(arguments, problems), strict=True)  # type: ignore[arg-type]  # answers follow the problems
    return [found[place] for place in range(len(questions))]

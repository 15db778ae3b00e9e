"""One run of one method, and what its end is worth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from time import perf_counter
from typing import TYPE_CHECKING, assert_never

from flint import arb

from dcalc.analysis.descend.ending import (
    CURVED_DOWN,
    MOST_VARIABLES,
    NEAR,
    NOT_PROVED,
    CertifiedEnd,
    CertifiedShape,
    Edge,
    certify_end,
    certify_shape,
    describe_least,
    explain_stop,
    falls_on,
    find_breakdown,
    find_minimum,
    format_norm,
    judge_breaks,
    judge_end,
    make_objective,
    offer_stable_form,
)
from dcalc.analysis.descend.report import Cost, End, count_steps
from dcalc.expr import Expr, number, substitute
from dcalc.optimise.descent import (
    LONGEST_CYCLE,
    Run,
    Settings,
    Step,
    Track,
    Watch,
    clamp,
    explain_instability,
    ignore_step,
    stop_at_kink,
    suggest_rate,
)
from dcalc.optimise.linear import Vector
from dcalc.optimise.objective import CountedObjective, Objective
from dcalc.optimise.ranges import is_least
from dcalc.optimise.searches import run_search
from dcalc.problem import Problem
from dcalc.simplify import simplify
from dcalc.solver import solve

if TYPE_CHECKING:
    from dcalc.optimise.corners import Corner, Course

_EVERYWHERE = (-math.inf, math.inf)
_BESIDE = 1e-6
"""A break is beside an end at less than this part of it."""
_ROUNDED = 1e-9
"""Coordinates of an end are within this part of the minimum that is proved there, if no other bound is known."""


class Trial:
    """One run on an expression, judged at its end by certified derivatives: small doubles prove nothing."""

    def __init__(
        self,
        root: Expr,
        names: Sequence[str],
        fixed: Mapping[str, float],
        settings: Settings,
        objective: Objective,
        watch: Watch,
    ) -> None:
        self.root = root
        self.names = names
        self.fixed = fixed
        self.settings = settings
        self.watch = watch
        self.objective = CountedObjective(objective)
        self._course: list[tuple[float, float]] = []

    def find_end(self, start: Sequence[float]) -> End:
        """The end of the run from a start, its verdict and its cost."""
        track = Track(self._follow)
        since = perf_counter()
        try:
            run = run_search(self.objective, start, self.settings, track)
            cost = self._count(since)
            end = self._judge(run)
        except KeyboardInterrupt:
            cost = self._count(since)
            run = track.keep_last()  # nothing is certified of it: who interrupts does not want to wait
            end = End(run, run.status, self._explain(run, CertifiedEnd(None, None)))
        return end._replace(method=self.settings.method, cost=cost)

    def _follow(self, step: Step) -> None:
        self._course.append((float(self.objective.count.total), step.value))
        self.watch(step)

    def _count(self, since: float) -> Cost:
        return Cost(self.objective.count, perf_counter() - since, self._course)

    def _judge(self, run: Run) -> End:
        if run.status == "left_domain" and run.lost is not None and (kink := self._find_kink(run, run.lost)):
            run = kink
        elif run.status == "left_domain" and run.lost is run.end.x:
            return End(run, run.status, self._explain_lost_domain(run))
        certified = certify_end(self.root, self.names, self._name_point(run.end.x), self.settings.bounds)
        if run.status == "converged":
            return self._judge_converged(run, certified)
        if run.status in ("stalled", "cycling"):
            end = self._judge_roughness(run, certified, None)
            if end is not None:
                return end
        if run.lost is not None and all(map(math.isfinite, run.lost)):
            # Doubles cannot tell an overflow from the edge of the domain; the reference can.
            there = solve(Problem(self.root, (), self._name_point(run.lost)), expression=False)
            run = run._replace(status="left_domain" if there.status == "undefined" else "diverging")
        return End(run, run.status, self._explain(run, certified), certified)

    def _find_kink(self, run: Run, lost: Vector) -> Run | None:
        """The run with its end at the point where it has lost its numbers, if f has a value there and no gradient."""
        if not all(map(math.isfinite, lost)):
            return None
        there = certify_end(self.root, self.names, self._name_point(lost), self.settings.bounds)
        if there.value is None or not (there.missing or math.isfinite(self.objective.value(lost))):
            return None
        return stop_at_kink(run, lost, there.value)

    def _name_point(self, x: Sequence[float]) -> dict[str, float]:
        """A point by name, with the fixed variables."""
        return {**self.fixed, **dict(zip(self.names, x, strict=True))}

    def _judge_converged(self, run: Run, certified: CertifiedEnd) -> End:
        norm = certified.gradient_norm
        if norm is None:
            end = self._judge_roughness(run, certified, None)
            if end is not None:
                return end
            message = f"the gradient in doubles is small, but there is none: {certified.missing}"
            return End(run, "stalled", message, certified)
        if not norm <= self.settings.tol:
            return End(run, "stalled", f"the gradient is {norm:.3g}, which doubles do not see", certified)
        at = self._name_point(run.end.x)
        shape = certify_shape(self.root, self._free_names(certified), at, norm, certified.held)
        small = f"gradient norm {norm:.3g}, certified{_format_eigenvalues(shape)}"
        held = ", ".join(f"{name} = {at[name]:.6g}" for name in certified.held)
        where = f"at a bound, {held}, beyond which f falls: " if held else ""
        kind = None if shape.near is None else shape.near.kind
        has_corner = self._has_corner(certified, at)
        if shape.near is not None and kind == "minimum":
            reach = shape.near.distance
            message = f"{where}a minimum: {small}"
            return End(run, "converged", message, certified, shape, is_minimum=True, reach=reach)
        if kind is not None and not has_corner:
            return End(run, "saddle", f"{where}the end is a {kind} and not a minimum: {small}", certified, shape)
        if shape.definiteness in CURVED_DOWN and not has_corner:
            message = f"{where}f curves downward, so the end is not a minimum: {small}"
            return End(run, "saddle", message, certified, shape)
        end = self._judge_roughness(run, certified, shape)
        if end is not None and (end.is_minimum or end.status != "converged"):
            return end
        bounds = {self.names[place]: ends for place, ends in self.settings.bounds.items()}
        if falls_on(self.root, self._free_names(certified), at, bounds):
            return End(run, "stalled", f"{where}{small}, but f falls on, as far as it was followed", certified, shape)
        return End(run, "converged", f"{where}{small}{NOT_PROVED}", certified, shape)

    def _has_corner(self, certified: CertifiedEnd, at: Mapping[str, float]) -> bool:
        """Whether the end is at two bounds or more that do not hold it: no direction in which f falls may lead inside.

        At one bound, f that curves downward along a direction falls the other way, too, and one of both leads inside.
        """
        free = set(self._free_names(certified))
        near = 0
        for place, (low, high) in self.settings.bounds.items():
            x = at[self.names[place]]
            near += self.names[place] in free and min(x - low, high - x) <= _BESIDE * (1 + abs(x))
        return near > 1

    def _free_names(self, certified: CertifiedEnd) -> list[str]:
        return [name for name in self.names if name not in certified.held]

    def _judge_roughness(self, run: Run, certified: CertifiedEnd, shape: CertifiedShape | None) -> End | None:
        """The verdict where second derivatives do not decide: at kinks and jumps, and where f is flat."""
        edges = self._judge_edges(run, certified, shape)
        if edges is not None and edges.is_minimum:
            return edges
        corner = self._judge_corner(run)
        if corner is not None and corner.is_minimum:  # a fall beside it is that of an end next to the corner
            return corner
        return edges or self._judge_turn(run, certified, shape) or corner or self._judge_parts(run, certified)

    def _judge_edges(self, run: Run, certified: CertifiedEnd, shape: CertifiedShape | None) -> End | None:
        """The verdict where the end is at a kink or a jump, or beside one; None where f is not proved to do either.

        In one variable a place from which f rises is where the descent ends: the run takes one more step to it.
        """
        at, names = self._name_point(run.end.x), self._free_names(certified)
        bounds = {name: self.settings.bounds.get(place) for place, name in enumerate(self.names)}
        window = _find_window(run.end, certified, shape)
        for name in names[:MOST_VARIABLES]:
            edge = judge_end(self.root, name, at, bounds[name]) if self._is_flat(name, at) else None
            edge = edge or judge_breaks(self.root, name, at, window, bounds[name])
            if edge is None or (edge.is_minimum and len(self.names) > 1):
                continue
            if edge.is_minimum:
                return self._move_to_minimum(run, name, at, edge)
            return End(run, "stalled", edge.message, certified, shape)
        return self._judge_least(run, certified, shape)

    def _judge_turn(self, run: Run, certified: CertifiedEnd, shape: CertifiedShape | None) -> End | None:
        """The verdict where f of one variable is proved to turn next to the end at a minimum, and nowhere else."""
        if len(self.names) > 1 or certified.held:
            return None
        (name,), (x,), bounds = self.names, run.end.x, self.settings.bounds.get(0)
        is_flat = certified.gradient_norm is not None and certified.gradient_norm <= self.settings.tol
        at, reach = self._name_point(run.end.x), (NEAR if is_flat else _BESIDE) * (1 + abs(x))
        place = find_minimum(self.root, name, at, reach, bounds)
        if place is None or not math.isfinite(place.double):
            return None
        if is_flat:
            small = f"gradient norm {certified.gradient_norm:.3g}, certified"
            message = f"a minimum at {name} = {place.double:.6g}, next to the end: {small}"
            reach = abs(place.double - x)
            return End(run, "converged", message, certified, shape, is_minimum=True, reach=reach)
        there = certify_end(self.root, self.names, {**at, name: place.double}, self.settings.bounds)
        norm = math.nan if there.gradient_norm is None else there.gradient_norm
        value = run.end.value if there.value is None else there.value
        path = [*run.path, Step(run.end.number + 1, [place.double], value, norm, None)]
        message = f"a minimum: f is nowhere smaller close to {name} = {place.double:.6g}"
        return End(run._replace(path=path), "converged", message, there, is_minimum=True)

    def _judge_parts(self, run: Run, certified: CertifiedEnd) -> End | None:
        """The verdict where f is a sum of parts in different variables, all of which have proved minima there."""
        from dcalc.optimise.corners import split_sum  # few ends need it

        parts = split_sum(simplify(self.root), self.names) if len(self.names) > 1 else []
        at = self._name_point(run.end.x)
        ends: dict[str, End] = {}
        for part, names in sorted(parts, key=lambda pair: self.names.index(pair[1][0])) if len(parts) > 1 else ():
            end = self._find_inner_end(part, names, self.fixed, at, run.end.number)
            if not end.is_minimum:
                return None
            ends[", ".join(names)] = end
            at |= dict(zip(names, end.run.end.x, strict=True))
        there = certify_end(self.root, self.names, at, self.settings.bounds) if ends else certified
        if not ends or there.value is None:
            return None
        x = [at[name] for name in self.names]
        step = Step(run.end.number + 1, x, there.value, there.gradient_norm or 0.0, None)
        path = run.path if x == run.end.x else [*run.path, step]
        each = "; ".join(f"{names}: {end.message.removeprefix('a minimum: ')}" for names, end in ends.items())
        message = f"a minimum, as each part of the sum has one; {each}"
        reach = max(end.reach for end in ends.values())
        return End(run._replace(path=path), "converged", message, there, is_minimum=True, reach=reach)

    def _judge_least(self, run: Run, certified: CertifiedEnd, shape: CertifiedShape | None = None) -> End | None:
        """The verdict where bounds of f prove that it is nowhere smaller than at the end; else None."""
        bounds = {name: self.settings.bounds.get(place, _EVERYWHERE) for place, name in enumerate(self.names)}
        if not is_least(self.root, self._name_point(run.end.x), bounds):
            return None
        small = f": gradient norm {certified.gradient_norm or 0:.3g}"
        message = describe_least(small, certified.missing, self.settings.bounds)
        return End(run, "converged", message, certified, shape, is_minimum=True)

    def _is_flat(self, name: str, at: Mapping[str, float]) -> bool:
        """Whether f has no slope along a variable: elsewhere it falls to one side of any point."""
        answer = solve(Problem(self.root, (name,), at), expression=False)
        return answer.value is None or answer.value == 0

    def _move_to_minimum(self, run: Run, name: str, at: Mapping[str, float], edge: Edge) -> End | None:
        """The run with its end at a proved minimum; None where no double is that place, and f jumps there."""
        x = float(edge.place)
        there = certify_end(self.root, self.names, {**at, name: x}, self.settings.bounds)
        least = solve(Problem(self.root, (), {**at, name: number(edge.place)}), expression=False).value
        if there.value is None or least is None or abs(there.value - least) > _BESIDE * (1 + abs(least)):
            return None
        if x != at[name]:
            norm = math.nan if there.gradient_norm is None else there.gradient_norm
            run = run._replace(path=[*run.path, Step(run.end.number + 1, [x], there.value, norm, None)])
        slope = there.gradient_norm
        shape = None if slope is None else certify_shape(self.root, self.names, {**at, name: x}, slope)
        return End(run, "converged", f"a minimum: {edge.message}", there, shape, is_minimum=True)

    def _judge_corner(self, run: Run) -> End | None:
        """The verdict where kinks of several variables meet next to the end; None where there are none, or it is open.

        Where f is no function of the kinks alone, the descent goes on along them.
        """
        from dcalc.optimise.corners import Fall

        here = dict(zip(self.names, run.end.x, strict=True))
        corner = self._find_corner(run)
        if corner is None:
            return None
        inner = self._descend_along(corner, here, run.end.number)
        along = {} if inner is None else dict(zip(corner.names, inner.run.end.x, strict=True))
        end = self._move_to_corner(run, inner, corner, here, corner.find_point({**here, **along}))
        if end is None:
            return None
        beyond = self._find_corner(end.run)
        if beyond is not None and len(beyond.sharp) > len(corner.sharp):  # the way along kinks has led to another one
            return self._judge_corner(end.run)
        point = {name: arb(value) for name, value in {**here, **along}.items() if name not in corner.sharp}
        bounds = {self.names[place]: ends for place, ends in self.settings.bounds.items()}
        course = corner.judge(point, bounds)
        if isinstance(course, Fall):
            direction = ", ".join(f"{name} = {part:.6g}" for name, part in course.direction.items())
            message = f"f falls from {corner.describe()} in the direction {direction}, which the gradient does not show"
            return end._replace(status="stalled", message=message)
        if course == "rises" and inner is not None:  # at the minimum itself, next to which the doubles are
            box = {name: arb(value, inner.reach + _ROUNDED * (1 + abs(value))) for name, value in along.items()}
            course = corner.judge({**point, **box}, bounds)
        if course is None or isinstance(course, Fall):
            return self._judge_least(end.run, end.certified) if end.certified is not None else None
        return _describe_corner(end, corner, course, inner, bounds)

    def _find_corner(self, run: Run) -> Corner | None:
        """The kinks next to the end of a run in several variables, of which there are some."""
        from dcalc.optimise.corners import find_corner  # few ends need it

        if len(self.names) == 1:
            return None
        root = substitute(self.root, {name: number(Fraction(value)) for name, value in self.fixed.items()})
        here = dict(zip(self.names, run.end.x, strict=True))
        return find_corner(root, here, _BESIDE * (1 + max(map(abs, run.end.x))))

    def _descend_along(self, corner: Corner, here: Mapping[str, float], steps: int) -> End | None:
        """The end of a descent along kinks; None where f is constant there."""
        if not corner.names:
            return None
        return self._find_inner_end(corner.along, corner.names, {}, here, steps)

    def _find_inner_end(
        self, root: Expr, names: Sequence[str], fixed: Mapping[str, float], at: Mapping[str, float], steps: int
    ) -> End:
        """The end of a descent that goes on from here by fewer variables, with the steps that are left."""
        ends = {self.names[place]: ends for place, ends in self.settings.bounds.items()}
        settings = replace(
            self.settings,
            bounds={place: ends[name] for place, name in enumerate(names) if name in ends},
            ranges={},
            steps=max(self.settings.steps - steps, 0),
        )
        trial = Trial(root, names, fixed, settings, make_objective(root, names, fixed), ignore_step)
        return trial.find_end([at[name] for name in names])

    def _move_to_corner(
        self, run: Run, inner: End | None, corner: Corner, here: Mapping[str, float], place: Mapping[str, Expr]
    ) -> End | None:
        """The run with the steps along kinks, up to a point on them; None where f has no value there."""
        least = solve(Problem(self.root, (), {**self.fixed, **place}), expression=False).value
        x = self._round_point(place)
        if least is None or x is None or clamp(x, self.settings.bounds) != x:
            return None
        path = list(run.path)
        for step in inner.run.path if inner is not None else ():
            moved = corner.find_point({**here, **dict(zip(corner.names, step.x, strict=True))})
            if (point := self._round_point(moved)) is not None:
                path.append(step._replace(number=len(path), x=point))
        if path[-1].x != x:
            path.append(Step(len(path), x, least, math.nan, None))
        certified = certify_end(self.root, self.names, self._name_point(x), self.settings.bounds)
        return End(run._replace(status="stalled", path=path, lost=None), "stalled", "", certified)

    def _round_point(self, place: Mapping[str, Expr]) -> Vector | None:
        """The nearest doubles of a point; None where one is not decided."""
        x = [solve(Problem(place[name], (), {}), expression=False).value for name in self.names]
        return None if None in x else [value for value in x if value is not None]

    def _explain(self, run: Run, certified: CertifiedEnd) -> str:
        """Why a run ended without converging."""
        match run.status:
            case "diverging":
                return self._explain_divergence(run)
            case "left_domain":
                return self._explain_lost_domain(run)
            case "stalled":
                return explain_stop(run.end, certified.missing)
            case "cycling":
                bound = explain_instability(self.objective, run.path[-LONGEST_CYCLE:], self.settings)
                why = bound or "; a smaller learning rate may help"
                return f"the last steps come back to the same points, {format_norm(run.end)}{why}"
            case "max_steps":
                were = "was" if run.end.number == 1 else "were"
                above = f"{format_norm(run.end)}, above {self.settings.tol:g}"
                advice = suggest_rate(self.objective, run, self.settings)
                return f"{count_steps(run)} {were} not enough: {above}{advice}"
            case "interrupted":
                return f"at step {run.end.number}: {format_norm(run.end)}, in doubles"
            case "converged" | "saddle":
                raise AssertionError(run.status)  # judged by its second derivatives, not here
            case _:
                assert_never(run.status)

    def _explain_divergence(self, run: Run) -> str:
        """How f went, and the learning rate that its curvature allows."""
        first, last = run.path[0].value, run.end.value
        course = f"f {'falls' if last < first else 'grows'} from {first:.3g} to {last:.3g} in {count_steps(run)}"
        if last < first:
            return f"{course}, and then beyond all doubles"
        return course + explain_instability(self.objective, run.path, self.settings)

    def _explain_lost_domain(self, run: Run) -> str:
        """The point outside of the domain, and the part of f that has no number there."""
        at = self._name_point(run.lost or run.end.x)
        breakdown = find_breakdown(self.root, at)
        place = ", ".join(f"{name} = {value:.6g}" for name, value in at.items())
        where = f"the start is {place}" if run.lost is run.end.x else f"step {run.end.number + 1} leads to {place}"
        why = breakdown.describe() if breakdown is not None else "the gradient has no number there"
        return f"{where}: {why}{offer_stable_form(self.root, self.names, at)}"


def _describe_corner(
    end: End, corner: Corner, course: Course, inner: End | None, bounds: Mapping[str, tuple[float, float]]
) -> End:
    """The end at a kink away from which f has that course, and along which it ends so."""
    if course == "does not fall":
        message = describe_least("", end.certified.missing if end.certified is not None else "")
        return end._replace(status="converged", message=message, is_minimum=True)
    where = " within the bounds" if bounds.keys() & {*corner.sharp} else ""
    sides = f"f rises on all sides of {corner.describe()}{where}"
    if inner is None:
        flat = ", and is constant along it" if len(end.run.end.x) > len(corner.sharp) else ""
        return end._replace(status="converged", message=f"a minimum at a kink: {sides}{flat}", is_minimum=True)
    if inner.is_minimum:
        message = f"a minimum at a kink: {sides}, and along it the end is {inner.message}"
        return end._replace(status="converged", message=message, is_minimum=True, reach=inner.reach)
    return end._replace(status=inner.status, message=f"{sides}; along it {inner.message}")


def _find_window(end: Step, certified: CertifiedEnd, shape: CertifiedShape | None) -> float:
    """How far from the end a break is looked for: some steps of Newton's method, a little where there is none."""
    small = _BESIDE * (1 + max(map(abs, end.x)))
    values = [abs(value) for value in (shape.eigenvalues if shape is not None else ()) if value]
    if not values or certified.gradient_norm is None:
        return small
    return max(small, 4 * certified.gradient_norm / min(values))


def _format_eigenvalues(shape: CertifiedShape) -> str:
    values = [value for value in shape.eigenvalues if value is not None]
    if not values or len(values) < len(shape.eigenvalues):
        return ""
    texts = [f"{value:.3g}" for value in values]
    if len(texts) == 1:
        return f", the second derivative is {texts[0]}"
    return f", the Hessian's eigenvalues are {f'{texts[0]} to {texts[-1]}' if len(texts) > 4 else ', '.join(texts)}"

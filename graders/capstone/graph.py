"""The claim graph: every claim computed from others, by the reference models, in the order of the pack."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from functools import cache, cached_property
from typing import Any

import numpy as np

from graders.capstone import expression
from graders.capstone.expression import ExpressionError
from graders.capstone.pack import DATA, PackIndex, Required
from graders.capstone.records import Brief, Value

_MODELS = {
    "activation_bytes_per_layer": "m09_cluster.training_memory",
    "any_slow_probability": "m08_tail_latency.fan_out",
    "battery_life_s": "m11_power_thermal.battery",
    "bubble_share_of_time": "m09_cluster.training_memory",
    "busiest_rate_per_s": "m05_llm_inference.trace_load",
    "clip_tower_parameters": "m06_multimodal.vision_transformer",
    "concurrent_requests": "m05_llm_inference.memory_budget",
    "daly_interval_s": "m09_cluster.checkpointing",
    "encoder_arena_bytes": "m06_multimodal.edge_encoder",
    "encoder_pass": "m06_multimodal.edge_encoder",
    "expected_goodput": "m09_cluster.checkpointing",
    "facility_power_w": "m11_power_thermal.facility_power",
    "first_order_goodput": "m09_cluster.checkpointing",
    "first_stage_layers": "m09_cluster.training_step",
    "fixed_step_s": "m05_llm_inference.step_line",
    "fleet_latency": "m07_mlperf.slo_rate",
    "gang_partition": "m09_cluster.training_queue",
    "goodput_rate_per_s": "m07_mlperf.slo_rate",
    "hierarchical_all_reduce_s": "m09_cluster.hierarchical_collectives",
    "highest_ambient_c": "m11_power_thermal.throttling",
    "junction_temperature_c": "m11_power_thermal.junction",
    "k_of_n_availability": "m09_cluster.availability",
    "kv_budget_bytes": "m05_llm_inference.memory_budget",
    "kv_cache_bytes": "m05_llm_inference.kv_cache",
    "million_tokens_usd": "m07_mlperf.serving_cost",
    "model_state_bytes": "m09_cluster.training_memory",
    "nearest_rank_quantile_s": "m08_tail_latency.quantiles",
    "node_budget": "m05_llm_inference.node_budget",
    "ownership_usd": "m07_mlperf.serving_cost",
    "paired_outcomes": "m10_validation.paired_outcomes",
    "pipeline_step_s": "m09_cluster.training_step",
    "prefix_hit_rate": "m05_llm_inference.trace_load",
    "relative_errors": "m10_validation.error_metrics",
    "replicas_for_rate": "m07_mlperf.slo_rate",
    "ridge_flops_per_byte": "m02_tools_methods.roofline",
    "ring_all_reduce_s": "m01_microarchitecture.transfer_time",
    "selective_outcomes": "m10_validation.paired_outcomes",
    "settled_temperature_c": "m11_power_thermal.runaway",
    "slowest_of": "m09_cluster.training_step",
    "staged_rollout": "m09_cluster.staged_rollout",
    "steady_availability": "m09_cluster.availability",
    "step_time_s": "m05_llm_inference.step_times",
    "sustained_power_w": "m11_power_thermal.junction",
    "throttled_frames": "m11_power_thermal.throttling",
    "time_to_limit_s": "m11_power_thermal.throttling",
    "token_energy_j": "m11_power_thermal.facility_power",
    "token_step_s": "m05_llm_inference.step_line",
    "training_token_flops": "m09_cluster.training_step",
    "transfer_s": "m01_microarchitecture.transfer_time",
    "young_interval_s": "m09_cluster.checkpointing",
}
"""Reference function -> its page."""

_STEP = 0.02
"""Elasticities are central differences over this share of the input."""


class NoValueError(ValueError):
    """A claim that cannot be computed from what there is; says why."""


@cache
def model(name: str) -> Callable[..., Any]:
    """A reference function, loaded when it is first asked for.

    Parameters
    ----------
    name : str
        As packs and documents write it.

    Returns
    -------
    callable

    Raises
    ------
    NoValueError
        If there is none of this name.
    """
    if name not in _MODELS:
        raise NoValueError(f"no reference function {name!r}")
    page = importlib.import_module(f"reference_solutions.{_MODELS[name]}")
    return getattr(page, name)  # type: ignore[no-any-return]


class Graph:
    """Computes claims of one brief; what a formula or a simulation has given is kept.

    Parameters
    ----------
    index : PackIndex
    brief : Brief
    """

    def __init__(self, index: PackIndex, brief: Brief) -> None:
        self.index, self.brief = index, brief
        self._known: dict[tuple[Any, ...], Any] = {}
        self._values: dict[tuple[Any, ...], Value | NoValueError] = {}
        self._settling: dict[Required, tuple[str, ...]] = {}

    def given(self, machine: Value | None) -> dict[str, Value]:
        """What the brief fixes, once a machine is chosen: by claim's id."""
        return {**self.brief.values, **self.brief.machines.get(str(machine), {})}

    def value(self, required: Required, values: Mapping[str, Value]) -> Value:
        """A claim's value, from other claims' values.

        Parameters
        ----------
        required : Required
            With a formula.
        values : mapping
            Claim's id -> value in the pack's unit.

        Returns
        -------
        float, str or tuple of str

        Raises
        ------
        NoValueError
            If the formula has no value there.
        """
        if required.formula == "elasticities":
            return self.strongest(values)
        key = (required, *_exactly(self._settles(required), values))
        found = self._values.get(key)
        if found is None:
            try:
                found = self._computed(required, values)
            except NoValueError as failure:
                found = NoValueError(str(failure))  # without the frames that the one which was raised holds
            self._values[key] = found
        if isinstance(found, NoValueError):
            raise NoValueError(str(found))
        return found

    def _settles(self, required: Required) -> tuple[str, ...]:
        """Claims that settle a claim's value: those that it is computed from, and those that say whose data count."""
        if required not in self._settling:
            tables = {name.split(".", maxsplit=1)[0] for name in required.inputs if name.startswith(DATA)}
            whose = {claim for table in tables for claim in self.index.pack.keys.get(table, {}).values()}
            self._settling[required] = tuple(sorted({*required.needed, *whose}))
        return self._settling[required]

    def _computed(self, required: Required, values: Mapping[str, Value]) -> Value:
        try:
            if not required.is_function:
                return _plain(expression.evaluate(required.formula, self.scope(required.inputs, values)))
            found = self._called(required, values)
            return _plain(found[required.result] if required.result else found)
        except ExpressionError as failure:
            raise NoValueError(str(failure)) from None

    def results(self, required: Required, values: Mapping[str, Value]) -> Mapping[str, float]:
        """All that the function of a claim gives, where that is a dict; NoValueError where it has no value."""
        found = self._called(required, values)
        return dict(found)

    def _called(self, required: Required, values: Mapping[str, Value]) -> Any:
        try:
            scope = self.scope(required.inputs, values)
            arguments = {name: _whole(expression.evaluate(text, scope)) for name, text in required.arguments.items()}
        except (ExpressionError, TypeError, ValueError, OverflowError) as failure:
            raise NoValueError(str(failure)) from None
        key = (required.formula, *((name, _key(value)) for name, value in sorted(arguments.items())))
        if key not in self._known:
            try:
                with np.errstate(all="ignore"):
                    self._known[key] = model(required.formula)(**arguments)
            except (ValueError, ArithmeticError, TypeError, IndexError, MemoryError) as failure:
                raise NoValueError(f"{required.formula} refuses its arguments: {failure}") from None
        return self._known[key]

    def scope(self, names: Iterable[str], values: Mapping[str, Value]) -> dict[str, Any]:
        """What a formula may speak of: claims and the brief's data, those that there are."""
        found: dict[str, Any] = {}
        for name in names:
            if name.startswith(DATA):
                found[name] = self._column(name, values)
            elif name in values:
                found[name] = values[name]
        return found

    def _column(self, name: str, values: Mapping[str, Value]) -> Any:
        keys = self.index.pack.keys.get(name.split(".", maxsplit=1)[0], {})
        whose = [values.get(claim, "") for claim in keys.values()]
        key = "|".join([name, *(f"{one:g}" if isinstance(one, float) else str(one) for one in whose)])
        if key not in self.brief.data:
            said = ", ".join(f"{claim} = {one}" for claim, one in zip(keys.values(), whose, strict=True))
            raise ExpressionError(f"the brief has no {name} where {said}" if said else f"the brief has no {name}")
        return self.brief.data[key]

    def filled(self, values: Mapping[str, Value]) -> tuple[dict[str, Value], dict[str, str]]:
        """All claims that follow from the brief and from what the candidate chose and measured.

        Parameters
        ----------
        values : mapping
            Choices and free measurements; what the brief fixes takes the place of other values.

        Returns
        -------
        dict of str to Value
            By id, as far as it goes.
        dict of str to str
            Claims that have no value -> why.
        """
        pack = self.index.pack
        found = dict(values) | self.given(values.get(pack.machine))
        gaps: dict[str, str] = {}
        for one in pack.claims:
            if one.formula:
                found.pop(one.id, None)
                self._follow(one, found, gaps)
            elif one.id not in found:
                gaps[one.id] = "it is neither in the brief nor in the document"
        return found, gaps

    def _follow(self, one: Required, found: dict[str, Value], gaps: dict[str, str]) -> None:
        missing = [name for name in one.needed if name not in found]
        if missing:
            gaps[one.id] = f"{missing[0]} has no value"
            return
        try:
            found[one.id] = self.value(one, found)
        except NoValueError as failure:
            gaps[one.id] = str(failure)

    def elasticities(self, values: Mapping[str, Value]) -> dict[str, float]:
        """By how many percent the headline changes when a driver grows by one percent.

        Parameters
        ----------
        values : mapping
            All claims.

        Returns
        -------
        dict of str to float
            By driver.

        Raises
        ------
        NoValueError
            If the headline has no value near these.
        """
        asked = self.index.pack.sensitivity
        ways = self._ways
        key = ("elasticities", *_exactly(self._on_the_way, values))
        if key not in self._known:
            self._known[key] = {
                driver: self._elasticity(driver, asked.headline, ways[driver], values) for driver in asked.drivers
            }
        return dict(self._known[key])

    def _elasticity(self, driver: str, headline: str, way: list[Required], values: Mapping[str, Value]) -> float:
        old = values.get(driver)
        if not isinstance(old, float):
            raise NoValueError(f"{driver} has no value")
        moved = []
        for factor in (1 - _STEP, 1 + _STEP):
            changed = {**values, driver: old * factor}
            for one in way:
                changed[one.id] = self.value(one, changed)
            moved.append(float(changed[headline]))  # type: ignore[arg-type]
        if min(moved) <= 0:
            raise NoValueError(f"{headline} is not positive")
        return float(np.log(moved[1] / moved[0]) / np.log((1 + _STEP) / (1 - _STEP)))

    @cached_property
    def _ways(self) -> dict[str, list[Required]]:
        """Driver -> claims on its way to the headline."""
        asked = self.index.pack.sensitivity
        return {driver: self._between(driver, asked.headline) for driver in asked.drivers}

    @cached_property
    def _on_the_way(self) -> tuple[str, ...]:
        """Everything that elasticities depend on."""
        settled_by = {name for way in self._ways.values() for one in way for name in self._settles(one)}
        return tuple(sorted(settled_by | set(self.index.pack.sensitivity.drivers)))

    def _between(self, driver: str, headline: str) -> list[Required]:
        """Claims on the way from a driver to the headline, in the order of the pack."""
        down = self.index.downstream
        affected = down.get(driver, frozenset())
        return [
            one
            for one in self.index.pack.claims
            if one.id in affected and one.id != driver and headline in down.get(one.id, frozenset())
        ]

    def strongest(self, values: Mapping[str, Value]) -> tuple[str, ...]:
        """The drivers with the largest elasticities, the strongest first."""
        found = self.elasticities(values)
        ranked = sorted(found, key=lambda driver: (-abs(found[driver]), driver))
        return tuple(ranked[: self.index.pack.sensitivity.count])


def _exactly(names: Iterable[str], values: Mapping[str, Value]) -> list[Any]:
    """Claims' values as a key: equal only where nothing can tell them apart, which 0.0 and -0.0 are not."""
    return [values.get(name) or repr(values.get(name)).encode() for name in names]


def _plain(value: Any) -> Value:
    """A number or a word, as claims hold it."""
    if isinstance(value, str):
        return value
    number = float(np.asarray(value))
    if not np.isfinite(number):
        raise NoValueError("the formula gives no finite number")
    return number


def _whole(value: Any) -> Any:
    """Counts as integers: reference functions take a slot number or a number of replicas, not 8.0."""
    if isinstance(value, str) or (isinstance(value, np.ndarray) and value.ndim):
        return value
    number = float(value)
    return int(number) if number.is_integer() and abs(number) < 2**31 else number


def _key(value: Any) -> Any:
    return (
        id(value)
        if isinstance(value, np.ndarray) and value.flags.owndata is False
        else (value.tobytes() if isinstance(value, np.ndarray) else value)
    )

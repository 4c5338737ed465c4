"""Classes and policies of a student, driven from here."""

import pytest

from graders.checks import Conserved, Exercise, LocalEndpoint, Mistake, Outcome, Scenario, StudentFailure, run
from graders.checks.cases import stream
from graders.checks.trial import Trial
from graders.errors import CourseError, GraderError
from graders.records import Reply
from tests.checks.made_up import (
    METER,
    POLICY,
    SEED,
    Meter,
    Scripted,
    buy_always,
    buy_below_two,
    earned,
    market,
    reasons,
    verdict,
)

ALL = {"saturates", "nothing lost", "no limit"}


class ByTwoNumbers:
    """A right meter that shares nothing with the reference."""

    def __init__(self, limit):
        if limit < 1e-300:
            raise ValueError
        self.shown, self.overflow, self.room = 0, 0, limit

    def add(self, amount):
        if amount < 0:
            raise ValueError
        taken = min(amount, self.room)
        self.shown, self.room, self.overflow = self.shown + taken, self.room - taken, self.overflow + amount - taken
        return self.shown


class NeverEmpty(Meter):
    shown = 1


class Overflowing(Meter):
    @property
    def shown(self):
        return self._all


class Careless(Meter):
    def __init__(self, limit):
        self.limit, self._all = limit, 0

    def add(self, amount):
        self._all += max(amount, 0)
        return self.shown


class Broken(Meter):
    @property
    def overflow(self):
        raise KeyError("no idea")


class Restless(Meter):
    def add(self, amount):
        super().add(amount)
        raise RuntimeError


def test_a_right_class_earns_everything_whether_attributes_are_properties_or_not():
    assert earned(verdict(METER, Meter)) == earned(verdict(METER, ByTwoNumbers)) == ALL


def test_each_failed_expectation_is_recorded_and_the_play_goes_on():
    found = verdict(METER, Overflowing)
    assert found.lost == ("saturates",)
    assert reasons(found)["saturates"] == "2 of 4 expectations differ"
    assert reasons(verdict(METER, Careless)) == {
        "saturates": "1 of 4 expectations raised no ValueError",
        "nothing lost": "it holds, and counts once a check of values is kept",
        "no limit": "2 of 2 cases raised no ValueError",
    }


def test_an_exception_inside_a_step_is_lost_and_named():
    found = verdict(METER, Broken)
    assert reasons(found)["saturates"] == "1 of 4 expectations raised KeyError"
    assert reasons(found)["nothing lost"] == "raised KeyError"
    assert "raised RuntimeError" in reasons(verdict(METER, Restless))["saturates"]


def test_a_step_that_raises_unseen_loses_the_scenario():
    def unseen(student, expect):
        meter = student.Meter(3)
        meter.add(1)
        expect(meter.shown).equals(1)

    exercise = Exercise("m99_meter", reference=Meter, checks=[Scenario("s", weight=1, play=unseen, message="M.")])
    assert earned(verdict(exercise, Meter)) == {"s"}
    assert reasons(verdict(exercise, Restless)) == {"s": "1 of 2 expectations raised RuntimeError"}


def test_no_class_at_all():
    found = run(METER, (), LocalEndpoint({}), SEED)
    assert earned(found) == set()
    assert "nothing of this name" in reasons(found)["saturates"]


class DoesNothing:
    def __init__(self, *args, **kwargs): ...

    def add(self, *args):
        return None

    shown = overflow = 0


class AlwaysRaises:
    def __init__(self, *args, **kwargs):
        raise ValueError


@pytest.mark.parametrize("answer", [DoesNothing, AlwaysRaises, lambda *args, **kwargs: None, 3])
def test_classes_that_do_nothing_earn_nothing(answer):
    assert earned(verdict(METER, answer)) == set()


def test_what_comes_back_is_data_even_where_an_object_was_given():
    class Chatty(Meter):
        def add(self, amount):
            super().add(amount)
            return self

    assert "an object, no plain data" in reasons(verdict(METER, Chatty))["saturates"]


def test_the_mistake_that_shows_the_same_is_named():
    known = (
        Mistake("m99_meter", "never saturates", ("saturates",), "There is a limit.", Overflowing),
        Mistake("m99_meter", "takes anything", ("saturates", "no limit"), "Refuse it.", Careless),
    )
    assert verdict(METER, Overflowing, known).misconception == "never saturates"
    assert verdict(METER, Careless, known).misconception == "takes anything"
    assert verdict(METER, Broken, known).misconception == ""


def test_a_process_that_ends_amid_a_play_ends_the_play():
    endpoint = Scripted(Reply("crashed"))
    found = run(METER, (), endpoint, SEED)
    assert found.lost == ("saturates", "nothing lost", "no limit")
    assert len(endpoint.asked) == 3  # the calls, then the first step of each play


def test_too_slow_a_machine_is_no_answer():
    with pytest.raises(GraderError):
        run(METER, (), Scripted(Reply("retry")), SEED)


def scenario(play):
    return Exercise("m99_meter", reference=Meter, checks=[Scenario("s", weight=1, play=play, message="M.")])


@pytest.mark.parametrize(
    "play",
    [
        lambda student, expect: None,
        lambda student, expect: expect(student.Meter(3).shown),
        lambda student, expect: expect(student.Meter(3).shown).equals(4),
        lambda student, expect: expect(student.Meter(3).colour).equals(4),
        lambda student, expect: expect(student.Meter(-3).shown).equals(4),
        lambda student, expect: expect(student.Meter(3).add(student.Meter(4))).equals(4),
        lambda student, expect: 1 / 0,
    ],
)
def test_a_play_that_does_not_hold_for_the_reference_is_our_error(play):
    with pytest.raises(CourseError):
        verdict(scenario(play), Meter)


def test_no_endless_play():
    def endless(student, expect):
        meter = student.Meter(3)
        while meter.add(1) is not None:
            pass

    with pytest.raises(CourseError, match="more steps"):
        verdict(scenario(endless), Meter)


# --- policies ----------------------------------------------------------------------------------------------------


def test_a_policy_is_measured_against_the_baseline():
    assert earned(verdict(POLICY, buy_below_two)) == {"cheap", "not dear"}
    found = verdict(POLICY, lambda price: price > 2)
    assert reasons(found)["cheap"] == "the outcome is not good enough"


def test_each_student_has_a_baseline_of_their_own():
    prices = {seed: market(lambda price: True, stream(seed, "o")) for seed in (b"one", b"another")}
    dear, cheap = sorted(prices, key=prices.get, reverse=True)
    paid = (prices[dear] + prices[cheap]) / 2

    def simulate(policy, rng):
        known = policy(0.0)  # what an answer pays, whatever the traffic
        return known or market(lambda price: True, rng)

    outcome = Outcome("o", weight=1, simulate=simulate, measure=float, at_most=1, times=lambda price: 0, message="M.")
    exercise = Exercise("m99_buy", checks=[outcome])
    for seed, kept in ((dear, True), (cheap, False), (dear, True)):
        assert run(exercise, (), LocalEndpoint({"buy": lambda price: paid}), seed).checks[0].kept is kept


def test_traffic_is_tried_on_the_reference_for_each_student():
    def script(student, rng):
        yield student.Meter(1).shown, rng.integers(2)

    lucky = Conserved("c", weight=1, script=script, invariant=lambda seen: tuple(seen) == (0, 1), message="M.")
    scenario = Scenario(
        "s", weight=1, play=lambda student, expect: expect(student.Meter(2).shown).agrees(), message="M."
    )
    exercise = Exercise("m99_meter", reference=Meter, checks=[scenario, lucky])
    refused = 0
    for number in range(20):
        try:
            assert "c" in run(exercise, (), LocalEndpoint({"Meter": NeverEmpty}), bytes([number])).lost
        except CourseError:  # for this student the reference loses it, too
            refused += 1
    assert 0 < refused < 20


@pytest.mark.parametrize("answer", [Meter, Overflowing, ByTwoNumbers])
def test_a_check_that_is_played_until_it_is_lost_says_the_same(answer):
    trial = Trial(METER, SEED)
    endpoint = LocalEndpoint({"Meter": answer})
    whole = trial.judge(endpoint, trial.ask(endpoint))
    assert {check.name: trial.keeps(endpoint, check) for check in METER.checks} == {
        name: judged.kept for name, judged in whole.items()
    }


def test_an_absolute_limit_alone_earns_nothing():
    found = verdict(POLICY, buy_always)  # the mean price is moderate without any thought
    assert "not dear" not in found.lost
    assert earned(found) == set()


@pytest.mark.parametrize("answer", [lambda price: None, lambda price: "text", lambda: True, lambda price: 1 / 0])
def test_policies_that_decide_nothing_earn_nothing(answer):
    assert earned(verdict(POLICY, answer)) == set()


def test_a_failure_passes_through_the_simulator_as_data():
    seen = []

    def simulate(policy):
        try:
            return policy(1.0)
        except StudentFailure as failure:
            seen.append(failure.reply)
            raise

    exercise = Exercise(
        "m99_buy",
        checks=[
            Outcome("o", weight=1, simulate=simulate, measure=float, at_least=1, times=lambda price: 1.0, message="M.")
        ],
    )
    assert reasons(verdict(exercise, lambda price: [][1])) == {"o": "raised IndexError"}
    assert [reply.exception[0] for reply in seen] == ["IndexError"]


def test_what_is_no_decision_never_reaches_the_simulator():
    def simulate(policy):
        return sum(range(policy()))  # a huge number would take forever

    exercise = Exercise(
        "m99_buy",
        checks=[
            Outcome(
                "o", weight=1, simulate=simulate, measure=float, at_least=1, times=lambda: 3, message="M.",
                accepts=lambda decision: isinstance(decision, int) and decision < 10,
            )
        ],
    )  # fmt: skip
    assert earned(verdict(exercise, lambda: 4)) == {"o"}
    assert reasons(verdict(exercise, lambda: 10**18)) == {"o": "an answer that the simulation cannot use"}


def test_a_simulator_asks_no_more_often_than_allowed():
    def simulate(policy):
        while not policy():
            pass
        return 1.0

    exercise = Exercise(
        "m99_buy",
        checks=[
            Outcome(
                "o", weight=1, simulate=simulate, measure=float, at_least=1, times=lambda: True, calls=50, message="M."
            )
        ],
    )
    endpoint = Scripted(Reply("value", False))
    assert reasons(run(exercise, (), endpoint, SEED)) == {"o": "more steps than allowed"}
    assert len(endpoint.asked) == 50


@pytest.mark.parametrize("limits", [{}, {"at_least": 1.0, "at_most": 2.0}, {"at_most": 2.0}])
def test_an_outcome_without_one_limit_and_a_baseline_is_refused(limits):
    with pytest.raises(CourseError):
        Exercise(
            "m99_buy", checks=[Outcome("o", weight=1, simulate=lambda p: 1, measure=float, message="M.", **limits)]
        )

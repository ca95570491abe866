"""Intervals of scores, and what a model gains over a baseline: what they hold, and how often."""

from dataclasses import replace

import numpy as np
import pytest

from seqmodels import Binary, Prediction, Regression
from seqmodels.core.examples import Examples
from seqmodels.evaluation import intervals
from seqmodels.evaluation.scores import Evaluation, Gain, evaluate

NUMBERS = Regression().fit([-1.0, 1.0])


def part(truth, **more) -> Examples:
    return Examples(list(range(len(truth))), {"y": truth}, **more)


def classes(n: int, noise: float, seed: int = 0) -> tuple[Binary, list[str], Prediction]:
    """Return a head, true classes and answers to them that are wrong the more, the noisier."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=n)
    truth = ["pos" if value > 0 else "neg" for value in z]
    head = Binary().fit(["pos", "neg"])
    return head, truth, head.decode((z + noise * rng.normal(size=n))[:, None])


def drawn(units: intervals.Units) -> np.ndarray:
    return np.concatenate(list(units.draws(50, 7 * 400)))


def test_a_score_lies_within_its_interval_and_the_interval_within_its_range():
    head, truth, prediction = classes(200, 0.5)
    found = evaluate(head, "y", None, part(truth), prediction)
    for name, (low, high) in found.intervals["model"].items():
        assert low < found.scores[name] < high
        assert low >= 0
        assert high <= 1 or name == "log_loss"
    assert set(found.intervals["model"]) == set(found.scores)
    assert (found.resampled, found.draws) == ("examples", 1000)


def test_of_very_many_numbers_fewer_resamples_are_drawn(monkeypatch):
    truth = np.random.default_rng(0).normal(size=(60, 3))
    head = Regression().fit(truth)
    prediction = head.decode(head.encode(truth) * 0.5)
    assert evaluate(head, "y", None, part(truth), prediction).draws == 1000
    monkeypatch.setattr(intervals, "WIDE", 60 * 3 - 1)
    assert evaluate(head, "y", None, part(truth), prediction).draws == intervals.SLOW


def test_intervals_are_the_same_each_time():
    head, truth, prediction = classes(100, 1)
    assert evaluate(head, "y", None, part(truth), prediction) == evaluate(
        head, "y", None, part(truth), prediction
    )


def test_more_examples_make_an_interval_narrower():
    few, many = (
        evaluate(head, "y", None, part(truth), prediction).intervals["model"]["accuracy"]
        for head, truth, prediction in (classes(100, 1), classes(1600, 1))
    )
    assert np.ptp(few) == pytest.approx(4 * np.ptp(many), rel=0.25)


def test_a_lift_is_positive_where_the_model_is_better_whichever_way_the_score_counts():
    head, truth, good = classes(300, 0.3)
    poor = head.decode(-np.ones((300, 1)))
    numbers = np.random.default_rng(0).normal(size=300)
    near, far = Prediction(numbers + 0.1), Prediction(2 - numbers)
    for one, values, first, second in (
        (head, truth, good, poor),
        (NUMBERS, numbers, near, far),
    ):
        lift = evaluate(one, "y", None, part(values), first, others={"other": second}).gains
        assert lift["other"].clear
        assert lift["other"].low < lift["other"].difference < lift["other"].high
        back = evaluate(one, "y", None, part(values), second, others={"other": first}).gains
        assert back["other"].better == "no"
        assert back["other"].difference == pytest.approx(-lift["other"].difference)


def test_a_model_is_compared_on_the_same_resamples():
    head, truth, prediction = classes(300, 1)
    almost = prediction.answers.copy()
    wrong = np.flatnonzero(almost != truth)[:3]
    almost[wrong] = np.array(truth)[wrong]
    other = replace(prediction, answers=almost)
    found = evaluate(head, "y", None, part(truth), other, others={"other": prediction})
    lift, alone = found.gains["other"], found.intervals["model"]["accuracy"]
    assert lift.difference == pytest.approx(0.01)
    assert lift.high - lift.low < (alone[1] - alone[0]) / 2


def test_equal_answers_are_not_called_better():
    head, truth, prediction = classes(100, 1)
    found = evaluate(head, "y", None, part(truth), prediction, others={"other": prediction})
    assert found.gains["other"] == Gain(0, 0, 0)
    assert found.gains["other"].better == "same"
    assert Gain(0.0, -0.1, 0.1).better == "unclear"
    assert not found.clearly_beats_baselines()


def test_a_lucky_score_beats_baselines_but_not_clearly():
    head = Binary().fit(["neg"] * 6 + ["pos"] * 4)
    truth = ["neg"] * 6 + ["pos"] * 4
    lucky = Prediction(np.array(["neg"] * 6 + ["pos"] + ["neg"] * 3))
    found = evaluate(head, "y", None, part(truth), lucky)
    assert found.beats_baselines(head)
    assert not found.clearly_beats_baselines()


def test_others_are_scored_beside_the_trivial_and_the_naive_answers():
    numbers = np.random.default_rng(0).normal(size=50)
    test = part(numbers, naive={"y": {"last value": np.roll(numbers, 1)}})
    found = evaluate(
        NUMBERS, "y", {"mae": 2.0}, test, Prediction(numbers), others={"bag": Prediction(-numbers)}
    )
    assert list(found.baselines) == ["mean", "last value", "bag"]
    assert list(found.gains) == list(found.baselines)
    low, high = found.intervals["bag"]["mase"]
    assert low < found.baselines["bag"]["mase"] < high


def test_what_no_resample_can_move_has_no_interval():
    head, truth, _ = classes(20, 1)
    perfect = Prediction(np.array(truth))
    found = evaluate(head, "y", None, part(truth), perfect)
    assert found.scores["accuracy"] == 1
    assert "accuracy" not in found.intervals["model"]  # not "surely 100 %"


def test_a_single_unit_gives_no_interval():
    head, truth, prediction = classes(20, 1)
    for test, group_by in (
        (part(truth, groups={"writer": ["a"] * 20}), "writer"),
        (part(truth), None),
    ):
        rows = np.arange(20 if group_by else 1)
        found = evaluate(head, "y", None, test.take(rows), prediction.take(rows), group_by=group_by)
        assert (found.intervals, found.gains, found.resampled) == ({}, {}, "")


def test_groups_are_drawn_whole():
    writers = np.array(list("aabbbcdddd"))
    units = intervals.units_of(part(np.zeros(10), groups={"writer": writers}), "writer")
    assert (units.name, units.count) == ("writers", 4)
    for counts in drawn(units):
        for one in "abcd":
            assert len(set(counts[writers == one])) == 1
        assert sum(counts[writers == one][0] for one in "abcd") == 4


def test_groups_that_the_parts_may_share_are_not_drawn():
    test = part(np.zeros(4), groups={"writer": list("aabb")})
    assert intervals.units_of(test).name == "examples"


def test_windows_in_time_are_drawn_in_blocks_as_long_as_they_overlap():
    first = np.arange(400)
    test = part(np.zeros(400), times=np.stack([first, first + 11], axis=1))
    order = np.random.default_rng(0).permutation(400)  # as `limit` leaves them
    units = intervals.units_of(test.take(order))
    assert units.name == "blocks of 12 windows"
    for counts in drawn(units):
        in_time = np.empty(400)
        in_time[order] = counts
        changes = np.count_nonzero(in_time != np.roll(in_time, 1))
        assert counts.sum() == 400
        assert changes <= 2 * 34  # a block begins and ends; single examples change some 290 times
    assert drawn(units).mean(axis=0) == pytest.approx(1, abs=0.6)


def test_windows_that_hardly_overlap_are_drawn_in_blocks_of_the_cube_root():
    first = np.arange(1000)
    test = part(np.zeros(1000), times=np.stack([first, first], axis=1))
    assert intervals.units_of(test).name == "blocks of 10 windows"


def test_long_windows_leave_ten_blocks():
    first = np.arange(500)
    test = part(np.zeros(500), times=np.stack([first, first + 400], axis=1))
    assert intervals.units_of(test).name == "blocks of 50 windows"


def test_series_of_the_same_time_are_drawn_together():
    moment = np.tile(np.arange(300), 3)
    test = part(
        np.zeros(900),
        times=np.stack([moment, moment + 4], axis=1),
        groups={"series": np.repeat(["a", "b", "c"], 300)},
    )
    units = intervals.units_of(test)
    assert units.name == "blocks of 7 moments of all series"
    for counts in drawn(units):
        assert np.array_equal(counts[:300], counts[300:600])


def test_many_short_series_are_drawn_whole():
    moment = np.tile(np.arange(3), 40)
    series = np.repeat(np.arange(40), 3)
    test = part(np.zeros(120), times=np.stack([moment] * 2, axis=1), groups={"series": series})
    assert intervals.units_of(test).name == "series"


def test_blocks_show_that_errors_in_a_row_are_less_than_as_many_alone():
    errors = np.repeat(np.random.default_rng(0).normal(size=50), 20)
    first = np.arange(1000)
    times = np.stack([first, first + 19], axis=1)
    alone, blocks = (
        evaluate(NUMBERS, "y", None, test, Prediction(errors)).intervals["model"]["mae"]
        for test in (part(np.zeros(1000)), part(np.zeros(1000), times=times))
    )
    assert np.ptp(blocks) > 2.5 * np.ptp(alone)


class Slow(Binary):
    """A head whose `score` has more than the `weighted_scores` that it inherits."""

    def score(self, targets, prediction):
        return super().score(targets, prediction) | {"size": float(len(prediction))}


class Plain(Binary):
    """A head that knows nothing of weights."""

    def score(self, targets, prediction):
        return {"accuracy": float(np.mean(np.asarray(targets) == prediction.answers))}


class Older(Binary):
    """A head that scores one draw at a time, by the older method `weighted`."""

    def weighted(self, targets, prediction):
        right = np.asarray(targets) == prediction.answers
        return lambda weights: {"accuracy": float(weights @ right / weights.sum())}


@pytest.mark.parametrize("kind", [Slow, Plain])
def test_a_head_of_ones_own_gets_intervals_of_its_own_scores(kind):
    _, truth, prediction = classes(60, 1)
    head = kind().fit(truth)
    found = evaluate(head, "y", None, part(truth), prediction)
    assert found.draws == intervals.SLOW
    low, high = found.intervals["model"]["accuracy"]
    assert low < found.scores["accuracy"] < high


def test_a_head_that_scores_one_draw_at_a_time_has_the_intervals_of_all_draws_at_once():
    _, truth, prediction = classes(60, 1)
    older, head = (kind().fit(truth) for kind in (Older, Binary))
    one, two = (evaluate(each, "y", None, part(truth), prediction) for each in (older, head))
    assert one.draws == two.draws == 1000
    assert one.intervals["model"]["accuracy"] == two.intervals["model"]["accuracy"]


def test_draws_do_not_depend_on_how_many_are_made_together():
    units = intervals.Units("blocks", 30, np.arange(60) // 2, 4)
    one, many = (np.concatenate(list(units.draws(20, most))) for most in (1, 10_000))
    np.testing.assert_array_equal(one, many)


def test_of_very_many_examples_some_spread_evenly_make_the_intervals(monkeypatch):
    monkeypatch.setattr(intervals, "DRAWS", {50: 40, 100: 20})
    monkeypatch.setattr(intervals, "MOST", 100)
    head, truth, prediction = classes(5000, 1)
    found = evaluate(head, "y", None, part(truth), prediction, others={"same": prediction})
    assert found.draws == 20
    assert found.scores == head.score(truth, prediction)  # of all
    low, high = found.intervals["model"]["accuracy"]
    assert high - low > 0.1  # as 100 examples tell
    assert found.gains["same"].difference == 0


def test_evaluations_of_before_have_no_intervals():
    found = Evaluation({"accuracy": 0.9}, {"majority class": {"accuracy": 0.5}})
    assert found.beats_baselines(Binary())
    assert not found.clearly_beats_baselines()


def coverage(errors, truth: float, runs: int = 400, **more) -> float:
    """Return how often the interval of the mean error holds the true one."""
    held = 0
    for seed in range(runs):
        found = errors(np.random.default_rng(seed))
        group_by = "group" if "groups" in more else None
        units = intervals.units_of(part(np.zeros(len(found)), **more), group_by)
        drawn, _ = intervals.scored(
            NUMBERS, np.zeros(len(found)), {"model": Prediction(found)}, units
        )
        low, high = intervals.limits(drawn["model"]["mae"], units) or (0, 0)
        held += low <= truth <= high
    return held / runs


@pytest.mark.slow
def test_intervals_of_examples_hold_the_truth_as_often_as_they_say():
    found = coverage(lambda rng: rng.exponential(size=100), 1)
    assert 0.92 <= found <= 0.98


@pytest.mark.slow
def test_intervals_of_blocks_hold_the_truth_where_errors_last():
    def errors(rng: np.random.Generator) -> np.ndarray:
        noise = rng.normal(size=1100)
        for i in range(1, len(noise)):
            noise[i] += 0.5 * noise[i - 1]
        return np.abs(10 + noise[100:])

    first = np.arange(1000)
    found = coverage(errors, 10, times=np.stack([first, first + 11], axis=1))
    assert 0.92 <= found <= 0.98
    assert coverage(errors, 10, runs=200) < 0.85  # of examples alone


@pytest.mark.slow
def test_intervals_of_groups_hold_the_truth_where_writers_differ():
    groups = np.repeat(np.arange(15), 20)

    def errors(rng: np.random.Generator) -> np.ndarray:
        return np.abs(10 + rng.normal(size=15)[groups] + rng.normal(size=300))

    found = coverage(errors, 10, groups={"group": groups})
    assert 0.92 <= found <= 0.98
    assert coverage(errors, 10, runs=200) < 0.7  # of examples alone

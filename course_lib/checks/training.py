"""The tasks of 08_training."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np

from course_lib.answers import training as answers
from course_lib.arrays import Array
from course_lib.checks.calls import (
    UnexpectedResult,
    call,
    changed,
    get,
    item,
    pair,
    side_of,
    values_of,
)
from course_lib.checks.cases import Case
from course_lib.checks.compare import NotNumbers, as_numbers
from course_lib.checks.side import Shared, Step
from course_lib.checks.tasks import CallTask, NumberTask
from course_lib.datasets import load_mnist
from course_lib.networks import TwoLayerNet
from course_lib.text import _

SLUG = "08_training"

# Settings of the last task, small enough for a slow machine, and the accuracy that it requires.
STEPS, BATCH_SIZE, LEARNING_RATE = 1000, 100, 0.2
ACCURACY = 0.92
# An untrained network may have a little more than 0.1.
_GUESSED = 0.3


_SHAPES = {"W1": (784, 50), "b1": (50,), "W2": (50, 10), "b2": (10,)}

# Enough draws for each row to appear several times.
_DRAWS = 400


def _batch_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case({"N": N, "batch_size": size, "seed": int(rng.integers(1000))})
        for N, size in ((50, 7), (200, 30), (9, 5))
    ]


def _probe_batch(answer: Any, N: int, batch_size: int, seed: int) -> Iterable[tuple[str, Any]]:
    # Row n of x holds n and 100 n, and its target is n, so that every row can be identified.
    t = np.arange(N)
    x = np.stack([t, 100.0 * t], axis=1)
    given, seeds = [Shared(x), Shared(t)], range(seed, seed + _DRAWS)
    batches: list[tuple[Array, Array]] = []

    def drawn() -> list[tuple[Array, Array]]:
        if not batches:
            one = [call(answer, "", *given, batch_size, seed)]
            rest = [Step("call", (answer, "", *given, batch_size, s)) for s in seeds[1:]]
            for batch in one + values_of(side_of(answer), rest):
                x_batch, t_batch = pair(batch, _("expected two values: rows and targets"))
                batches.append((_floats(x_batch), _floats(t_batch)))
        return batches

    def aligned() -> float:
        x_batch, t_batch = drawn()[0]
        if np.array_equal(x_batch, np.stack([t_batch, 100 * t_batch], axis=1)):
            return 1.0
        # -1 marks the targets of these rows in another order: they come from one draw.
        same = x_batch.shape == (t_batch.size, 2) and set(x_batch[:, 0]) == set(t_batch.ravel())
        return -1.0 if same else 0.0

    def fair() -> float:
        # -2 marks one batch for all seeds.
        if all(np.array_equal(rows, drawn()[0][1]) for _, rows in drawn()):
            return -2.0
        blocks = all(
            np.array_equal(rows, np.arange(rows[0], rows[0] + len(rows)))
            for _, rows in drawn()
            if rows.ndim == 1 and rows.size > 1
        )
        # -1 marks rows that stand next to each other: most batches are then never drawn.
        if blocks:
            return -1.0
        return float({float(n) for _, rows in drawn() for n in np.ravel(rows)} == set(t.tolist()))

    def varies() -> float:
        return float(any(not np.array_equal(drawn()[0][1], rows) for _, rows in drawn()[1:9]))

    def repeats() -> float:
        again = pair(call(answer, "", *given, batch_size, seed), _("expected two values"))
        if np.array_equal(drawn()[0][1], _floats(again[1])):
            return 1.0
        if changed(answer, given):
            raise UnexpectedResult(
                _("x and t are changed in place, so the same seed draws another batch")
            )
        return 0.0

    def sized() -> float:
        x_batch, t_batch = drawn()[0]
        return float((x_batch.shape, t_batch.shape) == ((batch_size, 2), (batch_size,)))

    yield "batch_size rows and targets", sized
    yield "rows and targets belong together", aligned
    yield "every row can come", fair
    yield "another batch each time", varies
    yield "the same batch again", repeats


def _update_cases(rng: np.random.Generator) -> list[Case]:
    shapes = {"W1": (2, 3), "b1": (3,), "W2": (3, 4)}
    return [
        Case(
            {
                "params": {name: rng.normal(size=shape) for name, shape in shapes.items()},
                "grads": {name: rng.normal(size=shape) for name, shape in shapes.items()},
                "learning_rate": float(rng.uniform(0.1, 0.5)),
            }
        )
        for _case in range(2)
    ]


def _probe_update(
    answer: Any, params: Shared, grads: Shared, learning_rate: float
) -> Iterable[tuple[str, Any]]:
    made: list[Any] = []
    names = list(grads.value)

    def build() -> float:
        made.append(call(answer, "", params))
        call(made[0], "step", grads, learning_rate)
        return 1.0

    yield "build", build
    yield "params", lambda: _joined(get(made[0], "params"), names)
    yield "held", lambda: _joined(get(made[0], "held"), names)
    yield "grads unchanged", lambda: float(not changed(answer, [grads]))


def _joined(arrays: Any, names: Iterable[str]) -> Array:
    return np.concatenate([_floats(item(arrays, name)).ravel() for name in names])


def _floats(value: Any) -> Array:
    """Return a result as numbers, or raise `UnexpectedResult`."""
    try:
        return as_numbers(value)
    except NotNumbers as what:
        raise UnexpectedResult(_("expected numbers, got {what}").format(what=what)) from what


def _accuracy_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case({"scores": rng.normal(size=(N, K)), "t": rng.integers(K, size=N)})
        for N, K in ((40, 3), (7, 10), (1, 5))
    ]


@cache
def _mnist() -> tuple[Any, Any]:
    images = load_mnist()
    for array in (*images[0], *images[1]):
        # Read-only, because the learner's code gets no copy of this large array.
        array.setflags(write=False)
    return images


def _train_cases(rng: np.random.Generator) -> list[Case]:
    return [Case({"seed": int(rng.integers(1000))})]


class _TrainTask(CallTask):
    """A training loop to write."""

    def sample(self, cases: list[Case]) -> Case:
        return Case({**cases[0].inputs, "steps": 2})


def _probe_train(answer: Any, seed: int, steps: int = STEPS) -> Iterable[tuple[str, Any]]:
    (x_train, t_train), (x_test, t_test) = _mnist()
    ran: list[Any] = []

    def build() -> float:
        both = call(answer, "", x_train, t_train, steps, BATCH_SIZE, LEARNING_RATE, seed)
        ran.extend(pair(both, _("expected two values: the losses and the parameters")))
        return 1.0

    def reached() -> float:
        W1, b1, W2, b2 = trained = [_floats(item(ran[1], name)) for name in _SHAPES]
        if [param.shape for param in trained] != [*_SHAPES.values()]:
            return 0.0
        scores = np.maximum(x_test @ W1 + b1, 0) @ W2 + b2
        share = answers.accuracy(scores, t_test)
        # -1 marks parameters that know nothing, to recognise this misconception.
        return 1.0 if share >= ACCURACY else -1.0 if share < _GUESSED else 0.0

    def as_asked() -> float:
        # With x = 0, only b2 has a gradient. After one step, b2 = count / size - 1 / 10 shows how
        # often each class was in the batch.
        # Another seed than before shows that the seed is used.
        size, other = 7, seed + 1
        W1 = np.random.default_rng(other).standard_normal((784, 50))
        x, t = np.zeros((40, 784), np.float32), np.arange(40) % 10
        _losses, params = call(answer, "", x, t, 1, size, 1.0, other)
        counts = size * (_floats(item(params, "b2")) + 0.1)
        drawn = counts.round()
        return float(
            np.allclose(_floats(item(params, "W1")), 0.01 * W1, atol=1e-6)
            and np.allclose(counts, drawn, atol=1e-3)
            and (drawn.sum(), drawn.size) == (size, 10)
            and drawn.max() < size
        )

    def falls() -> float:
        if _falls(ran[0]):
            return 1.0
        initial = 0.01 * np.random.default_rng(seed).standard_normal((784, 50))
        # -1 marks parameters that have not moved, to recognise this misconception.
        return -1.0 if np.allclose(_floats(item(ran[1], "W1")), initial, atol=1e-7) else 0.0

    yield "build", build
    yield "one loss a step", lambda: float(_floats(ran[0]).shape == (STEPS,))
    yield "the loss falls", falls
    yield "each loss is that of its step", lambda: float(_replayed(answer, x_train, seed))
    yield "accuracy reached", reached
    yield "network and batches as asked", as_asked


def _replayed(answer: Any, x_train: Array, seed: int) -> bool:
    """Return whether the losses of a few steps are those of the same steps, calculated again.

    All rows are equal, so every batch is the same. A learning rate of 0 returns the initial
    parameters.
    """
    size, steps = 7, 4
    x, t = np.repeat(x_train[:1], 3 * size, axis=0), np.full(3 * size, seed % 10)
    wanted = _("expected two values: the losses and the parameters")
    _losses, params = pair(call(answer, "", x, t, 1, size, 0.0, seed), wanted)
    losses, _params = pair(call(answer, "", x, t, steps, size, LEARNING_RATE, seed), wanted)
    net = TwoLayerNet(784, 50, 10, dtype=np.float32)
    for name, param in net.params.items():
        initial = _floats(item(params, name))
        if initial.shape != param.shape:
            return False
        param[...] = initial
    want = []
    for _step in range(steps):
        loss, grads = net.loss_and_gradient(x[:size], t[:size])
        want.append(loss)
        for name, param in net.params.items():
            param -= LEARNING_RATE * grads[name]
    given = _floats(losses)
    return given.shape == (steps,) and np.allclose(given, want, rtol=1e-3)


def _falls(losses: Any) -> bool:
    losses = _floats(losses)
    # An untrained network of ten classes has a loss near log(10) = 2.3.
    return bool(1.5 < losses[:20].mean() < 3 and losses[-100:].mean() < 0.6)


draw_batch = CallTask(
    slug=SLUG,
    name="draw_batch",
    reference=answers.draw_batch,
    cases=_batch_cases,
    probe=_probe_batch,
    values=(
        "batch_size rows and targets",
        "rows and targets belong together",
        "every row can come",
        "another batch each time",
        "the same batch again",
    ),
    facts=True,
    points={
        "batch_size rows and targets": 1,
        "rows and targets belong together": 1,
        "every row can come, another batch each time, the same batch again": 1,
    },
    read="08_training#training-loop",
    notice=_("Draw the indices once and use them for both x and t."),
)

update = CallTask(
    slug=SLUG,
    name="update",
    reference=answers.Updater,
    cases=_update_cases,
    probe=_probe_update,
    values=("params", "held", "grads unchanged"),
    methods=dict.fromkeys(("params", "held", "grads unchanged"), "step"),
    points={"params": 1, "held": 2, "grads unchanged": 1},
    read="08_training#update-in-place",
    notice=_("The layers use the new values because you changed their arrays in place."),
)

accuracy = CallTask(
    slug=SLUG,
    name="accuracy",
    reference=answers.accuracy,
    cases=_accuracy_cases,
    points={"value": 2},
    read="08_training#learning-curves",
    notice=_("You need no softmax here: it does not change which logit is the largest."),
)

train = _TrainTask(
    slug=SLUG,
    name="train",
    reference=answers.train,
    cases=_train_cases,
    probe=_probe_train,
    values=(
        "one loss a step",
        "the loss falls",
        "each loss is that of its step",
        "accuracy reached",
        "network and batches as asked",
    ),
    facts=True,
    points={
        "one loss a step": 1,
        "the loss falls, each loss is that of its step": 1,
        "accuracy reached": 2,
        "network and batches as asked": 1,
    },
    read="08_training#training-loop",
    notice=_("The network learned to read digits in 1000 steps, less than two epochs."),
)

find_the_fault = NumberTask(
    slug=SLUG,
    name="find_the_fault",
    answers={"update_a": 2, "update_b": 1, "update_c": 3, "update_d": 4},
    read="08_training#update-in-place",
    notice=_("Two of these networks do not learn, and one diverges. None raises an error."),
)

predict = NumberTask(
    slug=SLUG,
    name="predict",
    answers={"steps_per_epoch": 600, "epochs": 16, "first_accuracy": 0.1, "extra_passes": 10000},
    read="08_training#learning-curves",
    notice=_("An untrained network guesses. With ten classes, one guess in ten is right."),
)

"""Training and gradient checks limit matrix products to one thread, and lift the limit."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from course_lib import threads
from course_lib.gradients import check_gradients
from course_lib.networks import MultiLayerNet
from course_lib.threads import one_blas_thread
from course_lib.training import train

X = np.random.default_rng(1).standard_normal((3, 6))
T = np.array([2, 0, 1])


def blas_threads() -> list[int]:
    """Return the number of threads of each BLAS library in this process."""
    threadpoolctl = pytest.importorskip("threadpoolctl")
    return [p["num_threads"] for p in threadpoolctl.threadpool_info() if p["user_api"] == "blas"]


@pytest.fixture
def two_threads() -> Iterator[list[int]]:
    """Let NumPy use two threads on any machine; yield the numbers of threads."""
    threadpoolctl = pytest.importorskip("threadpoolctl")
    with threadpoolctl.threadpool_limits(limits=2, user_api="blas"):
        before = blas_threads()
        if 2 not in before:
            pytest.skip("threadpoolctl does not know the BLAS of this NumPy")
        yield before


class Watched(MultiLayerNet):
    """A network that records the number of threads at each loss."""

    def __init__(self) -> None:
        super().__init__(6, [5], 3, weight_init_std=0.5, rng=0)
        self.seen: list[list[int]] = []

    def loss(self, x: Any, t: Any) -> Any:
        self.seen.append(blas_threads())
        return super().loss(x, t)


def test_gradient_check_and_training_use_one_thread(two_threads: list[int]) -> None:
    net = Watched()
    assert check_gradients(net, X, T)
    checked = len(net.seen)
    assert checked
    train(net, X, T, steps=2, batch_size=2, rng=0, progress=False)
    assert len(net.seen) > checked
    assert all(seen == [1] * len(two_threads) for seen in net.seen)
    assert blas_threads() == two_threads


def test_an_error_restores_the_threads(two_threads: list[int]) -> None:
    class Breaks(Watched):
        def loss(self, x: Any, t: Any) -> Any:
            raise KeyError("broken")

    with pytest.raises(KeyError):
        check_gradients(Breaks(), X, T)
    assert blas_threads() == two_threads


def test_the_last_of_two_users_restores_the_threads(two_threads: list[int]) -> None:
    # As in two Python threads that end in any order.
    first, second = one_blas_thread(), one_blas_thread()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert blas_threads() == [1] * len(two_threads)
    second.__exit__(None, None, None)
    assert blas_threads() == two_threads


def test_without_threadpoolctl_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    threads._blas_controller.cache_clear()
    try:
        net = MultiLayerNet(6, [5], 3, weight_init_std=0.5, rng=0)
        assert check_gradients(net, X, T)
        assert len(train(net, X, T, steps=2, batch_size=2, rng=0, progress=False)) == 2
        assert threads._blas_controller() is None
    finally:
        threads._blas_controller.cache_clear()

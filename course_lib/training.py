"""Training by stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.arrays import Array, as_floats
from course_lib.history import Accuracy, History
from course_lib.progress import progress_bar
from course_lib.threads import one_blas_thread

__all__ = ["Accuracy", "DivergenceError", "History", "train"]

# If an error occurs while a parameter exceeds this size, it is reported as divergence.
_HUGE = 1e6

# Steps between two updates of the loss in the progress bar.
_SHOW_EVERY = 50


class DivergenceError(ArithmeticError):
    """The loss or a parameter is not finite; `history` holds the steps before."""

    history: History


@one_blas_thread()
def train(
    net: Any,
    x_train: Any,
    t_train: Any,
    x_test: Any = None,
    t_test: Any = None,
    steps: int = 10_000,
    batch_size: int = 100,
    learning_rate: float = 0.1,
    rng: np.random.Generator | int | None = None,
    progress: bool | None = None,
    record_accuracy: bool = True,
) -> History:
    """Train `net` by stochastic gradient descent.

    Each step draws a mini-batch, computes the gradient of its loss by backpropagation, and updates
    every parameter: ``p -= learning_rate * dL/dp``, in place.

    Each mini-batch is converted to the dtype of the network's parameters. A float32 network trains
    in about half the time of a float64 one.

    Parameters
    ----------
    net : object
        With ``params`` (dict of float arrays that its layers hold), ``loss(x, t)``,
        ``gradient(x, t)`` and ``accuracy(x, t)``. If it has ``loss_and_gradient(x, t)``, each
        step runs one forward pass instead of two.
    x_train, t_train : array_like, shapes (N, ...) and (N,) or (N, K)
    x_test, t_test : array_like, optional
        Data to measure the accuracy; the network does not learn from it.
    steps : int
    batch_size : int
        Samples are drawn with replacement.
    learning_rate : float
    rng : numpy.random.Generator or int, optional
        Draws the mini-batches.
    progress : bool, optional
        Whether to show a progress bar; by default in a terminal and in a live notebook.
    record_accuracy : bool
        Whether to measure accuracies, before the first step, once an epoch and at the end.
        False for regression, where there are no classes.

    Returns
    -------
    History
        Also returned after Ctrl-C (the notebook's stop button), with ``interrupted`` set. The
        network keeps its current parameters.

    Raises
    ------
    DivergenceError
        If the loss or a parameter is no longer finite; its ``history`` holds the steps so far.
    TypeError, ValueError
        If an argument, or the gradients of `net`, have a wrong type or shape.
    """
    _check_net(net, record_accuracy)
    x_train, t_train = _check_data(x_train, t_train, "train")
    if (x_test is None) != (t_test is None):
        raise ValueError("train: expected x_test and t_test both or neither, got one of them.")
    if x_test is not None:
        x_test, t_test = _check_data(x_test, t_test, "test")
    _check_count(steps, "steps")
    _check_count(batch_size, "batch_size")
    N = len(x_train)
    if batch_size > N:
        raise ValueError(
            f"train: batch_size: expected at most the {N} training samples, got {batch_size}."
        )
    if isinstance(learning_rate, bool) or not isinstance(learning_rate, (int, float, np.number)):
        raise TypeError(f"train: learning_rate: expected a number, got {learning_rate!r}.")
    if not 0 < learning_rate < np.inf:
        raise ValueError(
            f"train: learning_rate: expected a positive number, got {learning_rate!r}."
        )
    learning_rate = float(learning_rate)
    rng = np.random.default_rng(rng)
    dtype = np.result_type(*net.params.values())
    step_of = _loss_and_gradient(net)
    history = History(steps, batch_size, learning_rate, steps_per_epoch=max(N // batch_size, 1))

    def measure() -> Accuracy:
        step = len(history)
        test = None if x_test is None else float(net.accuracy(x_test, t_test))
        train = float(net.accuracy(x_train, t_train))
        return Accuracy(step, step / history.steps_per_epoch, train, test)

    bar = progress_bar(steps, "training", progress)
    try:
        # Numbers that overflow are reported once, by DivergenceError.
        with np.errstate(over="ignore", invalid="ignore"):
            for step in range(steps):
                if record_accuracy and step % history.steps_per_epoch == 0:
                    history.accuracies.append(measure())
                batch = rng.integers(N, size=batch_size)
                loss, grads = step_of(x_train[batch].astype(dtype, copy=False), t_train[batch])
                if step == 0:
                    _check_gradients(net.params, grads)
                loss = float(loss)
                if not np.isfinite(loss):
                    raise FloatingPointError(f"the loss is {loss}")
                for name, param in net.params.items():
                    param -= learning_rate * grads[name]
                history.losses.append(loss)
                bar.update()
                if step % _SHOW_EVERY == 0:
                    bar.set_postfix_str(f"loss {loss:.4f}", refresh=False)
            if record_accuracy:
                history.final = measure()
    except KeyboardInterrupt:
        history.interrupted = True
        print(f"Interrupted after {len(history):,} of {steps:,} steps; the network keeps them.")
    except (ValueError, FloatingPointError) as error:
        largest = _largest(net.params)
        if isinstance(error, ValueError) and largest < _HUGE:
            raise
        raise _divergence(history, error, largest) from error
    finally:
        bar.close()
    return history


def _loss_and_gradient(net: Any) -> Callable[[Array, Array], tuple[Any, Any]]:
    if hasattr(net, "loss_and_gradient"):
        return net.loss_and_gradient
    return lambda x, t: (net.loss(x, t), net.gradient(x, t))


def _divergence(history: History, error: Exception, largest: float) -> DivergenceError:
    parameter_grew = f"a parameter has grown to {largest:.3g}"
    why = str(error) if isinstance(error, FloatingPointError) else parameter_grew
    divergence = DivergenceError(
        f"train: step {len(history) + 1:,}: {why}, at learning_rate={history.learning_rate:g}. "
        "Start again from new parameters with a smaller learning rate, such as a tenth."
    )
    divergence.history = history
    return divergence


def _largest(params: dict[str, Array]) -> float:
    """Return the largest magnitude of all parameters, infinite if one is not finite."""
    largest = max(float(np.abs(param).max(initial=0)) for param in params.values())
    return largest if np.isfinite(largest) else np.inf


def _check_net(net: Any, record_accuracy: bool) -> None:
    needed = ["params", "loss", "gradient", *(["accuracy"] if record_accuracy else [])]
    for name in needed:
        if not hasattr(net, name):
            raise TypeError(
                f"train: net: expected an object with {', '.join(needed)}, "
                f"got {type(net).__name__} without {name}."
            )
    for name, param in net.params.items():
        if not isinstance(param, np.ndarray) or param.dtype.kind != "f":
            got = getattr(param, "dtype", type(param).__name__)
            raise TypeError(f"train: params[{name!r}]: expected an array of floats, got {got}.")
    if _largest(net.params) == np.inf:
        raise ValueError("train: net: expected finite parameters, got nan or inf in them.")


def _check_data(x: Any, t: Any, which: str) -> tuple[Array, Array]:
    name = f"train: x_{which}"
    # Integer images stay small until they are needed, a mini-batch at a time.
    if not isinstance(x, np.ndarray) or x.dtype.kind not in "iub":
        x = as_floats(x, name)
        if not np.isfinite(np.vdot(x, x)) and np.isinf(x).any():
            raise ValueError(f"{name}: expected finite numbers, got inf.")
    t = np.asarray(t)
    if x.ndim == 0 or len(x) == 0:
        raise ValueError(f"{name}: expected at least one sample, got shape {x.shape}.")
    if t.ndim == 0 or len(t) != len(x):
        raise ValueError(
            f"train: t_{which}: expected one target for each of the {len(x)} samples, "
            f"got shape {t.shape}."
        )
    return x, t


def _check_count(value: Any, name: str) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"train: {name}: expected an integer, got {value!r}.")
    if value < 1:
        raise ValueError(f"train: {name}: expected at least 1, got {value}.")


def _check_gradients(params: dict[str, Array], grads: Any) -> None:
    for name, param in params.items():
        if name not in grads:
            raise ValueError(
                f"train: net.gradient: expected gradients for {', '.join(params)}, "
                f"got {', '.join(grads) or 'none'}."
            )
        if np.shape(grads[name]) != param.shape:
            raise ValueError(
                f"train: net.gradient: {name}: expected shape {param.shape}, "
                f"got {np.shape(grads[name])}."
            )

"""Networks stacked from layers: `TwoLayerNet`, and `MultiLayerNet` for any depth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from course_lib.arrays import Array, as_floats
from course_lib.gradients import numerical_gradient
from course_lib.layers.affine import Affine
from course_lib.layers.base import Layer
from course_lib.layers.identity_with_loss import IdentityWithLoss
from course_lib.layers.relu import Relu
from course_lib.layers.sigmoid import Sigmoid
from course_lib.layers.softmax_with_loss import SoftmaxWithLoss
from course_lib.layers.tanh import Tanh

# Rows per batch of `accuracy`: few enough for the processor's cache, and memory does not grow with
# the data.
_ACCURACY_ROWS = 1000

# Layers that compute each row of a batch independently, as stacked perturbations require.
_ROW_BY_ROW = (Affine, Relu, Sigmoid, Tanh, SoftmaxWithLoss, IdentityWithLoss)

# Values per stacked pass (1.6 MB): few enough for the processor's cache, whatever the size of the
# network.
_CHUNK_VALUES = 200_000


class Parameters(dict[str, Array]):
    """Parameters by name; assigning to a name writes into the array that the layers hold.

    With a plain dictionary, ``params["W1"] -= lr * dW1`` trains, because ``-=`` writes in place.
    But ``params["W1"] = params["W1"] - lr * dW1`` would put a new array into the dictionary, the
    layer would keep the old one, and the network would not learn. Here both do the same.

    Raises
    ------
    KeyError
        On assigning to a name that is no parameter, or deleting one.
    ValueError
        On assigning a value of another shape.
    """

    def __setitem__(self, name: str, value: Any) -> None:
        if name not in self:
            raise KeyError(f"{name!r} is no parameter; the parameters are {', '.join(self)}.")
        if np.shape(value) != self[name].shape:
            raise ValueError(
                f"params[{name!r}]: expected shape {self[name].shape}, got {np.shape(value)}."
            )
        # After `params[name] -= step` the value is the array itself, and already written.
        if value is not self[name]:
            self[name][...] = value

    def update(self, *args: Any, **kwargs: Any) -> None:
        for name, value in dict(*args, **kwargs).items():
            self[name] = value

    def __ior__(self, other: Any) -> Parameters:  # type: ignore[override, misc]
        self.update(other)
        return self

    def __delitem__(self, name: str) -> None:
        raise KeyError(f"parameter {name!r} cannot be deleted: a layer holds it.")


class MultiLayerNet:
    """Affine layers with an activation between them and a loss at the end.

    Parameters
    ----------
    input_size : int
        D, the number of values in a sample.
    hidden_sizes : sequence of int
        The width of each hidden layer; empty for a single affine layer.
    output_size : int
        K, the number of classes or outputs.
    weight_init_std : float or "he" or "xavier"
        Standard deviation of the normal distribution that weights are drawn from. "he" takes
        sqrt(2/n) and "xavier" sqrt(1/n), where n is the number of inputs of the layer.
    activation : type of Layer
        Called without arguments, once for each hidden layer.
    last_layer : Layer, optional
        The loss; `SoftmaxWithLoss` by default.
    dtype : dtype
        float64 by default. Gradient checks need float64.
    rng : numpy.random.Generator or int, optional
        Draws the weights.

    Attributes
    ----------
    params : Parameters
        W1, b1, W2, b2, ... The layers hold these same arrays.
    layers : dict of str to Layer
        Affine1, Relu1, Affine2, ... in the order of the forward pass.
    last_layer : Layer
    """

    def __init__(
        self,
        input_size: int,
        hidden_sizes: Sequence[int],
        output_size: int,
        weight_init_std: float | str = "he",
        activation: type[Layer] = Relu,
        last_layer: Layer | None = None,
        dtype: Any = np.float64,
        rng: np.random.Generator | int | None = None,
    ) -> None:
        rng = np.random.default_rng(rng)
        sizes = [input_size, *hidden_sizes, output_size]
        for size in sizes:
            if not isinstance(size, (int, np.integer)) or isinstance(size, bool) or size < 1:
                raise ValueError(
                    f"{type(self).__name__}: expected sizes of at least 1, got {size!r} in {sizes}."
                )
        params: dict[str, Array] = {}
        self.layers: dict[str, Layer] = {}
        for i, (n_in, n_out) in enumerate(pairwise(sizes), start=1):
            if i > 1:
                self.layers[f"{activation.__name__}{i - 1}"] = activation()
            std = _weight_std(weight_init_std, n_in)
            params[f"W{i}"] = (std * rng.standard_normal((n_in, n_out))).astype(dtype)
            params[f"b{i}"] = np.zeros(n_out, dtype)
            self.layers[f"Affine{i}"] = Affine(params[f"W{i}"], params[f"b{i}"])
        self.params = Parameters(params)
        self.last_layer = SoftmaxWithLoss() if last_layer is None else last_layer

    def __repr__(self) -> str:
        chain = ", ".join(map(repr, [*self.layers.values(), self.last_layer]))
        return f"{type(self).__name__}({chain})"

    def predict(self, x: Any) -> Array:
        """Return the logits (N, K) of a batch `x`."""
        for layer in self.layers.values():
            x = layer.forward(x)
        return x

    def loss(self, x: Any, t: Any) -> Any:
        """Return the loss of a batch `x` with targets `t`."""
        return self.last_layer.forward(self.predict(x), t)

    def accuracy(self, x: Any, t: Any) -> float:
        """Return the fraction of rows whose largest logit is at the target's class.

        `t` holds labels (N,) or one-hot rows (N, K).
        """
        x, t = np.asarray(x), np.asarray(t)
        if len(x) != len(t) or len(x) == 0:
            raise ValueError(
                f"accuracy: expected as many targets as samples, and at least one, "
                f"got {len(x)} samples and {len(t)} targets."
            )
        labels = t if t.ndim == 1 else t.argmax(axis=1)
        starts = range(0, len(x), _ACCURACY_ROWS)
        right = sum(
            int(
                (
                    self.predict(x[i : i + _ACCURACY_ROWS]).argmax(axis=1)
                    == labels[i : i + _ACCURACY_ROWS]
                ).sum()
            )
            for i in starts
        )
        return right / len(x)

    def gradient(self, x: Any, t: Any) -> dict[str, Array]:
        """Return dL/dp for every parameter p, by backpropagation."""
        return self.loss_and_gradient(x, t)[1]

    def loss_and_gradient(self, x: Any, t: Any) -> tuple[Any, dict[str, Array]]:
        """Return the loss and all gradients of one forward and one backward pass."""
        loss = self.loss(x, t)
        dout = self.last_layer.backward(1)
        first, *others = self.layers.values()
        for layer in reversed(others):
            dout = layer.backward(dout)
        _set_parameter_gradients(first, dout)
        grads = {}
        for name in self.params:
            layer = self.layers[f"Affine{name[1:]}"]
            grads[name] = getattr(layer, f"d{name[0]}")
        return loss, grads

    def numerical_gradient(self, x: Any, t: Any) -> dict[str, Array]:
        """Return dL/dp for every parameter p by central differences, which is slow."""
        return {
            name: numerical_gradient(lambda _: self.loss(x, t), param)
            for name, param in self.params.items()
        }

    def stacked_numerical_gradient(self, x: Any, t: Any, h: float) -> dict[str, Array] | None:
        """Return the result of `numerical_gradient`, up to rounding, in a fraction of its time.

        Many perturbations share one forward pass, as :func:`_affine_gradients` explains. Returns
        None where stacking may be wrong: for an overridden `loss` or `predict`, for a layer that
        is not in `_ROW_BY_ROW` or does not hold the arrays in `params`, and for a single sample
        without a batch axis.
        """
        x = np.asarray(x, dtype=np.float64)
        layers = list(self.layers.values())
        if x.ndim < 2 or not self._is_row_by_row():
            return None
        last_layer: Any = self.last_layer
        self.loss(x, t)
        t_rows = last_layer.t
        rows = x.reshape(len(x), -1)
        grads: dict[str, Array] = {}
        for i, layer in enumerate(layers):
            if isinstance(layer, Affine):
                after = layers[i + 1 :]

                def row_losses(out: Array, after: list[Layer] = after) -> Array:
                    t = np.tile(t_rows, (len(out) // len(t_rows), 1))
                    return last_layer.row_losses(_run(after, out), t)

                number = i // 2 + 1
                dW, db = _affine_gradients(layer, rows, row_losses, h)
                grads |= {f"W{number}": dW, f"b{number}": db}
            rows = layer.forward(rows)
        return grads

    def _is_row_by_row(self) -> bool:
        own = (MultiLayerNet.loss, MultiLayerNet.predict)
        if (type(self).loss, type(self).predict) != own or {"loss", "predict"} & vars(self).keys():
            return False
        layers = [*self.layers.values(), self.last_layer]
        if not all(type(layer) in _ROW_BY_ROW and "forward" not in vars(layer) for layer in layers):
            return False
        affine = [layer for layer in layers if isinstance(layer, Affine)]
        held = [array for layer in affine for array in (layer.W, layer.b)]
        return len(held) == len(self.params) and all(
            a is b for a, b in zip(held, self.params.values(), strict=True)
        )


class TwoLayerNet(MultiLayerNet):
    """Affine, ReLU, affine, softmax with loss: the network of the course.

    Parameters
    ----------
    input_size, hidden_size, output_size : int
    weight_init_std : float
    dtype, rng
        As for :class:`MultiLayerNet`.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        output_size: int,
        weight_init_std: float | str = 0.01,
        dtype: Any = np.float64,
        rng: np.random.Generator | int | None = None,
    ) -> None:
        super().__init__(
            input_size, [hidden_size], output_size, weight_init_std, dtype=dtype, rng=rng
        )


def _set_parameter_gradients(layer: Layer, dout: Array) -> None:
    """Run `layer.backward`, without `dx` where the layer is an affine layer of this library.

    The `dx` of the first layer is the gradient of the data. It is not needed, and takes as long as
    `dW`.
    """
    if type(layer) is Affine and "backward" not in vars(layer):
        dout = as_floats(dout, "Affine.backward: dout").reshape(len(layer.x), -1)
        layer.dW = layer.x.T @ dout
        layer.db = dout.sum(axis=0)
    else:
        layer.backward(dout)


def _weight_std(weight_init_std: float | str, n_in: int) -> float:
    rules = {"he": np.sqrt(2 / n_in), "xavier": np.sqrt(1 / n_in)}
    if isinstance(weight_init_std, str):
        if weight_init_std not in rules:
            raise ValueError(
                f"weight_init_std: expected a number, 'he' or 'xavier', got {weight_init_std!r}."
            )
        return float(rules[weight_init_std])
    if not weight_init_std >= 0:
        raise ValueError(f"weight_init_std: expected a number >= 0, got {weight_init_std!r}.")
    return float(weight_init_std)


# --- numerical gradients by stacked passes --------------------------------------------------------


def _affine_gradients(
    layer: Affine, x: Array, row_losses: Callable[[Array], Array], h: float
) -> tuple[Array, Array]:
    """Return central differences of the mean of `row_losses` for every element of `W` and `b`.

    A perturbation of ``W[d, k]`` by h changes only column k of ``x @ W + b``, by ``h * x[:, d]``.
    So P perturbations need P copies of the output, but no new matrix product. The copies pass
    through the rest of the network as one batch of P * N rows, because every later layer computes
    each row independently.

    Parameters
    ----------
    layer : Affine
    x : ndarray, shape (N, D)
        Its input.
    row_losses : callable
        Takes outputs of `layer`, (P * N, K), and returns the loss of each row, (P * N,).
    h : float

    Returns
    -------
    dW, db : ndarray
    """
    out = layer.forward(x)
    D, K = layer.W.shape
    # The bias is a weight whose input is 1.
    inputs = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    grad = np.zeros((D + 1, K))
    # If the input of every sample is 0, the loss does not change.
    moving = [(d, k) for d in np.flatnonzero(inputs.any(axis=0)) for k in range(K)]
    chunk = max(1, _CHUNK_VALUES // out.size)
    for start in range(0, len(moving), chunk):
        d, k = np.array(moving[start : start + chunk]).T
        change = (
            _moved_losses(out, inputs[:, d].T * h, k, row_losses)
            - _moved_losses(out, inputs[:, d].T * -h, k, row_losses)
        )  # fmt: skip
        grad[d, k] = change.mean(axis=1) / (2 * h)
    return grad[:-1], grad[-1]


def _moved_losses(
    out: Array, moves: Array, columns: Array, row_losses: Callable[[Array], Array]
) -> Array:
    """Return the row losses (P, N), with ``moves[p]`` added to column ``columns[p]`` of copy p."""
    P = len(columns)
    N, K = out.shape
    copies = np.repeat(out[None], P, axis=0)
    copies[np.arange(P), :, columns] += moves
    return row_losses(copies.reshape(P * N, K)).reshape(P, N)


def _run(layers: Sequence[Layer], x: Array) -> Array:
    """Return the output of `layers` called in order."""
    for layer in layers:
        x = layer.forward(x)
    return x

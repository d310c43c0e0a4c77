"""Train on MNIST: the library beside a plain version of the same procedure, and PyTorch.

The plain version is float64, takes a forward pass only to log the loss, and hands float32
images to float64 parameters. "The same steps by hand" are those of the library without layers
and checks. "Matrix products alone" is the floor: what `np.matmul` takes for the products of the
same steps and of the same measurements, with nothing around them.

`course_lib, float32` runs once more with one thread for products and with one per processor.

PyTorch (eager, on the processor) takes part if it is in an environment of its own:

    python -m venv _build/torch && _build/torch/bin/python -m pip install torch==2.13.0 numpy
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import timeit
from typing import Any

import numpy as np
from by_hand import ROWS, ByHand
from plain import PlainNet
from timing import Found, by_threads, compare, parser_of, save
from training_torch import ROOT, measurements

from course_lib.datasets import load_mnist
from course_lib.networks import TwoLayerNet
from course_lib.training import train

TORCH = ROOT / "_build" / "torch" / "bin" / "python"
TORCH_SCRIPT = ROOT / "benchmarks" / "training_torch.py"


def main() -> None:
    parser = parser_of(__doc__, runs=3)
    parser.add_argument("--steps", type=int, default=10_000, help="default: %(default)s")
    parser.add_argument("--batch-size", type=int, default=100, help="default: %(default)s")
    parser.add_argument("--learning-rate", type=float, default=0.1, help="default: %(default)s")
    options = parser.parse_args()
    steps, batch_size, rate = options.steps, options.batch_size, options.learning_rate

    (x_train, t_train), (x_test, t_test) = load_mnist(one_hot_label=True)
    measured = measurements(steps, len(x_train) // batch_size)

    def plain() -> Found:
        rng = np.random.default_rng(0)
        net = PlainNet(rng)
        losses, accuracies = [], []
        for step in range(steps):
            if step in measured:
                accuracies.append((net.accuracy(x_train, t_train), net.accuracy(x_test, t_test)))
            batch = rng.choice(len(x_train), batch_size)
            x, t = x_train[batch], t_train[batch]
            grads = net.gradient(x, t)
            for name in net.params:
                net.params[name] -= rate * grads[name]
            losses.append(net.loss(x, t))
        accuracies.append((net.accuracy(x_train, t_train), net.accuracy(x_test, t_test)))
        return {"test": accuracies[-1][1]}

    def ours(dtype: type) -> Found:
        net = TwoLayerNet(784, 50, 10, dtype=dtype, rng=0)
        data = (x_train, t_train, x_test, t_test)
        history = train(net, *data, steps, batch_size, rate, rng=0, progress=False)
        assert history.final is not None
        return {"test": float(history.final.test or 0)}

    def by_hand() -> Found:
        net = ByHand(np.random.default_rng(0))
        rng = np.random.default_rng(0)
        losses, accuracies = [], []
        for step in range(steps):
            if step in measured:
                accuracies.append((net.accuracy(x_train, t_train), net.accuracy(x_test, t_test)))
            batch = rng.integers(len(x_train), size=batch_size)
            losses.append(net.step(x_train[batch], t_train[batch], np.float32(rate)))
        accuracies.append((net.accuracy(x_train, t_train), net.accuracy(x_test, t_test)))
        return {"test": accuracies[-1][1]}

    def floor() -> Found:
        rng = np.random.default_rng(0)
        W1, W2 = (rng.random(shape, np.float32) for shape in ((784, 50), (50, 10)))
        dW1, dW2 = np.empty_like(W1), np.empty_like(W2)
        rows = {n: (np.empty((n, 50), np.float32), np.empty((n, 10), np.float32))
                for n in (batch_size, ROWS)}  # fmt: skip
        out1, out2 = rows[batch_size]
        dout1 = np.empty_like(out1)
        x = x_train[:batch_size]
        for _ in range(steps):
            np.matmul(x, W1, out=out1)
            np.matmul(out1, W2, out=out2)
            np.matmul(out1.T, out2, out=dW2)
            np.matmul(out2, W2.T, out=dout1)
            np.matmul(x.T, dout1, out=dW1)
        out1, out2 = rows[ROWS]
        for _ in measured:
            for data in (x_train, x_test):
                for i in range(0, len(data), ROWS):
                    np.matmul(data[i : i + ROWS], W1, out=out1)
                    np.matmul(out1, W2, out=out2)
        return None

    def torch() -> Found:
        words = map(str, (TORCH, TORCH_SCRIPT, steps, batch_size, rate))
        env = os.environ | {"PYTHONPATH": str(ROOT)}
        run = subprocess.run(
            [str(word) for word in words], env=env, stdout=subprocess.PIPE, check=True
        )
        found: Found = json.loads(run.stdout)
        return found

    candidates = {
        "the source's way, float64": plain,
        "course_lib, float64": lambda: ours(np.float64),
        "course_lib, float32": lambda: ours(np.float32),
        "the same steps by hand, float32": by_hand,
        "matrix products alone, float32": floor,
    }
    if list(TORCH.parents[1].glob("lib/python*/site-packages/torch")):
        candidates["PyTorch 2.13.0, eager, float32"] = torch
    else:
        print("PyTorch is not measured: it is not in _build/torch. --help tells how to get it.")
    print(f"784-50-10, {steps:,} steps of {batch_size}, median of {options.runs}")
    rows = compare(candidates, options.runs)

    def parts() -> list[dict[str, Any]]:
        """Say where the time of `course_lib, float32` goes."""
        net = TwoLayerNet(784, 50, 10, dtype=np.float32, rng=0)
        rng = np.random.default_rng(0)
        x, t = x_train[:batch_size], t_train[:batch_size]
        _loss, grads = net.loss_and_gradient(x, t)
        first, second = net.layers["Affine1"], net.layers["Affine2"]
        dout1, dout2 = np.ones_like(first.db, shape=(batch_size, 50)), net.last_layer.backward()

        def gather() -> None:
            batch = rng.integers(len(x_train), size=batch_size)
            x_train[batch], t_train[batch]

        def products() -> None:
            out1 = x @ first.W
            out1 @ second.W, out1.T @ dout2, dout2 @ second.W.T, x.T @ dout1

        def update() -> None:
            for name, param in net.params.items():
                param -= 1e-9 * grads[name]

        once = {
            function: statistics.median(timeit.repeat(function, repeat=9, number=100)) / 100 * steps
            for function in (gather, products, update)
        }
        passes = timeit.repeat(lambda: net.loss_and_gradient(x, t), repeat=9, number=100)
        both = statistics.median(passes) / 100 * steps
        data = (x_train, t_train), (x_test, t_test)
        looks = timeit.repeat(lambda: [net.accuracy(*pair) for pair in data], repeat=3, number=1)
        found = {
            "matrix products": once[products],
            "the rest of forward and backward": both - once[products],
            "drawing and gathering batches": once[gather],
            "updating": once[update],
            "accuracies": statistics.median(looks) * len(measured),
        }
        print()
        for name, seconds in found.items():
            print(f"{name:<34}{seconds:6.2f} s")
        return [{"name": name, "seconds": seconds} for name, seconds in found.items()]

    print()
    threads = compare(by_threads(lambda: ours(np.float32)), options.runs)
    save(options.json, {"training": rows, "parts": parts(), "threads": threads}, steps=steps)


if __name__ == "__main__":
    main()

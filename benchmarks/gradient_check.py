"""Check the gradients of every parameter of a 784-50-10 network on a few MNIST images.

The plain version moves one parameter at a time and takes two losses for each. The library's
check stacks many perturbations into one forward pass, and gives a verdict for each parameter.
Error: the largest difference from backpropagation, over the largest gradient of its parameter.

Growth: random inputs, none of them 0, and 50 hidden neurons; the plain way's time is worked out
from a few hundred of its losses. Memory: the most that Python and NumPy held beyond what there
was before.

Threads: the check with NumPy's default, a thread per processor, takes as long as with one thread.
"""

from __future__ import annotations

import time
import tracemalloc
from typing import Any

import numpy as np
from plain import Array, PlainNet
from timing import by_threads, compare, parser_of, save

from course_lib.datasets import load_mnist
from course_lib.gradients import check_gradients
from course_lib.networks import TwoLayerNet

# Inputs D of D-50-10 networks that have about so many parameters.
INPUTS = {1_000: 10, 10_000: 190, 100_000: 1_990, 1_000_000: 19_990}
BATCHES = (1, 3, 10, 30, 100)
# Losses that the plain way's time is worked out from.
SAMPLE = 300


def main() -> None:
    parser = parser_of(__doc__, runs=3, images=3)
    options = parser.parse_args()

    (x_train, t_train), _ = load_mnist(one_hot_label=True)
    x, t = x_train[: options.images], t_train[: options.images]
    plain_net = PlainNet(np.random.default_rng(0))
    net = TwoLayerNet(784, 50, 10, rng=0)
    differences: dict[str, Array] = {}

    def plain() -> None:
        numerical, backprop = plain_net.numerical_gradient(x, t), plain_net.gradient(x, t)
        for name in numerical:
            np.abs(numerical[name] - backprop[name]).mean()
        differences.update(numerical)

    def ours() -> None:
        if not check_gradients(net, x, t, progress=False):
            raise SystemExit("the gradient check failed")

    print(f"{size_of(net):,} parameters, {options.images} images, median of {options.runs}")
    check = compare({"the source's way": plain, "check_gradients": ours}, options.runs)
    check[0]["error"] = error(differences, plain_net.gradient(x, t))
    check[1]["error"] = error(net.stacked_numerical_gradient(x, t, 1e-5), net.gradient(x, t))
    for row in check:
        print(f"{row['name']}: error {row['error']:.1e}")

    tables = {"check": check, "threads": compare(by_threads(ours), options.runs)}
    rng = np.random.default_rng(0)
    labels = np.eye(10)[[3, 1, 4]]
    sizes = [(TwoLayerNet(D, 50, 10, rng=0), rng.random((3, D)), labels)
             for D in INPUTS.values()]  # fmt: skip
    batches = [(net, x_train[:N], t_train[:N]) for N in BATCHES]
    tables["parameters"] = [growth(*case) for case in sizes]
    tables["batches"] = [growth(*case) for case in batches]
    save(options.json, tables, images=options.images)


def growth(net: TwoLayerNet, x: Array, t: Array) -> dict[str, Any]:
    """Return what a check takes, in time and memory, and what the plain way would take."""

    def run() -> float:
        start = time.perf_counter()
        if not check_gradients(net, x, t, progress=False):
            raise SystemExit("the gradient check failed")
        return time.perf_counter() - start

    seconds = run()
    seconds = min([seconds, run(), run()] if seconds < 2 else [seconds])
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    plain_net = PlainNet(np.random.default_rng(0), (x.shape[1], 50, 10))
    start = time.perf_counter()
    for _ in range(SAMPLE):
        plain_net.loss(x, t)
    plain = (time.perf_counter() - start) / SAMPLE * 2 * size_of(net)
    row = {
        "parameters": size_of(net),
        "batch": len(x),
        "seconds": seconds,
        "plain": plain,
        "times": plain / seconds,
        "megabytes": peak / 1e6,
    }
    print(
        f"{row['parameters']:>10,} parameters, {len(x):>3} rows: {seconds:7.2f} s, plain "
        f"~{plain:8.1f} s, {row['times']:4.0f}x, {row['megabytes']:6.1f} MB"
    )
    return row


def size_of(net: Any) -> int:
    return sum(param.size for param in net.params.values())


def error(numerical: dict[str, Array] | None, backprop: dict[str, Array]) -> float:
    assert numerical is not None
    return float(max(np.abs(numerical[name] - a).max() / np.abs(a).max()
                     for name, a in backprop.items()))  # fmt: skip


if __name__ == "__main__":
    main()

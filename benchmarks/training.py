"""Train on MNIST: the library beside a plain version of the same procedure.

The plain version is float64, takes a forward pass only to log the loss, and hands float32
images to float64 parameters.
"""

from __future__ import annotations

import argparse

import numpy as np
from plain import PlainNet
from timing import compare

from course_lib.datasets import load_mnist
from course_lib.networks import TwoLayerNet
from course_lib.training import train


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=10_000, help="default: %(default)s")
    parser.add_argument("--batch-size", type=int, default=100, help="default: %(default)s")
    parser.add_argument("--learning-rate", type=float, default=0.1, help="default: %(default)s")
    parser.add_argument("--runs", type=int, default=3, help="default: %(default)s")
    options = parser.parse_args()

    (x_train, t_train), (x_test, t_test) = load_mnist(one_hot_label=True)
    per_epoch = max(len(x_train) // options.batch_size, 1)

    def plain() -> None:
        rng = np.random.default_rng(0)
        net = PlainNet(rng)
        losses, accuracies = [], []
        for step in range(options.steps):
            batch = rng.choice(len(x_train), options.batch_size)
            x, t = x_train[batch], t_train[batch]
            grads = net.gradient(x, t)
            for name in net.params:
                net.params[name] -= options.learning_rate * grads[name]
            losses.append(net.loss(x, t))
            if step % per_epoch == 0:
                accuracies.append((net.accuracy(x_train, t_train), net.accuracy(x_test, t_test)))

    def ours(dtype: type) -> None:
        net = TwoLayerNet(784, 50, 10, dtype=dtype, rng=0)
        train(
            net,
            x_train,
            t_train,
            x_test,
            t_test,
            steps=options.steps,
            batch_size=options.batch_size,
            learning_rate=options.learning_rate,
            rng=0,
            progress=False,
        )

    print(f"784-50-10, {options.steps:,} steps of {options.batch_size}, median of {options.runs}")
    compare(
        {
            "plain": plain,
            "ours, float64": lambda: ours(np.float64),
            "ours, float32": lambda: ours(np.float32),
        },
        options.runs,
    )


if __name__ == "__main__":
    main()

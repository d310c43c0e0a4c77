"""Check the gradients of every parameter of a 784-50-10 network on a few MNIST images.

The plain version moves one parameter at a time and takes two losses for each. The library's
check stacks many perturbations into one forward pass, and gives a verdict for each parameter.
"""

from __future__ import annotations

import argparse

import numpy as np
from plain import PlainNet
from timing import compare

from course_lib.datasets import load_mnist
from course_lib.gradients import check_gradients
from course_lib.networks import TwoLayerNet


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--runs", type=int, default=3, help="default: %(default)s")
    options = parser.parse_args()

    (x_train, t_train), _ = load_mnist(one_hot_label=True)
    x, t = x_train[: options.images], t_train[: options.images]
    plain_net = PlainNet(np.random.default_rng(0))
    net = TwoLayerNet(784, 50, 10, rng=0)

    def plain() -> None:
        numerical, backprop = plain_net.numerical_gradient(x, t), plain_net.gradient(x, t)
        for name in numerical:
            np.abs(numerical[name] - backprop[name]).mean()

    def ours() -> None:
        if not check_gradients(net, x, t, progress=False):
            raise SystemExit("the gradient check failed")

    size = sum(param.size for param in net.params.values())
    print(f"{size:,} parameters, {options.images} images, median of {options.runs}")
    compare({"plain": plain, "check_gradients": ours}, options.runs)


if __name__ == "__main__":
    main()

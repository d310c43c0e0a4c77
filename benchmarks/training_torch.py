"""Train on MNIST with PyTorch, eager, on as many threads as NumPy has; print what it took.

`training.py` runs it with an interpreter that has PyTorch.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent


def measurements(steps: int, per_epoch: int) -> list[int]:
    """Return the steps before which the accuracy is measured, and the end, as `train` does it."""
    return [*range(0, steps, max(per_epoch, 1)), steps]


def main(steps: int, batch_size: int, rate: float) -> dict[str, float]:
    import torch

    from course_lib.datasets import load_mnist

    if threads := os.environ.get("OPENBLAS_NUM_THREADS"):
        torch.set_num_threads(int(threads))
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    train, test = (tuple(map(torch.from_numpy, pair)) for pair in load_mnist())
    net = torch.nn.Sequential(torch.nn.Linear(784, 50), torch.nn.ReLU(), torch.nn.Linear(50, 10))
    for layer in (net[0], net[2]):
        torch.nn.init.normal_(layer.weight, std=0.01)
        torch.nn.init.zeros_(layer.bias)
    optimizer = torch.optim.SGD(net.parameters(), lr=rate)

    def accuracy(x: torch.Tensor, t: torch.Tensor) -> float:
        with torch.inference_mode():
            pieces = zip(x.split(1000), t.split(1000), strict=True)
            return sum(int((net(a).argmax(1) == b).sum()) for a, b in pieces) / len(x)

    start = time.perf_counter()
    losses, accuracies = [], []
    measured = set(measurements(steps, len(train[0]) // batch_size))
    for step in range(steps):
        if step in measured:
            accuracies.append((accuracy(*train), accuracy(*test)))
        batch = torch.from_numpy(rng.integers(len(train[0]), size=batch_size))
        loss = torch.nn.functional.cross_entropy(net(train[0][batch]), train[1][batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    accuracies.append((accuracy(*train), accuracy(*test)))
    return {"seconds": time.perf_counter() - start, "test": accuracies[-1][1]}


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))))

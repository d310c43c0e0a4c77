"""The tasks of 04_affine."""

from __future__ import annotations

import numpy as np

from course_lib.answers.affine import AffineSample, Linear, ScaledAffine, ShiftedAffine
from course_lib.checks.cases import Case
from course_lib.checks.tasks import LayerTask, NumberTask
from course_lib.layers import Affine
from course_lib.text import _

SLUG = "04_affine"

# (N, D, K), all different, so that no transposed shape fits; batches of several samples and of one.
SIZES = ((3, 4, 2), (1, 5, 3), (6, 2, 5))


def _sample_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case(
            {"x": rng.normal(size=D)}, rng.normal(size=K), (rng.normal(size=(D, K)), _bias(rng, K))
        )
        for _N, D, K in SIZES
    ]


def _affine_cases(rng: np.random.Generator) -> list[Case]:
    # The layer gets images, then a plain batch, then images of another shape with as many values.
    K = 7
    init = (rng.normal(size=(24, K)), _bias(rng, K))
    tensors = [
        Case({"x": rng.normal(size=shape)}, rng.normal(size=(shape[0], K)), init, at="tensors")
        for shape in ((5, 2, 3, 4), (3, 24), (6, 4, 3, 2))
    ]
    return [*_batches(rng), *tensors]


def _batches(rng: np.random.Generator) -> list[Case]:
    return [
        Case(
            {"x": rng.normal(size=(N, D))},
            rng.normal(size=(N, K)),
            (rng.normal(size=(D, K)), _bias(rng, K)),
        )
        for N, D, K in SIZES
    ]


def _linear_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case({"x": rng.normal(size=(N, D))}, rng.normal(size=(N, K)), (rng.normal(size=(K, D)),))
        for N, D, K in SIZES
    ]


def _scaled_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case(case.inputs, case.dout, (*case.init, float(rng.uniform(1.5, 3))))
        for case in _batches(rng)
    ]


def _shifted_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case(case.inputs, case.dout, (*case.init, _bias(rng, len(case.init[0]))))
        for case in _batches(rng)
    ]


def _bias(rng: np.random.Generator, size: int) -> np.ndarray:
    """Return numbers far from 0, so that every output changes if they are left out."""
    return rng.choice([-1.0, 1.0], size) * rng.uniform(1, 2, size)


predict = NumberTask(
    slug=SLUG,
    name="predict",
    answers={
        "dx_shape": (5, 3),
        "dW_shape": (3, 4),
        "db_shape": (4,),
        "dx_images": (5, 2, 3, 6),
        "dx": (12, 1),
        "dW": ((20, 2, 0), (30, 3, 0)),
        "db": (5, 7, 9),
    },
    read="04_affine#affine-batch",
    notice=_("The shapes almost tell you which matrix products you need."),
)

affine_sample = LayerTask(
    slug=SLUG,
    name="affine_sample",
    reference=AffineSample,
    returned=("dx",),
    kept=("dW", "db"),
    parameters=("W", "b"),
    cases=_sample_cases,
    points={"forward": 1, "dx": 1, "dW": 1, "db": 1, "contracts": 1},
    read="04_affine#affine",
    notice=_("The gradient of each weight is its input times its upstream gradient."),
)

affine = LayerTask(
    slug=SLUG,
    name="affine",
    reference=Affine,
    returned=("dx",),
    kept=("dW", "db"),
    parameters=("W", "b"),
    cases=_affine_cases,
    points={"forward": 1, "dx": 1, "dW": 1, "db": 1, "tensors": 2, "contracts": 1},
    read="04_affine#affine-batch",
    notice=_("x.T @ dout includes the sum over the samples. For b, you wrote the sum yourself."),
)

linear = LayerTask(
    slug=SLUG,
    name="linear",
    reference=Linear,
    returned=("dx",),
    kept=("dW",),
    parameters=("W",),
    cases=_linear_cases,
    points={"forward": 1, "dx": 1, "dW": 1, "contracts": 1},
    read="04_affine#affine-batch",
    notice=_("This is the same map with W transposed. The shapes show where to transpose."),
)

scaled_affine = LayerTask(
    slug=SLUG,
    name="scaled_affine",
    reference=ScaledAffine,
    returned=("dx",),
    kept=("dW", "db", "dalpha"),
    parameters=("W", "b", "alpha"),
    cases=_scaled_cases,
    points={"forward": 1, "dx": 1, "dW": 1, "db": 1, "dalpha": 1, "contracts": 1},
    read="04_affine#affine-batch",
    notice=_("Every one of the N * K outputs uses alpha, so dalpha is a sum of N * K terms."),
)

shifted_affine = LayerTask(
    slug=SLUG,
    name="shifted_affine",
    reference=ShiftedAffine,
    returned=("dx",),
    kept=("dW", "db", "dm"),
    parameters=("W", "b", "m"),
    cases=_shifted_cases,
    points={"forward": 1, "dx": 1, "dW, db": 1, "dm": 1, "contracts": 1},
    read="04_affine#affine-batch",
    notice=_("Every row uses b and m, so every row adds to their gradients."),
)

"""The tasks of 10_autodiff."""

from __future__ import annotations

from course_lib.answers import autodiff as answers
from course_lib.checks import autodiff_probes as probes
from course_lib.checks import order_probe
from course_lib.checks.call_task import CallTask
from course_lib.checks.number_task import NumberTask
from course_lib.text import _

SLUG = "10_autodiff"

value = CallTask(
    slug=SLUG,
    name="value",
    reference=answers.Value,
    cases=probes.formula_cases,
    probe=probes.probe_value,
    values=("value", "x.grad", "y.grad"),
    methods={"x.grad": "backward", "y.grad": "backward"},
    points={
        "in x + y": 1,
        "in x * y": 1,
        "where a value is used twice": 2,
        "where the order matters": 2,
        "after a second backward": 1,
        "in a long chain": 1,
    },
    read="10_autodiff#engine",
    notice=_("You wrote two local rules. All other gradients came from adding and from order."),
)

backward_order = CallTask(
    slug=SLUG,
    name="backward_order",
    reference=answers.backward_order,
    cases=order_probe.graph_cases,
    probe=order_probe.probe_order,
    values=(
        "no name is missing",
        "no name comes twice",
        "nothing else comes",
        "each name comes before its inputs",
    ),
    facts=True,
    points={
        "no name is missing, no name comes twice, nothing else comes": 1,
        "each name comes before its inputs": 2,
        "in a long chain": 1,
        "contracts": 1,
    },
    read="10_autodiff#engine",
    notice=_("There are many such orders. Any of them will do: each node waits for all its uses."),
)

predict = NumberTask(
    slug=SLUG,
    name="predict",
    answers={
        "dx": 7,
        "dy": 2,
        "out_shape": (2, 5, 3),
        "dcolumn_shape": (5, 1),
        "drow": (9, 12),
        "dcolumn": ((3,), (7,), (11,)),
        "reverse_passes": 3,
        "forward_passes": 1000,
    },
    read="10_autodiff#broadcasting",
    notice=_("A copy is a use. Whoever counts the uses of a number has its gradient."),
)

unbroadcast = CallTask(
    slug=SLUG,
    name="unbroadcast",
    reference=answers.unbroadcast,
    cases=probes.unbroadcast_cases,
    points={
        "value": 1,
        "along new axes": 1,
        "along axes of length one": 1,
        "for a single number": 1,
        "contracts": 1,
    },
    read="10_autodiff#broadcasting",
    notice=_("With this one function no operation has to know that shapes can differ."),
)

tensor = CallTask(
    slug=SLUG,
    name="tensor",
    reference=answers.Tensor,
    cases=probes.tensor_cases,
    probe=probes.probe_tensor,
    values=("value", "x.grad", "y.grad"),
    methods={"x.grad": "backward", "y.grad": "backward"},
    points=dict.fromkeys(probes.TENSOR_SHAPES, 1) | {"contracts": 1},
    read="10_autodiff#broadcasting",
    notice=_("A bias is no case of its own any more: it is added, and its copies are counted."),
)

dual = CallTask(
    slug=SLUG,
    name="dual",
    reference=answers.Dual,
    cases=probes.dual_cases,
    probe=probes.probe_dual,
    values=("value", "slope"),
    methods={"slope": ""},
    points=dict.fromkeys(probes.DUAL_FORMULAS, 1) | {"in x * y": 2},
    read="10_autodiff#reverse-mode",
    notice=_("No tape, no second pass. But for another input you would have to start again."),
)

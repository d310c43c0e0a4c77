"""A check in a notebook refuses an answer whose cell has failed since."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

MUL = """class MulLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y

    def backward(self, dout):
        return dout * self.y, dout * self.x
"""
CART = """class CouponCart:
    def forward(self, apple, apple_num, tax, coupon):
        self.layers = MulLayer(), MulLayer()
        mul, taxed = self.layers
        return taxed.forward(mul.forward(apple, apple_num), tax) - coupon

    def backward(self, dout):
        mul, taxed = self.layers
        d, dtax = taxed.backward(dout)
        return *mul.backward(d), dtax, -dout
"""
PREDICT = "def predict():\n    return {'dapple': 4.8, 'dapple_num': 180, 'dtax': 600}"
CHECK = "print('points', checks.mul_layer(MulLayer).points)"

# The cells that run after the first, with the points that their checks must report.
SESSIONS = {
    "unchanged": ([MUL, CHECK, CHECK], [4, 4]),
    "changed and run": ([MUL, CHECK, MUL.replace("dout * self.y,", "dout,"), CHECK], [4, 2]),
    "a syntax error in a method": ([MUL, CHECK, MUL.replace("x * y", "x * * y"), CHECK], [4, 0]),
    "a syntax error in its first line": ([MUL, CHECK, MUL.replace("class", "clas"), CHECK], [4, 0]),
    "an indentation error": ([MUL, CHECK, MUL.replace("    def b", "   def b"), CHECK], [4, 0]),
    "an error before it": ([MUL, CHECK, f"print(price)\n{MUL}", CHECK], [4, 0]),
    "an error after it": ([MUL, f"{MUL}\nprint(price)", CHECK], [4]),
    "corrected": ([MUL, MUL.replace("x * y", "x * * y"), MUL, CHECK], [4]),
    "an error in a scratch cell": ([MUL, "MulLayer().forward(2, 3", CHECK], [4]),
    "an earlier error": ([MUL.replace("x * y", "x * * y"), MUL, CHECK], [4]),
    "another class's method": ([PREDICT, "class A:\n    def predict(self):\n        pass",
        "print('points', checks.predict(predict).points)"], [3]),
    "a function": ([PREDICT, PREDICT.replace("600", "600 600"),
        "print('points', checks.predict(predict).points)"], [0]),
    "a class that it uses": ([MUL, CART, MUL.replace("x * y", "x * * y"),
        "print('points', checks.coupon_cart(CouponCart).points)"], [0]),
    "the same cell twice": ([MUL, "y = 5\ny", MUL, CHECK], [4]),
    "magics": (["%time y = 5\n" + MUL, "y?", CHECK], [4]),
}  # fmt: skip

RUN = """
import contextlib, io, json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
found = {}
for name, (cells, _points) in json.load(sys.stdin).items():
    shell.reset()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        for cell in ["from course_lib.checks import shopping_cart as checks", *cells]:
            shell.run_cell(cell, store_history=True)
    found[name] = [float(line.split()[1]) for line in printed.getvalue().splitlines()
                   if line.startswith("points ")]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def points() -> dict[str, list[float]]:
    run = subprocess.run(
        [sys.executable, "-P", "-W", "ignore", "-c", RUN],
        input=json.dumps(SESSIONS),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    found: dict[str, list[float]] = json.loads(run.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("session", SESSIONS)
def test_points_of_a_session(points: dict[str, list[float]], session: str) -> None:
    assert points[session] == SESSIONS[session][1]

"""The limit of size that the outputs of one submission share."""

from __future__ import annotations

import base64
import json

import pytest

from course_lib.grading.sanitize import Outputs

PNG = b"\x89PNG\r\n\x1a\n"


def printed(text: str) -> dict[str, str]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def picture(size: int) -> dict[str, object]:
    data = {"image/png": base64.b64encode(PNG + bytes(size)).decode(), "text/plain": "<Figure>"}
    return {"output_type": "display_data", "metadata": {}, "data": data}


@pytest.mark.parametrize(
    "output",
    [picture(1_400_000), printed("x" * 50_000), printed("\u4e2d" * 50_000), printed(""), {}],
    ids=["pictures", "text", "Chinese text", "empty", "malformed"],
)
def test_outputs_of_all_cells_share_one_limit(output: dict[str, object]) -> None:
    outputs = Outputs(1_000_000)
    cells = [outputs.clean([output] * 20) for _cell in range(200)]
    assert len(json.dumps(cells)) < 1_800_000


def test_outputs_within_the_limit_are_kept_and_the_rest_is_told() -> None:
    outputs = Outputs(100_000)
    first = outputs.clean([printed("a" * 30_000), printed("b" * 30_000)])
    assert [len(output["text"]) for output in first] == [30_000, 30_000]
    second = outputs.clean([printed("c" * 50_000), printed("d")])
    assert "left out" in second[0]["text"]
    assert len(second) == 1
    assert outputs.clean([printed("small")])[0]["text"] == "small"


def test_usual_figures_of_a_notebook_are_all_kept() -> None:
    outputs = Outputs()
    for _cell in range(40):
        assert len(outputs.clean([picture(100_000)])) == 1
        assert "image/png" in outputs.clean([picture(1_000)])[0]["data"]

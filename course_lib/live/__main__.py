"""Train the networks of the figures and write their records: ``python -m course_lib.live``."""

from __future__ import annotations

import json
from pathlib import Path

from course_lib.live import descent, network


def main() -> None:
    """Write the record of each figure beside its module."""
    for module in (network, descent):
        path = Path(__file__).with_name(module.RECORD)
        path.write_text(json.dumps(module.make_record(), separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()

"""Whether an answer has the course's own code do the work, or looks at the code that checks it.

This is for a notebook, where the course is installed beside the learner's code. It looks at what
runs, so that no way to import or to find a module makes a difference.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from course_lib.text import _

# Ways to the frames and the objects of the code that checks.
_PEEKING = (sys._getframe, sys._current_frames, gc.get_objects, gc.get_referrers)


def borrowed(name: str, own: tuple[str, ...], run: Callable[[], Any]) -> str:
    """Run something and return what is not as it was asked for, in a sentence, or nothing.

    Parameters
    ----------
    name : str
        What the answer is called.
    own : tuple of str
        The modules that the answer was written in.
    run : callable
        Runs the answer.
    """
    found: list[str] = []

    def look(frame: FrameType, event: str, arg: Any) -> None:
        if event == "call":
            callee, caller = _module(frame), _module(frame.f_back)
            if _the_courses(callee) and not _the_courses(caller) and not _a_check(callee):
                found.append(
                    _("{name} has {module} do the work, which is the course's own.").format(
                        name=name, module=callee
                    )
                )
            elif callee == "inspect" and caller in own:
                found.append(_("{name} looks at the code that checks it.").format(name=name))
        elif event == "c_call" and any(arg is way for way in _PEEKING) and _module(frame) in own:
            found.append(_("{name} looks at the code that checks it.").format(name=name))

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        run()
    finally:
        sys.setprofile(before)
    asked = _("The task is to write it: what you write is what is checked.")
    return f"{found[0]} {asked}" if found else ""


def _module(frame: FrameType | None) -> str:
    return str(frame.f_globals.get("__name__", "")) if frame else ""


def _the_courses(module: str) -> bool:
    return module.partition(".")[0] == "course_lib"


def _a_check(module: str) -> bool:
    return module.startswith("course_lib.checks")

"""Translation of the messages that a learner reads.

Every message of the checks passes through :func:`_`, so that ``xgettext`` finds it. A catalogue
``locale/<language>/LC_MESSAGES/course_lib.mo`` beside this file translates it.
"""

from __future__ import annotations

import gettext
from pathlib import Path

_ = gettext.translation("course_lib", Path(__file__).parent / "locale", fallback=True).gettext

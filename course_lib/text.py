"""Words that a learner reads, where a translator can reach them.

Every sentence that the checks say passes through :func:`_`, so that ``xgettext`` finds it;
a catalogue ``locale/<language>/LC_MESSAGES/course_lib.mo`` beside this file translates it.
"""

from __future__ import annotations

import gettext
from pathlib import Path

_ = gettext.translation("course_lib", Path(__file__).parent / "locale", fallback=True).gettext

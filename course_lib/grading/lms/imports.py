"""Import the export of a learning management system, or a folder of files, into ``submitted/``."""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from course_lib.grading import submitted
from course_lib.grading.assignment import Blueprint, read_blueprint
from course_lib.grading.course import Course, CourseError
from course_lib.grading.lms.archive import ExportFile, opened_export, unpacked
from course_lib.grading.lms.owners import (
    Owner,
    blackboard_details,
    distinct_id,
    gradescope_owners,
    have_groups,
    is_strong,
    is_weak,
    owner,
    student_id,
    without_group,
)
from course_lib.grading.lms.people import ClassList, Person, letters, read_names
from course_lib.grading.notebooks import Unreadable, read_cells
from course_lib.grading.results import write_atomically
from course_lib.grading.sanitize import printable
from course_lib.grading.submitted import (
    MOST_NOTEBOOKS,
    NOT_IMPORTED,
    REPLACED,
    Refused,
    is_notebook,
    why_no_id,
)

# For one student.
MOST_FILES = 1000
MOST_TOGETHER = 200 * 2**20
_MOST_LINES = 5
# Notebooks of a folder that are read to find out whether it encloses a class.
_MOST_LOOKED_INTO = 100
_LONGEST_PART = 100
# Files at the top of an export that are nobody's submission.
_OF_THE_SYSTEM = re.compile(
    r"index\.html?|readme.*|.*\.(csv|tsv|xlsx?|ods|xml|ya?ml)|manifest.*|timestamp\.txt",
    re.IGNORECASE,
)
_COPY = re.compile(
    r"\(\d+\)$|[-_ ]+(copy|kopie|copie|copia|final|new|neu|old|alt|backup|version|v)[-_ ]*\d*$",
    re.IGNORECASE,
)
_ATTEMPT = re.compile(
    r"(?:version|attempt|versuch|tentative|intento|versión)[-_ ]*(\d+)", re.IGNORECASE
)


@dataclass
class ImportReport:
    """The result of an import: student ids, and sentences.

    Attributes
    ----------
    new, same, late : list of str
        Students imported now, imported before, and late according to the export.
    refused : list of str
        A sentence for each file that was not imported.
    remarks : list of str
        Other sentences: files that belong to nobody, and students without a notebook.
    guesses : list of str
        How the export was read where its names leave a choice.
    who : list of str
        Lines of a table: each student's id, and the name in the export.
    """

    new: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    guesses: list[str] = field(default_factory=list)
    who: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        said = f"Imported {len(self.new)} submissions; {len(self.same)} were imported before."
        if self.late:
            said += f" The export marks as late: {', '.join(map(printable, self.late))}."
        return said


def import_submissions(
    course: Course,
    slug: str,
    export: Path,
    *,
    names: Path | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
    say: Callable[[str], None] = lambda _line: None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> ImportReport:
    """Copy the files of an export to ``submitted/<id>/<slug>/``.

    Parameters
    ----------
    course : Course
    slug : str
        The assignment that the export belongs to.
    export : Path
        A folder or a zip file.
    names : Path, optional
        A table of names and ids.
    overwrite : bool
        Replace a different submission by the same student; the old one is kept.
    dry_run : bool
        Write nothing.
    say : callable, optional
        Called with who is who before anything is written, if that is not certain or nothing is to
        be written.
    now : callable, optional
        Returns the time, used to name the folder of a replaced submission.

    Raises
    ------
    CourseError
        If the export can't be read at all, or nothing in it belongs to a student.
    """
    known = read_names(names) if names else None
    report = ImportReport()
    blueprint = read_blueprint(course, slug)
    try:
        with opened_export(export) as files:
            found = _Sorting(slug, blueprint, known, names, report).students(files)
            if not found and not report.refused:
                raise CourseError(_why_empty(export, files))
            _keep_times(found, is_zip=export.is_file())
            writer = _Writer(course, slug, blueprint, overwrite, dry_run, now, report)
            if dry_run or report.guesses:
                for line in (*report.guesses, *report.who):
                    say(line)
            for student in found:
                writer.add(student)
    except OSError as error:
        raise CourseError(
            f"The export can't be read, or submitted/ can't be written: {error}. Fix this and run "
            "the same command again; every submission imported so far is complete."
        ) from None
    return report


def _why_empty(export: Path, files: list[ExportFile]) -> str:
    names = ", ".join(printable("/".join(file.parts), 60) for file in files[:5])
    holds = f"It contains: {names}{', …' * (len(files) > 5)}." if files else "It is empty."
    return (
        f"{export} contains no notebook (.ipynb) and no other file that names a student. {holds} "
        "Is it the right export?"
    )


# --- whose is what --------------------------------------------------------------------------------


@dataclass
class _Attempt:
    """The files of one attempt, by their paths below the student's folder."""

    when: datetime | None
    order: str
    files: list[ExportFile] = field(default_factory=list)


@dataclass
class _Student:
    """A student of the export, and what the export holds of theirs."""

    id: str
    owner: Owner
    attempts: dict[str, _Attempt] = field(default_factory=dict)
    late: bool = False
    # Whether the times of the files are times of submission.
    keep_times: bool = False

    def add(self, who: Owner, file: ExportFile) -> None:
        """Add a file, whose parts begin with the student's folder or are the file's name."""
        self.late |= who.late
        below = file.parts[1:] or (who.rest or file.name,)
        marks = [match for part in below[:-1] if (match := _ATTEMPT.fullmatch(part))]
        order = f"{int(marks[-1][1]):09}" if marks else ""
        if who.when:
            order = f"{who.when:%Y-%m-%d %H:%M:%S} {order}"
        attempt = self.attempts.setdefault(order, _Attempt(who.when, order))
        attempt.files.append(replace(file, parts=below))


class _Sorting:
    """Sort the files of an export by student."""

    def __init__(
        self,
        slug: str,
        blueprint: Blueprint,
        known: tuple[ClassList, Mapping[Person, str]] | None,
        names: Path | None,
        report: ImportReport,
    ) -> None:
        self.slug, self.blueprint, self.report = slug, blueprint, report
        self.people, self.ids = known or (ClassList([]), {})
        self.names = names

    def students(self, files: list[ExportFile]) -> list[_Student]:
        """Return the students with valid ids; refuse what belongs to nobody."""
        for _ in range(5):
            unwrapped = self._unwrapped(files)
            if unwrapped is files:
                break
            files = unwrapped
        owned = self._owned(files)
        by_key: dict[tuple[str, str], list[tuple[Owner, ExportFile]]] = defaultdict(list)
        for who, file in owned:
            by_key[who.key].append((who, file))
        grouped = have_groups(who.name for who, _file in owned if who.system == "Moodle")
        if grouped:
            self.report.guesses.append(
                "Every name begins with a group, as in Moodle's exports of groups; the id is made "
                "from the rest."
            )
        found: dict[str, _Student] = {}
        for key, student in self._with_ids(by_key, grouped).items():
            one = found.setdefault(student.id, student)
            for who, file in by_key[key]:
                one.add(who, file)
        for student in found.values():
            self.report.who.append(_line(student))
        return [found[name] for name in sorted(found)]

    # --- folders around a class ---------------------------------------------------------------

    def _unwrapped(self, files: list[ExportFile]) -> list[ExportFile]:
        """Strip the folders, or the zip file, that enclose a class."""
        tops: dict[str, list[ExportFile]] = defaultdict(list)
        for file in files:
            tops[file.parts[0]].append(file)
        folders = {name: inside for name, inside in tops.items() if len(inside[0].parts) > 1}
        loose = [name for name in tops if name not in folders and not _is_of_system(name)]
        if not folders and len(loose) == 1 and tops[loose[0]][0].is_zip:
            return self._unwrapped_zip(files, tops[loose[0]][0])
        alone = len(folders) == 1 and not loose
        classes = [
            name
            for name, inside in folders.items()
            if self._is_class(name, [file.parts[1:] for file in inside], inside, alone)
        ]
        # What one student hands in must not make the folder of that student a class.
        if loose or len(classes) < len(folders):
            classes = self._sections(folders, loose)
        if not classes:
            return files
        return [
            replace(file, parts=file.parts[1:]) if file.parts[0] in classes else file
            for file in files
        ]

    def _unwrapped_zip(self, files: list[ExportFile], only: ExportFile) -> list[ExportFile]:
        try:
            inner = unpacked(only, keep_times=True)
        except Refused:
            return files  # refused again, with the reason, as its owner's
        paths = [file.parts[1:] for file in inner]
        if is_strong(only.name, is_folder=False) or not (
            self._is_class(only.name, paths, inner, alone=True)
        ):
            return files
        return [replace(f, parts=f.parts[1:]) for f in inner] + [f for f in files if f is not only]

    def _is_class(
        self, name: str, paths: list[tuple[str, ...]], files: list[ExportFile], alone: bool
    ) -> bool:
        """Return whether a folder encloses the work of several students.

        Parameters
        ----------
        name : str
        paths, files : list
            The paths below the folder, and the files.
        alone : bool
            Whether it is all that the export contains.
        """
        if is_strong(name, is_folder=True):
            return False
        tops = {path[0]: len(path) > 1 for path in paths}
        if any(is_strong(top, is_folder=deep) for top, deep in tops.items()):
            return True
        folders = [top for top, deep in tops.items() if deep and not _ATTEMPT.fullmatch(top)]
        if folders and all(map(is_weak, folders)):
            return True
        if is_weak(name):
            return False
        if not alone:
            return False
        direct = [file for file, path in zip(files, paths, strict=True) if len(path) == 1]
        notebooks = [file for file in direct if file.is_named_notebook]
        people = {self._person_in(file.name) for file in notebooks} - {""}
        answered = self._some_answers(notebooks)
        if len(people) > 1 and len({self._person_in(name) for name in answered} - {""}) > 1:
            self._guess(name, len(direct))
            return True
        if answered:
            return False
        below: dict[str, list[ExportFile]] = {top: [] for top in folders}
        for file, path in zip(files, paths, strict=True):
            if path[0] in below and file.is_named_notebook:
                below[path[0]].append(file)
        inside = sum(bool(self._some_answers(some)) for some in below.values())
        if inside > 1 or (inside and len(folders) > 2):
            self._guess(name, len(folders))
            return True
        if len(tops) == 1 and folders:
            deeper = [path[1:] for path in paths]
            return self._is_class(folders[0], deeper, files, alone)
        return False

    def _sections(self, folders: Mapping[str, list[ExportFile]], loose: list[str]) -> list[str]:
        """Return all folders if each holds the folders of students, as for sections of a class."""
        if loose or len(folders) < 2:
            return []
        flat = [
            {self._person_in(file.name) for file in inside if file.is_named_notebook} - {""}
            for inside in folders.values()
            if all(len(file.parts) == 2 for file in inside)
        ]
        if len(flat) == len(folders) and min(map(len, flat)) > MOST_NOTEBOOKS:
            return self._told_sections(folders)
        inner = []
        for name, inside in folders.items():
            below = {file.parts[1] for file in inside if len(file.parts) > 2}
            plain = [file for file in inside if len(file.parts) == 2 and file.is_named_notebook]
            if is_strong(name, is_folder=True) or is_weak(name) or plain or not below:
                return []
            inner.append({top for top in below if not _ATTEMPT.fullmatch(top)})
        together = [top for below in inner for top in below]
        one_each = len(together) == len(set(together))
        several = sum(len(below) > 1 for below in inner) > 1
        if not (one_each and several and len(together) >= 2 * len(folders)):
            return []
        if any(letters(top) == letters(self.slug) for top in together):
            return []
        return self._told_sections(folders)

    def _told_sections(self, folders: Iterable[str]) -> list[str]:
        names = list(folders)
        self.report.guesses.append(
            f"The folders {', '.join(printable(name, 40) for name in names)} were read as sections "
            "of the class."
        )
        return names

    def _guess(self, name: str, count: int) -> None:
        sentence = (
            f"{printable(name, 60)!r} was read as a folder around a class of {count}. If it is one "
            "student, put it into a folder with that student's name."
        )
        if sentence not in self.report.guesses:
            self.report.guesses.append(sentence)

    def _person_in(self, name: str) -> str:
        """Return what a file's name says besides the assignment and the number of a copy."""
        stem = re.sub(r"\.ipynb.*$", "", name, flags=re.IGNORECASE)
        while (short := _COPY.sub("", stem).strip(" -_")) != stem:
            stem = short
        return letters(stem).replace(letters(self.slug), "")

    def _some_answers(self, notebooks: list[ExportFile]) -> list[str]:
        """Return the names of some notebooks with different answers."""
        found: dict[bytes, str] = {}
        for file in notebooks[:_MOST_LOOKED_INTO]:
            if data := self._answers(file):
                found.setdefault(data, file.name)
            if len(found) > 9:
                break
        return list(found.values())

    def _answers(self, file: ExportFile) -> bytes:
        """Return the bytes of a notebook with answers to the assignment, or nothing."""
        try:
            data = file.read()
            return data if self.blueprint.knows(read_cells(data)[0]) else b""
        except (Refused, Unreadable):
            return b""

    # --- owners -------------------------------------------------------------------------------

    def _owned(self, files: list[ExportFile]) -> list[tuple[Owner, ExportFile]]:
        """Return each student's files; remark on what is the system's, refuse the rest."""
        gradescope: dict[str, list[Owner]] = {}
        for file in files:
            if file.parts == ("submission_metadata.yml",):
                try:
                    gradescope = gradescope_owners(file.read().decode("utf-8", "replace"))
                except Refused as refused:
                    self.report.refused.append(f"submission_metadata.yml {refused}.")
        whose = [
            owner(file.parts[0], is_folder=len(file.parts) > 1 or file.is_empty_folder)
            for file in files
        ]
        has_system = any(who.system for who in whose)
        details = _details(zip(whose, files, strict=True))
        found = []
        for who, file in zip(whose, files, strict=True):
            top = file.parts[0]
            if top in gradescope:
                found += [(one, file) for one in gradescope[top]]
            elif (
                len(file.parts) > 1
                or file.is_empty_folder
                or who.system
                or file.is_named_notebook
                or file.is_zip
            ):
                name, login = details.get(who.login, (who.name, who.login))
                found.append((replace(who, name=name, login=login), file))
            elif _is_of_system(file.name) and not _is_text_notebook(file):
                self.report.remarks.append(f"Nobody's submission: {printable(file.name, 100)}.")
            elif has_system and not _is_text_notebook(file):
                self.report.refused.append(
                    f"{printable(file.name, 100)} names no student in the way of the others."
                )
            else:
                found.append((who, file))
        return found

    # --- ids ----------------------------------------------------------------------------------

    def _with_ids(
        self, by_key: Mapping[tuple[str, str], list[tuple[Owner, ExportFile]]], grouped: bool
    ) -> dict[tuple[str, str], _Student]:
        students: dict[tuple[str, str], tuple[Owner, str | None, str]] = {}
        missing = []
        for key, files in by_key.items():
            who = files[0][0]
            name = without_group(who.name) if grouped and who.system == "Moodle" else who.name
            known = self._known(who, name, files[0][1].parts[0])
            if known is None and self.names is not None:
                missing.append(printable(name, 60))
            made = who.login or student_id(name)
            students[key] = (who, known, made)
        if missing:
            self.report.guesses.append(
                f"Not in {self.names}: {', '.join(sorted(missing))}. Their ids are made from their "
                "names."
            )
        alike: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for key, (_who, known, made) in students.items():
            if known is None:
                alike[unicodedata.normalize("NFC", made).casefold()].append(key)
        found: dict[tuple[str, str], _Student] = {}
        for key, (who, known, made) in students.items():
            others = alike[unicodedata.normalize("NFC", made).casefold()]
            if known is None and len(others) > 1:
                made = distinct_id(made, who)
                if key == others[0]:
                    self._tell_alike(students[other][0] for other in others)
            self._add(found, key, known or made, who)
        return found

    def _tell_alike(self, students: Iterable[Owner]) -> None:
        pairs = [f"{printable(who.name, 60)} {who.number}".strip() for who in students]
        self.report.guesses.append(
            f"{' and '.join(pairs)} would have the same id, so more is added to their ids. Give "
            "ids with --names: these may differ in the next export."
        )

    def _add(
        self,
        found: dict[tuple[str, str], _Student],
        key: tuple[str, str],
        name: str,
        who: Owner,
    ) -> None:
        if why := why_no_id(name):
            shown = printable(who.name, 60)
            line = f"{who.number or shown},their-id"
            self.report.refused.append(
                f"{shown!r} is not a valid student id: {why}. Give an id: a table with --names, "
                f"with the lines `name,id` and `{line}`."
            )
        else:
            found[key] = _Student(name, who)

    def _known(self, who: Owner, name: str, top: str) -> str | None:
        """Return the id in the table of names, or None."""
        tries = [who.name, name, who.login, who.number, top]
        found = next(filter(None, (self.people.find_name(text) for text in tries if text)), None)
        if found is None and who.login:
            found = self.people.find(who.login)
        if found is None and who.system == "Canvas":
            # Its number is the student's in Canvas; other systems number the submission.
            found = self.people.find(who.number)
            found = found if found and found.canvas_id != self.ids[found] else None
        return self.ids[found] if found else None


def _details(owned: Iterable[tuple[Owner, ExportFile]]) -> dict[str, tuple[str, str]]:
    """Return the whole names and logins that Blackboard's text files tell, by login."""
    found: dict[str, tuple[str, str]] = {}
    for who, file in owned:
        if who.system == "Blackboard" and who.rest == "attempt.txt" and who.login not in found:
            try:
                name, login = blackboard_details(file.read().decode("utf-8", "replace"))
            except Refused:
                continue
            if login.endswith(who.login):
                found[who.login] = name, login
    return found


def _line(student: _Student) -> str:
    who = student.owner
    shown = printable(" ".join(filter(None, (who.name, who.number))), 80)
    count = sum(len(attempt.files) for attempt in student.attempts.values())
    attempts = f", {len(student.attempts)} attempts" if len(student.attempts) > 1 else ""
    return f"  {printable(student.id, 60)} = {shown} ({count} file{'s' * (count != 1)}{attempts})"


def _is_of_system(name: str) -> bool:
    return bool(_OF_THE_SYSTEM.fullmatch(name))


def _is_text_notebook(file: ExportFile) -> bool:
    try:
        return is_notebook(file.read())
    except Refused:
        return False


def _keep_times(students: list[_Student], *, is_zip: bool) -> None:
    """Decide whether the times of files are those of submission.

    Nearly equal times are those of packing or copying.
    """
    times = [
        file.when
        for student in students
        for attempt in student.attempts.values()
        for file in attempt.files
        if file.when
    ]
    differ = bool(times) and max(times) - min(times) > timedelta(minutes=10)
    for student in students:
        student.keep_times = differ or (len(students) == 1 and is_zip)


# --- one student's files --------------------------------------------------------------------------


@dataclass
class _Contents:
    """The bytes of one attempt, and sentences about what was not read."""

    files: dict[tuple[str, ...], bytes] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    size: int = 0
    count: int = 0
    left_out: int = 0

    def read(self, files: list[ExportFile], slug: str) -> None:
        """Read files, zip files among them, as far as one student's budget reaches."""

        def rank(file: ExportFile) -> tuple[bool, bool, bool]:
            named = file.name.lower().startswith(f"{slug}.ipynb")
            return not named, not file.is_named_notebook, file.is_zip

        for file in sorted(files, key=rank):
            if self.size >= MOST_TOGETHER or self.count >= MOST_FILES:
                self.left_out += 1
                continue
            self.count += 1
            try:
                if file.is_zip and not file.refusal:
                    self._unpack(file, slug)
                    continue
                data = file.read()
            except Refused as refused:
                self.refused.append(f"{printable('/'.join(file.parts), 150)} {refused}.")
                continue
            self.size += len(data)
            self.files[file.parts] = data

    def _unpack(self, file: ExportFile, slug: str) -> None:
        inner = unpacked(file)
        for deeper in inner:
            if deeper.is_zip:
                self.refused.append(
                    f"{printable('/'.join(deeper.parts), 150)} is a zip file in a zip file in the "
                    "export: unpack it first."
                )
        self.read([one for one in inner if not one.is_zip], slug)

    def notebooks(self) -> list[tuple[str, ...]]:
        """Return the paths of the notebooks, whatever they are called."""
        return [
            path
            for path, data in self.files.items()
            if path[-1].lower().endswith(".ipynb") or is_notebook(data)
        ]


@dataclass
class _Writer:
    """Write students' files to ``submitted/``."""

    course: Course
    slug: str
    blueprint: Blueprint
    overwrite: bool
    dry_run: bool
    now: Callable[[], datetime]
    report: ImportReport

    def add(self, student: _Student) -> None:
        attempts = sorted(student.attempts.values(), key=self._order, reverse=True)
        contents: list[tuple[_Attempt, _Contents]] = []
        budget = _Contents()
        for attempt in attempts:
            # One budget for all attempts.
            one = _Contents(size=budget.size, count=budget.count)
            one.read(attempt.files, self.slug)
            budget.size, budget.count = one.size, one.count
            contents.append((attempt, one))
        counts = next((pair for pair in contents if pair[1].notebooks()), contents[0])
        refused = [line for _attempt, one in contents for line in one.refused]
        left_out = sum(one.left_out for _attempt, one in contents)
        if left_out:
            refused.append(
                f"{left_out:,} files were not read: the limit for one student is {MOST_FILES:,} "
                f"files and {MOST_TOGETHER // 2**20} MB."
            )
        wanted = self._chosen(counts[1], refused)
        if counts is not contents[0]:
            refused.append("The latest attempt holds no notebook; an earlier one is graded.")
        if refused:
            wanted[NOT_IMPORTED] = "".join(f"{line}\n" for line in refused[:50]).encode()
            more = len(refused) - _MOST_LINES
            shown = [f"{printable(student.id, 60)}: {line}" for line in refused[:_MOST_LINES]]
            self.report.refused += [
                *shown,
                *([f"{printable(student.id, 60)}: {more:,} more files."] if more > 0 else []),
            ]
        if when := self._time(student, counts[0]):
            wanted["timestamp.txt"] = when
        earlier = {
            f"{self.slug} {attempt.order.strip().replace(':', '-')}": one.files
            for attempt, one in contents
            if attempt is not counts[0]
        }
        self._put(student, wanted, earlier)

    @staticmethod
    def _order(attempt: _Attempt) -> tuple[str, datetime]:
        times = [file.when for file in attempt.files if file.when]
        return attempt.order, max(times, default=datetime.min)

    def _chosen(self, contents: _Contents, refused: list[str]) -> dict[str, bytes]:
        """Return the files to write: the notebook with the most answers under the usual name."""
        ours = self._sorted(contents)
        base = ours[0][:-1] if ours else ()
        wanted: dict[str, bytes] = {}
        for number, path in enumerate(ours, start=1):
            name = f"{self.slug}{f'-{number}' if number > 1 else ''}.ipynb"
            if number > MOST_NOTEBOOKS:
                refused.append(
                    f"{printable('/'.join(path), 150)} is one notebook too many: at most "
                    f"{MOST_NOTEBOOKS} of one student are imported."
                )
            else:
                wanted[name] = contents.files[path]
        for path, data in contents.files.items():
            if path not in ours:
                below = path[len(base) :] if path[: len(base)] == base else path
                wanted.setdefault(_file_name(below, wanted), data)
        return wanted

    def _sorted(self, contents: _Contents) -> list[tuple[str, ...]]:
        """Return a student's notebooks of the assignment, the one with the most answers first."""

        @lru_cache
        def rank(path: tuple[str, ...]) -> tuple[bool, int, bool]:
            try:
                raw, _ = read_cells(contents.files[path])
            except Unreadable:
                return False, 0, False
            named = path[-1].endswith(f"{self.slug}.ipynb")
            return self.blueprint.recognises(raw), self.blueprint.knows(raw), named

        ranked = sorted(contents.notebooks(), key=rank, reverse=True)
        return [path for path in ranked if rank(path)[0]] or ranked

    def _time(self, student: _Student, attempt: _Attempt) -> bytes:
        """Return the content of ``timestamp.txt``: the export's own word, or nothing.

        What a student can write, such as a file of that name or the times in a zip file, counts
        only if the export says nothing.
        """
        when = attempt.when
        times = [file.when for file in attempt.files if file.when]
        given = [file for file in attempt.files if file.parts == ("timestamp.txt",)]
        system = student.owner.system
        if system == "Sakai" and given:
            digits = _text(given[0])
            if re.fullmatch(r"\d{14,17}", digits):
                when = datetime.strptime(digits[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        if when is None and student.keep_times and times:
            when = max(times)
        if when is None and not system and given and not any(file.is_zip for file in given):
            return _text(given[0]).encode()
        if when is None and not student.keep_times:
            return b""
        if when is None:
            return b""
        when = when.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        return f"{when} UTC\n".encode()

    # --- writing ------------------------------------------------------------------------------

    def _put(
        self,
        student: _Student,
        wanted: dict[str, bytes],
        earlier: Mapping[str, Mapping[tuple[str, ...], bytes]],
    ) -> None:
        who, base = student.owner, self.course.root / "submitted"
        folder_name = self._existing(student.id)
        folder = base / folder_name / self.slug
        shown = f"submitted/{printable(folder_name)}/{self.slug}"
        try:
            there = self._there(folder_name)
        except (Refused, OSError) as error:
            self.report.refused.append(f"{printable(who.name)}: {shown} can't be read: {error}")
            return
        self.report.late += [student.id] * student.late
        if not any(name.endswith(".ipynb") for name in wanted):
            names = sorted(name for name in wanted if name not in (NOT_IMPORTED, "timestamp.txt"))
            self.report.remarks.append(
                f"No notebook from {printable(student.id, 60)}: "
                f"{submitted.what_to_ask(names) or 'its files were refused.'}"
            )
        kept = ("timestamp.txt", NOT_IMPORTED)
        old = {name: data for name, data in there.items() if name not in kept}
        new = {name: data for name, data in wanted.items() if name not in kept}
        if there and old == new:
            self.report.same.append(student.id)
            return
        if there and not self.overwrite:
            self.report.refused.append(
                f"{printable(who.name)}: {shown} contains another submission. With --force, this "
                "one replaces it; the old one is kept in submitted/.replaced/."
            )
            return
        self.report.new.append(student.id)
        if self.dry_run:
            return
        replaced = base / REPLACED / folder_name
        if there:
            replaced.mkdir(parents=True, exist_ok=True)
            folder.rename(replaced / f"{self.slug} {self.now():%Y-%m-%d %H-%M-%S %f}")
        for attempt, files in earlier.items():
            for path, data in files.items():
                write_atomically(replaced / attempt / _file_name(path, {}), data)
        for name, data in sorted(wanted.items(), key=lambda item: item[0] == f"{self.slug}.ipynb"):
            # the notebook is written last: an interrupted import is then repeated
            write_atomically(folder / name, data)

    def _existing(self, student: str) -> str:
        """Return the student's folder: one from a Mac may be spelled in decomposed Unicode."""
        base = self.course.root / "submitted"
        for name in os.listdir(base) if base.is_dir() else ():
            if unicodedata.normalize("NFC", name) == unicodedata.normalize("NFC", student):
                return name
        return student

    def _there(self, student: str) -> dict[str, bytes]:
        """Return the files already in a student's folder."""
        base = self.course.root / "submitted"
        if not self.dry_run:
            base.mkdir(exist_ok=True)
        try:
            with (
                submitted.opened(base) as root,
                submitted.folder(student, root) as one,
                submitted.folder(self.slug, one) as inside,
            ):
                return dict(_files_in(inside, ""))
        except FileNotFoundError:
            return {}


def _files_in(inside: int, above: str) -> Iterable[tuple[str, bytes]]:
    for name in submitted.names(inside):
        about = os.stat(name, dir_fd=inside, follow_symlinks=False)
        if stat.S_ISDIR(about.st_mode):
            with submitted.folder(name, inside) as deeper:
                yield from _files_in(deeper, f"{above}{name}/")
        else:
            yield f"{above}{name}", submitted.read(name, inside)[0]


def _text(file: ExportFile) -> str:
    try:
        return file.read()[: submitted.MOST_TIMESTAMP].decode("utf-8", "replace").strip()
    except Refused:
        return ""


def _file_name(path: tuple[str, ...], taken: Mapping[str, bytes]) -> str:
    """Return a path for a student's file beside the notebook.

    The names that mean something there are not for students' files.
    """
    parts = []
    for part in (*path[:-1][:8], path[-1]):
        stem, dot, ending = part.rpartition(".")
        short = f"{stem[:_LONGEST_PART]}{dot}{ending[:10]}" if dot else part[:_LONGEST_PART]
        while len(os.fsencode(short)) > 200:
            short = short[1:]
        if part is not path[-1]:
            short = re.sub(r"\.zip$", "", short, flags=re.IGNORECASE)
        parts.append("".join(c if c.isprintable() else "_" for c in short).lstrip(".") or "_")
    if parts[0].lower() in ("timestamp.txt", "submission_secret.txt", NOT_IMPORTED.lower()):
        parts[0] = f"handed in {parts[0]}"
    name = "/".join(parts)
    number = 2
    while name in taken:
        stem, dot, ending = parts[-1].rpartition(".")
        last = f"{stem}-{number}{dot}{ending}" if dot else f"{parts[-1]}-{number}"
        name = "/".join((*parts[:-1], last))
        number += 1
    return name

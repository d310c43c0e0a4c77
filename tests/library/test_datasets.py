"""MNIST: the arrays, the options, and errors for damaged files."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import ROOT

from course_lib import datasets
from course_lib.datasets import DatasetError, load_mnist

DATA = ROOT / "course_lib" / "data"
IMAGES = "t10k-images-idx3-ubyte.gz"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a copy of the data that a test can damage."""
    for path in DATA.glob("*.gz"):
        shutil.copyfile(path, tmp_path / path.name)
    monkeypatch.setattr(datasets, "_FOLDER", tmp_path)
    datasets._verified.cache_clear()
    yield tmp_path
    datasets._verified.cache_clear()


def test_load_mnist_returns_two_pairs_of_arrays() -> None:
    (x_train, t_train), (x_test, t_test) = load_mnist()
    assert (x_train.shape, t_train.shape) == ((60_000, 784), (60_000,))
    assert (x_test.shape, t_test.shape) == ((10_000, 784), (10_000,))
    assert x_train.dtype == x_test.dtype == np.float32
    assert t_train.dtype == t_test.dtype == np.intp
    assert (x_train.min(), x_train.max()) == (0, 1)
    # The first labels, and how often each digit occurs, as published with the data.
    assert t_train[:5].tolist() == [5, 0, 4, 1, 9]
    assert t_test[:5].tolist() == [7, 2, 1, 0, 4]
    assert np.bincount(t_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_each_option_changes_the_arrays() -> None:
    (x, t), _ = load_mnist()
    (pixels, rows), (x_test, _) = load_mnist(False, False, True)
    assert (pixels.shape, pixels.dtype) == ((60_000, 1, 28, 28), np.uint8)
    assert x_test.shape == (10_000, 1, 28, 28)
    assert (pixels.min(), pixels.max()) == (0, 255)
    np.testing.assert_allclose(x[:50], pixels[:50].reshape(50, 784) / 255, rtol=1e-6)
    assert (rows.shape, rows.dtype) == ((60_000, 10), np.float32)
    np.testing.assert_array_equal(rows.argmax(axis=1), t)
    assert (rows.sum(axis=1) == 1).all()


def test_label_arithmetic_does_not_overflow() -> None:
    _, (_, t) = load_mnist()
    assert (t[1] - t[0], t[0] * 100) == (-5, 700)


@pytest.mark.parametrize("normalize", [True, False])
def test_changing_returned_arrays_does_not_change_the_data(normalize: bool) -> None:
    first = load_mnist(normalize)
    for x, t in first:
        x[:] = 7
        t[:] = 7
    (x, t), _ = load_mnist(normalize)
    assert x[0].min() == 0
    assert t[0] == 5


@pytest.mark.parametrize("name", ["normalize", "flatten", "one_hot_label"])
@pytest.mark.parametrize("value", ["yes", 1, None, 0.0])
def test_options_must_be_bool(name: str, value: Any) -> None:
    with pytest.raises(TypeError, match=f"load_mnist: {name}: expected True or False"):
        load_mnist(**{name: value})


def test_loading_uses_no_network(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a connection")

    monkeypatch.setattr(socket, "socket", refuse)
    load_mnist()


def test_checksums_are_computed_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sums = []
    real = hashlib.sha256

    def counted(data: bytes) -> Any:
        sums.append(len(data))
        return real(data)

    monkeypatch.setattr(hashlib, "sha256", counted)
    load_mnist()
    load_mnist(flatten=False)
    assert len(sums) == 4


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def flip_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def replace_content(path: Path) -> None:
    # A valid archive with other content.
    path.write_bytes(gzip.compress(b"\0" * 100))


@pytest.mark.parametrize("damage", [truncate, flip_a_bit, empty, replace_content])
def test_a_damaged_file_is_reported(folder: Path, damage: Any) -> None:
    damage(folder / IMAGES)
    with pytest.raises(DatasetError) as caught:
        load_mnist()
    message = str(caught.value)
    assert str(folder / IMAGES) in message
    assert f"Expected SHA-256 {datasets.SHA256[IMAGES.removesuffix('.gz')]}" in message
    assert f"got {hashlib.sha256((folder / IMAGES).read_bytes()).hexdigest()}" in message
    assert "reinstall the package" in message


def test_a_missing_file_is_reported_and_can_be_restored(folder: Path) -> None:
    (folder / IMAGES).unlink()
    with pytest.raises(DatasetError, match=rf"{IMAGES}: expected .*cannot be read.*git checkout"):
        load_mnist()
    assert issubclass(DatasetError, OSError)
    shutil.copyfile(DATA / IMAGES, folder / IMAGES)
    assert load_mnist()[1][0].shape == (10_000, 784)


def test_a_folder_instead_of_a_file_is_reported(folder: Path) -> None:
    (folder / IMAGES).unlink()
    (folder / IMAGES).mkdir()
    with pytest.raises(DatasetError, match=IMAGES):
        load_mnist()


def test_provenance_names_the_authors_the_licence_and_every_file() -> None:
    text = (DATA / "README.md").read_text()
    names = ("LeCun", "Cortes", "Burges", "by-sa/3.0", "60,000", "10,000")
    assert all(word in text for word in names)
    assert all(f"`{name}.gz`" in text for name in datasets.SHA256)


def test_wheel_contains_the_data_and_loads_it(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "site")
    assert {f"course_lib/data/{name}.gz" for name in datasets.SHA256} <= names
    assert "course_lib/data/README.md" in names
    code = "import course_lib.datasets as d; print(d.__file__); print(d.load_mnist()[1][1][:5])"
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "site")},
        check=True,
        capture_output=True,
        text=True,
    )
    where, labels = run.stdout.splitlines()
    assert where.startswith(str(tmp_path / "site"))
    assert labels == "[7 2 1 0 4]"

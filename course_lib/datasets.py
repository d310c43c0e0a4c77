"""MNIST, read from files in the package. Nothing is downloaded."""

from __future__ import annotations

import functools
import gzip
import hashlib
from importlib.resources import files

import numpy as np

from course_lib.arrays import Array

_FOLDER = files("course_lib") / "data"

CLASSES = 10
PIXELS = 28

# SHA-256 of each compressed file, by name.
SHA256 = {
    "train-images-idx3-ubyte": "0b367032e93c5d0cea0925647cfdb18614af8ee15f83e6f2fc2ad904a6835971",
    "train-labels-idx1-ubyte": "1787548bbe0bff1ec2ecdc0ef292b02df999e2d1a6002d27500982c652b17203",
    "t10k-images-idx3-ubyte": "1a1a05eab793c14bb050b398624a11b0ffd1a2953baed553b1b9bd079e2a20be",
    "t10k-labels-idx1-ubyte": "b91679a0acfe4ba0e50a2437a903084cba1f5f92592b016a25a7dfd00455798b",
}

# Bytes before the values in the IDX format: 4, and 4 more for each axis.
_IMAGE_HEADER, _LABEL_HEADER = 16, 8


class DatasetError(OSError):
    """A file of the data is missing or damaged."""


def load_mnist(
    normalize: bool = True, flatten: bool = True, one_hot_label: bool = False
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Return the handwritten digits of MNIST: 60,000 for training and 10,000 for testing.

    The files are read and verified once per process. Every call returns new arrays, which the
    caller may change.

    Parameters
    ----------
    normalize : bool
        Pixels as float32 from 0 to 1; otherwise as uint8 from 0 to 255.
    flatten : bool
        Images as rows, (N, 784); otherwise as (N, 1, 28, 28).
    one_hot_label : bool
        Targets as one-hot rows of float32, (N, 10); otherwise as labels, whole numbers, (N,).

    Returns
    -------
    (x_train, t_train), (x_test, t_test) : pairs of ndarray

    Raises
    ------
    DatasetError
        If a file is missing or damaged.
    TypeError
        If an argument is not a bool.
    """
    switches = {"normalize": normalize, "flatten": flatten, "one_hot_label": one_hot_label}
    for name, value in switches.items():
        if not isinstance(value, (bool, np.bool_)):
            raise TypeError(f"load_mnist: {name}: expected True or False, got {value!r}.")

    def pair(part: str) -> tuple[Array, Array]:
        x = _images(f"{part}-images-idx3-ubyte", normalize)
        t = _labels(f"{part}-labels-idx1-ubyte", one_hot_label)
        return (x.reshape(len(x), -1) if flatten else x), t

    return pair("train"), pair("t10k")


def _images(file_name: str, normalize: bool) -> Array:
    x = _values(file_name, _IMAGE_HEADER).reshape(-1, 1, PIXELS, PIXELS)
    if not normalize:
        return x.copy()
    return np.divide(x, 255, dtype=np.float32)


def _labels(file_name: str, one_hot: bool) -> Array:
    # uint8 would overflow in sums and differences of labels; intp is NumPy's index type.
    t = _values(file_name, _LABEL_HEADER).astype(np.intp)
    return np.eye(CLASSES, dtype=np.float32)[t] if one_hot else t


def _values(file_name: str, header: int) -> Array:
    return np.frombuffer(_verified(file_name), np.uint8)[header:]


@functools.cache
def _verified(file_name: str) -> bytes:
    """Return the decompressed content of a file; raise `DatasetError` if it is damaged."""
    path = _FOLDER / f"{file_name}.gz"
    advice = (
        "Put the original file there: reinstall the package, or run "
        f"`git checkout -- course_lib/data/{file_name}.gz` in a clone."
    )
    try:
        packed = path.read_bytes()
    except OSError as error:
        raise DatasetError(
            f"{path}: expected a file of MNIST, but it cannot be read "
            f"({error.strerror or type(error).__name__}). {advice}"
        ) from error
    got = hashlib.sha256(packed).hexdigest()
    if got != SHA256[file_name]:
        raise DatasetError(
            f"{path}: damaged. Expected SHA-256 {SHA256[file_name]}, "
            f"got {got} from {len(packed):,} bytes. {advice}"
        )
    return gzip.decompress(packed)

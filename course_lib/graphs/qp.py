"""A small quadratic program: place boxes close to their neighbours, without overlaps."""

from __future__ import annotations

import numpy as np

from course_lib.arrays import Array


def settle(n: int, pulls: list[tuple[int, int, float, float]], gaps: Array) -> Array:
    """Return y (n,) that minimises ``sum w * (y[i] - y[j] - d)**2`` with every gap kept.

    Parameters
    ----------
    n : int
    pulls : list of (i, j, d, w)
    gaps : ndarray, shape (m, 3)
        Rows (i, j, s): the constraints ``y[j] - y[i] >= s``.

    Notes
    -----
    Written as a least-distance problem, which non-negative least squares solves in finitely
    many steps (Lawson and Hanson, *Solving Least Squares Problems*, chapter 23).
    """
    Q = 1e-6 * np.eye(n)
    c = np.zeros(n)
    for i, j, d, w in pulls:
        Q[[i, j], [i, j]] += w
        Q[[i, j], [j, i]] -= w
        c[[i, j]] += w * d, -w * d
    y = np.linalg.solve(Q, c)
    if not len(gaps):
        return y
    rows = np.arange(len(gaps))
    A = np.zeros((len(gaps), n))
    A[rows, gaps[:, 0].astype(int)] = -1
    A[rows, gaps[:, 1].astype(int)] = 1
    half = np.linalg.inv(np.linalg.cholesky(Q)).T
    E = np.vstack([(A @ half).T, gaps[:, 2] - A @ y])
    f = np.zeros(n + 1)
    f[n] = 1
    r = E @ _nonnegative_least_squares(E, f) - f
    return y - half @ r[:n] / r[n]


def _nonnegative_least_squares(E: Array, f: Array) -> Array:
    """Return u >= 0 with the smallest ``|E @ u - f|``: one variable set free at a time."""
    u = np.zeros(E.shape[1])
    free = np.zeros(E.shape[1], dtype=bool)
    # Terminates in exact arithmetic; the bound is for rounding errors.
    for _ in range(30 * len(u)):
        w = E.T @ (f - E @ u)
        w[free] = -np.inf
        if w.max() <= 1e-10:
            break
        free[w.argmax()] = True
        while True:
            z = np.zeros_like(u)
            z[free] = np.linalg.lstsq(E[:, free], f, rcond=None)[0]
            if (z[free] > 0).all():
                break
            bad = free & (z <= 0)
            step = (u[bad] / (u[bad] - z[bad])).min()
            u += step * (z - u)
            free &= u > 1e-14
        u = z
    return u

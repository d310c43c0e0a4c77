"""Layers: each computes its output in `forward` and its gradients in `backward`.

Every module of this package holds a layer, or several small ones. The layers of a new module are
added automatically to this package, the reference page, the drawings and the common tests.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from course_lib.layers.base import Layer


def layers_of(package: ModuleType) -> dict[str, type[Layer]]:
    """Return the layers that the modules of a package define, by the names of their classes."""
    modules = [
        import_module(f"{package.__name__}.{m.name}") for m in iter_modules(package.__path__)
    ]
    return {
        name: value
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Layer) and value is not Layer
        if value.__module__ == module.__name__
    }


LAYERS = layers_of(import_module(__name__))
globals().update(LAYERS)
__all__ = ["Layer", *LAYERS]


def __getattr__(name: str) -> Any:
    raise AttributeError(
        f"course_lib.layers has no layer {name!r}. Its layers are {', '.join(LAYERS)}."
    )

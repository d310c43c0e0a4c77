"""The reference library of the course on backpropagation.

Start reading at :mod:`course_lib.layers`: every layer reads like its equation.
"""

__version__ = "0.1.0"

"""Computational graphs: they run as they are built, from live layers, and draw themselves."""

from course_lib.graphs.graph import Graph, trace_network
from course_lib.graphs.tape import Node, Value

__all__ = ["Graph", "Node", "Value", "trace_network"]

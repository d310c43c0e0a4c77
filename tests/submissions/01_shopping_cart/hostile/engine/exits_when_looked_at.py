"""Ends the process when anybody asks for one of its attributes."""
# %% mul_layer
import os

class Ends(type):
    def __getattribute__(cls, name):
        os._exit(3)

class MulLayer(metaclass=Ends):
    pass

"""Layers: each computes its output in `forward` and hands gradients back in `backward`."""

from course_lib.layers.add import AddLayer
from course_lib.layers.affine import Affine
from course_lib.layers.affine_variants import Linear, ScaledAffine, ShiftedAffine
from course_lib.layers.base import Layer
from course_lib.layers.batch_norm import BatchNorm
from course_lib.layers.carts import CouponCart, ShoppingCart
from course_lib.layers.div import DivLayer
from course_lib.layers.dropout import Dropout
from course_lib.layers.elementwise import ExpLayer, LogLayer, ReciprocalLayer, SquareLayer
from course_lib.layers.identity_with_loss import IdentityWithLoss
from course_lib.layers.leaky_relu import LeakyRelu
from course_lib.layers.mul import MulLayer
from course_lib.layers.relu import Relu
from course_lib.layers.sigmoid import Sigmoid
from course_lib.layers.small_graphs import Chain, Fork, ThreeUses
from course_lib.layers.softmax_with_loss import SoftmaxWithLoss
from course_lib.layers.softplus import Softplus
from course_lib.layers.sub import SubLayer
from course_lib.layers.swish import Swish
from course_lib.layers.tanh import Tanh
from course_lib.layers.temperature import TemperatureWithLoss

__all__ = [
    "AddLayer",
    "Affine",
    "BatchNorm",
    "Chain",
    "CouponCart",
    "DivLayer",
    "Dropout",
    "ExpLayer",
    "Fork",
    "IdentityWithLoss",
    "Layer",
    "LeakyRelu",
    "Linear",
    "LogLayer",
    "MulLayer",
    "ReciprocalLayer",
    "Relu",
    "ScaledAffine",
    "ShiftedAffine",
    "ShoppingCart",
    "Sigmoid",
    "SoftmaxWithLoss",
    "Softplus",
    "SquareLayer",
    "SubLayer",
    "Swish",
    "Tanh",
    "TemperatureWithLoss",
    "ThreeUses",
]

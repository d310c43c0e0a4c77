"""The tasks of 01_shopping_cart."""

from __future__ import annotations

from course_lib.answers.shopping_cart import CouponCart, ShoppingCart
from course_lib.checks.cases import number_cases, two_input_cases
from course_lib.checks.tasks import LayerTask, NumberTask
from course_lib.layers import AddLayer, DivLayer, MulLayer, SubLayer
from course_lib.text import _

SLUG = "01_shopping_cart"

mul_layer = LayerTask(
    slug=SLUG,
    name="mul_layer",
    reference=MulLayer,
    returned=("dx", "dy"),
    cases=two_input_cases,
    points={"forward": 1, "dx": 1, "dy": 1, "contracts": 1},
    read="01_shopping_cart#mul-layer",
    notice=_("backward needs both inputs, so forward of a product stores them."),
)

add_layer = LayerTask(
    slug=SLUG,
    name="add_layer",
    reference=AddLayer,
    returned=("dx", "dy"),
    cases=two_input_cases,
    points={"forward": 1, "dx, dy": 1, "contracts": 1},
    read="01_shopping_cart#add-layer",
    notice=_("forward stores nothing here: both local gradients of a sum are always 1."),
)

shopping_cart = LayerTask(
    slug=SLUG,
    name="shopping_cart",
    reference=ShoppingCart,
    returned=("dapple", "dapple_num", "dorange", "dorange_num", "dtax"),
    cases=number_cases(
        apple=(50, 100), apple_num=(2, 5), orange=(120, 200), orange_num=(6, 9), tax=(1.05, 1.4)
    ),
    points={
        "forward": 1,
        "dapple, dapple_num": 1,
        "dorange, dorange_num": 1,
        "dtax": 1,
        "contracts": 1,
    },
    read="01_shopping_cart#shopping-cart",
    notice=_("One backward pass gave five gradients. Each node used only its own local gradients."),
)

predict = NumberTask(
    slug=SLUG,
    name="predict",
    answers={"dapple": 4.8, "dapple_num": 180, "dtax": 600, "one_point": 6},
    read="01_shopping_cart#shopping-cart",
    notice=_("A gradient is a price per unit. Its size depends on the unit of the input."),
)

sub_layer = LayerTask(
    slug=SLUG,
    name="sub_layer",
    reference=SubLayer,
    returned=("dx", "dy"),
    cases=two_input_cases,
    points={"forward": 1, "dx": 1, "dy": 1, "contracts": 1},
    read="01_shopping_cart#add-layer",
    notice=_("A difference is a sum with one sign changed, and so is its gradient."),
)

coupon_cart = LayerTask(
    slug=SLUG,
    name="coupon_cart",
    reference=CouponCart,
    returned=("dapple", "dapple_num", "dtax", "dcoupon"),
    cases=number_cases(apple=(50, 100), apple_num=(2, 5), tax=(1.05, 1.4), coupon=(10, 40)),
    points={"forward": 1, "dapple, dapple_num": 1, "dtax": 1, "dcoupon": 1, "contracts": 1},
    read="01_shopping_cart#shopping-cart",
    notice=_(
        "The gradient of the coupon does not depend on the fruit: they are on different paths."
    ),
)

div_layer = LayerTask(
    slug=SLUG,
    name="div_layer",
    reference=DivLayer,
    returned=("dx", "dy"),
    cases=two_input_cases,
    points={"forward": 1, "dx": 1, "dy": 2, "contracts": 1},
    read="01_shopping_cart#mul-layer",
    notice=_("dy contains 1 / y**2. For a small y, this gradient becomes very large."),
)

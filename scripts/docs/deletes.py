"""What shows at the source that a record is gone, as far as the vendors document it."""

from __future__ import annotations

from tap_commercetools.change_history import RECORDED
from tap_commercetools.delete_messages import DELETED, UNPUBLISHED, types_for

MESSAGES: dict[str, tuple[str, ...]] = {
    **{about.stream: types_for(about.stream) for about in DELETED.values() if about.stream},
    **UNPUBLISHED,
    "product_selection_products": ("ProductSelectionProductRemoved", "ProductSelectionDeleted"),
}
"""commercetools: types of the messages that tell of a delete (API specification)."""

CHANGE_HISTORY = RECORDED | {"product_product_selections", "product_selection_products"}
"""commercetools: streams whose deletes the Change History covers (API specification)."""

REMARKS: dict[str, dict[str, str]] = {
    "tap-commerce7": {
        "club_memberships": "a cancelled one stays, with `cancelDate`",
        "coupons": "an ended one stays, with its `status`",
        "gift_cards": "a cancelled one stays, with its `status`",
        "orders": "a cancelled one stays, with its `paymentStatus`",
        "products": "a retired one stays, with its `webStatus`",
        "promotions": "an ended one stays, with its `status`",
        "reservations": "a cancelled one stays, with its `status`",
    },
    "tap-commercetools": {
        "carts": "the platform deletes them some time after their last change (90 days by default)",
        "messages": "the platform deletes them after 1 to 90 days (15 by default); copies stay",
        "product_projections": "an unpublished product leaves the list as well",
        "shopping_lists": (
            "the platform deletes them some time after their last change (360 days by default)"
        ),
    },
}
"""What else to know; members in backquotes exist in the stream's schema."""

"""What the field listing of commercetools does not say, as reviewed tables."""

from __future__ import annotations

from schemas.nodes import Node, any_value, array_of, object_of, open_object, scalar

# Types that would explode or repeat a whole record inside another one stay open objects.
OPEN_TYPES = {
    "ErrorObject",
    "MessagePayload",
    "StagedOrder",
    "StagedOrderUpdateAction",
}

_REFERENCE = object_of({"typeId": scalar("string"), "id": scalar("string")})
_ACTOR: dict[str, Node] = {"isPlatformClient": scalar("boolean"), "user": _REFERENCE}

# Members that live records show and the API specification does not list.
UNDOCUMENTED: dict[str, dict[str, Node]] = {
    "BaseResource": {
        "versionModifiedAt": scalar("string", "date-time"),
        "lastMessageSequenceNumber": scalar("integer"),
    },
    "ClientLogging": _ACTOR,
    "Cart": {"type": scalar("string")},
    "Order": {"type": scalar("string")},
}

# Child rows have no id of their own: the tap adds these strings to every row.
CHILD_KEYS = {
    "product_selection_products": ["productSelectionId", "productId"],
    "product_product_selections": ["productId", "productSelectionId"],
    "store_product_selection_assignments": ["storeKey", "productId", "productSelectionId"],
    "variant_projections": ["productId", "id", "staged"],
    "approval_flows": ["businessUnitKey", "id"],
    "approval_rules": ["businessUnitKey", "id"],
}

# The same query as custom_objects, restricted to one container: not a stream of its own.
SKIPPED_CHILDREN = {"custom_objects_in_container"}

# Columns of `messages`; the tap moves every other member of a message into `payload`.
MESSAGE_PAYLOAD: dict[str, Node] = {
    "payload": open_object()
    | {"description": "Members of this message type only.", "x-sensitive": "pii"},
}

# Columns of `deletions` that the tap makes, and those that it takes from the message as they are.
DELETION: dict[str, Node] = {
    "id": scalar("string") | {"description": "Id of the message."},
    "deletedAt": scalar("string", "date-time") | {"description": "createdAt of the message."},
    "type": scalar("string"),
    "resourceType": scalar("string"),
    "stream": scalar("string")
    | {"description": "Stream that held the record; null when no stream did, or not as a record."},
    "resourceId": scalar("string"),
    "resourceVersion": scalar("integer"),
    "resourceKey": scalar("string"),
}
TAKEN_OF_MESSAGES = ("resourceUserProvidedIdentifiers", "sequenceNumber")

# Columns of `change_history` that the tap adds, or of which the listing says too little.
_PERSONAL_VALUE = any_value() | {"x-sensitive": "pii"}
CHANGE: dict[str, Node] = {
    "resourceType": scalar("string") | {"description": "typeId of the resource."},
    "resourceId": scalar("string") | {"description": "id of the resource, or its key without one."},
    "modifiedAt": scalar("string", "date-time"),
    "label": _PERSONAL_VALUE,
    "previousLabel": _PERSONAL_VALUE,
    "changes": array_of(any_value()) | {"x-sensitive": "pii"},
}

DESCRIPTIONS = {
    "Money.centAmount": "Minor units of currencyCode.",
    "TypedMoney.centAmount": "Minor units of currencyCode, scaled by fractionDigits.",
    "HighPrecisionMoney.preciseAmount": "Amount scaled by fractionDigits.",
    "TaxRate.amount": "Fraction of 1.",
    "SubRate.amount": "Fraction of 1.",
    "TaxPortion.rate": "Fraction of 1.",
    "CartDiscountValueRelative.permyriad": "Ten-thousandths.",
    "ProductDiscountValueRelative.permyriad": "Ten-thousandths.",
    "ParcelMeasurements.weightInGram": "Grams.",
}

_PERSON = ("title", "salutation", "firstName", "lastName")
_AWS = ("accessKey", "accessSecret")

# Reviewed by hand: type name -> members. A member counts for all subtypes of the type too. What may
# hold personal data, depending on who fills it in, is in possible.py.
PERSONAL: dict[str, tuple[str, ...]] = {
    "ApprovalFlowRejection": ("reason",),
    "BaseAddress": (
        *_PERSON,
        "streetName",
        "streetNumber",
        "additionalStreetInfo",
        "postalCode",
        "city",
        "company",
        "department",
        "building",
        "apartment",
        "pOBox",
        "phone",
        "mobile",
        "email",
        "fax",
        "additionalAddressInfo",
    ),
    "BusinessUnit": ("contactEmail",),
    "Cart": ("customerEmail",),
    "Customer": (
        *_PERSON,
        "middleName",
        "email",
        "dateOfBirth",
        "companyName",
        "vatId",
        "customerNumber",
    ),
    "Order": ("customerEmail",),
    "OrderEdit": ("stagedActions",),
    "OrderEditPreviewSuccess": ("messagePayloads", "preview"),
    "Payment": ("interfaceInteractions",),
    "Quote": ("buyerComment",),
    "QuoteRequest": ("comment",),
    "RecurringOrder": ("customerEmail",),
    "Review": ("authorName", "title", "text"),
    "ShoppingList": ("name", "description"),
    "TextLineItem": ("name", "description"),
    "UserProvidedIdentifiers": ("customerNumber",),
}

SECRET: dict[str, tuple[str, ...]] = {
    "ApiClient": ("secret",),
    "AWSLambdaDestination": _AWS,
    "AuthorizationHeaderAuthentication": ("headerValue",),
    "AzureEventGridDestination": ("uri", "accessKey"),
    "AzureFunctionsAuthentication": ("key",),
    "AzureServiceBusDestination": ("connectionString",),
    "ConfluentCloudDestination": ("apiKey", "apiSecret"),
    "Customer": ("password",),
    "ExternalOAuth": ("authorizationHeader",),
    "IronMqDestination": ("uri",),
    "PaymentMethodToken": ("value",),
    "SnsDestination": _AWS,
    "SqsDestination": _AWS,
}

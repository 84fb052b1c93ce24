{{ custom_fields('stg_commercetools__carts', ['cart_id'], 'order') }}

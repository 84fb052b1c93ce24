{{ custom_fields('stg_commercetools__orders', ['order_id'], 'order') }}

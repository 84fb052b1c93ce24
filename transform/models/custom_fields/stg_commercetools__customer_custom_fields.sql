{{ custom_fields('stg_commercetools__customers', ['customer_id'], 'customer') }}

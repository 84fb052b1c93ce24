{{ custom_fields('stg_commercetools__payments', ['payment_id'], 'payment') }}

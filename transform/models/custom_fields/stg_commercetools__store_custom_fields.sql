{{ custom_fields('stg_commercetools__stores', ['store_id'], 'store') }}

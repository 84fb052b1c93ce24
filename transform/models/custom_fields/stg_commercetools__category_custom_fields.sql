{{ custom_fields('stg_commercetools__categories', ['category_id'], 'category') }}

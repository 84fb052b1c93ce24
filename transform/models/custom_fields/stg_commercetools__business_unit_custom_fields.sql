{{ custom_fields('stg_commercetools__business_units', ['business_unit_id'], 'business-unit') }}

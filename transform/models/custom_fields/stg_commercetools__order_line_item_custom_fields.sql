{{ custom_fields('stg_commercetools__order_line_items', ['order_id', 'line_item_id'], 'line-item') }}

{{ custom_fields('stg_commercetools__inventory_entries', ['inventory_entry_id'], 'inventory-entry') }}

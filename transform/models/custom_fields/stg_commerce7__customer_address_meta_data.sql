{{ meta_data('stg_commerce7__customer_addresses', ['customer_address_id'], 'customer-address') }}

{{ meta_data('stg_commerce7__customers', ['customer_id'], 'customer') }}

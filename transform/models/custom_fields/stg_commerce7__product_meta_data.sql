{{ meta_data('stg_commerce7__products', ['product_id'], 'product') }}

{{ meta_data('stg_commerce7__orders', ['order_id'], 'order') }}

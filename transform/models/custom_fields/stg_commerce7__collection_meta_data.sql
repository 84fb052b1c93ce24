{{ meta_data('stg_commerce7__collections', ['collection_id'], 'collection') }}

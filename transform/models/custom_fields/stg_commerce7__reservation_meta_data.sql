{{ meta_data('stg_commerce7__reservations', ['reservation_id'], 'reservation') }}

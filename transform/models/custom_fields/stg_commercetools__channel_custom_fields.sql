{{ custom_fields('stg_commercetools__channels', ['channel_id'], 'channel') }}

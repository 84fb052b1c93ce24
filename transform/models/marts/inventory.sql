{# One row for each place where a variant is in stock. #}

with commercetools as (
    select
        'commercetools' as platform,
        entry.inventory_entry_id as inventory_id,
        entry.sku,
        null as product_id,
        null as variant_id,
        entry.supply_channel_id as location_id,
        coalesce(channel.name, channel.key) as location_name,
        entry.available_quantity as quantity_available,
        entry.quantity_on_stock - entry.available_quantity as quantity_reserved,
        null::bigint as quantity_allocated,
        entry.expected_delivery as expected_at,
        entry.last_modified_at as updated_at
    from {{ ref('stg_commercetools__inventory_entries') }} as entry
    left join {{ ref('stg_commercetools__channels') }} as channel
        on channel.channel_id = entry.supply_channel_id
    where not entry.is_deleted
),

commerce7 as (
    select
        'commerce7' as platform,
        entry.inventory_id,
        entry.sku,
        entry.product_id,
        entry.product_variant_id as variant_id,
        entry.inventory_location_id as location_id,
        coalesce(location.title, entry.inventory_location_title) as location_name,
        entry.available_for_sale_count as quantity_available,
        entry.reserve_count as quantity_reserved,
        entry.allocated_count as quantity_allocated,
        null::timestamp as expected_at,
        null::timestamp as updated_at
    from {{ ref('stg_commerce7__inventories') }} as entry
    left join {{ ref('stg_commerce7__inventory_locations') }} as location
        on location.inventory_location_id = entry.inventory_location_id
    where not entry.is_deleted
)

select * from commercetools
union all
select * from commerce7

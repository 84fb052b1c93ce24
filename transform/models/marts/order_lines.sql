{{ config(
    materialized='incremental',
    incremental_strategy='changed_rows',
    on_schema_change='sync_all_columns',
    indexes=[{'columns': ['order_id']}, {'columns': ['platform', '_built_at']}],
    meta={'changes': {
        'parents': {
            'stg_commercetools__orders': {'platform': 'commercetools'},
            'stg_commerce7__orders': {'platform': 'commerce7'},
        },
        'key': {'order_id': 'order_id'},
    }},
) }}

{# One row for each line of each order. The rows of an order are made together. #}

with commercetools_orders as (
    select *
    from {{ ref('stg_commercetools__orders') }} as parent
    where not is_deleted
        and {{ parent_is_changed('stg_commercetools__orders') }}
),

returns as (
    select
        order_id,
        line_item_id,
        custom_line_item_id,
        sum(quantity) as quantity
    from {{ ref('stg_commercetools__order_return_items') }}
    group by order_id, line_item_id, custom_line_item_id
),

commercetools_items as (
    select
        item.order_id,
        item.position,
        0 as kind,
        item.line_item_id as line_id,
        case item.line_item_mode when 'GiftLineItem' then 'gift' else 'product' end as line_type,
        item.product_id,
        item.variant_id::text as variant_id,
        item.variant_sku as sku,
        item.name,
        item.quantity,
        item.price as unit_price,
        item.total_price as price_total,
        item.total_price_currency as currency,
        item.price_mode is distinct from 'ExternalTotal' and (
            item.line_item_mode = 'GiftLineItem'
            or item.price_discounted is not null
            or exists (select from {{ json_elements(['item.discounted_price_per_quantity'], 'per') }})
        ) as is_discounted,
        item.taxed_price_total_gross as gross,
        item.taxed_price_total_net as net,
        coalesce(
            item.taxed_price_total_tax, item.taxed_price_total_gross - item.taxed_price_total_net
        ) as tax,
        item.tax_rate_included_in_price as tax_included
    from {{ ref('stg_commercetools__order_line_items') }} as item

    union all

    select
        item.order_id,
        item.position,
        1 as kind,
        item.custom_line_item_id as line_id,
        'custom' as line_type,
        null as product_id,
        null as variant_id,
        null as sku,
        item.name,
        item.quantity,
        item.money as unit_price,
        item.total_price as price_total,
        item.total_price_currency as currency,
        exists (select from {{ json_elements(['item.discounted_price_per_quantity'], 'per') }}) as is_discounted,
        item.taxed_price_total_gross as gross,
        item.taxed_price_total_net as net,
        coalesce(
            item.taxed_price_total_tax, item.taxed_price_total_gross - item.taxed_price_total_net
        ) as tax,
        item.tax_rate_included_in_price as tax_included
    from {{ ref('stg_commercetools__order_custom_line_items') }} as item
),

commercetools as (
    select
        'commercetools' as platform,
        item.order_id,
        row_number() over (partition by item.order_id order by item.kind, item.position) as line_number,
        item.line_id,
        item.line_type,
        'sale' as order_type,
        source_row.created_at as ordered_at,
        source_row.order_state is not distinct from 'Cancelled' as is_cancelled,
        source_row.customer_id,
        source_row.store_key as sales_channel,
        item.product_id,
        item.variant_id,
        item.sku,
        item.name,
        item.quantity,
        coalesce(returns.quantity, 0) as quantity_returned,
        coalesce(item.currency, source_row.total_price_currency) as currency,
        item.unit_price,
        item.unit_price * item.quantity as list_total,
        case
            when item.is_discounted then coalesce(item.unit_price * item.quantity - item.price_total, 0)
            else 0
        end as discount,
        item.price_total,
        item.tax,
        item.tax_included,
        coalesce(item.gross, item.price_total) as total,
        coalesce(
            item.net, coalesce(item.gross, item.price_total) - coalesce(item.tax, 0)
        ) as total_excluding_tax,
        source_row._built_at
    from commercetools_orders as source_row
    inner join commercetools_items as item on item.order_id = source_row.order_id
    left join returns
        on returns.order_id = item.order_id
            and case item.kind when 0 then returns.line_item_id else returns.custom_line_item_id end = item.line_id
),

commerce7_orders as (
    select *
    from {{ ref('stg_commerce7__orders') }} as parent
    where not is_deleted
        and {{ parent_is_changed('stg_commerce7__orders') }}
),

commerce7_taxes as (
    {# Lines do not say whether their price includes the tax; all taxes of the order have to. #}
    select order_id, bool_and(coalesce(is_included_in_price, false)) as tax_included
    from {{ ref('stg_commerce7__order_taxes') }}
    group by order_id
),

commerce7_items as (
    select
        *,
        coalesce(original_price, price) as unit_price,
        price * quantity as price_total,
        coalesce(original_price, price) * quantity as list_total
    from {{ ref('stg_commerce7__order_items') }}
),

commerce7 as (
    select
        'commerce7' as platform,
        item.order_id,
        row_number() over (partition by item.order_id order by item.position) as line_number,
        item.item_id as line_id,
        case item.type when 'Gift Card' then 'gift_card' else 'product' end as line_type,
        {{ commerce7_order_type('source_row.purchase_type') }} as order_type,
        coalesce(source_row.order_submitted_date, source_row.created_at) as ordered_at,
        source_row.payment_status is not distinct from 'Cancelled' as is_cancelled,
        source_row.customer_id,
        source_row.channel as sales_channel,
        item.product_id,
        item.product_variant_id as variant_id,
        item.sku,
        item.product_title as name,
        item.quantity,
        null::numeric as quantity_returned,
        {{ commerce7_currency() }} as currency,
        item.unit_price,
        item.list_total,
        coalesce(item.list_total - item.price_total, 0) as discount,
        item.price_total,
        item.tax,
        taxes.tax_included,
        item.price_total
        + case when taxes.tax_included then 0 else coalesce(item.tax, 0) end as total,
        item.price_total
        - case when taxes.tax_included then coalesce(item.tax, 0) else 0 end as total_excluding_tax,
        source_row._built_at
    from commerce7_orders as source_row
    inner join commerce7_items as item on item.order_id = source_row.order_id
    left join commerce7_taxes as taxes on taxes.order_id = source_row.order_id
),

both_platforms as (
    select * from commercetools
    union all
    select * from commerce7
)

select
    *,
    {{ built_with() }} as _built_with
from both_platforms

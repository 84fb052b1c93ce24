{{ config(
    materialized='incremental',
    incremental_strategy='changed_rows',
    on_schema_change='sync_all_columns',
    indexes=[{'columns': ['order_id']}, {'columns': ['customer_id']}, {'columns': ['platform', '_built_at']}],
    meta={'changes': {
        'parents': {
            'stg_commercetools__orders': {'platform': 'commercetools'},
            'stg_commerce7__orders': {'platform': 'commerce7'},
        },
        'key': {'order_id': 'order_id'},
        'key_of_table': {'platform': 'platform', 'order_id': 'order_id'},
    }},
) }}

{# One row for each order. Money that moved outside of it, in payments, is added up here. #}

with order_payments as (
    {# A payment that an order names twice counts once; deleted payments do not count. #}
    select distinct link.order_id, link.payment_id, payment._built_at
    from {{ ref('stg_commercetools__order_payments') }} as link
    inner join {{ ref('stg_commercetools__payments') }} as payment
        on payment.payment_id = link.payment_id and not payment.is_deleted
),

paid_by as (
    {# By these two, an incremental build sees that a payment changed, came or went. #}
    select order_id, count(*) as payment_count, max(_built_at) as built_at
    from order_payments
    group by order_id
),

changed_orders as (
    select order_id
    from {{ ref('stg_commercetools__orders') }} as parent
    where {{ parent_is_changed('stg_commercetools__orders') }}
    {% if is_incremental() %}
    union
    select made.order_id
    from {{ this }} as made
    left join paid_by on paid_by.order_id = made.order_id
    where made.platform = 'commercetools'
        and (made._payment_count, made._payments_built_at)
            is distinct from (coalesce(paid_by.payment_count, 0), paid_by.built_at)
    {% endif %}
),

commercetools_orders as (
    select
        source_row.order_id,
        source_row.order_number,
        source_row.order_state,
        source_row.payment_state,
        source_row.shipment_state,
        source_row.store_key,
        source_row.customer_id,
        source_row.created_at,
        source_row.completed_at,
        source_row.last_modified_at,
        source_row.total_price,
        source_row.total_price_currency,
        source_row.taxed_price_total_net,
        source_row.taxed_price_total_gross,
        source_row.taxed_price_total_tax,
        source_row.discount_on_total_price_discounted_amount,
        source_row.shipping_info_price,
        source_row.shipping_info_discounted_price,
        source_row._built_at,
        coalesce(paid_by.payment_count, 0) as _payment_count,
        paid_by.built_at as _payments_built_at
    from {{ ref('stg_commercetools__orders') }} as source_row
    inner join changed_orders on changed_orders.order_id = source_row.order_id
    left join paid_by on paid_by.order_id = source_row.order_id
    where not source_row.is_deleted
),

payments as (
    select
        source_row.order_id,
        sum(transaction.amount) filter (where transaction.type = 'Charge') as paid,
        sum(transaction.amount) filter (where transaction.type in ('Refund', 'Chargeback')) as refunded
    from commercetools_orders as source_row
    inner join order_payments on order_payments.order_id = source_row.order_id
    inner join {{ ref('stg_commercetools__payment_transactions') }} as transaction
        on transaction.payment_id = order_payments.payment_id
    where transaction.state = 'Success'
        and transaction.amount_currency = source_row.total_price_currency
    group by source_row.order_id
),

commercetools_shipments as (
    select order_id, shipping_info_price as price, shipping_info_discounted_price as discounted
    from commercetools_orders
    union all
    select order_id, shipping_info_price as price, shipping_info_discounted_price as discounted
    from {{ ref('stg_commercetools__order_shippings') }}
    where order_id in (select order_id from commercetools_orders)
),

commercetools_shipping as (
    select
        order_id,
        coalesce(sum(coalesce(discounted, price)), 0) as shipping,
        coalesce(sum(price - discounted), 0) as discount
    from commercetools_shipments
    group by order_id
),

commerce7_orders as (
    select
        parent.order_id,
        parent.order_number,
        parent.purchase_type,
        parent.previous_order_id,
        parent.payment_status,
        parent.fulfillment_status,
        parent.channel,
        parent.customer_id,
        parent.order_submitted_date,
        parent.order_paid_date,
        parent.order_fulfilled_date,
        parent.created_at,
        parent.updated_at,
        parent.sub_total,
        parent.ship_total,
        parent.duty_total,
        parent.bottle_deposit_total,
        parent.tax_total,
        parent.total,
        parent.tip_total,
        parent._built_at
    from {{ ref('stg_commerce7__orders') }} as parent
    where not parent.is_deleted
        and {{ parent_is_changed('stg_commerce7__orders') }}
),

commerce7_tenders as (
    select
        order_id,
        sum(amount_tendered) filter (where charge_type in ('Sale', 'Capture')) as paid,
        sum(amount_tendered) filter (where charge_type in ('Sale', 'Capture') and tender_type = 'Gift Card')
            as paid_by_gift_card,
        sum(abs(amount_tendered)) filter (where charge_type = 'Refund') as refunded
    from {{ ref('stg_commerce7__order_tenders') }}
    where charge_status = 'Success' and order_id in (select order_id from commerce7_orders)
    group by order_id
),

commerce7_shipping as (
    select order_id, sum(original_price - price) as discount
    from {{ ref('stg_commerce7__order_shipments') }}
    where order_id in (select order_id from commerce7_orders)
    group by order_id
),

lines as (
    select
        platform,
        order_id,
        count(*) as line_count,
        sum(quantity) as quantity,
        sum(price_total) as price_total,
        sum(discount) as discount
    from {{ ref('order_lines') }}
    where (platform, order_id) in (
        select 'commercetools', order_id from commercetools_orders
        union all
        select 'commerce7', order_id from commerce7_orders
    )
    group by platform, order_id
),

commercetools as (
    select
        'commercetools' as platform,
        source_row.order_id,
        source_row.order_number,
        'sale' as order_type,
        null as original_order_id,
        lower(source_row.order_state) as order_state,
        source_row.payment_state,
        source_row.shipment_state,
        source_row.order_state is not distinct from 'Cancelled' as is_cancelled,
        source_row.store_key as sales_channel,
        source_row.customer_id,
        source_row.created_at as ordered_at,
        null::timestamp as paid_at,
        source_row.completed_at as fulfilled_at,
        source_row.last_modified_at as updated_at,
        source_row.total_price_currency as currency,
        coalesce(lines.line_count, 0) as line_count,
        coalesce(lines.quantity, 0) as quantity,
        coalesce(lines.price_total, 0) as subtotal,
        coalesce(lines.discount, 0)
        + coalesce(source_row.discount_on_total_price_discounted_amount, 0)
        + shipping.discount as discount,
        shipping.shipping,
        0::numeric as fees,
        coalesce(
            source_row.taxed_price_total_tax,
            source_row.taxed_price_total_gross - source_row.taxed_price_total_net
        ) as tax,
        coalesce(source_row.taxed_price_total_gross, source_row.total_price) as total,
        source_row.taxed_price_total_net as net,
        0::numeric as tip,
        coalesce(payments.paid, 0) as paid,
        null::numeric as paid_by_gift_card,
        coalesce(payments.refunded, 0) as refunded,
        coalesce(source_row.taxed_price_total_gross, source_row.total_price)
        - coalesce(payments.refunded, 0) as total_after_refunds,
        source_row._built_at,
        source_row._payment_count,
        source_row._payments_built_at
    from commercetools_orders as source_row
    inner join commercetools_shipping as shipping on shipping.order_id = source_row.order_id
    left join payments on payments.order_id = source_row.order_id
    left join lines on lines.platform = 'commercetools' and lines.order_id = source_row.order_id
),

commerce7 as (
    select
        'commerce7' as platform,
        source_row.order_id,
        source_row.order_number::text as order_number,
        {{ commerce7_order_type('source_row.purchase_type') }} as order_type,
        source_row.previous_order_id as original_order_id,
        case
            when source_row.payment_status = 'Cancelled' then 'cancelled'
            when source_row.fulfillment_status in ('Fulfilled', 'No Fulfillment Required') then 'complete'
            else 'open'
        end as order_state,
        source_row.payment_status as payment_state,
        source_row.fulfillment_status as shipment_state,
        source_row.payment_status is not distinct from 'Cancelled' as is_cancelled,
        source_row.channel as sales_channel,
        source_row.customer_id,
        coalesce(source_row.order_submitted_date, source_row.created_at) as ordered_at,
        source_row.order_paid_date as paid_at,
        source_row.order_fulfilled_date as fulfilled_at,
        source_row.updated_at,
        {{ commerce7_currency() }} as currency,
        coalesce(lines.line_count, 0) as line_count,
        coalesce(lines.quantity, 0) as quantity,
        source_row.sub_total as subtotal,
        coalesce(lines.discount, 0) + coalesce(shipping.discount, 0) as discount,
        source_row.ship_total as shipping,
        coalesce(source_row.duty_total, 0) + coalesce(source_row.bottle_deposit_total, 0) as fees,
        source_row.tax_total as tax,
        source_row.total,
        null::numeric as net,
        coalesce(source_row.tip_total, 0) as tip,
        coalesce(tenders.paid, 0) as paid,
        coalesce(tenders.paid_by_gift_card, 0) as paid_by_gift_card,
        coalesce(tenders.refunded, 0) as refunded,
        source_row.total as total_after_refunds,
        source_row._built_at,
        null::bigint as _payment_count,
        null::timestamptz as _payments_built_at
    from commerce7_orders as source_row
    left join commerce7_shipping as shipping on shipping.order_id = source_row.order_id
    left join commerce7_tenders as tenders on tenders.order_id = source_row.order_id
    left join lines on lines.platform = 'commerce7' and lines.order_id = source_row.order_id
),

both_platforms as (
    select * from commercetools
    union all
    select * from commerce7
)

select
    platform,
    order_id,
    order_number,
    order_type,
    original_order_id,
    order_state,
    payment_state,
    shipment_state,
    is_cancelled,
    sales_channel,
    customer_id,
    ordered_at,
    paid_at,
    fulfilled_at,
    updated_at,
    currency,
    line_count,
    quantity,
    subtotal,
    discount,
    shipping,
    fees,
    tax,
    total,
    coalesce(net, total - coalesce(tax, 0)) as total_excluding_tax,
    tip,
    paid,
    paid_by_gift_card,
    refunded,
    total_after_refunds,
    _built_at,
    _payment_count,
    _payments_built_at,
    {{ built_with() }} as _built_with
from both_platforms

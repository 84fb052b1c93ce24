{# One row for each customer that is there, with what they bought. #}

with known as (
    select
        'commercetools' as platform,
        customer_id,
        created_at,
        null::bigint as platform_order_count,
        null::numeric as platform_lifetime_value
    from {{ ref('stg_commercetools__customers') }}
    where not is_deleted

    union all

    select
        'commerce7' as platform,
        customer_id,
        created_at,
        order_information_order_count as platform_order_count,
        order_information_lifetime_value as platform_lifetime_value
    from {{ ref('stg_commerce7__customers') }}
    where not is_deleted
),

bought as (
    select
        platform,
        customer_id,
        count(*) filter (where not is_cancelled and order_type <> 'refund') as order_count,
        count(*) filter (where not is_cancelled and order_type = 'refund') as refund_count,
        count(*) filter (where is_cancelled) as cancelled_order_count,
        min(ordered_at) filter (where not is_cancelled and order_type <> 'refund') as first_ordered_at,
        max(ordered_at) filter (where not is_cancelled and order_type <> 'refund') as last_ordered_at
    from {{ ref('orders') }}
    where customer_id is not null
    group by platform, customer_id
),

value_by_currency as (
    select platform, customer_id, currency, coalesce(sum(total_after_refunds), 0) as amount
    from {{ ref('orders') }}
    where customer_id is not null and currency is not null and not is_cancelled
    group by platform, customer_id, currency
),

lifetime as (
    {# Amounts in several currencies have no sum. #}
    select
        platform,
        customer_id,
        case when count(*) = 1 then min(currency) end as currency,
        case when count(*) = 1 then min(amount) end as lifetime_value,
        {{ json_object('currency', 'amount') }} as lifetime_value_by_currency
    from value_by_currency
    group by platform, customer_id
)

select
    known.platform,
    known.customer_id,
    known.created_at,
    coalesce(bought.order_count, 0) as order_count,
    coalesce(bought.refund_count, 0) as refund_count,
    coalesce(bought.cancelled_order_count, 0) as cancelled_order_count,
    bought.first_ordered_at,
    bought.last_ordered_at,
    lifetime.currency,
    lifetime.lifetime_value,
    lifetime.lifetime_value_by_currency,
    known.platform_order_count,
    known.platform_lifetime_value
from known
left join bought
    on bought.platform = known.platform and bought.customer_id = known.customer_id
left join lifetime
    on lifetime.platform = known.platform and lifetime.customer_id = known.customer_id

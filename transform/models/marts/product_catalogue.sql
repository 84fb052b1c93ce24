{# One row for each variant that can be sold, with the price that has no conditions. #}

with embedded as (
    select
        product.product_id,
        variant.variant_id,
        variant.sku,
        product.published,
        product.price_mode = 'Standalone' as has_standalone_prices
    from {{ ref('stg_commercetools__products') }} as product
    inner join {{ ref('stg_commercetools__product_variants') }} as variant
        on variant.product_id = product.product_id
    where not product.is_deleted
),

commercetools_variants as (
    select * from embedded

    union all

    {# Variants that are records of their own; those that their product holds as well come once. #}
    select
        variant.product_id,
        coalesce(variant.variant_number::text, variant.variant_id) as variant_id,
        variant.sku,
        variant.published,
        true as has_standalone_prices
    from {{ ref('stg_commercetools__variants') }} as variant
    inner join {{ ref('stg_commercetools__products') }} as product
        on product.product_id = variant.product_id
    where not variant.is_deleted
        and not product.is_deleted
        and not exists (
            select from embedded
            where embedded.product_id = variant.product_id
                and embedded.variant_id = variant.variant_number::text
        )
),

prices as (
    {# A price is without conditions if it holds for everybody, everywhere and at any time. #}
    select
        product_id || '/' || variant_id as owner,
        value as price,
        value_currency as currency,
        discounted as discounted_price,
        coalesce(
            country, customer_group_id, channel_id, recurrence_policy_id, valid_from::text, valid_until::text
        ) is null as is_for_all,
        row_number() over (partition by product_id, variant_id order by position) as place
    from {{ ref('stg_commercetools__product_prices') }}

    union all

    select
        'sku ' || sku as owner,
        value as price,
        value_currency as currency,
        discounted as discounted_price,
        coalesce(
            country, customer_group_id, channel_id, recurrence_policy_id, valid_from::text, valid_until::text
        ) is null as is_for_all,
        row_number() over (partition by sku order by value_currency, standalone_price_id) as place
    from {{ ref('stg_commercetools__standalone_prices') }}
    where active and not is_deleted
),

general_prices as (
    select distinct on (owner) owner, price, currency, discounted_price
    from prices
    where is_for_all
    order by owner, currency is distinct from '{{ var("catalogue_currency") }}', place
),

price_counts as (
    select owner, count(*) as price_count
    from prices
    group by owner
),

commercetools as (
    select
        'commercetools' as platform,
        variant.product_id,
        variant.variant_id,
        variant.sku,
        product.name as product_name,
        null as variant_name,
        product.slug,
        product_type.name as product_type,
        coalesce(variant.published, false) as is_available,
        price.price,
        price.discounted_price,
        null::numeric as compare_price,
        price.currency,
        coalesce(price_counts.price_count, 0) as price_count,
        null::numeric as cost,
        product.created_at,
        product.last_modified_at as updated_at
    from (
        select
            *,
            case
                when has_standalone_prices then 'sku ' || sku
                else product_id || '/' || variant_id
            end as owner
        from commercetools_variants
    ) as variant
    inner join {{ ref('stg_commercetools__products') }} as product
        on product.product_id = variant.product_id
    left join {{ ref('stg_commercetools__product_types') }} as product_type
        on product_type.product_type_id = product.product_type_id
    left join general_prices as price on price.owner = variant.owner
    left join price_counts on price_counts.owner = variant.owner
),

commerce7 as (
    select
        'commerce7' as platform,
        product.product_id,
        variant.variant_id,
        variant.sku,
        product.title as product_name,
        variant.title as variant_name,
        product.slug,
        product.type as product_type,
        product.web_status is not distinct from 'Available' as is_available,
        variant.price,
        null::numeric as discounted_price,
        variant.compare_price,
        {{ commerce7_currency() }} as currency,
        case when variant.price is null then 0 else 1 end as price_count,
        variant.cost_of_good as cost,
        product.created_at,
        product.updated_at
    from {{ ref('stg_commerce7__products') }} as product
    inner join {{ ref('stg_commerce7__product_variants') }} as variant
        on variant.product_id = product.product_id
    where not product.is_deleted
)

select * from commercetools
union all
select * from commerce7

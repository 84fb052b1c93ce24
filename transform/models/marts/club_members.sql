{# One row for each membership of a Commerce7 club, past ones included. #}

select
    membership.club_membership_id,
    membership.customer_id,
    membership.club_id,
    club.title as club_name,
    membership.status,
    membership.status is not distinct from 'Active' as is_active,
    membership.signup_date as signed_up_at,
    membership.cancel_date as cancelled_at,
    membership.order_delivery_method as delivery_method,
    membership.current_number_of_shipments as shipment_count,
    membership.last_processed_date as last_processed_at,
    membership.subscription_next_process_date as next_process_at,
    membership.acquisition_channel,
    membership.updated_at
from {{ ref('stg_commerce7__club_memberships') }} as membership
left join {{ ref('stg_commerce7__clubs') }} as club on club.club_id = membership.club_id
where not membership.is_deleted

{{ meta_data('stg_commerce7__club_memberships', ['club_membership_id'], 'club-membership') }}

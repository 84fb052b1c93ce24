{#-
  Incremental marts: after each build, a mart holds what a full build would.

  Rows belong to orders. An order's rows are made again when what they are made from is not what it
  was: `_built_from` says what that was, and `_built_with` which version of the model made them.
-#}

{%- macro order_is_changed(platform, order_id, built_from) -%}
    {#- Whether the rows of an order have to be made (again). -#}
    {%- if not is_incremental() -%} true
    {%- else -%}
    not exists (
        select from {{ this }} as made
        where made.platform = '{{ platform }}'
            and made.order_id = {{ order_id }}
            and made._built_from = {{ built_from }}
            and made._built_with = {{ tap_commerce.mart_built_with() }}
    )
    {%- endif -%}
{%- endmacro -%}

{%- macro mart_built_with() -%}
    {#- Other variables change rows of staging models, and so their _built_at. -#}
    '{{ local_md5(model.raw_code ~ var("commerce7_currency")) }}'
{%- endmacro -%}

{%- macro delete_rows_without_order() -%}
    {#-
      Remove the rows of orders that are deleted or no longer there, and what a changed order has
      no more. It runs before the new rows come.
    -#}
    {%- if is_incremental() %}
    delete from {{ this }} as made
    where not exists (
        select from {{ ref('stg_commercetools__orders') }} as source_row
        where made.platform = 'commercetools'
            and source_row.order_id = made.order_id
            and source_row._built_at = made._order_built_at
            and not source_row.is_deleted
    )
        and not exists (
        select from {{ ref('stg_commerce7__orders') }} as source_row
        where made.platform = 'commerce7'
            and source_row.order_id = made.order_id
            and source_row._built_at = made._order_built_at
            and not source_row.is_deleted
    )
    {%- endif -%}
{%- endmacro -%}

{%- macro commerce7_currency() -%}
    {#- Records of Commerce7 do not name the tenant's currency. -#}
    '{{ var("commerce7_currency") }}'
{%- endmacro -%}

{%- macro commerce7_order_type(purchase_type) -%}
    case {{ purchase_type }} when 'Refund' then 'refund' when 'Exchange' then 'exchange' else 'sale' end
{%- endmacro -%}

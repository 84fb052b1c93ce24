{#- What the marts say of both platforms in one way. -#}

{%- macro commerce7_currency() -%}
    {#- Records of Commerce7 do not name the tenant's currency. -#}
    '{{ var("commerce7_currency") }}'
{%- endmacro -%}

{%- macro commerce7_order_type(purchase_type) -%}
    case {{ purchase_type }} when 'Refund' then 'refund' when 'Exchange' then 'exchange' else 'sale' end
{%- endmacro -%}

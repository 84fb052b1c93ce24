{#-
  Custom fields as columns. What fields there are, and of which kind, is looked up in the staging
  tables of their definitions when a model is built: after a change of definitions, build again.

  Where several definitions give a field different kinds, and for kinds that have no column type,
  the column is JSON. A value that contradicts its definition is NULL in the column; it remains in
  the JSON column of the staging table.
-#}

{%- macro custom_fields(model, key, resource) -%}
    {#- One row per row of a staging model of commercetools, one column per field of a resource type. -#}
    {%- set definitions -%}
        select field.name, {{ tap_commerce.json_text('field.type', 'name') }} as kind
        from {{ ref('stg_commercetools__type_field_definitions') }} as field
        inner join {{ ref('stg_commercetools__types') }} as type on type.type_id = field.type_id
        where not type.is_deleted and {{ tap_commerce.json_contains('type.resource_type_ids', resource) }}
    {%- endset -%}
    select
        {{ (key + ['custom_type_id']) | join(', ') }}
        {{- tap_commerce.field_columns(definitions, 'custom_fields', key + ['custom_type_id']) }}
    from {{ ref(model) }}
{%- endmacro -%}

{%- macro product_attributes(product_type_key=none) -%}
    {#- One row per variant, one column per attribute of a product type, or of all of them. -#}
    {%- set definitions -%}
        select attribute.name, {{ tap_commerce.json_text('attribute.type', 'name') }} as kind
        from {{ ref('stg_commercetools__product_type_attributes') }} as attribute
        inner join {{ ref('stg_commercetools__product_types') }} as type
            on type.product_type_id = attribute.product_type_id
        where not type.is_deleted
        {%- if product_type_key is not none %} and type.key = '{{ product_type_key }}'{% endif %}
    {%- endset -%}
    {%- set key = ['product_id', 'variant_id', 'product_type_id'] -%}
    with variant as (
        select
            product_id,
            variant_id,
            {{ tap_commerce.json_object('name', 'value') }} as attributes
        from {{ ref('stg_commercetools__product_variant_attributes') }}
        where name is not null
        group by product_id, variant_id
    )

    select
        {{ key | join(', ') }}
        {{- tap_commerce.field_columns(definitions, 'variant.attributes', key) }}
    from variant
    inner join {{ ref('stg_commercetools__products') }} as product using (product_id)
    {%- if product_type_key is not none %}
    inner join {{ ref('stg_commercetools__product_types') }} as type using (product_type_id)
    where type.key = '{{ product_type_key }}'
    {%- endif %}
{%- endmacro -%}

{%- macro meta_data(model, key, object_type) -%}
    {#- One row per row of a staging model of Commerce7, one column per field of its metadata. -#}
    {%- set definitions -%}
        select code as name, data_type as kind
        from {{ ref('stg_commerce7__meta_data_configs') }}
        {#- ClubMembership or club-membership: both have been seen. #}
        where lower(replace(object_type, '-', '')) = '{{ object_type | replace("-", "") }}'
            and not is_deleted
    {%- endset -%}
    select
        {{ key | join(', ') }}
        {{- tap_commerce.field_columns(definitions, 'meta_data', key) }}
    from {{ ref(model) }}
{%- endmacro -%}

{%- macro field_columns(definitions, fields, taken) -%}
    {#- Columns, each after a comma, for the fields that a query lists as (name, kind). -#}
    {%- set found -%}
        select name, case when count(distinct kind) = 1 then min(kind) end as kind
        from ({{ definitions }}) as definition
        where name is not null
        group by name
        order by name
    {%- endset -%}
    {%- if execute -%}
        {%- set names = taken | list -%}
        {%- for row in run_query(found).rows -%}
            {%- set column = tap_commerce.field_name(row['name'], names) -%}
            {%- do names.append(column) -%}
    ,
        {{ tap_commerce.field_column(column, row['kind'], fields, row['name'] | replace("'", "''")) }}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro -%}

{%- macro field_name(name, taken) -%}
    {#- The name in snake case, with room for endings such as _localized; numbered if it is taken. -#}
    {%- set snake = modules.re.sub('([a-z0-9])([A-Z])', '\\1_\\2', name) -%}
    {%- set plain = modules.re.sub('[^a-z0-9_]+', '_', snake | lower)[:48] -%}
    {%- set column = plain if modules.re.match('[a-z_]', plain) else 'field_' ~ plain -%}
    {%- if column not in taken -%}{%- do return(column) -%}{%- endif -%}
    {%- for number in range(2, 1000) -%}
        {%- if column ~ '_' ~ number not in taken -%}{%- do return(column ~ '_' ~ number) -%}{%- endif -%}
    {%- endfor -%}
{%- endmacro -%}

{%- macro field_column(column, kind, fields, name) -%}
    {%- set kind = (kind or '') | lower -%}
    {%- if kind in ('number', 'integer') -%}
        {{ tap_commerce.json_if_number(fields, name) }} as {{ column }}
    {%- elif kind in ('boolean', 'yes / no', 'true / false') -%}
        {{ tap_commerce.json_if_boolean(fields, name) }} as {{ column }}
    {%- elif kind == 'date' -%}
        {{ tap_commerce.json_if_date(fields, name) }} as {{ column }}
    {%- elif kind == 'datetime' -%}
        {{ tap_commerce.json_if_timestamp(fields, name) }} as {{ column }}
    {%- elif kind == 'money' -%}
        {{ tap_commerce.money(column, fields, name) }}
    {%- elif kind in ('localizedstring', 'ltext') -%}
        {{ tap_commerce.localized(column, fields, name) }}
    {%- elif kind == 'reference' -%}
        {{ tap_commerce.json_text(fields, name, 'id') }} as {{ column }}_id
    {%- elif kind in ('enum', 'lenum', 'localizedenum') -%}
        {#- Attributes have objects, custom fields only their keys. #}
        coalesce({{ tap_commerce.json_text(fields, name, 'key') }}, {{ tap_commerce.json_text(fields, name) }}) as {{ column }}
    {%- elif kind in ('string', 'text', 'time', 'textarea', 'html', 'radio', 'date picker') -%}
        {{ tap_commerce.json_text(fields, name) }} as {{ column }}
    {%- else -%}
        {{ tap_commerce.json_value(fields, name) }} as {{ column }}
    {%- endif -%}
{%- endmacro -%}

{#-
  All that knows how JSON is read, and how target-postgres writes it. Another warehouse needs
  these macros in its own dialect, and source_rows.sql.

  The first argument is an SQL expression of a JSON value: a column, or an element of an array.
  The others are the names of members on the way to the value.
-#}

{%- macro json_value(value) -%}
    {#- The value as JSON; JSON's null becomes NULL. -#}
    nullif({{ value }}{% for name in varargs %} -> '{{ name }}'{% endfor %}, 'null'::jsonb)
{%- endmacro -%}

{%- macro json_text(value) -%}
    {{ value }}
    {%- for name in varargs %} {{ '->>' if loop.last else '->' }} '{{ name }}'{% endfor %}
{%- endmacro -%}

{%- macro json_number(value) -%}
    nullif({{ tap_commerce.json_text(value, *varargs) }}, '')::numeric
{%- endmacro -%}

{%- macro json_integer(value) -%}
    {#- By way of numeric, because JSON may say 5.0 or 1e3. -#}
    {{ tap_commerce.json_number(value, *varargs) }}::bigint
{%- endmacro -%}

{%- macro json_boolean(value) -%}
    nullif({{ tap_commerce.json_text(value, *varargs) }}, '')::boolean
{%- endmacro -%}

{%- macro json_timestamp(value) -%}
    {#- In UTC and without a zone, like the timestamps in the columns that the loader makes. -#}
    nullif({{ tap_commerce.json_text(value, *varargs) }}, '')::timestamptz at time zone 'UTC'
{%- endmacro -%}

{%- macro json_date(value) -%}
    nullif({{ tap_commerce.json_text(value, *varargs) }}, '')::date
{%- endmacro -%}

{%- macro json_elements(arrays, element) -%}
    {#- Rows (value, place) of one array after the other; whatever is no array has none. -#}
    jsonb_array_elements(
    {%- for array in arrays %}
        {{ '|| ' if not loop.first }}case jsonb_typeof({{ array }}) when 'array' then {{ array }} else '[]' end
    {%- endfor %}
    ) with ordinality as {{ element }}(value, place)
{%- endmacro -%}

{%- macro json_unpacked(value) -%}
    {#- The same value, but no longer compressed. -#}
    {{ value }} #> '{}'
{%- endmacro -%}

{%- macro json_id(element) -%}
    {#- The id of an element, or its place if it has none. -#}
    coalesce({{ element }}.value ->> 'id', ({{ element }}.place - 1)::text)
{%- endmacro -%}

{%- macro json_is_object(value) -%}
    {#- Null in an array is no element. -#}
    jsonb_typeof({{ value }}) = 'object'
{%- endmacro -%}

{%- macro json_list(value) -%}
    {#- A list of one element; empty if there is no value. -#}
    case jsonb_typeof({{ tap_commerce.json_path(value, *varargs) }})
        when 'object' then jsonb_build_array({{ tap_commerce.json_path(value, *varargs) }}) end
{%- endmacro -%}

{%- macro json_path(value) -%}
    ({{ value }}{% for name in varargs %} -> '{{ name }}'{% endfor %})
{%- endmacro -%}

{%- macro json_all(value, path) -%}
    {#- The elements of all arrays at the end of a path that leads through other arrays. -#}
    jsonb_path_query_array({{ value }}, 'lax $[*].{{ path }}[*]')
{%- endmacro -%}

{%- macro minor_digits(currency) -%}
    {#- Digits after the point, where the API does not say: ISO 4217 without 2. -#}
    case
        when {{ currency }} in (
            'BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI',
            'VND', 'VUV', 'XAF', 'XOF', 'XPF'
        ) then '0'
        when {{ currency }} in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then '3'
        else '2'
    end
{%- endmacro -%}

{%- macro money(name, value) -%}
    {#- Three columns of a commercetools amount; highPrecision ones have preciseAmount. -#}
    {%- set currency = tap_commerce.json_text(value, *(varargs + ('currencyCode',))) -%}
    {{ tap_commerce.json_integer(value, *(varargs + ('centAmount',))) }} as {{ name }}_minor,
    coalesce(
        {{ tap_commerce.json_number(value, *(varargs + ('preciseAmount',))) }},
        {{ tap_commerce.json_number(value, *(varargs + ('centAmount',))) }}
    ) * (
        '1e-' || coalesce(
            {{ tap_commerce.json_text(value, *(varargs + ('fractionDigits',))) }},
            {{ tap_commerce.minor_digits(currency) }}
        )
    )::numeric as {{ name }},
    {{ currency }} as {{ name }}_currency
{%- endmacro -%}

{%- macro cents(name, expression) -%}
    {#- Two columns of a Commerce7 amount. -#}
    {{ expression }} as {{ name }}_minor,
    {{ expression }} * 0.01 as {{ name }}
{%- endmacro -%}

{%- macro localized(name, value) -%}
    {#- The text in the first language of `locales` that it has, else in any, and all languages. -#}
    {%- set texts = tap_commerce.json_path(value, *varargs) -%}
    case when jsonb_typeof({{ texts }}) = 'object' then coalesce(
        {%- for locale in var('locales') %}
        {{ texts }} ->> '{{ locale }}',
        {%- endfor %}
        (
            select text from jsonb_each_text({{ texts }}) as each(locale, text)
            where text is not null
            order by locale
            limit 1
        )
    ) end as {{ name }},
    {{ tap_commerce.json_value(value, *varargs) }} as {{ name }}_localized
{%- endmacro -%}

{%- macro personal(expression) -%}
    {#- NULL of the same type unless personal members are wanted. -#}
    {%- if var('personal_members') -%} {{ expression }}
    {%- else -%} case when false then {{ expression }} end
    {%- endif -%}
{%- endmacro -%}

{%- macro json_contains(value, text) -%}
    {#- Whether a list of texts has one. -#}
    {{ value }} ? '{{ text }}'
{%- endmacro -%}

{%- macro json_object(name, value) -%}
    {#- An object of the names and values of a group of rows. -#}
    jsonb_object_agg({{ name }}, {{ value }})
{%- endmacro -%}

{#- What follows is NULL where a value is not what its definition says. -#}

{%- macro json_if_number(value, name) -%}
    {%- set text = tap_commerce.json_text(value, name) -%}
    case when {{ text }} ~ '^-?[0-9]+([.][0-9]+)?([eE][-+]?[0-9]{1,3})?$' then ({{ text }})::numeric end
{%- endmacro -%}

{%- macro json_if_boolean(value, name) -%}
    case lower({{ tap_commerce.json_text(value, name) }})
        when 'true' then true when 'yes' then true when 'false' then false when 'no' then false end
{%- endmacro -%}

{%- macro json_if_date(value, name) -%}
    {%- set text = tap_commerce.json_text(value, name) -%}
    case when {{ text }} ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' and {{ tap_commerce.is_date(text) }} then ({{ text }})::date end
{%- endmacro -%}

{%- macro json_if_timestamp(value, name) -%}
    {%- set text = tap_commerce.json_text(value, name) -%}
    {%- set time = '([01][0-9]|2[0-3])(:[0-5][0-9]){1,2}([.][0-9]+)?(Z|[-+](0[0-9]|1[0-5]):?[0-5][0-9])?' -%}
    case when {{ text }} ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T{{ time }}$'
            and {{ tap_commerce.is_date('left(' ~ text ~ ', 10)') }}
        then {{ tap_commerce.json_timestamp(value, name) }} end
{%- endmacro -%}

{%- macro is_date(text) -%}
    {#- Whether a text is a day of the calendar; there is no cast that does not fail where it is not. -#}
    jsonb_path_exists(to_jsonb({{ text }}), '$.datetime("YYYY-MM-DD")', '{}', true)
{%- endmacro -%}

{%- macro personal_localized(name, value) -%}
    {%- if var('personal_members') -%} {{ tap_commerce.localized(name, value, *varargs) }}
    {%- else -%} null::text as {{ name }}, null::jsonb as {{ name }}_localized
    {%- endif -%}
{%- endmacro -%}

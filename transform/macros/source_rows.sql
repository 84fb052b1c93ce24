{#- What models read from: tables of the loader, whatever is missing in them. -#}

{%- macro source_rows(platform, stream, members, deletes='') -%}
    {#-
      The rows of a stream's table, with deleted_at: when the record was deleted, as far as
      the table or the stream `deletions` says.

      A table or a column that is missing (a stream or member that is not selected, or that is
      newer than the table) has no rows or NULLs.

      Arguments:
        members: types of the columns that the model reads, by name
        deletes: the member with the time when a record was made, if the stream `deletions` names
          the records that are gone; only then, and for none otherwise, is deleted_at looked up there
    -#}
    {%- set relation = source(platform, stream) -%}
    {%- set deletions = source(platform, 'deletions') if deletes -%}
    {%- set there = {} -%}
    {%- if execute -%}
        {%- set there = tap_commerce.columns_of(relation) -%}
    {%- endif -%}
    {%- set wanted = dict(members, _sdc_batched_at='timestamp', _sdc_deleted_at='timestamp') -%}
    select
        {%- for name, type in wanted.items() %}
        {%- if name in there %}
        {{ tap_commerce.column_as(relation, name, type, there[name]) }},
        {%- else %}
        null::{{ type }} as "{{ name }}",
        {%- endif %}
        {%- endfor %}
        {#- A record that was made again after its deletion is there. #}
        {%- set mark = 'source_row._sdc_deleted_at' if '_sdc_deleted_at' in there else 'null::timestamp' %}
        {%- set named = there and deletes and tap_commerce.columns_of(deletions) %}
        {{ 'coalesce(' ~ mark ~ ', gone.deleted_at)' if named else mark }} as deleted_at
    {%- if there %}
    from {{ relation }} as source_row
    {%- else %}
    where false
    {%- endif %}
    {%- if named %}
    left join (
        select "resourceId" as id, max("deletedAt") as deleted_at
        from {{ deletions }}
        where stream = '{{ stream }}'
        group by "resourceId"
    ) as gone
        on gone.id = source_row.id
        {%- if deletes in there %}
            and gone.deleted_at >= coalesce(source_row."{{ deletes }}", '-infinity')
        {%- endif %}
    {%- endif %}
{%- endmacro -%}

{%- macro columns_of(relation) -%}
    {#-
      The types of a table's columns by name; empty if there is no such table.

      dbt's cache of relations is no help: while one thread fills it with the tables of a schema that
      is not dbt's own, another one may see only some of them.
    -#}
    {%- set query -%}
        select attribute.attname, format_type(attribute.atttypid, attribute.atttypmod)
        from pg_catalog.pg_attribute as attribute
        inner join pg_catalog.pg_class as class on class.oid = attribute.attrelid
        inner join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
        where namespace.nspname = '{{ relation.schema }}' and class.relname = '{{ relation.identifier }}'
            and attribute.attnum > 0 and not attribute.attisdropped
    {%- endset -%}
    {%- set there = {} -%}
    {%- for column in run_query(query) -%}
        {%- do there.update({column[0]: column[1]}) -%}
    {%- endfor -%}
    {%- do return(there) -%}
{%- endmacro -%}

{%- macro column_as(relation, name, type, is_type) -%}
    {%- if type == 'jsonb' and is_type != 'jsonb' -%}
        {%- do exceptions.raise_compiler_error(
            relation ~ '."' ~ name ~ '" is ' ~ is_type ~ ', not jsonb: the table was made without'
            ~ ' the setting arrays_as_json of the tap. docs/loading.md, "Tables that have jsonb[]'
            ~ ' already", converts all columns of a schema; a single one: alter table '
            ~ relation ~ ' alter column "' ~ name ~ '" type jsonb using coalesce(to_jsonb("'
            ~ name ~ '"), \'null\')'
        ) -%}
    {%- endif -%}
    source_row."{{ name }}"
{%- endmacro -%}

{%- macro kept() -%}
    {#- Which rows a model keeps, by the variable `deleted_rows`. -#}
    {%- if var('deleted_rows') not in ('keep', 'leave_out') -%}
        {%- do exceptions.raise_compiler_error("deleted_rows is 'keep' or 'leave_out'") -%}
    {%- endif -%}
    {{ 'true' if var('deleted_rows') == 'keep' else 'deleted_at is null' }}
{%- endmacro -%}

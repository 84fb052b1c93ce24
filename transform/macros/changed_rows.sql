{#-
  The incremental strategy `changed_rows`: after each build, a table holds what a full build would.

  A model of a stream compares its rows with the source row by row: what the loader wrote anew
  (_sdc_batched_at), what is deleted or no longer there, and what another version of the model made
  (_built_with) is made again or goes. A model of a stream's array does the same with the
  rows of the stream's model that were made again (_built_at).
-#}

{%- macro built_with() -%}
    {#- A fingerprint of the model, of its columns and of the variables that change its rows. -#}
    '{{ local_md5(model.raw_code ~ var("locales") ~ var("personal_members") ~ var("deleted_rows")) }}'
{%- endmacro -%}

{%- macro built_at() -%}
    {#- When this build began, or later than everything before, should the clock have been set back. -#}
    {%- if is_incremental() -%}
    (select greatest('{{ run_started_at }}', max(_built_at) + interval '1 microsecond') from {{ this }})
    {%- else -%}
    '{{ run_started_at }}'::timestamptz
    {%- endif -%}
{%- endmacro -%}

{%- macro is_changed(key) -%}
    {#- Whether a row of the source has to be made (again); `key` maps columns to members. -#}
    {%- if not is_incremental() -%} true
    {%- else -%}
    not exists (
        select from {{ this }} as made
        where {{ tap_commerce.same_key('made', 'source_row', key) }}
            and made._sdc_batched_at is not distinct from source_row._sdc_batched_at
            and made.deleted_at is not distinct from source_row.deleted_at
            and made._built_with = {{ tap_commerce.built_with() }}
    )
    {%- endif -%}
{%- endmacro -%}

{%- macro parent_is_changed(key) -%}
    {#- Whether the rows inside a parent have to be made (again). Parents without rows look as if
        they were new, hence the second condition. -#}
    {%- if not is_incremental() -%} true
    {%- else -%}
    not exists (
        select from {{ this }} as made
        where {{ tap_commerce.same_key('made', 'parent', key) }}
            and made._built_at = parent._built_at
            and made._built_with = {{ tap_commerce.built_with() }}
    )
    and parent._built_at >= (
        select coalesce(max(_built_at), '-infinity') from {{ this }}
        where _built_with = {{ tap_commerce.built_with() }}
    )
    {%- endif -%}
{%- endmacro -%}

{%- macro same_key(one, other, key) -%}
    {#- Compare columns of one row with those of another; `key` has their names by those of one. -#}
    {%- for column, same in key.items() %}{{ ' and ' if not loop.first }}{{ one }}.{{ column }} = {{ other }}."{{ same }}"{% endfor -%}
{%- endmacro -%}

{%- macro get_incremental_changed_rows_sql(arguments) -%}
    {%- set target = arguments['target_relation'] -%}
    {%- set made = arguments['temp_relation'] -%}
    {%- set columns = arguments['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    {%- set changes = config.get('meta')['changes'] %}
    {%- if changes.parent is defined %}
    delete from {{ target }} as made
    where not exists (
        select from {{ ref(changes.parent) }} as parent
        where {{ tap_commerce.same_key('made', 'parent', changes.key) }}
            and made._built_at = parent._built_at
            and made._built_with = {{ tap_commerce.built_with() }}
    );
    {%- else %}
    delete from {{ target }} as made
    where not exists (
        select from (
            {{ tap_commerce.source_rows(changes.platform, changes.stream, changes.members, changes.deletes) }}
        ) as source_row
        where {{ tap_commerce.same_key('made', 'source_row', changes.key) }}
            and {{ tap_commerce.kept() }}
            and made._built_with = {{ tap_commerce.built_with() }}
    );
    delete from {{ target }} as made
    using {{ made }} as again
    where {{ tap_commerce.same_key('made', 'again', changes.key_of_table) }};
    {%- endif %}
    insert into {{ target }} ({{ columns }})
    select {{ columns }} from {{ made }};
{%- endmacro -%}

{#-
  The incremental strategy `changed_rows`: after each build, a table holds what a full build would.

  The model of a stream compares its rows with the source row by row. What the loader wrote anew
  (_sdc_batched_at), what was deleted, and what another version of the model made (_built_with), is
  made again. What is no longer at the source goes, also from the tables that are made of the stream.
  Those, of arrays and of orders, make the rows of what was made again in the stream's table
  (_built_at).

  A model declares in `meta`, under `changes`:
    platform, stream, members, deletes: for the model of a stream, what `source_rows` needs to compare
    parents: for others, the models their rows belong to, each with the values of columns that tell
      these rows from those of other parents
    key: columns that identify the row of the source or parent, and what they are called there
    key_of_table: columns by which rows are replaced, and the same again
-#}

{%- macro built_with() -%}
    {#- A fingerprint of the model, of those it is made from, of macros, and of the variables that
        change rows. -#}
    {%- set code = [tap_commerce.macros_version()] -%}
    {%- set models = [model.unique_id] if execute else [] -%}
    {%- for name in models -%}
        {%- set node = graph.nodes[name] -%}
        {%- do code.append(node.raw_code) -%}
        {#- The loop goes on with what is appended here. -#}
        {%- for other in node.depends_on.nodes if other in graph.nodes and other not in models -%}
            {%- do models.append(other) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for name in ('locales', 'personal_members', 'deleted_rows', 'commerce7_currency') -%}
        {%- do code.append(var(name)) -%}
    {%- endfor -%}
    '{{ local_md5(code | join) }}'
{%- endmacro -%}

{%- macro built_at() -%}
    {#- When this build began, or later than everything before, should the clock have been set back:
        tables that are made of this one compare, even if this one is made anew. -#}
    {%- if execute and '_built_at' in tap_commerce.columns_of(this) -%}
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

{%- macro parent_is_changed(parent) -%}
    {#- Whether the rows of a parent, which the query calls `parent`, have to be made (again): it is
        newer than all rows that are there. -#}
    {%- if not is_incremental() -%} true
    {%- else -%}
    parent._built_at > '{{ tap_commerce.last_built_at(parent) }}'
    {%- endif -%}
{%- endmacro -%}

{%- macro last_built_at(parent) -%}
    {#-
      The time of the newest row of a parent, as a literal, so that the planner knows how few are
      newer; before everything, if another version of the model made the table. All rows are from one
      version.
    -#}
    {%- if execute -%}
        {%- set newest -%}
            select made._built_at::text, made._built_with = {{ tap_commerce.built_with() }}
            from {{ this }} as made
            where true{{ tap_commerce.and_of(config.get('meta')['changes'].parents[parent]) }}
            order by made._built_at desc
            limit 1
        {%- endset -%}
        {%- set rows = run_query(newest).rows -%}
        {{- rows[0][0] if rows and rows[0][1] else '-infinity' -}}
    {%- endif -%}
{%- endmacro -%}

{%- macro and_of(values) -%}
    {#- Further conditions: columns of `made` have these values. -#}
    {%- for column, value in values.items() %} and made.{{ column }} = '{{ value }}'{% endfor -%}
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
    {%- if changes.parents is defined %}
    {{ tap_commerce.delete_from_changed_parents(target, changes) }}
    {%- else %}
    {{ tap_commerce.delete_what_is_gone(target, changes) }}
    {%- endif %}
    {%- if changes.key_of_table is defined %}
    delete from {{ target }} as made
    using {{ made }} as again
    where {{ tap_commerce.same_key('made', 'again', changes.key_of_table) }};
    {%- endif %}
    insert into {{ target }} ({{ columns }})
    select {{ columns }} from {{ made }};
{%- endmacro -%}

{%- macro delete_from_changed_parents(target, changes) -%}
    {%- for name, values in changes.parents.items() %}
    {%- set newest = tap_commerce.last_built_at(name) %}
    {#- All of it, if another version of the model made it, or if its parents were all made anew:
        then nothing says which of them are no longer there. #}
    delete from {{ target }} as made
    where not exists (select from {{ ref(name) }} as parent where parent._built_at <= '{{ newest }}')
        {{- tap_commerce.and_of(values) }};
    delete from {{ target }} as made
    using {{ ref(name) }} as parent
    where {{ tap_commerce.same_key('made', 'parent', changes.key) }}
        {{- tap_commerce.and_of(values) }}
        and parent._built_at > '{{ newest }}';
    {%- endfor %}
{%- endmacro -%}

{%- macro delete_what_is_gone(target, changes) %}
    create temporary table gone on commit drop as
    select {{ changes.key.keys() | join(', ') }}
    from {{ target }} as made
    where not exists (
        select from (
            {{ tap_commerce.source_rows(changes.platform, changes.stream, changes.members, changes.deletes) }}
        ) as source_row
        where {{ tap_commerce.same_key('made', 'source_row', changes.key) }}
            and {{ tap_commerce.kept() }}
    );
    {%- for table, values in [(target, {})] + tap_commerce.tables_of(model.name) %}
    delete from {{ table }} as made
    using gone
    where {{ tap_commerce.same_key('made', 'gone', changes.key_of_table) }}{{ tap_commerce.and_of(values) }};
    {%- endfor %}
{%- endmacro -%}

{%- macro tables_of(parent) -%}
    {#- The tables that are made of a stream's, as far as they were built already, and the values that
        tell its rows from others. -#}
    {%- set found = [] -%}
    {%- for node in graph.nodes.values() -%}
        {%- set parents = node.config.get('meta', {}).get('changes', {}).get('parents', {}) -%}
        {%- if parent in parents and node.config.materialized == 'incremental' -%}
            {%- set table = adapter.get_relation(node.database, node.schema, node.alias) -%}
            {%- if table and table.is_table -%}{%- do found.append((table, parents[parent])) -%}{%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(found) -%}
{%- endmacro -%}

{%- macro changed_rows(platform, stream, members, deletes, key) -%}
    {#-
      The rows of a stream that its table has to make (again).

      JSON is unpacked here once, and not again for each member that is read from it; OFFSET keeps
      the planner from undoing that.
    -#}
    select
        {%- for name, type in members.items() %}
        {{ tap_commerce.json_unpacked('"' ~ name ~ '"') if type == 'jsonb' else '"' ~ name ~ '"' }} as "{{ name }}",
        {%- endfor %}
        _sdc_batched_at,
        deleted_at
    from (
        {{ tap_commerce.source_rows(platform, stream, members, deletes) }}
    ) as source_row
    where {{ tap_commerce.kept() }} and {{ tap_commerce.is_changed(key) }}
    offset 0
{%- endmacro -%}

{%- macro analyze() -%}
    {#- Statistics of a new table: what is made of it next needs them before autovacuum comes. -#}
    {%- if model.config.materialized != 'view' and not is_incremental() -%}
    analyze {{ this }}
    {%- endif -%}
{%- endmacro -%}

-- Writes a batch of cards with their variants in one statement and tells what became of each row: `inserted`, `updated`,
-- `unchanged` (but seen), or `rejected` and why. A bad row is left out and the others are written.
--
-- `batch`: [{ id, slug, gameId, setId, name, number, rarity, tcgplayerId,
--             variants: [{ id, slug, condition, printing, language, price, pricedAt }] }]
-- with uuids as ids, the price as a number or null, and pricedAt in seconds since 1970 or null. `{ "unstorable": true }`
-- stands for a row whose text Postgres cannot hold.
--
-- Of rows with one id the last of the batch counts. Rows are written in the order of their ids, cards before variants, so
-- that batches that overlap wait for each other and never for ever.
create function catalog.upsert_cards(batch jsonb, seen timestamptz)
returns table (kind text, card_row integer, variant_row integer, id text, outcome text, reason text)
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
  stamp constant bigint := nextval('catalog.batch_numbers');
begin
  return query
  with
  given_cards as materialized (
    select
      given.nr::integer as nr, jsonb_typeof(given.entry) as form,
      -- A regular expression for the whole of it takes five times as long as these four looks.
      case when octet_length(card.id) = 36
        and card.id collate "C" like '________-____-____-____-____________'
        and octet_length(replace(card.id, '-', '')) = 32
        and card.id collate "C" !~ '[^0-9a-fA-F-]'
        then card.id::uuid end as key,
      card.*
    from jsonb_array_elements(batch) with ordinality as given (entry, nr)
    cross join lateral jsonb_to_record(
      case when jsonb_typeof(given.entry) = 'object' then given.entry else '{}' end
    ) as card (
      id text, slug text, "gameId" text, "setId" text, name text, number text, rarity text, "tcgplayerId" text,
      variants jsonb, unstorable jsonb
    )
  ),
  faulty_cards as materialized (
    select given.*, case
      when form <> 'object' then 'is no object'
      when unstorable is not null then 'has characters that cannot be stored'
      when key is null then 'id is no uuid'
      when char_length(coalesce(slug, '')) not between 1 and 400 then 'slug is missing or too long'
      when char_length(coalesce(btrim(given.name), '')) not between 1 and 300 then 'name is missing or too long'
      when char_length(number) > 60 then 'number is too long'
      when char_length(rarity) > 60 then 'rarity is too long'
      when char_length("tcgplayerId") > 60 then 'tcgplayerId is too long'
      when jsonb_typeof(variants) <> 'array' or variants @? 'strict $[*] ? (@.type() != "object")'
        then 'variants is no list of objects'
      when known.id is null then 'set is unknown'
    end as fault
    from given_cards as given
    left join catalog.sets as known on known.game_id = "gameId" and known.id = "setId"
  ),
  judged_cards as materialized (
    select *, coalesce(
      fault,
      case when row_number() over (partition by key, fault is null order by nr desc) > 1
        then 'the same card comes again later in the batch' end
    ) as verdict
    from faulty_cards
  ),
  stored_cards as (
    insert into catalog.cards as old (
      id, slug, game_id, set_id, source_name, source_number, source_rarity, tcgplayer_id,
      first_seen_at, last_seen_at, created_in, changed_in
    )
    select key, slug, "gameId", "setId", btrim(name), number, rarity, "tcgplayerId", seen, seen, stamp, stamp
    from judged_cards
    where verdict is null
    order by key
    on conflict (id) do update set
      slug = excluded.slug,
      game_id = excluded.game_id,
      set_id = excluded.set_id,
      source_name = excluded.source_name,
      source_number = excluded.source_number,
      source_rarity = excluded.source_rarity,
      tcgplayer_id = excluded.tcgplayer_id,
      last_seen_at = greatest(old.last_seen_at, excluded.last_seen_at),
      changed_in = case
        when (old.slug, old.game_id, old.set_id, old.source_name, old.source_number, old.source_rarity, old.tcgplayer_id)
          is distinct from (excluded.slug, excluded.game_id, excluded.set_id, excluded.source_name,
            excluded.source_number, excluded.source_rarity, excluded.tcgplayer_id)
        then stamp else old.changed_in end
    returning old.id, old.created_in, old.changed_in
  ),
  given_variants as materialized (
    select
      card.nr as card_nr, card.key as card_key, card.verdict as card_verdict,
      case when octet_length(variant.id) = 36
        and variant.id collate "C" like '________-____-____-____-____________'
        and octet_length(replace(variant.id, '-', '')) = 32
        and variant.id collate "C" !~ '[^0-9a-fA-F-]'
        then variant.id::uuid end as key,
      variant.*
    from judged_cards as card
    cross join lateral rows from (
      jsonb_to_recordset(
        case when card.fault is distinct from 'variants is no list of objects' then coalesce(card.variants, '[]') else '[]' end
      ) as (
        id text, slug text, condition text, printing text, language text, price jsonb, "pricedAt" jsonb, unstorable jsonb
      )
    ) with ordinality as variant (id, slug, condition, printing, language, price, priced_at, unstorable, nr)
  ),
  faulty_variants as materialized (
    select *, case
      when card_verdict is not null then 'its card was rejected'
      when unstorable is not null then 'has characters that cannot be stored'
      when key is null then 'id is no uuid'
      when char_length(coalesce(slug, '')) not between 1 and 500 then 'slug is missing or too long'
      when char_length(coalesce(condition, '')) not between 1 and 60 then 'condition is missing or too long'
      when char_length(coalesce(printing, '')) not between 1 and 60 then 'printing is missing or too long'
      when char_length(language) > 60 then 'language is too long'
      when jsonb_typeof(price) not in ('number', 'null') then 'price is no number'
      when price <> 'null' and price::numeric not between 0 and 1000000000 then 'price is out of range'
      when jsonb_typeof(priced_at) not in ('number', 'null') then 'pricedAt is no number'
      when priced_at <> 'null' and priced_at::numeric not between 0 and 10000000000 then 'pricedAt is out of range'
    end as fault
    from given_variants
  ),
  judged_variants as materialized (
    select *, coalesce(
      fault,
      case when row_number() over (partition by key, fault is null order by card_nr desc, nr desc) > 1
        then 'the same variant comes again later in the batch' end
    ) as verdict
    from faulty_variants
  ),
  stored_variants as (
    insert into catalog.variants as old (
      id, card_id, slug, condition, printing, language, price, priced_at,
      first_seen_at, last_seen_at, created_in, changed_in
    )
    select
      key, card_key, slug, condition, printing, language, case when price <> 'null' then price::numeric(12, 2) end,
      case when priced_at <> 'null' then to_timestamp(priced_at::float8)::timestamptz(0) end, seen, seen, stamp, stamp
    from judged_variants
    -- Counted, so that every card is written before the first variant.
    where verdict is null and (select count(*) from stored_cards) > 0
    order by key
    on conflict (id) do update set
      card_id = excluded.card_id,
      slug = excluded.slug,
      condition = excluded.condition,
      printing = excluded.printing,
      language = excluded.language,
      price = excluded.price,
      priced_at = excluded.priced_at,
      last_seen_at = greatest(old.last_seen_at, excluded.last_seen_at),
      changed_in = case
        when (old.card_id, old.slug, old.condition, old.printing, old.language, old.price, old.priced_at)
          is distinct from (excluded.card_id, excluded.slug, excluded.condition, excluded.printing,
            excluded.language, excluded.price, excluded.priced_at)
        then stamp else old.changed_in end
    returning old.id, old.created_in, old.changed_in
  )
  select
    'card', judged.nr, null::integer, judged.id,
    case
      when judged.verdict is not null then 'rejected'
      when stored.created_in = stamp then 'inserted'
      when stored.changed_in = stamp then 'updated'
      else 'unchanged'
    end,
    judged.verdict
  from judged_cards as judged
  left join stored_cards as stored on judged.verdict is null and stored.id = judged.key
  union all
  select
    'variant', judged.card_nr, judged.nr::integer, judged.id,
    case
      when judged.verdict is not null then 'rejected'
      when stored.created_in = stamp then 'inserted'
      when stored.changed_in = stamp then 'updated'
      else 'unchanged'
    end,
    judged.verdict
  from judged_variants as judged
  left join stored_variants as stored on judged.verdict is null and stored.id = judged.key;
end
$$;
revoke all on function catalog.upsert_cards(jsonb, timestamptz) from public, anon, authenticated;
grant execute on function catalog.upsert_cards(jsonb, timestamptz) to service_role;

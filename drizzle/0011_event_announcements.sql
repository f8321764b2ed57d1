-- Every number that a statement takes from the sequence is above the one that it announces first (src/repositories/events.ts: settled). An
-- advisory lock until the end of the transaction: 243138560 (0x0e7e0000) plus the high bits, and the low 31 bits. A trigger, so that nobody can forget.
create function announce_events() returns trigger language plpgsql as $$
declare taken bigint;
begin
  select case when is_called then last_value else 0 end into taken from event_sequence_seq;
  perform pg_advisory_xact_lock_shared((243138560 + (taken >> 31))::int, (taken & 2147483647)::int);
  return null;
end $$;
--> statement-breakpoint
create trigger event_announced before insert on event for each statement execute function announce_events();

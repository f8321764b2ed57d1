-- Freed time is noted only where and when somebody waits for it.
create or replace function note_freed_time() returns trigger language plpgsql as $$
begin
  if exists (select from waitlist_entry where status = 'waiting') then
    insert into waitlist_freed (clinic_id, during)
    select f.clinic_id, range_merge(range_agg(f.during)) from freed f
    where exists (
      select from waitlist_entry w join enrolment e on e.id = w.enrolment_id
      where w.status = 'waiting' and tstzrange(w.from_at, w.to_at, '[]') && f.during and f.clinic_id = any(e.allowed_clinic_ids))
    group by f.clinic_id, coalesce(f.appointment_id, f.itinerary_id, f.session_id), f.visit_key;
  end if;
  return null;
end
$$;

-- A visit in a group holds its seat as long as it holds the patient's time: cancelled, missed or moved away, the seat is free.
create function free_seat_of_lost_visit() returns trigger language plpgsql as $$
begin
  update group_member m set status = 'left', seat = null, sequence = m.sequence + 1, updated_at = clock_timestamp()
  from lost l where l.appointment_id = m.appointment_id and m.status = 'seated';
  return null;
end
$$;
--> statement-breakpoint
create trigger patient_claim_lost after delete on patient_claim referencing old table as lost
  for each statement execute function free_seat_of_lost_visit();

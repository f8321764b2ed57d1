-- What drizzle cannot express: the temporal keys that make a double booking unstorable, and the append-only audit log.
-- Constraint names are API: src/db turns them into refusals, tests/db/schema.test.ts lists them.
create extension if not exists btree_gist;
--> statement-breakpoint
alter table availability
  add constraint availability_pk primary key (resource_id, during without overlaps);
--> statement-breakpoint
alter table availability
  add constraint availability_at_clinic unique (resource_id, clinic_id, during without overlaps);
--> statement-breakpoint
alter table claim
  add constraint claim_no_double_booking primary key (resource_id, lane, during without overlaps);
--> statement-breakpoint
-- Deferrable: a re-expansion replaces the rows and is judged at the end.
alter table claim
  add constraint claim_within_availability
    foreign key (resource_id, clinic_id, period during)
    references availability (resource_id, clinic_id, period during)
    deferrable initially immediate;
--> statement-breakpoint
alter table claim
  add constraint claim_of_hold_or_appointment check (num_nonnulls(appointment_id, itinerary_id) = 1),
  add constraint claim_hold_expires check ((itinerary_id is null) = (expires_at is null)),
  add constraint claim_lane check (lane >= 1);
--> statement-breakpoint
alter table patient_claim
  add constraint patient_claim_no_double_booking primary key (patient_id, during without overlaps);
--> statement-breakpoint
alter table patient_claim
  add constraint patient_claim_of_hold_or_appointment check (num_nonnulls(appointment_id, itinerary_id) = 1),
  add constraint patient_claim_hold_expires check ((itinerary_id is null) = (expires_at is null));
--> statement-breakpoint
alter table appointment
  add constraint appointment_ends_after_start check (starts_at < ends_at);
--> statement-breakpoint
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the audit log is append-only' using errcode = '42501';
end
$$;
--> statement-breakpoint
create trigger audit_entry_append_only before update or delete on audit_entry
  for each row execute function refuse_change();
--> statement-breakpoint
create trigger audit_entry_never_truncated before truncate on audit_entry
  for each statement execute function refuse_change();

CREATE TABLE "group_member" (
	"id" uuid PRIMARY KEY NOT NULL,
	"session_id" uuid NOT NULL,
	"patient_id" uuid NOT NULL,
	"uid" uuid DEFAULT gen_random_uuid() NOT NULL,
	"seats" smallint NOT NULL,
	"seat" smallint,
	"status" text NOT NULL,
	"waiting_since" timestamp with time zone,
	"appointment_id" uuid,
	"sequence" integer DEFAULT 0 NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "group_member_once" UNIQUE("session_id","patient_id"),
	CONSTRAINT "group_member_one_seat_each" UNIQUE("session_id","seat")
);
--> statement-breakpoint
CREATE TABLE "group_session" (
	"id" uuid PRIMARY KEY NOT NULL,
	"series_id" uuid NOT NULL,
	"clinic_id" uuid NOT NULL,
	"room_id" uuid NOT NULL,
	"title" jsonb NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone NOT NULL,
	"seats" smallint NOT NULL,
	"status" text NOT NULL,
	"program_key" text,
	"visit_key" text,
	"cancellation" jsonb,
	"revision" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "group_session_seats" UNIQUE("id","seats")
);
--> statement-breakpoint
CREATE TABLE "group_staff" (
	"session_id" uuid NOT NULL,
	"ordinal" smallint NOT NULL,
	"as" text NOT NULL,
	"role" text NOT NULL,
	"clinician_id" uuid NOT NULL,
	"shared" boolean NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone NOT NULL,
	CONSTRAINT "group_staff_session_id_ordinal_pk" PRIMARY KEY("session_id","ordinal")
);
--> statement-breakpoint
CREATE TABLE "waitlist_entry" (
	"id" uuid PRIMARY KEY NOT NULL,
	"enrolment_id" uuid NOT NULL,
	"visit_key" text,
	"from_at" timestamp with time zone NOT NULL,
	"to_at" timestamp with time zone NOT NULL,
	"min_notice_hours" smallint NOT NULL,
	"status" text NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "waitlist_freed" (
	"id" uuid PRIMARY KEY DEFAULT uuidv7() NOT NULL,
	"clinic_id" uuid NOT NULL,
	"during" "tstzrange" NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"passed_over" uuid[] DEFAULT '{}' NOT NULL,
	"created_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "waitlist_offer" (
	"id" uuid PRIMARY KEY NOT NULL,
	"entry_id" uuid NOT NULL,
	"freed_id" uuid NOT NULL,
	"clinic_id" uuid NOT NULL,
	"visit_key" text NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"visits" jsonb NOT NULL,
	"gain_days" integer,
	"status" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "claim" ADD COLUMN "session_id" uuid;--> statement-breakpoint
ALTER TABLE "patient_claim" ADD COLUMN "session_id" uuid;--> statement-breakpoint
ALTER TABLE "group_member" ADD CONSTRAINT "group_member_patient_id_patient_id_fk" FOREIGN KEY ("patient_id") REFERENCES "public"."patient"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "group_session" ADD CONSTRAINT "group_session_clinic_id_clinic_id_fk" FOREIGN KEY ("clinic_id") REFERENCES "public"."clinic"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "group_session" ADD CONSTRAINT "group_session_room_id_room_id_fk" FOREIGN KEY ("room_id") REFERENCES "public"."room"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "group_staff" ADD CONSTRAINT "group_staff_session_id_group_session_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."group_session"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "group_staff" ADD CONSTRAINT "group_staff_clinician_id_clinician_id_fk" FOREIGN KEY ("clinician_id") REFERENCES "public"."clinician"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "waitlist_entry" ADD CONSTRAINT "waitlist_entry_enrolment_id_enrolment_id_fk" FOREIGN KEY ("enrolment_id") REFERENCES "public"."enrolment"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "waitlist_freed" ADD CONSTRAINT "waitlist_freed_clinic_id_clinic_id_fk" FOREIGN KEY ("clinic_id") REFERENCES "public"."clinic"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "waitlist_offer" ADD CONSTRAINT "waitlist_offer_entry_id_waitlist_entry_id_fk" FOREIGN KEY ("entry_id") REFERENCES "public"."waitlist_entry"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "waitlist_offer" ADD CONSTRAINT "waitlist_offer_freed_id_waitlist_freed_id_fk" FOREIGN KEY ("freed_id") REFERENCES "public"."waitlist_freed"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "waitlist_offer" ADD CONSTRAINT "waitlist_offer_clinic_id_clinic_id_fk" FOREIGN KEY ("clinic_id") REFERENCES "public"."clinic"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "group_member_patient" ON "group_member" USING btree ("patient_id");--> statement-breakpoint
CREATE INDEX "group_member_appointment" ON "group_member" USING btree ("appointment_id");--> statement-breakpoint
CREATE INDEX "group_session_clinic_start" ON "group_session" USING btree ("clinic_id","starts_at");--> statement-breakpoint
CREATE INDEX "group_session_room_start" ON "group_session" USING btree ("room_id","starts_at");--> statement-breakpoint
CREATE INDEX "group_staff_clinician_start" ON "group_staff" USING btree ("clinician_id","starts_at");--> statement-breakpoint
CREATE INDEX "waitlist_entry_enrolment" ON "waitlist_entry" USING btree ("enrolment_id");--> statement-breakpoint
CREATE INDEX "waitlist_entry_waiting" ON "waitlist_entry" USING btree ("from_at","to_at") WHERE status = 'waiting';--> statement-breakpoint
CREATE INDEX "waitlist_freed_pending" ON "waitlist_freed" USING btree ("created_at") WHERE state = 'pending';--> statement-breakpoint
CREATE UNIQUE INDEX "waitlist_offer_one_at_a_time" ON "waitlist_offer" USING btree ("freed_id") WHERE status = 'offered';--> statement-breakpoint
CREATE UNIQUE INDEX "waitlist_offer_one_each" ON "waitlist_offer" USING btree ("entry_id") WHERE status = 'offered';--> statement-breakpoint
CREATE INDEX "waitlist_offer_clinic" ON "waitlist_offer" USING btree ("clinic_id","status");--> statement-breakpoint
CREATE INDEX "waitlist_offer_expiry" ON "waitlist_offer" USING btree ("expires_at") WHERE status = 'offered';--> statement-breakpoint
ALTER TABLE "claim" ADD CONSTRAINT "claim_session_id_group_session_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."group_session"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "patient_claim" ADD CONSTRAINT "patient_claim_session_id_group_session_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."group_session"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "claim_session" ON "claim" USING btree ("session_id") WHERE session_id is not null;--> statement-breakpoint
CREATE INDEX "patient_claim_session" ON "patient_claim" USING btree ("session_id") WHERE session_id is not null;--> statement-breakpoint
alter table claim drop constraint claim_of_hold_or_appointment;
--> statement-breakpoint
alter table claim add constraint claim_of_hold_or_appointment check (num_nonnulls(appointment_id, itinerary_id, session_id) = 1);
--> statement-breakpoint
alter table patient_claim drop constraint patient_claim_of_hold_or_appointment;
--> statement-breakpoint
alter table patient_claim
  add constraint patient_claim_of_hold_or_appointment check (num_nonnulls(appointment_id, itinerary_id, session_id) = 1);
--> statement-breakpoint
-- Capacity is a constraint: a member repeats the session's number of seats, and nobody's seat is beyond it.
alter table group_member
  add constraint group_member_of_session foreign key (session_id, seats) references group_session (id, seats) on update cascade,
  add constraint group_member_of_appointment foreign key (appointment_id) references appointment (id),
  add constraint group_member_within_capacity check (seat between 1 and seats),
  add constraint group_member_seat_of_seated check ((status = 'seated') = (seat is not null)),
  add constraint group_member_waiting_since check ((status = 'waiting') = (waiting_since is not null));
--> statement-breakpoint
alter table group_session
  add constraint group_session_ends_after_start check (starts_at < ends_at),
  add constraint group_session_has_seats check (seats >= 1);
--> statement-breakpoint
alter table waitlist_entry add constraint waitlist_entry_window check (from_at < to_at);
--> statement-breakpoint
-- Whatever gives claims back has freed time; it is noted only while somebody waits. One row a visit.
create function note_freed_time() returns trigger language plpgsql as $$
begin
  if exists (select from waitlist_entry where status = 'waiting') then
    insert into waitlist_freed (clinic_id, during)
    select clinic_id, range_merge(range_agg(during)) from freed
    group by clinic_id, coalesce(appointment_id, itinerary_id, session_id), visit_key;
  end if;
  return null;
end
$$;
--> statement-breakpoint
create trigger claim_freed after delete on claim referencing old table as freed
  for each statement execute function note_freed_time();

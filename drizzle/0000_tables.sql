CREATE TABLE "api_token" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"hash" "bytea" NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone,
	"last_used_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "api_token_hash_unique" UNIQUE("hash")
);
--> statement-breakpoint
CREATE TABLE "app_user" (
	"id" uuid PRIMARY KEY NOT NULL,
	"display_name" text NOT NULL,
	"role" text NOT NULL,
	"clinic_ids" uuid[] NOT NULL,
	"clinician_id" uuid,
	"scopes" text[] NOT NULL,
	"active" boolean DEFAULT true NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit_entry" (
	"sequence" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_entry_sequence_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"actor_id" uuid,
	"actor_role" text NOT NULL,
	"action" text NOT NULL,
	"resource_type" text NOT NULL,
	"resource_id" text,
	"revision" integer,
	"field_classes" text[] DEFAULT '{}' NOT NULL,
	"patient_id" uuid,
	"purpose" text,
	"recipient" text,
	"request_id" text,
	"outcome" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "event" (
	"sequence" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "event_sequence_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"type" text NOT NULL,
	"enrolment_id" uuid,
	"clinic_id" uuid,
	"subject" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "appointment" (
	"id" uuid PRIMARY KEY NOT NULL,
	"uid" uuid DEFAULT gen_random_uuid() NOT NULL,
	"enrolment_id" uuid NOT NULL,
	"patient_id" uuid NOT NULL,
	"itinerary_id" uuid,
	"visit_key" text NOT NULL,
	"step" text NOT NULL,
	"repeatable" boolean DEFAULT false NOT NULL,
	"status" text NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone NOT NULL,
	"clinic_id" uuid NOT NULL,
	"room_id" uuid,
	"modality" text NOT NULL,
	"sequence" integer DEFAULT 0 NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	"arrived_at" timestamp with time zone,
	"started_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	"escort" jsonb,
	"join_url" text,
	"patient_location" text,
	"patient_response" text DEFAULT 'needs-action' NOT NULL,
	"flags" text[] DEFAULT '{}' NOT NULL,
	"voided_by" uuid,
	"cancellation" jsonb,
	"reassess_on" date,
	"note" text,
	"booked_wall_time" text NOT NULL,
	"booked_tz_version" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "claim" (
	"resource_id" uuid NOT NULL,
	"lane" smallint NOT NULL,
	"clinic_id" uuid NOT NULL,
	"during" "tstzrange" NOT NULL,
	"enrolment_id" uuid,
	"visit_key" text NOT NULL,
	"dose" boolean NOT NULL,
	"appointment_id" uuid,
	"itinerary_id" uuid,
	"expires_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "itinerary" (
	"id" uuid PRIMARY KEY NOT NULL,
	"enrolment_id" uuid NOT NULL,
	"problem_id" uuid,
	"status" text NOT NULL,
	"expires_at" timestamp with time zone,
	"held_by" uuid,
	"held_by_token" uuid,
	"cost" jsonb NOT NULL,
	"visits" jsonb NOT NULL,
	"override" jsonb,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "participant" (
	"appointment_id" uuid NOT NULL,
	"ordinal" smallint NOT NULL,
	"as" text NOT NULL,
	"role" text NOT NULL,
	"clinician_id" uuid NOT NULL,
	"shared" boolean NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone NOT NULL,
	CONSTRAINT "participant_appointment_id_ordinal_pk" PRIMARY KEY("appointment_id","ordinal")
);
--> statement-breakpoint
CREATE TABLE "patient_claim" (
	"patient_id" uuid NOT NULL,
	"during" "tstzrange" NOT NULL,
	"visit_key" text NOT NULL,
	"appointment_id" uuid,
	"itinerary_id" uuid,
	"expires_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "planning_problem" (
	"id" uuid PRIMARY KEY NOT NULL,
	"body" json NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "availability" (
	"resource_id" uuid NOT NULL,
	"clinic_id" uuid NOT NULL,
	"during" "tstzrange" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "availability_rule" (
	"id" uuid PRIMARY KEY NOT NULL,
	"resource_id" uuid NOT NULL,
	"clinic_id" uuid NOT NULL,
	"rrule" text NOT NULL,
	"start_time" time NOT NULL,
	"end_time" time NOT NULL,
	"valid_from" date NOT NULL,
	"valid_until" date,
	"except_dates" date[] NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clinic" (
	"id" uuid PRIMARY KEY NOT NULL,
	"slug" text NOT NULL,
	"name" jsonb NOT NULL,
	"address" jsonb NOT NULL,
	"province" text NOT NULL,
	"time_zone" text NOT NULL,
	"region" text NOT NULL,
	"phone" text NOT NULL,
	"opens_on" date,
	"policy" jsonb NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "clinic_slug_unique" UNIQUE("slug")
);
--> statement-breakpoint
CREATE TABLE "clinician" (
	"id" uuid PRIMARY KEY NOT NULL,
	"given_name" text NOT NULL,
	"family_name" text NOT NULL,
	"display_name" text NOT NULL,
	"gender" text,
	"roles" text[] NOT NULL,
	"languages" text[] NOT NULL,
	"supervision_id" uuid NOT NULL,
	"supervision_capacity" smallint NOT NULL,
	"doses_per_day" smallint NOT NULL,
	"active_until" date,
	"revision" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "extra_shift" (
	"id" uuid PRIMARY KEY NOT NULL,
	"resource_id" uuid NOT NULL,
	"clinic_id" uuid NOT NULL,
	"during" "tstzrange" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "horizon" (
	"id" smallint PRIMARY KEY DEFAULT 1 NOT NULL,
	"expanded_until" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "licence" (
	"clinician_id" uuid NOT NULL,
	"ordinal" smallint NOT NULL,
	"province" text NOT NULL,
	"college" text NOT NULL,
	"number" text NOT NULL,
	"valid_from" date NOT NULL,
	"valid_until" date,
	CONSTRAINT "licence_clinician_id_ordinal_pk" PRIMARY KEY("clinician_id","ordinal")
);
--> statement-breakpoint
CREATE TABLE "region" (
	"slug" text PRIMARY KEY NOT NULL
);
--> statement-breakpoint
CREATE TABLE "resource" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"lanes" smallint DEFAULT 1 NOT NULL,
	"clinician_id" uuid
);
--> statement-breakpoint
CREATE TABLE "room" (
	"id" uuid PRIMARY KEY NOT NULL,
	"clinic_id" uuid NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"seats" smallint DEFAULT 1 NOT NULL,
	"active" boolean DEFAULT true NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "time_off" (
	"id" uuid PRIMARY KEY NOT NULL,
	"during" "tstzrange" NOT NULL,
	"reason" text NOT NULL,
	"scope" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "time_off_subject" (
	"time_off_id" uuid NOT NULL,
	"resource_id" uuid NOT NULL,
	CONSTRAINT "time_off_subject_time_off_id_resource_id_pk" PRIMARY KEY("time_off_id","resource_id")
);
--> statement-breakpoint
CREATE TABLE "travel" (
	"from_clinic_id" uuid NOT NULL,
	"to_clinic_id" uuid NOT NULL,
	"minutes" integer NOT NULL,
	"points" integer NOT NULL,
	CONSTRAINT "travel_from_clinic_id_to_clinic_id_pk" PRIMARY KEY("from_clinic_id","to_clinic_id")
);
--> statement-breakpoint
CREATE TABLE "consent" (
	"id" uuid PRIMARY KEY NOT NULL,
	"patient_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"given_on" date NOT NULL,
	"withdrawn_at" timestamp with time zone,
	"recorded_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "enrolment" (
	"id" uuid PRIMARY KEY NOT NULL,
	"patient_id" uuid NOT NULL,
	"program_key" text NOT NULL,
	"program_version" integer NOT NULL,
	"clinic_id" uuid NOT NULL,
	"route" text,
	"priority" smallint DEFAULT 1 NOT NULL,
	"allowed_clinic_ids" uuid[] NOT NULL,
	"therapist" jsonb NOT NULL,
	"unavailable" jsonb NOT NULL,
	"weekly_unavailable" jsonb NOT NULL,
	"preferred" jsonb NOT NULL,
	"status" text NOT NULL,
	"opened_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone,
	"revision" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "patient" (
	"id" uuid PRIMARY KEY NOT NULL,
	"intake_clinic_ids" uuid[] NOT NULL,
	"given_name" text NOT NULL,
	"family_name" text NOT NULL,
	"birth_date" date,
	"preferred_language" text NOT NULL,
	"care_languages" text[] NOT NULL,
	"province" text NOT NULL,
	"residences" jsonb NOT NULL,
	"email" text,
	"phone" text,
	"contact" jsonb NOT NULL,
	"community_support" jsonb,
	"escort" jsonb,
	"note" text,
	"created_at" timestamp with time zone NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "patient_override" (
	"id" uuid PRIMARY KEY NOT NULL,
	"patient_id" uuid NOT NULL,
	"rule" text NOT NULL,
	"prescriber_id" uuid NOT NULL,
	"reason" text NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "program" (
	"key" text NOT NULL,
	"version" integer NOT NULL,
	"body" jsonb NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "program_key_version_pk" PRIMARY KEY("key","version")
);
--> statement-breakpoint
CREATE TABLE "screening" (
	"id" uuid PRIMARY KEY NOT NULL,
	"patient_id" uuid NOT NULL,
	"assessed_by" uuid NOT NULL,
	"assessed_on" date NOT NULL,
	"outcome" text NOT NULL,
	"contraindications" text[] NOT NULL,
	"routes" text[] NOT NULL,
	"valid_until" date,
	"recorded_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "api_token" ADD CONSTRAINT "api_token_user_id_app_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."app_user"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "appointment" ADD CONSTRAINT "appointment_enrolment_id_enrolment_id_fk" FOREIGN KEY ("enrolment_id") REFERENCES "public"."enrolment"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "appointment" ADD CONSTRAINT "appointment_patient_id_patient_id_fk" FOREIGN KEY ("patient_id") REFERENCES "public"."patient"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "appointment" ADD CONSTRAINT "appointment_itinerary_id_itinerary_id_fk" FOREIGN KEY ("itinerary_id") REFERENCES "public"."itinerary"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "appointment" ADD CONSTRAINT "appointment_clinic_id_clinic_id_fk" FOREIGN KEY ("clinic_id") REFERENCES "public"."clinic"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "appointment" ADD CONSTRAINT "appointment_room_id_room_id_fk" FOREIGN KEY ("room_id") REFERENCES "public"."room"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "claim" ADD CONSTRAINT "claim_resource_id_resource_id_fk" FOREIGN KEY ("resource_id") REFERENCES "public"."resource"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "claim" ADD CONSTRAINT "claim_enrolment_id_enrolment_id_fk" FOREIGN KEY ("enrolment_id") REFERENCES "public"."enrolment"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "claim" ADD CONSTRAINT "claim_appointment_id_appointment_id_fk" FOREIGN KEY ("appointment_id") REFERENCES "public"."appointment"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "claim" ADD CONSTRAINT "claim_itinerary_id_itinerary_id_fk" FOREIGN KEY ("itinerary_id") REFERENCES "public"."itinerary"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "itinerary" ADD CONSTRAINT "itinerary_enrolment_id_enrolment_id_fk" FOREIGN KEY ("enrolment_id") REFERENCES "public"."enrolment"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "itinerary" ADD CONSTRAINT "itinerary_problem_id_planning_problem_id_fk" FOREIGN KEY ("problem_id") REFERENCES "public"."planning_problem"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "participant" ADD CONSTRAINT "participant_appointment_id_appointment_id_fk" FOREIGN KEY ("appointment_id") REFERENCES "public"."appointment"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "participant" ADD CONSTRAINT "participant_clinician_id_clinician_id_fk" FOREIGN KEY ("clinician_id") REFERENCES "public"."clinician"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "patient_claim" ADD CONSTRAINT "patient_claim_patient_id_patient_id_fk" FOREIGN KEY ("patient_id") REFERENCES "public"."patient"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "patient_claim" ADD CONSTRAINT "patient_claim_appointment_id_appointment_id_fk" FOREIGN KEY ("appointment_id") REFERENCES "public"."appointment"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "patient_claim" ADD CONSTRAINT "patient_claim_itinerary_id_itinerary_id_fk" FOREIGN KEY ("itinerary_id") REFERENCES "public"."itinerary"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "availability" ADD CONSTRAINT "availability_resource_id_resource_id_fk" FOREIGN KEY ("resource_id") REFERENCES "public"."resource"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "availability" ADD CONSTRAINT "availability_clinic_id_clinic_id_fk" FOREIGN KEY ("clinic_id") REFERENCES "public"."clinic"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "availability_rule" ADD CONSTRAINT "availability_rule_resource_id_resource_id_fk" FOREIGN KEY ("resource_id") REFERENCES "public"."resource"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "availability_rule" ADD CONSTRAINT "availability_rule_clinic_id_clinic_id_fk" FOREIGN KEY ("clinic_id") REFERENCES "public"."clinic"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "clinic" ADD CONSTRAINT "clinic_region_region_slug_fk" FOREIGN KEY ("region") REFERENCES "public"."region"("slug") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "clinician" ADD CONSTRAINT "clinician_id_resource_id_fk" FOREIGN KEY ("id") REFERENCES "public"."resource"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "clinician" ADD CONSTRAINT "clinician_supervision_id_resource_id_fk" FOREIGN KEY ("supervision_id") REFERENCES "public"."resource"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "extra_shift" ADD CONSTRAINT "extra_shift_resource_id_resource_id_fk" FOREIGN KEY ("resource_id") REFERENCES "public"."resource"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "extra_shift" ADD CONSTRAINT "extra_shift_clinic_id_clinic_id_fk" FOREIGN KEY ("clinic_id") REFERENCES "public"."clinic"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "licence" ADD CONSTRAINT "licence_clinician_id_clinician_id_fk" FOREIGN KEY ("clinician_id") REFERENCES "public"."clinician"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "room" ADD CONSTRAINT "room_id_resource_id_fk" FOREIGN KEY ("id") REFERENCES "public"."resource"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "room" ADD CONSTRAINT "room_clinic_id_clinic_id_fk" FOREIGN KEY ("clinic_id") REFERENCES "public"."clinic"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "time_off_subject" ADD CONSTRAINT "time_off_subject_time_off_id_time_off_id_fk" FOREIGN KEY ("time_off_id") REFERENCES "public"."time_off"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "time_off_subject" ADD CONSTRAINT "time_off_subject_resource_id_resource_id_fk" FOREIGN KEY ("resource_id") REFERENCES "public"."resource"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "travel" ADD CONSTRAINT "travel_from_clinic_id_clinic_id_fk" FOREIGN KEY ("from_clinic_id") REFERENCES "public"."clinic"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "travel" ADD CONSTRAINT "travel_to_clinic_id_clinic_id_fk" FOREIGN KEY ("to_clinic_id") REFERENCES "public"."clinic"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "consent" ADD CONSTRAINT "consent_patient_id_patient_id_fk" FOREIGN KEY ("patient_id") REFERENCES "public"."patient"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "enrolment" ADD CONSTRAINT "enrolment_patient_id_patient_id_fk" FOREIGN KEY ("patient_id") REFERENCES "public"."patient"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "enrolment" ADD CONSTRAINT "enrolment_clinic_id_clinic_id_fk" FOREIGN KEY ("clinic_id") REFERENCES "public"."clinic"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "patient_override" ADD CONSTRAINT "patient_override_patient_id_patient_id_fk" FOREIGN KEY ("patient_id") REFERENCES "public"."patient"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "patient_override" ADD CONSTRAINT "patient_override_prescriber_id_clinician_id_fk" FOREIGN KEY ("prescriber_id") REFERENCES "public"."clinician"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "screening" ADD CONSTRAINT "screening_patient_id_patient_id_fk" FOREIGN KEY ("patient_id") REFERENCES "public"."patient"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "screening" ADD CONSTRAINT "screening_assessed_by_clinician_id_fk" FOREIGN KEY ("assessed_by") REFERENCES "public"."clinician"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_entry_patient" ON "audit_entry" USING btree ("patient_id","at");--> statement-breakpoint
CREATE INDEX "audit_entry_actor" ON "audit_entry" USING btree ("actor_id","at");--> statement-breakpoint
CREATE INDEX "event_enrolment" ON "event" USING btree ("enrolment_id","sequence");--> statement-breakpoint
CREATE UNIQUE INDEX "appointment_uid" ON "appointment" USING btree ("uid");--> statement-breakpoint
CREATE INDEX "appointment_enrolment" ON "appointment" USING btree ("enrolment_id");--> statement-breakpoint
CREATE INDEX "appointment_clinic_start" ON "appointment" USING btree ("clinic_id","starts_at");--> statement-breakpoint
CREATE INDEX "appointment_patient" ON "appointment" USING btree ("patient_id");--> statement-breakpoint
CREATE INDEX "appointment_room_start" ON "appointment" USING btree ("room_id","starts_at");--> statement-breakpoint
CREATE UNIQUE INDEX "appointment_once_per_visit" ON "appointment" USING btree ("enrolment_id","visit_key") WHERE not repeatable and status not in ('cancelled', 'no-show', 'not-dosed');--> statement-breakpoint
CREATE INDEX "claim_appointment" ON "claim" USING btree ("appointment_id");--> statement-breakpoint
CREATE INDEX "claim_itinerary" ON "claim" USING btree ("itinerary_id");--> statement-breakpoint
CREATE INDEX "itinerary_enrolment" ON "itinerary" USING btree ("enrolment_id");--> statement-breakpoint
CREATE INDEX "itinerary_expiry" ON "itinerary" USING btree ("status","expires_at");--> statement-breakpoint
CREATE INDEX "participant_clinician_start" ON "participant" USING btree ("clinician_id","starts_at");--> statement-breakpoint
CREATE INDEX "patient_claim_appointment" ON "patient_claim" USING btree ("appointment_id");--> statement-breakpoint
CREATE INDEX "patient_claim_itinerary" ON "patient_claim" USING btree ("itinerary_id");--> statement-breakpoint
CREATE INDEX "availability_rule_resource" ON "availability_rule" USING btree ("resource_id");--> statement-breakpoint
CREATE INDEX "availability_rule_clinic" ON "availability_rule" USING btree ("clinic_id");--> statement-breakpoint
CREATE INDEX "extra_shift_resource" ON "extra_shift" USING btree ("resource_id");--> statement-breakpoint
CREATE INDEX "resource_clinician" ON "resource" USING btree ("clinician_id");--> statement-breakpoint
CREATE INDEX "time_off_subject_resource" ON "time_off_subject" USING btree ("resource_id");--> statement-breakpoint
CREATE INDEX "consent_patient" ON "consent" USING btree ("patient_id");--> statement-breakpoint
CREATE UNIQUE INDEX "consent_in_force" ON "consent" USING btree ("patient_id","kind") WHERE withdrawn_at is null;--> statement-breakpoint
CREATE INDEX "enrolment_patient" ON "enrolment" USING btree ("patient_id");--> statement-breakpoint
CREATE INDEX "enrolment_clinic" ON "enrolment" USING btree ("clinic_id");--> statement-breakpoint
CREATE UNIQUE INDEX "enrolment_once_per_program" ON "enrolment" USING btree ("patient_id","program_key") WHERE status in ('open', 'paused');--> statement-breakpoint
CREATE INDEX "patient_override_patient" ON "patient_override" USING btree ("patient_id");--> statement-breakpoint
CREATE INDEX "screening_patient" ON "screening" USING btree ("patient_id");
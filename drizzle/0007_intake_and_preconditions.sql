CREATE TABLE "precondition" (
	"id" uuid PRIMARY KEY NOT NULL,
	"enrolment_id" uuid NOT NULL,
	"key" text NOT NULL,
	"met_on" date NOT NULL,
	"valid_until" date,
	"visits_granted" integer,
	"reference" text,
	"recorded_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "referral" (
	"id" uuid PRIMARY KEY NOT NULL,
	"clinic_id" uuid NOT NULL,
	"patient_id" uuid NOT NULL,
	"enrolment_id" uuid,
	"source" text NOT NULL,
	"referrer" jsonb,
	"program_key" text,
	"reason" text NOT NULL,
	"status" text NOT NULL,
	"assigned_to" uuid,
	"received_at" timestamp with time zone NOT NULL,
	"due_elapsed" timestamp with time zone NOT NULL,
	"due_business" timestamp with time zone,
	"contact_due_at" timestamp with time zone NOT NULL,
	"contacted_at" timestamp with time zone,
	"info_call_at" timestamp with time zone,
	"decided_at" timestamp with time zone,
	"overdue_told" boolean DEFAULT false NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "referral_contact" (
	"id" uuid PRIMARY KEY NOT NULL,
	"referral_id" uuid NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"outcome" text NOT NULL,
	"note" text,
	"info_call_done" boolean NOT NULL,
	"recorded_by" uuid NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "enrolment" ADD COLUMN "resume_on" date;--> statement-breakpoint
ALTER TABLE "enrolment" ADD COLUMN "credited" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "enrolment" ADD COLUMN "history" jsonb DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE "enrolment" ADD COLUMN "former_clinic_ids" uuid[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "screening" ADD COLUMN "review_on" date;--> statement-breakpoint
ALTER TABLE "precondition" ADD CONSTRAINT "precondition_enrolment_id_enrolment_id_fk" FOREIGN KEY ("enrolment_id") REFERENCES "public"."enrolment"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "referral" ADD CONSTRAINT "referral_clinic_id_clinic_id_fk" FOREIGN KEY ("clinic_id") REFERENCES "public"."clinic"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "referral" ADD CONSTRAINT "referral_patient_id_patient_id_fk" FOREIGN KEY ("patient_id") REFERENCES "public"."patient"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "referral" ADD CONSTRAINT "referral_enrolment_id_enrolment_id_fk" FOREIGN KEY ("enrolment_id") REFERENCES "public"."enrolment"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "referral" ADD CONSTRAINT "referral_assigned_to_app_user_id_fk" FOREIGN KEY ("assigned_to") REFERENCES "public"."app_user"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "referral_contact" ADD CONSTRAINT "referral_contact_referral_id_referral_id_fk" FOREIGN KEY ("referral_id") REFERENCES "public"."referral"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "precondition_enrolment" ON "precondition" USING btree ("enrolment_id");--> statement-breakpoint
CREATE INDEX "referral_patient" ON "referral" USING btree ("patient_id");--> statement-breakpoint
CREATE INDEX "referral_enrolment" ON "referral" USING btree ("enrolment_id") WHERE enrolment_id is not null;--> statement-breakpoint
CREATE INDEX "referral_due" ON "referral" USING btree ("contact_due_at","id");--> statement-breakpoint
CREATE INDEX "referral_status_due" ON "referral" USING btree ("status","contact_due_at","id");--> statement-breakpoint
CREATE INDEX "referral_clinic_due" ON "referral" USING btree ("clinic_id","contact_due_at","id");--> statement-breakpoint
CREATE INDEX "referral_clinic_status_due" ON "referral" USING btree ("clinic_id","status","contact_due_at","id");--> statement-breakpoint
CREATE INDEX "referral_overdue_untold" ON "referral" USING btree ("contact_due_at") WHERE status = 'new' and not overdue_told;--> statement-breakpoint
CREATE INDEX "referral_contact_referral" ON "referral_contact" USING btree ("referral_id");--> statement-breakpoint
-- Who might be the same person: compared as written here by repositories/referrals.ts
CREATE INDEX "patient_dialled" ON "patient" (right(regexp_replace("phone", '\D', '', 'g'), 10)) WHERE "phone" IS NOT NULL;--> statement-breakpoint
CREATE INDEX "patient_mail" ON "patient" (lower("email")) WHERE "email" IS NOT NULL;--> statement-breakpoint
CREATE INDEX "patient_heard" ON "patient" ("birth_date", regexp_replace(lower(normalize("given_name" || ' ' || "family_name", NFD)), '[\u0300-\u036f''’]', '', 'g'));--> statement-breakpoint
ALTER TABLE "referral" ADD CONSTRAINT "referral_referrer" CHECK (("source" = 'professional') = ("referrer" IS NOT NULL));--> statement-breakpoint
ALTER TABLE "precondition" ADD CONSTRAINT "precondition_visits" CHECK ("visits_granted" > 0);

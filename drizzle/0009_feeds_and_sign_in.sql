CREATE TABLE "browser_session" (
	"hash" "bytea" PRIMARY KEY NOT NULL,
	"token_id" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"revoked_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "calendar_feed" (
	"id" uuid PRIMARY KEY NOT NULL,
	"clinician_id" uuid,
	"patient_id" uuid,
	"detail" text NOT NULL,
	"hash" "bytea" NOT NULL,
	"clinic_ids" uuid[],
	"created_by" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "calendar_feed_hash_unique" UNIQUE("hash"),
	CONSTRAINT "calendar_feed_one_subject" CHECK ((clinician_id is null) <> (patient_id is null))
);
--> statement-breakpoint
CREATE TABLE "sign_in_link" (
	"hash" "bytea" PRIMARY KEY NOT NULL,
	"token_id" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "browser_session" ADD CONSTRAINT "browser_session_token_id_api_token_id_fk" FOREIGN KEY ("token_id") REFERENCES "public"."api_token"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "calendar_feed" ADD CONSTRAINT "calendar_feed_clinician_id_clinician_id_fk" FOREIGN KEY ("clinician_id") REFERENCES "public"."clinician"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "calendar_feed" ADD CONSTRAINT "calendar_feed_patient_id_patient_id_fk" FOREIGN KEY ("patient_id") REFERENCES "public"."patient"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "calendar_feed" ADD CONSTRAINT "calendar_feed_created_by_app_user_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."app_user"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in_link" ADD CONSTRAINT "sign_in_link_token_id_api_token_id_fk" FOREIGN KEY ("token_id") REFERENCES "public"."api_token"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "browser_session_expiry" ON "browser_session" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "calendar_feed_clinician" ON "calendar_feed" USING btree ("clinician_id");--> statement-breakpoint
CREATE INDEX "calendar_feed_patient" ON "calendar_feed" USING btree ("patient_id");
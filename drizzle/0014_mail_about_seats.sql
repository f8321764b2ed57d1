ALTER TABLE "mail" ALTER COLUMN "appointment_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "mail" ADD COLUMN "group_member_id" uuid;--> statement-breakpoint
ALTER TABLE "mail" ADD CONSTRAINT "mail_group_member_id_group_member_id_fk" FOREIGN KEY ("group_member_id") REFERENCES "public"."group_member"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "mail_once_for_a_seat" ON "mail" USING btree ("group_member_id","sequence","kind");--> statement-breakpoint
ALTER TABLE "mail" ADD CONSTRAINT "mail_about_one" CHECK (num_nonnulls("mail"."appointment_id", "mail"."group_member_id") = 1);
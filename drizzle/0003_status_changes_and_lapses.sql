ALTER TABLE "appointment" ADD COLUMN "status_changes" jsonb DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE "itinerary" ADD COLUMN "lapse_told" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "enrolment" ADD COLUMN "end_reason" text;--> statement-breakpoint
CREATE INDEX "itinerary_lapse_untold" ON "itinerary" USING btree ("expires_at") WHERE status = 'held' and not lapse_told;
package app_test

import (
	"slices"
	"testing"

	"galleria/cmd/internal/app"
	"galleria/commerce/campaign"
	"galleria/commerce/coupon"
	"galleria/commerce/level"
	"galleria/commerce/order"
	"galleria/commerce/points"
	"galleria/console/i18n"
	"galleria/jobs/handle"
	"galleria/payments"
	"galleria/tenant/outbox"
)

// Every piece of recurring work has its name and its sentence in both languages.
func TestRecurringWorkHasItsWords(t *testing.T) {
	t.Parallel()
	var names []string
	for _, work := range (&app.Services{Ground: &app.Ground{}}).PlatformWork() {
		names = append(names, work.Name)
	}
	kinds, err := handle.New(handle.Deps{}).Kinds()
	if err != nil {
		t.Fatal(err)
	}
	for _, topic := range slices.Concat(kinds.Recurring(), kinds.Dated()) {
		names = append(names, string(topic))
	}
	if len(names) < 10 {
		t.Fatalf("only %d pieces of recurring work: %v", len(names), names)
	}
	for _, topic := range []outbox.Topic{coupon.TimerAge, points.TimerAge, order.TopicFinish, order.TopicFinished, level.TimerReview, payments.TimerBills, campaign.TimerRemind, campaign.TimerGroup, handle.TimerUpkeep} {
		if !slices.Contains(names, string(topic)) {
			t.Errorf("%s is not told to the platform's staff", topic)
		}
	}
	texts, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range i18n.Langs() {
		for _, name := range names {
			for _, key := range []string{"platform.job.name.", "platform.job.about."} {
				if !texts.Printer(lang).Has(key + name) {
					t.Errorf("%s: no text %s%s", lang, key, name)
				}
			}
		}
	}
}

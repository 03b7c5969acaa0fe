package payments_test

import (
	"slices"
	"strings"
	"testing"

	"galleria/payments"
)

// What is said with a provider is kept at every step, without what identifies the buyer.
func TestExchangesOfEveryStepAreKeptMasked(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.paid("EXCHANGE1")
	if err := k.execute(k.mustAsk("EXCHANGE1", "D1", 100)); err != nil {
		t.Fatal(err)
	}
	k.bill("EXCHANGE2")
	_, err := k.service.Pay(t.Context(), k.Tenant.ID, payments.PayInput{
		BusinessNo: "EXCHANGE2", AppID: k.appID, Payer: k.openID, Channel: payments.WeChat, Scene: payments.MiniProgram,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := k.service.Query(t.Context(), k.Tenant.ID, k.attempts("EXCHANGE2")[0].OutTradeNo); err != nil {
		t.Fatal(err)
	}
	if _, err := k.service.CloseAll(t.Context(), k.Tenant.ID, "EXCHANGE2"); err != nil {
		t.Fatal(err)
	}
	type kept struct{ Step, Asked, Answered string }
	var steps []string
	for _, x := range query[kept](k, "SELECT step, asked, answered FROM payment_exchange ORDER BY id") {
		steps = append(steps, x.Step)
		if strings.Contains(x.Asked+x.Answered, k.openID) {
			t.Errorf("%s: the buyer is kept in clear", x.Step)
		}
		if x.Asked == "" {
			t.Errorf("%s: nothing was asked", x.Step)
		}
	}
	for _, step := range []string{"prepay", "query", "close", "refund"} {
		if !slices.Contains(steps, step) {
			t.Errorf("no exchange of %s among %v", step, steps)
		}
	}
}

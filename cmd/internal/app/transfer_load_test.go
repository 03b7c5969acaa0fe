package app_test

import (
	"time"

	"galleria/cmd/internal/oracle"
	"galleria/commerce/money"
	"galleria/payments"
	"galleria/payments/sandbox"
	"galleria/payments/transfer"
	"galleria/tenant/tenanttest"
)

// confirms lets the receiver of a transfer by WeChat Pay confirm it on the phone, as soon as
// it waits for that.
func (w *world) confirms(m *market, buyer, outBillNo string, in sandbox.ConfirmInput) {
	w.t.Helper()
	in.MchID, in.AppID, in.Buyer = m.mchID, m.appID, buyer
	eventually(w.t, 30*time.Second, "transfer "+outBillNo+" waits for its receiver", func() bool {
		for _, t := range w.sandbox.Transfers() {
			if t.OutBillNo == outBillNo {
				in.Package = t.PackageInfo
			}
		}
		return in.Package != "" && w.count(m.shop, "SELECT count(*) FROM transfer WHERE out_bill_no = $1 AND status = 'wait_user_confirm'", outBillNo) == 1
	})
	if _, err := w.sandbox.ConfirmTransfer(in); err != nil {
		w.t.Errorf("confirm %s: %v", outBillNo, err)
	}
}

// payouts is what the provider says about a market's transfers.
func (w *world) payouts(m *market) []oracle.Payout {
	out := []oracle.Payout{}
	for _, t := range w.sandbox.Transfers() {
		if t.MchID == m.mchID {
			out = append(out, oracle.Payout{Number: t.OutBillNo, Fen: t.AmountFen, Done: t.State == "SUCCESS"})
		}
	}
	return out
}

// paysOut creates a transfer to the shopper; now and then the request is repeated.
func (s *shopper) paysOut() transfer.Transfer {
	s.w.t.Helper()
	in := transfer.CreateInput{
		SourceKind: "commission", SourceNo: tenanttest.RandomHex(8), Channel: payments.WeChat, AppID: s.market.appID, MemberID: s.buyerID(), ReceiverKind: payments.ReceiverOpenID,
		Receiver: sandbox.OpenID(s.market.appID, s.name), Name: "李小满", AmountFen: money.Fen(100 + s.dice.Int64N(5000)), Title: "推广佣金", Actor: "staff:1",
		Terms: payments.TransferTerms{SceneID: "1005", Reports: []payments.TransferReport{{Type: "岗位类型", Content: "推广员"}, {Type: "报酬说明", Content: "推广佣金"}}},
	}
	made, err := s.w.Transfers.Create(s.w.t.Context(), s.market.ID, in)
	if err == nil && s.dice.IntN(2) == 0 {
		again, err := s.w.Transfers.Create(s.w.t.Context(), s.market.ID, in)
		if err != nil || again.OutBillNo != made.OutBillNo {
			s.w.t.Errorf("the same source is transfer %s and %s: %v", made.OutBillNo, again.OutBillNo, err)
		}
	}
	if err != nil {
		s.w.t.Fatalf("pay out: %v", err)
	}
	return made
}

// payOuts are what may become of a transfer: fates of a shopper, as those of orders are.
func payOuts() map[string]func(*shopper) {
	return map[string]func(*shopper){
		"paid out": func(s *shopper) { s.w.confirms(s.market, s.name, s.paysOut().OutBillNo, sandbox.ConfirmInput{}) },
		"pay out fails": func(s *shopper) {
			s.w.confirms(s.market, s.name, s.paysOut().OutBillNo, sandbox.ConfirmInput{Fail: "ACCOUNT_FREEZED"})
		},
		"pay out taken back": (*shopper).takesBack,
		"pay out unconfirmed": func(s *shopper) {
			s.paysOut()
		},
	}
}

// takesBack cancels a transfer, wherever it stands.
func (s *shopper) takesBack() {
	made := s.paysOut()
	if err := s.w.Transfers.Cancel(s.w.t.Context(), s.market.ID, made.OutBillNo, "staff:1", "填错了"); err != nil {
		s.w.t.Errorf("take back %s: %v", made.OutBillNo, err)
	}
}

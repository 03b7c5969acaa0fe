package readmodel

import (
	"time"

	"galleria/commerce/money"
)

// MoneyFacts is what is stored about the money of one payment, from the buyer to the bill.
type MoneyFacts struct {
	OutTradeNo string
	Channel    string
	Amount     money.Fen
	Refunded   money.Fen
	PaidAt     time.Time
	Surplus    bool
	Told       bool // the provider wants to know what was sent before it lets go of the money
	ShippedAt  *time.Time
	ReceiveBy  *time.Time
	ReceivedAt *time.Time
	Upload     *UploadFacts
	Bill       *BillFacts
	BillDue    *time.Time // when the bill of the day is asked for; nil if nobody has opened the day
	BadBill    bool       // the file of the day cannot be believed
	Unlike     money.Fen  // what bill and books do not agree on, and nobody has explained
	Refunds    []RefundFacts
}

// UploadFacts is what the provider was told of an order's parcels.
type UploadFacts struct {
	State      string
	Tries      int64
	Error      string
	UploadedAt *time.Time
}

// BillFacts is a payment's line in the provider's bill.
type BillFacts struct {
	Day       time.Time // midnight UTC of the date
	Settled   money.Fen // of the amount, what the shop gets before the fee
	FeeMilli  int64     // thousandths of a fen, refunds' fees included
	Booked    bool
	EnteredAt time.Time
}

// RefundFacts is money on its way back.
type RefundFacts struct {
	OutTradeNo  string
	OutRefundNo string
	Amount      money.Fen
	Status      string
	Hold        string
	FeeMilli    int64
	RequestedAt time.Time
	DueAt       *time.Time
	FinishedAt  *time.Time
}

// MoneyState says how far a step of the money's way is.
type MoneyState string

// The states of a step.
const (
	MoneyDone  MoneyState = "done"
	MoneyWaits MoneyState = "waits" // for something that comes by itself or by the shop's daily work
	MoneyStuck MoneyState = "stuck" // until somebody does something about it
	MoneyLater MoneyState = "later" // it is not its turn yet
)

// MoneyStep is one station of the money's way.
type MoneyStep struct {
	Kind   string // paid, upload, receipt, settled, fee, refund
	State  MoneyState
	Why    string // code of what it waits for; "" when there is nothing to say
	Frozen bool   // the provider keeps the money until this is done
	Amount money.Fen
	At     *time.Time // when it was done
	Due    *time.Time // when it goes on by itself
	Tries  int64
	Note   string // the provider's own words
	Ref    string // number of a refund
}

// kept is what the provider still has of the payment.
func (f MoneyFacts) kept() money.Fen { return f.Amount - f.Refunded }

// sends reports a payment whose goods the provider wants to hear of. What has gone back
// whole has nothing to be sent.
func (f MoneyFacts) sends() bool {
	return f.Told && !f.Surplus && (f.kept() > 0 || f.Upload != nil)
}

func (f MoneyFacts) uploaded() bool { return f.Upload != nil && f.Upload.State == "uploaded" }

// fee is what the provider keeps, rounded to the fen as its own bill is.
func (f MoneyFacts) fee() money.Fen {
	milli := int64(0)
	if f.Bill != nil {
		milli = f.Bill.FeeMilli
	}
	for _, r := range f.Refunds {
		milli += r.FeeMilli
	}
	if milli < 0 {
		return money.Fen(-((-milli + 500) / 1000))
	}
	return money.Fen((milli + 500) / 1000)
}

// MoneySteps tells where the money of a payment is: what was done, what is under way, and
// why it waits. Channels that do not ask what was sent have neither upload nor receipt.
func MoneySteps(f MoneyFacts, now time.Time) []MoneyStep {
	steps := []MoneyStep{{Kind: "paid", State: MoneyDone, Amount: f.Amount, At: &f.PaidAt}}
	if f.Surplus {
		steps[0].Why = "surplus"
	}
	if f.sends() {
		steps = append(steps, f.uploadStep(), f.receiptStep(now))
	}
	steps = append(steps, f.settledStep(now), f.feeStep())
	for _, r := range f.Refunds {
		if step, ok := r.step(); ok {
			steps = append(steps, step)
		}
	}
	return steps
}

func (f MoneyFacts) uploadStep() MoneyStep {
	step := MoneyStep{Kind: "upload", State: MoneyWaits, Frozen: true, Amount: f.kept()}
	if f.Upload == nil {
		step.Why = "not_shipped"
		if f.ShippedAt != nil {
			step.Why = "upload_pending"
		}
		return step
	}
	step.Tries, step.Note = f.Upload.Tries, f.Upload.Error
	switch f.Upload.State {
	case "uploaded":
		step.State, step.Frozen, step.At, step.Note = MoneyDone, false, f.Upload.UploadedAt, ""
	case "partial":
		step.Why = "upload_partial"
	case "failed":
		step.State, step.Why = MoneyStuck, "upload_failed"
	default:
		step.Why = "upload_pending"
		if step.Note != "" {
			step.Why = "upload_retried"
		}
	}
	return step
}

func (f MoneyFacts) receiptStep(now time.Time) MoneyStep {
	step := MoneyStep{Kind: "receipt", State: MoneyLater, Frozen: true, Amount: f.kept()}
	switch {
	case f.ReceivedAt != nil:
		step.State, step.Frozen, step.At = MoneyDone, false, f.ReceivedAt
	case f.uploaded():
		step.State, step.Why = MoneyWaits, "receipt"
		if f.ReceiveBy != nil && now.Before(*f.ReceiveBy) {
			step.Due = f.ReceiveBy
		}
	}
	return step
}

func (f MoneyFacts) settledStep(now time.Time) MoneyStep {
	step := MoneyStep{Kind: "settled", State: MoneyWaits, Amount: f.Amount}
	switch {
	case f.Unlike != 0:
		step.State, step.Why, step.Amount = MoneyStuck, "difference", f.Unlike
	case f.Bill == nil && f.BadBill:
		step.State, step.Why = MoneyStuck, "bill_malformed"
	case f.Bill == nil:
		step.Why = "bill_awaited"
		if f.BillDue != nil && now.Before(*f.BillDue) {
			step.Due = f.BillDue
		}
	case f.sends() && !f.uploaded():
		step.State, step.Why, step.Amount = MoneyLater, "frozen_upload", f.kept()
	case f.sends() && f.ReceivedAt == nil:
		step.State, step.Why, step.Amount = MoneyLater, "frozen_receipt", f.kept()
	default:
		step.State, step.Why, step.Amount, step.At = MoneyDone, "in_bill", f.Bill.Settled-f.fee(), &f.Bill.EnteredAt
	}
	return step
}

func (f MoneyFacts) feeStep() MoneyStep {
	step := MoneyStep{Kind: "fee", State: MoneyLater, Why: "fee_with_bill"}
	if f.Bill == nil {
		return step
	}
	step.State, step.Why, step.Amount, step.At = MoneyDone, "fee_booked", f.fee(), &f.Bill.EnteredAt
	if !f.Bill.Booked {
		step.State, step.Why, step.At = MoneyWaits, "fee_unbooked", nil
	}
	return step
}

// step tells of a refund; ok is false if no money is to move for it.
func (r RefundFacts) step() (step MoneyStep, ok bool) {
	step = MoneyStep{Kind: "refund", State: MoneyWaits, Amount: r.Amount, Ref: r.OutRefundNo, Due: r.DueAt}
	switch r.Status {
	case "succeeded", "settled":
		step.State, step.At, step.Due = MoneyDone, r.FinishedAt, nil
	case "awaiting_approval":
		step.Why = "refund_approval"
	case "requested", "processing":
		step.Why = "refund_processing"
	case "waiting":
		step.Why = "refund_" + r.Hold
		if r.Hold != "spacing" {
			step.State = MoneyStuck
		}
	case "abnormal":
		step.State, step.Why = MoneyStuck, "refund_abnormal"
	default: // failed, refused, withdrawn: nothing moved, and nothing will
		return MoneyStep{}, false
	}
	return step, true
}

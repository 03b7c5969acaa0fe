package payments

import "galleria/tenant/statechart"

// RefundStatus is where a refund stands.
type RefundStatus string

// The statuses of a refund. Its amount is reserved until it ends.
const (
	RefundAwaitingApproval RefundStatus = "awaiting_approval" // above the shop's limit: a second person decides
	RefundRequested        RefundStatus = "requested"         // the provider may or may not know it
	RefundWaiting          RefundStatus = "waiting"           // kept back; its Hold says by what
	RefundProcessing       RefundStatus = "processing"        // the provider accepted it
	RefundOdd              RefundStatus = "abnormal"          // left the merchant and did not arrive; a person must act
	RefundSucceeded        RefundStatus = "succeeded"         // the money is with the buyer
	RefundSettled          RefundStatus = "settled"           // a person gave the money back another way
	RefundFailed           RefundStatus = "failed"            // closed by the provider; no money moved
	RefundRefused          RefundStatus = "refused"           // by the second person
	RefundWithdrawn        RefundStatus = "withdrawn"         // before the provider heard of it
)

// RefundStatuses lists every status of a refund, in the order of an ordinary life.
func RefundStatuses() []RefundStatus {
	return []RefundStatus{
		RefundAwaitingApproval, RefundRequested, RefundWaiting, RefundProcessing, RefundOdd, RefundSucceeded, RefundSettled, RefundFailed,
		RefundRefused, RefundWithdrawn,
	}
}

// final says that nothing is reserved any more.
func (s RefundStatus) final() bool { return refundTransitions.Ends(s) }

// refundEvent is what moves a refund.
type refundEvent string

const (
	refundApproved  refundEvent = "approved"  // by a second person
	refundRefused   refundEvent = "refused"   // by a second person
	refundWithdrawn refundEvent = "withdrawn" // by whoever asked, before it was sent
	refundHeld      refundEvent = "held"      // a limit, an empty balance, a refusal
	refundAccepted  refundEvent = "accepted"  // the provider is at it
	refundOdd       refundEvent = "abnormal"  // the provider cannot bring it to the buyer
	refundDone      refundEvent = "done"      // the provider says so
	refundShut      refundEvent = "closed"    // the provider says that nothing moved
	refundSettled   refundEvent = "settled"   // by hand, with evidence
)

// refundTransitions is the life of a refund. What the provider says is legal from
// wherever it may have been asked.
var refundTransitions = statechart.Table[RefundStatus, refundEvent]{
	{From: RefundAwaitingApproval, Event: refundApproved, To: RefundRequested},
	{From: RefundAwaitingApproval, Event: refundRefused, To: RefundRefused},
	{From: RefundAwaitingApproval, Event: refundWithdrawn, To: RefundWithdrawn},
	{From: RefundRequested, Event: refundHeld, To: RefundWaiting},
	{From: RefundRequested, Event: refundAccepted, To: RefundProcessing},
	{From: RefundRequested, Event: refundOdd, To: RefundOdd},
	{From: RefundRequested, Event: refundDone, To: RefundSucceeded},
	{From: RefundRequested, Event: refundShut, To: RefundFailed},
	{From: RefundWaiting, Event: refundHeld, To: RefundWaiting},
	{From: RefundWaiting, Event: refundAccepted, To: RefundProcessing},
	{From: RefundWaiting, Event: refundOdd, To: RefundOdd},
	{From: RefundWaiting, Event: refundDone, To: RefundSucceeded},
	{From: RefundWaiting, Event: refundShut, To: RefundFailed},
	{From: RefundWaiting, Event: refundWithdrawn, To: RefundWithdrawn},
	{From: RefundWaiting, Event: refundSettled, To: RefundSettled},
	{From: RefundProcessing, Event: refundHeld, To: RefundWaiting},
	{From: RefundProcessing, Event: refundAccepted, To: RefundProcessing},
	{From: RefundProcessing, Event: refundOdd, To: RefundOdd},
	{From: RefundProcessing, Event: refundDone, To: RefundSucceeded},
	{From: RefundProcessing, Event: refundShut, To: RefundFailed},
	{From: RefundOdd, Event: refundHeld, To: RefundWaiting},
	{From: RefundOdd, Event: refundAccepted, To: RefundProcessing},
	{From: RefundOdd, Event: refundOdd, To: RefundOdd},
	{From: RefundOdd, Event: refundDone, To: RefundSucceeded},
	{From: RefundOdd, Event: refundShut, To: RefundFailed},
	{From: RefundOdd, Event: refundSettled, To: RefundSettled},
}

// sendable lists the statuses in which the provider is asked.
func sendable() []string {
	from, _ := refundTransitions.Sources(refundDone)
	return from
}

// RefundChart draws the life of a refund as a Mermaid state chart.
func RefundChart() string {
	asked := []statechart.Arrow{{To: string(RefundRequested), Label: "ask"}, {To: string(RefundAwaitingApproval), Label: "ask (above the limit)"}}
	return statechart.Draw(append(asked, refundTransitions.Arrows()...))
}

// RefundHold says what keeps a refund back.
type RefundHold string

// The holds.
const (
	NotHeld      RefundHold = ""
	HoldSpacing  RefundHold = "spacing"  // the provider wants time between two refunds of a payment
	HoldCount    RefundHold = "count"    // the provider takes no further refund of this payment
	HoldAge      RefundHold = "age"      // the provider takes no refund of so old a payment
	HoldBalance  RefundHold = "balance"  // the merchant's balance at the provider is too small
	HoldRefused  RefundHold = "refused"  // the provider said no, unsigned
	HoldAbnormal RefundHold = "abnormal" // the buyer's account takes no money
	HoldOwed     RefundHold = "owed"     // the provider gave it to the shop: the shop owes it to the buyer
)

// RefundHolds lists them, without NotHeld.
func RefundHolds() []RefundHold {
	return []RefundHold{HoldSpacing, HoldCount, HoldAge, HoldBalance, HoldRefused, HoldAbnormal, HoldOwed}
}

// TaskHolds are the holds that a person has to do something about.
func TaskHolds() []RefundHold {
	return []RefundHold{HoldCount, HoldAge, HoldBalance, HoldRefused, HoldAbnormal, HoldOwed}
}

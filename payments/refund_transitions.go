package payments

import (
	"fmt"
	"slices"
	"strings"
)

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
func (s RefundStatus) final() bool {
	return !slices.ContainsFunc(refundTransitions, func(t refundTransition) bool { return t.from == s })
}

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

// refundTransition is one legal move of a refund.
type refundTransition struct {
	from  RefundStatus
	event refundEvent
	to    RefundStatus
}

// refundTransitions is the life of a refund. What the provider says is legal from
// wherever it may have been asked.
var refundTransitions = []refundTransition{
	{RefundAwaitingApproval, refundApproved, RefundRequested},
	{RefundAwaitingApproval, refundRefused, RefundRefused},
	{RefundAwaitingApproval, refundWithdrawn, RefundWithdrawn},
	{RefundRequested, refundHeld, RefundWaiting},
	{RefundRequested, refundAccepted, RefundProcessing},
	{RefundRequested, refundOdd, RefundOdd},
	{RefundRequested, refundDone, RefundSucceeded},
	{RefundRequested, refundShut, RefundFailed},
	{RefundWaiting, refundHeld, RefundWaiting},
	{RefundWaiting, refundAccepted, RefundProcessing},
	{RefundWaiting, refundOdd, RefundOdd},
	{RefundWaiting, refundDone, RefundSucceeded},
	{RefundWaiting, refundShut, RefundFailed},
	{RefundWaiting, refundWithdrawn, RefundWithdrawn},
	{RefundWaiting, refundSettled, RefundSettled},
	{RefundProcessing, refundHeld, RefundWaiting},
	{RefundProcessing, refundAccepted, RefundProcessing},
	{RefundProcessing, refundOdd, RefundOdd},
	{RefundProcessing, refundDone, RefundSucceeded},
	{RefundProcessing, refundShut, RefundFailed},
	{RefundOdd, refundHeld, RefundWaiting},
	{RefundOdd, refundAccepted, RefundProcessing},
	{RefundOdd, refundOdd, RefundOdd},
	{RefundOdd, refundDone, RefundSucceeded},
	{RefundOdd, refundShut, RefundFailed},
	{RefundOdd, refundSettled, RefundSettled},
}

// nextRefund is the status after an event; ok is false if the event is not legal there.
func nextRefund(from RefundStatus, ev refundEvent) (to RefundStatus, ok bool) {
	for _, t := range refundTransitions {
		if t.from == from && t.event == ev {
			return t.to, true
		}
	}
	return "", false
}

// refundSources lists the statuses from which an event is legal, as the UPDATE compares
// them, and where it leads.
func refundSources(ev refundEvent) (from []string, to RefundStatus) {
	for _, t := range refundTransitions {
		if t.event == ev {
			from, to = append(from, string(t.from)), t.to
		}
	}
	return from, to
}

// sendable lists the statuses in which the provider is asked.
func sendable() []string {
	from, _ := refundSources(refundDone)
	return from
}

// RefundChart draws the life of a refund as a Mermaid state chart.
func RefundChart() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n  [*] --> requested: ask\n  [*] --> awaiting_approval: ask (above the limit)\n")
	for _, t := range refundTransitions {
		fmt.Fprintf(&b, "  %s --> %s: %s\n", t.from, t.to, t.event)
	}
	for _, s := range RefundStatuses() {
		if s.final() {
			fmt.Fprintf(&b, "  %s --> [*]\n", s)
		}
	}
	return b.String()
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

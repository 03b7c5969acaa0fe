package view

import "galleria/console/readmodel"

// A tone is the colour of a tag. Colour only repeats what the words say.
type tone string

const (
	toneNeutral tone = "neutral"
	toneInfo    tone = "info"
	toneGood    tone = "good"
	toneWarn    tone = "warn"
	toneBad     tone = "bad"
)

// orderTone colours an order's status.
func orderTone(status string) tone {
	switch status {
	case "pending_payment", "closing":
		return toneWarn
	case "paid":
		return toneInfo
	case "fulfilling", "completed", readmodel.ToUse:
		return toneGood
	default:
		return toneNeutral
	}
}

// shelfTone colours a product's status.
func shelfTone(status string) tone {
	if status == "on_shelf" {
		return toneGood
	}
	return toneNeutral
}

// moneyTone colours the state of a payment attempt or a refund.
func moneyTone(status string) tone {
	switch status {
	case "succeeded", "settled":
		return toneGood
	case "failed", "abnormal":
		return toneBad
	case "awaiting_approval", "waiting", "created", "prepaid", "closing", "requested", "processing":
		return toneWarn
	default:
		return toneNeutral
	}
}

// activeTone colours an account or app that is either active or not.
func activeTone(status string) tone {
	if status == "active" {
		return toneGood
	}
	return toneNeutral
}

// eventIcon is the mark of a timeline entry.
func eventIcon(to, event string) string {
	switch to {
	case "pending_payment":
		return "shopping-cart"
	case "paid":
		return "cash"
	case "fulfilling":
		return "truck-delivery"
	case "completed":
		return "circle-check"
	case "closing":
		return "hourglass"
	case "closed":
		return "circle-x"
	}
	if event == "refunded" {
		return "receipt-refund"
	}
	return "note"
}

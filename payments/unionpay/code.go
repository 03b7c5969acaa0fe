package unionpay

import (
	"errors"
	"fmt"
	"slices"

	"galleria/payments"
	"galleria/payments/internal/wire"
)

// outcome is what a response code says of a trade.
type outcome string

const (
	done     outcome = "done"
	underWay outcome = "under way" // nobody knows yet: ask again
	failed   outcome = "failed"    // no money moved; the buyer may try again
	odd      outcome = "odd"       // for a person to look at
)

// Response codes by name.
const (
	codeOK        = "00"
	codeDefect    = "A6" // a success of which something secondary failed
	codeSignature = "11"
	codeDuplicate = "12"
	codeNoTrade   = "34"
	codeGivenBack = "45" // refunded or undone before
	codeBalance   = "64" // of a refund: the merchant's receipts do not cover it
)

// outcomeOf reads the code of a trade. Whatever is not in the table has failed for good;
// what would be a guess is under way.
func outcomeOf(code string) outcome {
	switch code {
	case codeOK, codeDefect:
		return done
	case "", "03", "04", "05", "70", "83", "99":
		return underWay
	case "42", "45", "46", "74", "75": // money moved, and something is wrong with it
		return odd
	}
	return failed
}

// classify says what the code of an answer means to whoever asked. What failed is refused,
// with the code for people.
func classify(f fields) error {
	code := f["respCode"]
	cause := fmt.Errorf("respCode %s %s", wire.Cut(code, 8), wire.Cut(f["respMsg"], 200))
	switch code {
	case codeOK, codeDefect:
		return nil
	case codeNoTrade:
		return payments.ErrNoSuchNumber.Because(cause)
	case codeDuplicate:
		return payments.ErrNumberUsed.Because(cause)
	case "02", "06", "37", "03", "04", "05", "70", "83", "99":
		return payments.ErrProviderBusy.Because(cause) // cannot now, or does not know
	case "":
		return payments.ErrBadResponse.Because(errors.New("an answer without respCode"))
	}
	return payments.ErrRefused.WithData(map[string]any{
		"provider_code": wire.Cut(code, 8), "provider_message": wire.Cut(f["respMsg"], 200),
	}).Because(cause)
}

// speaksOfSetup lists the codes that say that account and gateway do not fit: they claim
// nothing about a trade, so that they are believed unsigned, as a gateway that cannot tell
// who asks may leave them.
func speaksOfSetup(code string) bool {
	return slices.Contains([]string{"10", codeSignature, "13", "31", "32", "43", "92", "93", "94", "95", "96"}, code)
}

package payments

import (
	"context"
	"io"
	"time"

	"galleria/commerce/money"
)

// BillReader is a channel whose provider hands out bills: files that say, movement by
// movement, what it did with the shop's money on a day. A channel may be one or not. It is
// safe for concurrent use.
type BillReader interface {
	// Bills lists the kinds of bills that there are, the one of trades first.
	Bills() []BillKind
	// BillSpan is from when until when the bill of a day counts. The day is a date, midnight
	// UTC.
	BillSpan(day time.Time) (from, until time.Time)
	// BillReady is when the bills of a day can be had at the earliest.
	BillReady(day time.Time) time.Time
	// FetchBill writes a bill to a file as the provider packed it, and returns its name.
	// What the provider vouches for with a hash has been compared. Faults: BILL_NONE,
	// BILL_NOT_READY, BILL_MALFORMED, and those of Channel.
	FetchBill(ctx context.Context, acc Account, kind BillKind, day time.Time, to io.Writer) (name string, err error)
	// ReadBill reads a file of FetchBill's, line by line and in bounded memory. The summary
	// of the file has been compared with its lines when it returns nil; until then no line
	// may be believed. Faults: BILL_MALFORMED; and what take returns.
	ReadBill(acc Account, kind BillKind, day time.Time, file io.ReaderAt, size int64, take func(BillLine) error) error
}

// BillKind tells the bills of one day apart.
type BillKind string

// The kinds of bills.
const (
	TradeBill BillKind = "trade" // payments and refunds
	FundBill  BillKind = "fund"  // every movement of the merchant's balance, fees and payouts among them
)

// BillLineKind is what a line of a bill is about.
type BillLineKind string

// The kinds of lines.
const (
	PaymentLine    BillLineKind = "payment"
	RefundLine     BillLineKind = "refund"
	FeeLine        BillLineKind = "fee"        // FundBill: kept by the provider
	SettlementLine BillLineKind = "settlement" // paid out to the shop's bank
	OtherLine      BillLineKind = "other"
)

// BillLine is one movement of money as a bill tells it.
type BillLine struct {
	Kind       BillLineKind
	ProviderNo string // the provider's number of what the line is about; of a refund without one, empty
	OwnNo      string // our out_trade_no, or of a refund our out_refund_no; may be empty
	PaymentNo  string // the provider's number of the payment behind it; may be empty
	// AmountFen is what moved. Of payments and refunds it is the amount itself; of the other
	// kinds it is positive if it went to the shop's balance and negative if it left it.
	AmountFen money.Fen
	// SettledFen is how much of the amount of a payment or a refund goes to or comes from the
	// merchant: less than all of it where the provider's vouchers were used.
	SettledFen money.Fen
	// FeeMilli is the fee that the line names, in thousandths of a fen: providers print more
	// decimals than there are fen. Positive was kept, negative was given back.
	FeeMilli int64
	At       time.Time
	State    string // the provider's own word
	Final    bool   // false: accepted and not done yet; no money has moved
}

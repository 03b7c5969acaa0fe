package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"

	"galleria/commerce/aftersale"
	"galleria/commerce/campaign"
	"galleria/commerce/coupon"
	"galleria/commerce/distribution"
	"galleria/commerce/invoice"
	"galleria/commerce/order"
	"galleria/commerce/points"
	"galleria/commerce/port"
	"galleria/commerce/review"
	"galleria/payments"
	"galleria/payments/reconcile"
	"galleria/payments/transfer"
	"galleria/tenant/registry"
)

const (
	chartsBegin = "<!-- charts:begin (make generate) -->\n"
	chartsEnd   = "<!-- charts:end -->"
)

var errNoCharts = errors.New("no place for the charts: the file needs a charts:begin and a charts:end mark")

// runCharts is `galleria charts FILE`: draws the state machines, from the tables that run
// them, between the marks of a Markdown file.
func runCharts(_ context.Context, _ shell, args []string) error {
	if len(args) != 1 || asksHelp(args) {
		return usageError{"want the file to draw into"}
	}
	text, err := os.ReadFile(args[0]) //nolint:gosec // the document that the caller names
	if err != nil {
		return err
	}
	drawn, err := withCharts(text)
	if err != nil || bytes.Equal(text, drawn) {
		return err
	}
	return os.WriteFile(args[0], drawn, 0o644) //nolint:gosec // the document that the caller names
}

func withCharts(text []byte) ([]byte, error) {
	before, rest, ok := strings.Cut(string(text), chartsBegin)
	if !ok {
		return nil, errNoCharts
	}
	_, after, ok := strings.Cut(rest, chartsEnd)
	if !ok {
		return nil, errNoCharts
	}
	var b strings.Builder
	b.WriteString(before + chartsBegin)
	for _, c := range []struct{ title, chart string }{
		{"An order", order.Chart()}, {"An order's money", order.SettlementChart()}, {"A parcel", order.ParcelChart()}, {"An after-sales case", aftersale.Chart()}, {"A review", review.Chart()}, {"An invoice", invoice.Chart()}, {"A coupon in a member's hands", coupon.Chart()}, {"Points that came together", points.Chart()}, {"A group of buyers", campaign.GroupChart()}, {"A commission", distribution.CommissionChart()}, {"A withdrawal", distribution.WithdrawalChart()}, {"A payment attempt", payments.Chart()}, {"A refund", payments.RefundChart()}, {"A transfer to a person", transfer.Chart()}, {"A day of bills", reconcile.Chart()}, {"A shop", registry.Chart()}, {"A file that is read in or written", port.Chart()},
	} {
		b.WriteString("\n#### " + c.title + "\n\n```mermaid\n" + c.chart + "```\n")
	}
	b.WriteString("\n" + chartsEnd + after)
	return []byte(b.String()), nil
}

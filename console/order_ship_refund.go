package console

import (
	"galleria/console/authz"
	"galleria/console/readmodel"
	"galleria/console/view"
)

// shipRefund is what of an order's money goes back, for whoever is about to send its goods.
// The order itself refuses to send what is refunded whole; of a part nobody but a person
// knows which goods it is for.
func shipRefund(v *visit, o readmodel.OrderDetail) (r view.ShipRefund) {
	for _, a := range o.Attempts {
		if a.Status == "succeeded" && !a.Surplus {
			r.UnderWay, r.Gone = r.UnderWay+a.Reserved, r.Gone+a.Refunded
		}
	}
	r.Whole = o.Payable > 0 && r.UnderWay+r.Gone >= o.Payable
	if !v.granted[authz.RefundRead] {
		return r
	}
	for _, f := range o.Refunds {
		if f.FinishedAt == nil {
			r.Numbers = append(r.Numbers, f.OutRefundNo)
		}
	}
	return r
}

// warnOfRefund warns of a part that is refunded where a parcel may be sent all the same.
func warnOfRefund(v *visit, row *view.ShipmentRow, o readmodel.Shippable) {
	if o.UnderWay > 0 && row.Problem == "" && row.State == "ready" {
		row.Warning = v.text.T("bulk.refund_part", v.text.Money(o.UnderWay))
	}
}

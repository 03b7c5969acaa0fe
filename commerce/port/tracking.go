package port

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"galleria/commerce/delivery"
	"galleria/commerce/order"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// tracking sends orders: all that is left of each in one parcel.
type tracking struct{ s *Service }

const parcelsAtOnce = 50

func (tracking) portion() int64 { return parcelsAtOnce }

func (tracking) bunch(cells map[string]string) (bunch, once string, problem *Problem) {
	for _, key := range []string{"order_no", "courier", "tracking_no"} {
		if cells[key] == "" {
			p := about(Tracking, key, ErrMissing)
			return "", "", &p
		}
	}
	return "", strings.ToUpper(cells["order_no"]), nil
}

// applyTx sends the parcels in the order of their orders' numbers, so that two files wait for
// each other instead of in a circle.
func (k tracking) applyTx(ctx context.Context, tx tenantdb.Tx, job Job, rows []*Row) error {
	sorted := slices.SortedFunc(slices.Values(rows), func(a, b *Row) int { return cmp.Compare(a.Cells["order_no"], b.Cells["order_no"]) })
	for _, r := range sorted {
		r.Changes = nil
		courier, known := delivery.FindCourier(r.Cells["courier"])
		if !known {
			r.fail(about(Tracking, "courier", ErrCourier))
			continue
		}
		err := tx.Try(ctx, func(tx tenantdb.Tx) error {
			out, err := k.s.d.Parcels.ShipTx(ctx, tx, order.ShipInput{
				OrderNo: r.Cells["order_no"], Courier: courier.Code, TrackingNo: r.Cells["tracking_no"], Actor: cmp.Or(job.ConfirmedBy, job.CreatedBy),
			})
			if err == nil && !out.Known {
				r.Changes = []Change{{What: "parcel", To: courier.Name + " " + r.Cells["tracking_no"]}}
			}
			return err
		})
		f, ok := refusal(err)
		switch {
		case err == nil:
		case !ok:
			return err
		case errors.Is(err, fault.ErrNotFound):
			r.fail(about(Tracking, "order_no", ErrNoOrder))
		case errors.Is(err, fault.ErrValidation):
			r.fail(about(Tracking, "tracking_no", ErrNumber))
		default:
			r.fail(about(Tracking, "order_no", f))
		}
	}
	return nil
}

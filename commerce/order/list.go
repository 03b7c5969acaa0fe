package order

import (
	"context"
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"galleria/commerce/order/internal/orderdb"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

const (
	defaultLimit = 20
	maxLimit     = 100
)

// ListInput chooses a page of a member's orders.
type ListInput struct {
	Status Status // None for all
	Limit  int    // 1 to 100; 0 means 20
	Cursor string // of the page before; empty for the first
}

// List returns a member's orders, newest first, without timelines. One statement.
// Faults: VALIDATION on status, limit or cursor.
func (s *Service) List(ctx context.Context, id tenant.ID, memberID int64, in ListInput) (Page, error) {
	before, err := in.check()
	if err != nil {
		return Page{}, fmt.Errorf("list orders: %w", err)
	}
	var rows []orderdb.PageRow
	err = s.db.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		// One row more than asked for tells whether there is a next page.
		rows, err = s.q.Page(ctx, r, memberID, before, string(in.Status), int32(in.Limit)+1)
		return err
	})
	if err != nil {
		return Page{}, fmt.Errorf("list orders: %w", err)
	}
	page := Page{}
	if len(rows) > in.Limit {
		rows = rows[:in.Limit]
		page.Next = cursorText(in.Status, rows[in.Limit-1].ID)
	}
	page.Orders = make([]Order, len(rows))
	for i, row := range rows {
		if page.Orders[i], err = orderFromRow(orderdb.FindRow{
			ID: row.ID, OrderNo: row.OrderNo, MemberID: row.MemberID, AppID: row.AppID, Status: row.Status, CloseReason: row.CloseReason,
			GoodsFen: row.GoodsFen, DiscountFen: row.DiscountFen, FreightFen: row.FreightFen, PayableFen: row.PayableFen,
			Address: row.Address, Receiver: row.Receiver, Remark: row.Remark, ExpiresAt: row.ExpiresAt, PlacedAt: row.PlacedAt,
			PaidAt: row.PaidAt, ClosedAt: row.ClosedAt, RefundedFen: row.RefundedFen, Lines: row.Lines, AdjustFen: row.AdjustFen, Delivery: row.Delivery, StoreID: row.StoreID,
			PickupCode: row.PickupCode, Settlement: row.Settlement, ShippedAt: row.ShippedAt, ReceiveBy: row.ReceiveBy,
			ReceivedAt: row.ReceivedAt, Hidden: row.Hidden, Unsent: row.Unsent, SlotFrom: row.SlotFrom, SlotUntil: row.SlotUntil, GroupState: row.GroupState,
		}); err == nil {
			err = s.name(ctx, id, &page.Orders[i])
		}
		if err != nil {
			return Page{}, fmt.Errorf("list orders: %w", err)
		}
	}
	return page, nil
}

// check fills in the defaults and returns the id to go on from.
func (in *ListInput) check() (before int64, err error) {
	if in.Status != None && !slices.Contains(Statuses(), in.Status) {
		return 0, fault.Invalidf("status", "is not a status")
	}
	if in.Limit == 0 {
		in.Limit = defaultLimit
	}
	if in.Limit < 1 || in.Limit > maxLimit {
		return 0, fault.Invalidf("limit", "must be 1 to %d", maxLimit)
	}
	if in.Cursor == "" {
		return math.MaxInt64, nil
	}
	return parseCursor(in.Status, in.Cursor)
}

// A cursor belongs to the list it came from: another status filter refuses it.
func cursorText(status Status, lastID int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte("1|" + string(status) + "|" + strconv.FormatInt(lastID, 10)))
}

func parseCursor(status Status, cursor string) (int64, error) {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	number, found := strings.CutPrefix(string(text), "1|"+string(status)+"|")
	if err == nil && found {
		if id, err := strconv.ParseInt(number, 10, 64); err == nil && id > 0 && cursorText(status, id) == cursor {
			return id, nil
		}
	}
	return 0, fault.Invalidf("cursor", "does not belong to this list")
}

// Get returns one order of the member with its timeline. One statement. Faults: NOT_FOUND,
// also for another member's order.
func (s *Service) Get(ctx context.Context, id tenant.ID, memberID int64, orderNo string) (Order, error) {
	var found Order
	err := s.db.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		found, err = s.find(ctx, r, memberID, orderNo)
		return err
	})
	if err == nil {
		err = s.name(ctx, id, &found)
	}
	if err != nil {
		return Order{}, fmt.Errorf("get order: %w", err)
	}
	return found, nil
}

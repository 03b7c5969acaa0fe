package app_test

import (
	"testing"
	"time"

	"galleria/commerce/delivery"
	"galleria/commerce/order"
	"galleria/payments/sandbox"
)

// sentOrder is a paid order that was sent whole and told to WeChat.
func (b *buyer) sentOrder(number string) (orderNo, parcelNo string) {
	b.w.t.Helper()
	placed := b.order(1)
	b.pay(placed.OrderNo)
	b.waitFor(placed.OrderNo, "paid", 10*time.Second)
	out, err := b.w.Orders.Ship(b.w.t.Context(), b.shop.ID, order.ShipInput{OrderNo: placed.OrderNo, Courier: "sf", TrackingNo: number, Actor: "staff:1"})
	if err != nil {
		b.w.t.Fatal(err)
	}
	eventually(b.w.t, 20*time.Second, "the upload", func() bool { return b.uploadIs(placed.OrderNo, "state = 'uploaded'") })
	return placed.OrderNo, out.ParcelNo
}

func (b *buyer) uploadIs(orderNo, condition string) bool {
	return b.w.count(b.shop, "SELECT count(*) FROM shipping_upload WHERE order_no = $1 AND "+condition, orderNo) == 1
}

// look has WeChat asked about an order now.
func (b *buyer) look(orderNo string) {
	b.w.t.Helper()
	b.w.owner("UPDATE platform.timer SET due_at = now() WHERE tenant_id = $1 AND topic = $2 AND key = $3", []any{b.shop.ID.String(), string(delivery.TimerLook), orderNo})
}

func (b *buyer) atWeChat(orderNo string, change sandbox.ShippingChange) {
	b.w.t.Helper()
	b.w.scan(b.shop, "SELECT transaction_id FROM shipping_upload WHERE order_no = $1", []any{orderNo}, &change.TransactionID)
	if err := b.w.sandbox.ChangeShipping(change); err != nil {
		b.w.t.Fatal(err)
	}
}

// TestWhatWeChatHolds asks WeChat about sent orders: what it lost is uploaded again, what was
// confirmed there is received here, once, and what differs is told to the staff.
func TestWhatWeChatHolds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("looks", 10)
	b := w.login(s, "小明")
	no, _ := b.sentOrder("SF1234567890120")

	b.look(no)
	eventually(t, 20*time.Second, "an order that is on its way", func() bool { return b.uploadIs(no, "provider_state = 'shipped' AND mismatch = ''") })

	b.atWeChat(no, sandbox.ShippingChange{Lost: true})
	b.look(no)
	eventually(t, 20*time.Second, "the second upload", func() bool { return b.uploadIs(no, "again = 1 AND state = 'uploaded' AND version = done_version") })
	if ships := w.sandbox.Books().Shipments; len(ships) != 1 || !ships[0].Complete || ships[0].TrackingNo[0] != "SF1234567890120" {
		t.Errorf("WeChat holds %+v", ships)
	}

	b.atWeChat(no, sandbox.ShippingChange{Received: 6})
	b.look(no)
	b.waitFor(no, "completed", 20*time.Second)
	if n := w.count(s, "SELECT count(*) FROM order_event e JOIN orders o ON o.id = e.order_id WHERE o.order_no = $1 AND e.event = 'receive' AND e.actor = 'provider:wechat'", no); n != 1 {
		t.Errorf("the timeline tells %d times who confirmed it", n)
	}
	if !b.uploadIs(no, "provider_state = 'settling' AND mismatch = ''") {
		t.Error("what WeChat said of the money is not noted")
	}

	lost, parcelNo := b.sentOrder("SF1234567890121")
	if _, err := w.Orders.Lose(t.Context(), s.ID, order.LoseInput{ParcelNo: parcelNo, Reason: "快递确认丢件", Actor: "staff:1"}); err != nil {
		t.Fatal(err)
	}
	b.atWeChat(lost, sandbox.ShippingChange{Received: 3})
	b.look(lost)
	eventually(t, 20*time.Second, "the difference", func() bool { return b.uploadIs(lost, "provider_state = 'confirmed' AND mismatch = 'received'") })
	eventually(t, 20*time.Second, "it on the platform's page of jobs", func() bool {
		var failed int
		w.owner("SELECT count(*) FROM platform.routine_run WHERE topic = $1 AND key = $2 AND error LIKE '%received%'", []any{string(delivery.TimerLook), lost}, &failed)
		return failed == 1
	})
	b.waitFor(lost, "fulfilling", time.Second)
}

// TestAnUnsureUploadIsNotRepeated: after an answer that never came WeChat is asked what it has, and
// its one correction is kept for what is really one.
func TestAnUnsureUploadIsNotRepeated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("unsure", 10)
	b := w.login(s, "小明")
	if err := w.sandbox.Arm(sandbox.Fault{Target: sandbox.TargetShipping, Mode: sandbox.ModeCutAfterDoing, Match: s.appID}); err != nil {
		t.Fatal(err)
	}
	b.sentOrder("SF1234567890122")
	if ships := w.sandbox.Books().Shipments; len(ships) != 1 || ships[0].Uploads != 1 {
		t.Errorf("WeChat was told %+v", ships)
	}
}

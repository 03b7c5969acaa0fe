package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"galleria/commerce/notice"
	"galleria/tenant/tenantdb"
	"galleria/web/miniapi"
)

// walkMessages reads what the buyer was told, in both languages, and marks it as read.
func walkMessages(t *testing.T, h *house, s *shop, c *client) {
	t.Helper()
	h.in(t, s, func(tx tenantdb.Tx) error {
		var member int64
		if err := tx.QueryRow(t.Context(), "SELECT member_id FROM member_session ORDER BY created_at DESC LIMIT 1").Scan(&member); err != nil {
			return err
		}
		for range 21 {
			in := notice.BeginInput{EventID: uuid.New(), Event: notice.OrderShipped, MemberID: member, AppID: c.app, OpenID: "o-li", Facts: notice.Sample(tx.Now())}
			if _, err := h.notices.BeginTx(t.Context(), tx, in); err != nil {
				return err
			}
		}
		return nil
	})
	var page, older miniapi.InboxPage
	c.must(t, http.StatusOK, http.MethodGet, "/me/messages", nil).into(t, &page)
	if len(page.Items) != 20 || page.Unread != 21 || page.Items[0].Title != "已发货" || page.Items[0].OrderNo == "" || page.Items[0].Read {
		t.Fatalf("%+v", page)
	}
	c.must(t, http.StatusOK, http.MethodGet, "/me/messages?cursor="+page.NextCursor, nil, "Accept-Language", "en").into(t, &older)
	if len(older.Items) != 1 || older.NextCursor != "" || !strings.Contains(older.Items[0].Text, "on its way") {
		t.Errorf("%+v", older)
	}
	c.must(t, http.StatusNoContent, http.MethodPost, "/me/messages/read", map[string]any{"until_id": page.Items[0].ID})
	c.must(t, http.StatusOK, http.MethodGet, "/me/messages", nil).into(t, &page)
	if page.Unread != 0 || !page.Items[0].Read {
		t.Errorf("after reading: %+v", page)
	}
}

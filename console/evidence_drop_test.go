package console_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/picture"
	"galleria/console"
	"galleria/payments"
	"galleria/payments/evidence"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// answering ends refunds and answers what it is told to.
type answering struct {
	console.Refunds
	err error
}

func (a *answering) SettleRefund(context.Context, tenant.ID, payments.SettleInput) error {
	return a.err
}

// The files of a refund that was refused for sure are gone at once. When nobody knows whether
// it was refused, as when the answer of a COMMIT is lost, they stay: their rows may be there,
// and if they are not, the sweep removes the files.
func TestEvidenceIsDroppedOnlyWhenItsRefundWasSurelyRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	no := d.stuckRefund(t, "ORDERDROP1")
	folder := t.TempDir()
	deps := consoleDeps(t, d.env, d.staff)
	refunds := &answering{Refunds: deps.Refunds}
	deps.Refunds = refunds
	deps.Evidence = evidence.New(evidence.Deps{DB: d.env.DB, Plans: d.env.Plans, Audit: d.env.Audit, Store: picture.Files{Store: picture.NewFolder(folder)}, Now: d.env.Clock().Now})
	pages, err := console.New(deps)
	if err != nil {
		t.Fatal(err)
	}
	d.app = fiber.New(fiber.Config{Immutable: true, DisableStartupMessage: true, BodyLimit: 8 << 20})
	d.app.Use(func(c *fiber.Ctx) error {
		c.Locals(console.ClientIPLocal, c.Get("X-Test-Address"))
		return c.Next()
	})
	pages.Mount(d.app)
	b := d.signedIn(t, d.owner)
	page := "/console/" + d.env.Tenant.Handle + "/refunds/" + no
	left := func() int {
		files, err := filepath.Glob(filepath.Join(folder, "*", "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if err := os.Remove(name); err != nil {
				t.Fatal(err)
			}
		}
		return len(files)
	}
	for name, c := range map[string]struct {
		err          error
		status, left int
	}{
		"somebody else ended it": {payments.ErrRefundState, http.StatusConflict, 0},
		"it is not there":        {fault.ErrNotFound, http.StatusNotFound, 0},
		"the answer was lost":    {errors.New("unexpected EOF"), http.StatusInternalServerError, 1},
		"the database is away":   {fault.ErrBusy, http.StatusServiceUnavailable, 1},
		"it was ended":           {nil, http.StatusSeeOther, 1},
	} {
		refunds.err = c.err
		b.wantStatus(page, http.StatusOK)
		kind, body := parts(t, map[string]string{"csrf": b.token(), "means": "elsewhere", "evidence": "已转账", "sure": "1"}, map[string][]byte{"a.pdf": []byte("%PDF-1.7 " + name)})
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, page+"/settle", bytes.NewReader(body))
		req.Header.Set("Content-Type", kind)
		if res := b.do(req); res.StatusCode != c.status {
			t.Errorf("%s: %d, want %d %.300s", name, res.StatusCode, c.status, b.page)
		}
		if n := left(); n != c.left {
			t.Errorf("%s: %d files are left, want %d", name, n, c.left)
		}
	}
}

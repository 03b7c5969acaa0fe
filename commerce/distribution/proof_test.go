package distribution_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"galleria/commerce/distribution"
	"galleria/tenant/fault"
	terms "galleria/tenant/plan"
	"galleria/tenant/tenantdb"
	"galleria/tenant/upload"
)

// told counts entries of the log.
func (w *world) told(actions ...string) (n int64) {
	w.t.Helper()
	err := w.DB.InPlatform(w.t.Context(), func(tx tenantdb.Tx) error {
		return tx.QueryRow(w.t.Context(), "SELECT count(*) FROM platform.audit_log WHERE tenant_id = $1 AND action = ANY ($2)", w.Tenant.ID, actions).Scan(&n)
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// TestProofOfAPaymentByHand: files are checked, kept with the withdrawal and counted in the shop's
// room; where the shop wants one there is no payment without, and what is refused leaves nothing.
func TestProofOfAPaymentByHand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(func(p *distribution.Plan) { p.Proof = true })
	d := w.distributor()
	w.rich(d, 10_000)
	drawn, code := w.request(d, "one", 500, distribution.WayManual)
	if code != "" {
		t.Fatal(code)
	}
	if err := w.Approve(t.Context(), w.Tenant.ID, drawn.No, "staff:1"); err != nil {
		t.Fatal(err)
	}
	pdf, jpg := distribution.File{Name: `C:\\回单.pdf`, Raw: []byte("%PDF-1.7 one")}, distribution.File{Name: "", Raw: []byte("\xff\xd8\xff\xe0 two")}
	paid := func(files ...distribution.File) string {
		return w.code(w.MarkPaid(t.Context(), w.Tenant.ID, drawn.No, "ICBC0001", files, "staff:2"))
	}
	kept := func() (n int) {
		err := w.files.Each(t.Context(), upload.Folder("payout", w.Tenant.ID), func(string, time.Time) error { n++; return nil })
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for want, files := range map[string][]distribution.File{
		"WITHDRAWAL_PROOF":           nil,
		"WITHDRAWAL_PROOF_TYPE":      {pdf, {Name: "a.pdf", Raw: []byte("<svg/>")}},
		"WITHDRAWAL_PROOF_TOO_LARGE": {{Name: "a.pdf", Raw: append([]byte("%PDF-"), make([]byte, distribution.MaxProof)...)}},
		"WITHDRAWAL_PROOF_TOO_MANY":  {pdf, jpg, pdf, jpg},
	} {
		if got := paid(files...); got != want {
			t.Errorf("%d files: %q, want %q", len(files), got, want)
		}
	}
	if n := kept(); n != 0 || w.stored() != 0 {
		t.Errorf("%d files of refused payments are kept", n)
	}
	if got := paid(pdf, jpg, pdf); got != "" {
		t.Fatal(got)
	}
	list, err := w.Proofs(t.Context(), w.Tenant.ID, drawn.No)
	if err != nil || len(list) != 2 || list[0].Name != "回单.pdf" || list[1].Name != "proof.jpg" || w.stored() != int64(len(pdf.Raw)+len(jpg.Raw)) {
		t.Fatalf("%+v %d %v", list, w.stored(), err)
	}
	found, err := w.OpenProof(t.Context(), w.Tenant.ID, drawn.No, list[0].ID, "staff:3")
	if err != nil || !bytes.Equal(found.Body, pdf.Raw) || found.Kind != "pdf" {
		t.Errorf("%+v %v", found, err)
	}
	if _, err := w.OpenProof(t.Context(), w.Tenant.ID, strings.Replace(drawn.No, "W", "X", 1), list[0].ID, "staff:3"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a proof of another withdrawal: %v", err)
	}
	if n := w.told("withdrawal.proof_added", "withdrawal.proof_read"); n != 3 {
		t.Errorf("%d entries of the log, want 3", n)
	}
	if got := paid(pdf); got != "DISTRIBUTION_STATE" || kept() != 3 { // one was chosen twice: the sweep's
		t.Errorf("paid twice: %q, %d files", got, kept())
	}
	w.ahead = 25 * time.Hour
	if n, err := w.Sweep(t.Context(), w.Tenant.ID); err != nil || n != 1 || kept() != 2 {
		t.Errorf("%d swept, %d left: %v", n, kept(), err)
	}
}

// TestProofBeyondTheRoom: a shop without room pays nothing by hand with a file, and keeps none.
func TestProofBeyondTheRoom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(nil)
	d := w.distributor()
	w.rich(d, 10_000)
	drawn, _ := w.request(d, "one", 500, distribution.WayManual)
	if err := w.Approve(t.Context(), w.Tenant.ID, drawn.No, "staff:1"); err != nil {
		t.Fatal(err)
	}
	err := w.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
		return w.Plans.AgreeTx(t.Context(), tx, w.Tenant.ID, terms.Storage, terms.Limit{Soft: 1, Hard: 1}, "test")
	})
	if err != nil {
		t.Fatal(err)
	}
	err = w.MarkPaid(t.Context(), w.Tenant.ID, drawn.No, "ICBC0001", []distribution.File{{Name: "a.pdf", Raw: []byte("%PDF-1.7")}}, "staff:2")
	if !errors.Is(err, terms.ErrQuota) {
		t.Errorf("%v", err)
	}
	if err := w.MarkPaid(t.Context(), w.Tenant.ID, drawn.No, "ICBC0001", nil, "staff:2"); err != nil {
		t.Errorf("without a file: %v", err)
	}
}

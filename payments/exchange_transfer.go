package payments

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"galleria/payments/internal/paymentsdb"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// The steps of a transfer.
const (
	stepTransfer       step = "transfer"
	stepTransferQuery  step = "transfer_query"
	stepTransferCancel step = "transfer_cancel"
)

// TransferCalls keeps what is said about transfers where what is said about payments is kept.
type TransferCalls struct {
	DB  *tenantdb.DB
	Log *slog.Logger
}

// Keep runs calls to a provider about a transfer and writes what was said, masked, in a
// transaction of its own. Its error is that of the calls: what goes wrong with keeping them
// changes nothing about the money.
func (k TransferCalls) Keep(ctx context.Context, id tenant.ID, acc Account, outBillNo string, calls func(ctx context.Context) error) error {
	heard, said := listening(ctx)
	cause := calls(heard)
	if said.none() {
		return cause
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	err := k.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		return writeExchanges(ctx, tx, paymentsdb.New(), paymentsdb.InsertExchangeParams{AccountID: acc.ID, OutBillNo: outBillNo}, said, cause, transferStep)
	})
	if err != nil {
		k.Log.WarnContext(ctx, "exchange not kept", "tenant_id", id.String(), "out_bill_no", outBillNo, "error", err)
	}
	return cause
}

// transferStep tells what a call about a transfer asked for.
func transferStep(e Exchange) step {
	switch {
	case e.Method == http.MethodGet, strings.Contains(string(e.Asked), "trans.common.query"):
		return stepTransferQuery
	case strings.HasSuffix(e.Path, "/cancel"):
		return stepTransferCancel
	}
	return stepTransfer
}

package viewtest

import (
	"time"

	"galleria/console/readmodel"
	"galleria/console/view"
)

// transferPages are the pages of payouts to people.
func (f Frame) transferPages() []Sample {
	shop := func(title string) view.Page { return f.page("nav.transfers", f.Text.T(title)) }
	at := time.Date(2026, 11, 21, 6, 30, 0, 0, time.UTC)
	later := at.Add(2 * time.Hour)
	row := func(n int64, status, code string) readmodel.TransferRow {
		t := readmodel.TransferRow{
			ID: n, OutBillNo: "20261121063000T1B2C3D4E5F" + string(rune('0'+n)), SourceKind: "commission", SourceNo: "YJ2026112100" + string(rune('0'+n)), Channel: "wechat", Account: "山野咖啡",
			MerchantNo: "1900000109", Mode: "sandbox", Receiver: "oUp***f9Qk 李**", Title: "11 月推广佣金", Amount: 8800, Status: status, LastCode: code, CreatedAt: at,
		}
		if status == "succeeded" || status == "failed" || status == "cancelled" {
			t.FinishedAt = &later
		}
		return t
	}
	failed := row(2, "failed", "")
	failed.Channel, failed.SourceKind, failed.FailReason = "alipay", "staff", "PAYEE_NOT_EXIST"
	rows := []readmodel.TransferRow{row(5, "wait_user_confirm", ""), row(4, "submitted", "PROVIDER_NOT_ENOUGH"), row(3, "processing", ""), failed, row(1, "succeeded", "")}
	counts := map[string]int64{"": 5, "stuck": 1, "receiver": 1, "under_way": 1, "done": 1, "over": 1}
	staff := func(event, to, note string, at time.Time) readmodel.TransferEvent {
		return readmodel.TransferEvent{At: at, Event: event, To: to, ActorKind: "staff", ActorName: "王客服", Note: note}
	}
	system := func(event, to, note string, at time.Time) readmodel.TransferEvent {
		return readmodel.TransferEvent{At: at, Event: event, To: to, ActorKind: "system", Note: note}
	}
	provider := func(event, to, note string, at time.Time) readmodel.TransferEvent {
		return readmodel.TransferEvent{At: at, Event: event, To: to, ActorKind: "provider", ActorName: "wechat", Note: note}
	}
	started := []readmodel.TransferEvent{staff("create", "created", "", at), system("submit", "submitted", "", at.Add(time.Second))}
	detail := func(row readmodel.TransferRow, more ...readmodel.TransferEvent) readmodel.TransferDetail {
		return readmodel.TransferDetail{TransferRow: row, MemberID: 7, Asker: "王客服", Events: append(append([]readmodel.TransferEvent{}, started...), more...)}
	}
	stuck := detail(rows[1], system("held", "submitted", "PROVIDER_NOT_ENOUGH", at.Add(2*time.Second)))
	stuck.LastError = "403 NOT_ENOUGH 商户运营账户余额不足"
	stuck.Exchanges = []readmodel.Exchange{{
		At: at, Step: "transfer", Asked: "POST /v3/fund-app/mch-transfer/transfer-bills\n\n{\n  \"openid\": \"***\",\n  \"transfer_amount\": 8800\n}",
		Answered: "{\n  \"code\": \"NOT_ENOUGH\",\n  \"message\": \"资金不足\"\n}", Answer: 403, Code: "PROVIDER_NOT_ENOUGH", TookMS: 84,
	}}
	waiting := detail(rows[0], provider("waits", "wait_user_confirm", "", at.Add(2*time.Second)))
	waiting.ProviderNo = "1330000071100999991182020050700019480001"
	ended := detail(failed, provider("failed", "failed", "PAYEE_NOT_EXIST", later))
	return []Sample{
		{"transfers", view.TransferListPage(shop("payout.list"), view.TransferList{MoneyQuery: view.MoneyQuery{OnFirst: true}, MoneyPage: readmodel.MoneyPage[readmodel.TransferRow]{Rows: rows, Counts: counts}, MayExport: true})},
		{"transfers_none", view.TransferListPage(shop("payout.list"), view.TransferList{MoneyQuery: view.MoneyQuery{OnFirst: true}})},
		{"transfers_no_match", view.TransferListPage(shop("payout.list"), view.TransferList{MoneyQuery: view.MoneyQuery{OnFirst: true, Status: "over"}, MoneyPage: readmodel.MoneyPage[readmodel.TransferRow]{Counts: counts}})},
		{"transfer_waiting", view.TransferShowPage(shop("payout.one"), view.TransferShow{TransferDetail: waiting, MayCancel: true, SeesBuyer: true, ReasonBad: f.Text.T("payout.cancel_reason_bad")})},
		{"transfer_stuck", view.TransferShowPage(shop("payout.one"), view.TransferShow{TransferDetail: stuck, MayCancel: true, MayRetry: true, Done: "transfer_retried"})},
		{"transfer_failed", view.TransferShowPage(shop("payout.one"), view.TransferShow{TransferDetail: ended})},
	}
}

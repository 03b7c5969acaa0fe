package viewtest

import (
	"bytes"
	"encoding/json"
	"time"

	"galleria/tenant/audit"
)

func auditRows() []audit.Row {
	hash := func(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }
	return []audit.Row{
		{
			Seq: 7, At: ago(4 * time.Minute), Actor: "staff:1", ActorName: "李店长", ActorRole: "owner", Action: "payment_account.added", Object: "payment_account:2",
			Changes: []audit.Change{
				{Field: "app_ids", Before: nil, After: []any{"wxdemo0000000001"}},
				{Field: "merchant_no", Before: nil, After: "1900000109"},
				{Field: "mode", Before: "sandbox", After: "live"},
				{Field: "name", Before: "旧账户", After: "山野咖啡 微信支付"},
				{Field: "private_key_fingerprint", Before: "", After: "0011223344556677"},
				{Field: "service_phone", Before: "138***5678", After: "139***0000"},
			},
			ClientIP: "203.0.113.7", Agent: "Chrome, Windows", RequestID: "01J0000000", PrevHash: hash(0x6a), Hash: hash(0x7b),
		},
		{
			Seq: 6, At: ago(2 * time.Hour), Actor: "operator", ActorName: "ops", Action: "tenant.status_changed", Object: "tenant:t_000000000000",
			Changes: []audit.Change{{Field: "status", Before: "suspended", After: "active"}}, PrevHash: hash(0x5a), Hash: hash(0x6a),
		},
		{
			Seq: 5, At: ago(26 * time.Hour), Actor: "staff:1", ActorName: "李店长", ActorRole: "owner", Action: "role.granted", Object: "staff:12",
			Changes:  []audit.Change{{Field: "role", Before: nil, After: "clerk"}},
			ClientIP: "2001:db8:1f3a:77::1", Agent: "WeChat, iOS", RequestID: "01J0000001", PrevHash: hash(0x4a), Hash: hash(0x5a),
		},
		{
			Seq: 4, At: ago(50 * time.Hour), Actor: "anonymous", Action: "auth.tenant_mismatch", Detail: map[string]any{"app_id": "wxdemo0000000001"},
			ClientIP: "198.51.100.23", Agent: "other", RequestID: "01J0000002", PrevHash: hash(0x3a), Hash: hash(0x4a),
		},
		{
			Seq: 3, At: ago(72 * time.Hour), Actor: "staff:12", Action: "newer.release_acted", Detail: map[string]any{"count": json.Number("3"), "note": "<b>x</b>"},
			PrevHash: hash(0x2a), Hash: hash(0x3a),
		},
	}
}

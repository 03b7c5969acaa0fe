package audit_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"galleria/tenant/audit"
	"galleria/tenant/vault"
)

func TestMasking(t *testing.T) {
	t.Parallel()
	key := vault.NewSecret([]byte("0123456789abcdef0123456789abcdef"))
	cases := []struct {
		name, object, field string
		value               any
		want                string // as JSON
	}{
		{"plain text", "app:wx1", "name", "山野咖啡", `"山野咖啡"`},
		{"amount", "order:1", "amount_fen", 12800, `12800`},
		{"yes and no", "app:wx1", "enabled", true, `true`},
		{"nothing", "app:wx1", "name", nil, `null`},
		{"time", "app:wx1", "created_at", time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), `"2026-11-21T00:00:00Z"`},

		{"mobile by name", "shop", "service_phone", "13812345678", `"138***5678"`},
		{"mobile as a number", "shop", "phone", 13812345678, `"138***5678"`},
		{"short phone", "shop", "phone", "12345", `"1***"`},
		{"foreign phone", "shop", "contact_phone", "+86 21 6437 1234", `"+86***1234"`},
		{"mobile in a text", "order:1", "reason", "请打13812345678，谢谢", `"请打138***5678，谢谢"`},
		{"order number is no phone", "order:1", "order_no", "20261121000000001041", `"20261121000000001041"`},

		{"mail by name", "staff:7", "email", "lixiaoman@example.com", `"l***@example.com"`},
		{"login that is a mail", "staff:7", "login", "lixiaoman@example.com", `"l***@example.com"`},
		{"mail in a text", "", "note", "to a.b@x.example.cn please", `"to a***@x.example.cn please"`},

		{"name of a person", "staff:7", "name", "李小满", `"李***"`},
		{"name of a shop", "shop", "name", "李小满的店", `"李小满的店"`},
		{"receiver", "order:1", "receiver_name", "王秀英", `"王***"`},
		{"nickname", "order:1", "nickname", "a", `"*"`},
		{"camel case", "order:1", "receiverName", "王秀英", `"王***"`},

		{"address as text", "order:1", "address", "浙江省杭州市西湖区文三路90号", `"浙江省杭州市***"`},
		{"short address", "order:1", "address", "杭州", `"杭***"`},
		{
			"address with parts", "order:1", "address",
			map[string]any{"name": "周哲", "phone": "13912345678", "city": "杭州市", "detail": "文三路 90 号 3 幢 502 室"},
			`{"city":"杭***","detail":"文三路 90***","name":"周***","phone":"139***5678"}`,
		},
		{"address of the network", "staff:7", "ip", "192.0.2.1", `"192.0.2.1"`},

		{"identity card by name", "application:1", "id_card_no", "330106199001011234", `"***1234"`},
		{"identity card in a text", "", "note", "证件330106199001011234。", `"证件***。"`},
		{"bank card", "application:1", "bank_card", "6222021234567890123", `"***0123"`},
		{"openid", "member:7", "openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", `"***eS6o"`},

		{"secret by type", "app:wx1", "whatever", key, `"[redacted]"`},
		{"pointer to a secret", "app:wx1", "whatever", &key, `"[redacted]"`},
		{"secret within", "app:wx1", "whatever", map[string]any{"inner": key}, `{"inner":"[redacted]"}`},
		{"bytes", "app:wx1", "whatever", []byte("0123456789abcdef"), `"[redacted]"`},
		{"password", "staff:7", "password", "correct horse", `"[redacted]"`},
		{"old password", "staff:7", "old_password", "correct horse", `"[redacted]"`},
		{"app secret", "app:wx1", "app_secret", "abc", `"[redacted]"`},
		{"APIv3 key", "payment_account:1", "api_v3_key", "abc", `"[redacted]"`},
		{"APIv3 key, camel case", "payment_account:1", "apiV3Key", "abc", `"[redacted]"`},
		{"private key", "payment_account:1", "private_key", "abc", `"[redacted]"`},
		{"token", "", "access_token", "abc", `"[redacted]"`},
		{"second factor", "staff:7", "totp_seed", "abc", `"[redacted]"`},
		{"recovery codes", "staff:7", "recovery_codes", []string{"a", "b"}, `"[redacted]"`},
		{"key in a text", "", "note", "x -----BEGIN PRIVATE KEY----- y", `"[redacted]"`},
		{"secret inside a map", "", "config", map[string]any{"api_key": "abc", "mode": "live"}, `{"api_key":"[redacted]","mode":"live"}`},
		{"what a secret is known by", "app:wx1", "secret_last4", "9f3e", `"9f3e"`},
		{"fingerprint", "app:wx1", "secret_fingerprint", "0011aabb", `"0011aabb"`},
		{"mode of keys", "payment_account:1", "key_mode", "public_key", `"public_key"`},
		{"id of a public key", "payment_account:1", "public_key_id", "PUB_KEY_ID_1", `"PUB_KEY_ID_1"`},

		{"endless text", "", "note", strings.Repeat("长", 900), `"` + strings.Repeat("长", 500) + `…"`},
		{"broken text", "", "note", "a\x00b\xffc", `"ab\ufffdc"`},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := audit.Mask(tc.object, tc.field, tc.value)
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			var a, b any
			if json.Unmarshal(text, &a) != nil || json.Unmarshal([]byte(tc.want), &b) != nil || !reflect.DeepEqual(a, b) {
				t.Errorf("got %s, want %s", text, tc.want)
			}
		})
	}
}

func TestDiffNamesWhatChanged(t *testing.T) {
	t.Parallel()
	one, two := vault.NewSecret([]byte("one secret of a shop")), vault.NewSecret([]byte("two secret of a shop"))
	changes, err := audit.Diff("shop",
		map[string]any{"name": "旧名", "same": 1, "phone": "13812345678", "gone": "x", "key": one, "kept": one, "password": "a"},
		map[string]any{"name": "新名", "same": 1, "phone": "13899995678", "new": []string{"y"}, "key": two, "kept": vault.NewSecret(one.Reveal()), "password": "b"},
	)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(changes)
	if err != nil {
		t.Fatal(err)
	}
	const want = `[{"field":"gone","before":"x","after":null},{"field":"key","before":"[redacted]","after":"[redacted]"},` +
		`{"field":"name","before":"旧名","after":"新名"},{"field":"new","before":null,"after":["y"]},` +
		`{"field":"password","before":"[redacted]","after":"[redacted]"},{"field":"phone","before":"138***5678","after":"138***5678"}]`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestSafeCell(t *testing.T) { // T104
	t.Parallel()
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "+86": "'+86", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\tx": "'\tx", "\rx": "'\rx", "＝1": "'＝1",
		"": "", "山野咖啡": "山野咖啡", "a=b": "a=b", "1": "1",
	} {
		if got := audit.SafeCell(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestAgentFamily(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36":                         "Chrome, Windows",
		"Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0":                           "Edge, Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1": "Safari, iOS",
		"Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0 Mobile Safari/537.36 MicroMessenger/8.0": "WeChat, Android",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:132.0) Gecko/20100101 Firefox/132.0":                                                    "Firefox, macOS",
		"curl/8.5.0": "curl", "something": "other", "": "",
	} {
		if got := audit.AgentFamily(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

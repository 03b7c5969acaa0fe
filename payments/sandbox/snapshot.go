package sandbox

import (
	"slices"
	"strings"
)

// Books is what the provider knows, oldest first, without keys and secrets.
type Books struct {
	Merchants  []MerchantView `json:"merchants"`
	Apps       []AppView      `json:"apps"`
	Buyers     []Buyer        `json:"buyers"`
	Charges    []ChargeView   `json:"charges"`
	Refunds    []Refund       `json:"refunds"`
	Transfers  []Transfer     `json:"transfers"`
	Messages   []Message      `json:"messages"`
	Shipments  []Shipment     `json:"shipments"`
	Templates  []Template     `json:"templates"`
	Consents   []Consent      `json:"consents"`
	Deliveries []Delivery     `json:"deliveries"`
	Tokens     []TokenView    `json:"tokens"`
}

// MerchantView is a merchant without its keys.
type MerchantView struct {
	MchID             string `json:"mchid"`
	KeyMode           string `json:"key_mode"`
	CertificateSerial string `json:"merchant_cert_sn"`
	PublicKeyID       string `json:"public_key_id,omitempty"`
	PlatformSerial    string `json:"platform_cert_sn,omitempty"`
}

// AppView is an app without its secret.
type AppView struct {
	AppID  string   `json:"app_id"`
	MchIDs []string `json:"mchids"`
	Pages  []string `json:"pages,omitempty"`
}

// ChargeView is a charge with the state that it has now.
type ChargeView struct {
	Charge
	TradeState string `json:"trade_state"`
}

// TokenView is an access token, of which the last four characters are shown.
type TokenView struct {
	AppID     string `json:"app_id"`
	LastFour  string `json:"last_four"`
	ExpiresAt string `json:"expires_at"`
	Revoked   bool   `json:"revoked,omitempty"`
}

// Books returns a copy of the books as they are now.
func (s *Server) Books() Books {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	b := Books{Messages: slices.Clone(s.books.messages)}
	for _, m := range sorted(s.books.merchants) {
		b.Merchants = append(b.Merchants, MerchantView{m.MchID, m.KeyMode, m.CertificateSerial, m.PublicKeyID, m.PlatformSerial})
	}
	for _, a := range sorted(s.books.apps) {
		b.Apps = append(b.Apps, AppView{a.AppID, a.MchIDs, a.Pages})
	}
	b.Buyers = sorted(s.books.buyers)
	for _, key := range s.books.chargeOrder {
		c := s.books.charges[key]
		b.Charges = append(b.Charges, ChargeView{c, c.State(now)})
	}
	for _, key := range s.books.refundOrder {
		b.Refunds = append(b.Refunds, s.books.refunds[key])
	}
	for _, key := range s.books.transferOrder {
		b.Transfers = append(b.Transfers, s.books.transfers[key])
	}
	for _, id := range s.books.deliveryOrder {
		d := s.books.deliveries[id]
		d.Attempts = slices.Clone(d.Attempts)
		b.Deliveries = append(b.Deliveries, d)
	}
	b.Shipments = sorted(s.books.shipments)
	b.Templates, b.Consents = sortedPairs(s.books.templates), sortedPairs(s.books.consents)
	for _, t := range sorted(s.books.tokens) {
		b.Tokens = append(b.Tokens, TokenView{t.AppID, t.Value[len(t.Value)-4:], rfc3339(t.ExpiresAt), t.Revoked})
	}
	return b
}

func sorted[V any](m map[string]V) []V {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	out := make([]V, 0, len(m))
	for _, k := range keys {
		out = append(out, m[k])
	}
	return out
}

func sortedPairs[V any](m map[pair]V) []V {
	keys := make([]pair, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b pair) int { return strings.Compare(a.owner+"\x00"+a.name, b.owner+"\x00"+b.name) })
	out := make([]V, 0, len(m))
	for _, k := range keys {
		out = append(out, m[k])
	}
	return out
}

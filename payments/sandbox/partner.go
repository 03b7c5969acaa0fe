package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
)

// Relation is that a merchant lets a service provider sign for it. A merchant that others
// are bound to is a service provider, and has to say on whose behalf it asks.
type Relation struct {
	SpMchID  string `json:"sp_mchid"`
	SubMchID string `json:"sub_mchid"`
}

// AddRelation binds a merchant to a service provider, whose keys must be there. The merchant
// needs none. It is safe to repeat.
func (s *Server) AddRelation(in Relation) (Relation, error) {
	if !mchidPattern.MatchString(in.SubMchID) || in.SubMchID == in.SpMchID {
		return Relation{}, badControl(http.StatusBadRequest, "INVALID", "sub_mchid %q is not 8 to 10 digits of another merchant", in.SubMchID)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.books.merchants[in.SpMchID]; !known {
		return Relation{}, badControl(http.StatusNotFound, "NOT_FOUND", "no merchant %s to sign", in.SpMchID)
	}
	if s.books.relations[pair{in.SpMchID, in.SubMchID}] {
		return in, nil
	}
	return in, s.commit(entry{Relation: &in})
}

// bound reports whether a service provider may act for a merchant. s.mu must be held.
func (s *Server) bound(spMchID, subMchID string) bool {
	return s.books.relations[pair{spMchID, subMchID}]
}

// provides reports whether a merchant is a service provider. s.mu must be held.
func (s *Server) provides(mchid string) bool { return s.books.providers[mchid] }

// party is on whose behalf a call is made.
type party struct {
	spMchID string // empty for a merchant that signs itself
	mchid   string // whose money it is
}

// owns reports whether a charge, or a refund of it, is the party's. A number of the same
// merchant in the other mode is not.
func (p party) owns(spMchID, mchid string) bool { return p == party{spMchID, mchid} }

// direct is the merchant that signed, on its own behalf.
func (s *Server) direct(call *payCall) (party, *Refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.provides(call.keys.MchID) {
		return party{}, payError("PARAM_ERROR", textNeedsSub)
	}
	return party{"", call.keys.MchID}, nil
}

// partner is the merchant that the service provider who signed acts for.
func (s *Server) partner(call *payCall, where, spMchID, subMchID string) (party, *Refusal) {
	mark := ""
	if where == "body" {
		mark = "/"
	}
	switch {
	case spMchID != call.keys.MchID:
		return party{}, badField(where, mark+"sp_mchid", spMchID, "not the merchant that signed the request")
	case subMchID == "":
		return party{}, badField(where, mark+"sub_mchid", "", "required")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.bound(spMchID, subMchID) {
		return party{}, payError("NO_AUTH", textNoRelation)
	}
	return party{spMchID, subMchID}, nil
}

// either is the party of a call that both modes make the same way, but for sub_mchid.
func (s *Server) either(call *payCall, where, subMchID string) (party, *Refusal) {
	if subMchID != "" {
		return s.partner(call, where, call.keys.MchID, subMchID)
	}
	return s.direct(call)
}

// queryParty reads the party out of a query string of exactly the given names.
func (s *Server) queryParty(call *payCall, isPartner bool) (party, *Refusal) {
	q := call.r.URL.Query()
	names := []string{"mchid"}
	if isPartner {
		names = []string{"sp_mchid", "sub_mchid"}
	}
	for name := range q {
		if !slices.Contains(names, name) || len(q[name]) > 1 {
			return party{}, badField("query", name, q.Get(name), "unknown parameter")
		}
	}
	for _, name := range names {
		if q.Get(name) == "" {
			return party{}, badField("query", name, "", "required")
		}
	}
	if isPartner {
		return s.partner(call, "query", q.Get("sp_mchid"), q.Get("sub_mchid"))
	}
	if q.Get("mchid") != call.keys.MchID {
		return party{}, badField("query", "mchid", q.Get("mchid"), "not the merchant that signed the request")
	}
	return s.direct(call)
}

// bodyParty reads the party out of the body of a close.
func (s *Server) bodyParty(call *payCall, isPartner bool) (party, *Refusal) {
	fields := []field{{name: "mchid", kind: kindString, required: true, maximum: 32}}
	if isPartner {
		fields = []field{{name: "sp_mchid", kind: kindString, required: true, maximum: 32}, {name: "sub_mchid", kind: kindString, required: true, maximum: 32}}
	}
	if refusal := checkBody(call.body, fields); refusal != nil {
		return party{}, refusal
	}
	var in prepayBody
	if err := json.Unmarshal(call.body, &in); err != nil {
		return party{}, badField("body", "/", "", err.Error())
	}
	return s.partyOf(call, in, isPartner)
}

// partyOf is the party that a body names.
func (s *Server) partyOf(call *payCall, in prepayBody, isPartner bool) (party, *Refusal) {
	if isPartner {
		return s.partner(call, "body", in.SpMchID, in.SubMchID)
	}
	s.mu.Lock()
	_, known := s.books.merchants[in.MchID]
	s.mu.Unlock()
	switch {
	case !known:
		return party{}, payError("MCH_NOT_EXISTS")
	case in.MchID != call.keys.MchID:
		return party{}, badField("body", "/mchid", in.MchID, "not the merchant that signed the request")
	}
	return s.direct(call)
}

// partnerFields are those of a prepay in service-provider mode.
func partnerFields(p product) []field {
	fields := []field{
		{name: "sp_appid", kind: kindString, required: true, maximum: 32},
		{name: "sp_mchid", kind: kindString, required: true, maximum: 32},
		{name: "sub_appid", kind: kindString, minimum: 1, maximum: 32},
		{name: "sub_mchid", kind: kindString, required: true, maximum: 32},
	}
	for _, f := range prepayFields(p) {
		switch f.name {
		case "appid", "mchid":
		case "payer":
			f.fields = []field{
				{name: "sp_openid", kind: kindString, minimum: 1, maximum: 128},
				{name: "sub_openid", kind: kindString, minimum: 1, maximum: 128},
			}
			fields = append(fields, f)
		default:
			fields = append(fields, f)
		}
	}
	return fields
}

// checkPartnerApps asks whether the apps are those of the two merchants, and which of them
// the buyer is in. s.mu must be held.
func (s *Server) checkPartnerApps(p product, in prepayBody) (appID, openID string, refusal *Refusal) {
	sp, ok := s.books.apps[in.SpAppID]
	if !ok || !slices.Contains(sp.MchIDs, in.SpMchID) {
		return "", "", payError("APPID_MCHID_NOT_MATCH", textSpAppOther)
	}
	appID = in.SpAppID
	if in.SubAppID != "" {
		if sub, ok := s.books.apps[in.SubAppID]; !ok || !slices.Contains(sub.MchIDs, in.SubMchID) {
			return "", "", payError("APPID_MCHID_NOT_MATCH", textSubAppOther)
		}
		appID = in.SubAppID
	}
	if p.tradeType != "JSAPI" {
		return appID, "", nil
	}
	payerApp, openID := in.SpAppID, in.Payer.SpOpenID
	switch {
	case (in.Payer.SpOpenID == "") == (in.Payer.SubOpenID == ""):
		return "", "", badField("body", "/payer", "", "exactly one of sp_openid and sub_openid")
	case in.Payer.SubOpenID != "" && in.SubAppID == "":
		return "", "", badField("body", "/sub_appid", "", "required with sub_openid")
	case in.Payer.SubOpenID != "":
		payerApp, openID = in.SubAppID, in.Payer.SubOpenID
	}
	buyer, known := s.books.buyers[openID]
	if !known {
		return "", "", badField("body", "/payer", openID, "unknown openid")
	}
	if buyer.AppID != payerApp {
		return "", "", payError("OPENID_MISMATCH")
	}
	return appID, openID, nil
}

// ofPartner shows a transaction in the words of service-provider mode.
func (t transaction) ofPartner(c Charge) transaction {
	t.AppID, t.MchID = "", ""
	t.SpAppID, t.SpMchID, t.SubAppID, t.SubMchID = c.SpAppID, c.SpMchID, c.SubAppID, c.MchID
	if t.Payer.OpenID != "" {
		t.Payer = transactionPayer{SpOpenID: OpenID(c.SpAppID, "of "+t.Payer.OpenID)}
		if c.SubAppID != "" {
			t.Payer.SubOpenID = c.OpenID
		} else {
			t.Payer.SpOpenID = c.OpenID
		}
	}
	return t
}

package sandbox

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // the provider's OAEP uses SHA-1
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"time"

	"galleria/commerce/money"
)

// States of a transfer, as the provider spells them.
const (
	transferProcessing = "PROCESSING"
	transferWaiting    = "WAIT_USER_CONFIRM"
	transferSuccess    = "SUCCESS"
	transferFail       = "FAIL"
	transferCanceling  = "CANCELING"
	transferCancelled  = "CANCELLED"
)

const (
	transferLife      = 24 * time.Hour // a receiver may take so long to confirm
	smallestTransfer  = 10             // fen
	largestTransfer   = 200_000_00
	nameNeededFrom    = 2_000_00
	nameRefusedBelow  = 30
	originalTransfer  = "mch_payment"
	transferEventType = "MCHTRANSFER.BILL.FINISHED"
)

var outBillNoPattern = regexp.MustCompile(`^[0-9A-Za-z]{1,32}$`)

// Transfer is money that a merchant pays to a person, keyed by (mchid, out_bill_no).
type Transfer struct {
	MchID       string    `json:"mchid"`
	AppID       string    `json:"app_id"`
	OutBillNo   string    `json:"out_bill_no"`
	BillNo      string    `json:"transfer_bill_no"`
	SceneID     string    `json:"transfer_scene_id"`
	OpenID      string    `json:"openid"`
	Name        string    `json:"user_name,omitempty"`
	AmountFen   money.Fen `json:"amount_fen"`
	Remark      string    `json:"remark"`
	NotifyURL   string    `json:"notify_url,omitempty"`
	Digest      string    `json:"digest"` // of what was asked, with the name in clear
	State       string    `json:"state"`
	FailReason  string    `json:"fail_reason,omitempty"`
	PackageInfo string    `json:"package_info,omitempty"`
	DueAt       time.Time `json:"due_at,omitzero"` // when it ends by itself
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
}

// sceneReports is what the scenes ask for.
func sceneReports() map[string][]string {
	return map[string][]string{"1000": {reportEvent, reportReward}, "1005": {reportPost, reportPay}}
}

func transferFields() []field {
	return []field{
		{name: "appid", kind: kindString, required: true, maximum: 32},
		{name: "out_bill_no", kind: kindString, required: true, pattern: outBillNoPattern},
		{name: "transfer_scene_id", kind: kindString, required: true, maximum: 36},
		{name: "openid", kind: kindString, required: true, maximum: 64},
		{name: "user_name", kind: kindString, minimum: 1, maximum: 1024},
		{name: "transfer_amount", kind: kindInteger, required: true, minimum: 1},
		{name: "transfer_remark", kind: kindString, required: true, maximum: 32},
		{name: "notify_url", kind: kindString, maximum: 256},
		{name: "user_recv_perception", kind: kindString, maximum: 64},
		{name: "transfer_scene_report_infos", kind: kindArray, required: true, minimum: 1, maximum: 10, fields: []field{
			{name: "info_type", kind: kindString, required: true, maximum: 15},
			{name: "info_content", kind: kindString, required: true, maximum: 32},
		}},
	}
}

type transferBody struct {
	AppID     string    `json:"appid"`
	OutBillNo string    `json:"out_bill_no"`
	SceneID   string    `json:"transfer_scene_id"`
	OpenID    string    `json:"openid"`
	UserName  string    `json:"user_name"`
	Amount    money.Fen `json:"transfer_amount"`
	Remark    string    `json:"transfer_remark"`
	NotifyURL string    `json:"notify_url"`
	Reports   []struct {
		Type    string `json:"info_type"`
		Content string `json:"info_content"`
	} `json:"transfer_scene_report_infos"`
}

func (s *Server) routeTransfers(mux *http.ServeMux) {
	const path = "/v3/fund-app/mch-transfer/transfer-bills"
	mux.HandleFunc("POST "+path, s.pay(TargetTransfer, s.transfer))
	mux.HandleFunc("GET "+path+"/out-bill-no/{out_trade_no}", s.pay(TargetTransferQuery, s.queryTransfer))
	mux.HandleFunc("GET "+path+"/transfer-bill-no/{transfer_bill_no}", s.pay(TargetTransferQuery, s.queryTransferByBill))
	mux.HandleFunc("POST "+path+"/out-bill-no/{out_trade_no}/cancel", s.pay(TargetTransferCancel, s.cancelTransfer))
}

// transfer is POST …/transfer-bills: the receiver has to confirm.
func (s *Server) transfer(call *payCall) (int, any, error) {
	if refusal := checkBody(call.body, transferFields()); refusal != nil {
		return 0, nil, refusal
	}
	var in transferBody
	if err := json.Unmarshal(call.body, &in); err != nil {
		return 0, nil, badField("body", "/", "", err.Error())
	}
	if refusal := s.openName(call, &in); refusal != nil {
		return 0, nil, refusal
	}
	if refusal := checkTransfer(in); refusal != nil {
		return 0, nil, refusal
	}
	clear, err := json.Marshal(in)
	if err != nil {
		return 0, nil, fmt.Errorf("digest of a transfer: %w", err)
	}
	digest := digestHex(clear)
	s.mu.Lock()
	defer s.mu.Unlock()
	key := pair{call.keys.MchID, in.OutBillNo}
	if old, known := s.books.transfers[key]; known {
		if old.Digest != digest {
			return 0, nil, payError("INVALID_REQUEST", textTransferOther)
		}
		return http.StatusOK, transferView(old), nil
	}
	if !slices.Contains(s.books.apps[in.AppID].MchIDs, call.keys.MchID) {
		return 0, nil, payError("PARAM_ERROR", textAppNotBound)
	}
	if b, known := s.books.buyers[in.OpenID]; !known || b.AppID != in.AppID {
		return 0, nil, payError("PARAM_ERROR", textOpenIDWrong)
	}
	if left, limited := s.books.balances[call.keys.MchID]; limited && left < in.Amount {
		return 0, nil, payError("NOT_ENOUGH", textPoor)
	}
	now := s.now().UTC()
	t := Transfer{
		MchID: call.keys.MchID, AppID: in.AppID, OutBillNo: in.OutBillNo, BillNo: "1330000" + now.In(chinaTime()).Format("20060102") + s.digits(15),
		SceneID: in.SceneID, OpenID: in.OpenID, Name: in.UserName, AmountFen: in.Amount, Remark: in.Remark, NotifyURL: in.NotifyURL, Digest: digest,
		State: transferWaiting, PackageInfo: "affffddafdfafddffda==" + s.letters(24), DueAt: now.Add(transferLife), CreatedAt: now, UpdatedAt: now,
	}
	if call.fault.Is(ModeTransferStuck) { // the money is not there yet; the same call goes on
		t.State, t.PackageInfo = transferProcessing, ""
	}
	e := entry{Transfer: &t}
	if left, limited := s.books.balances[t.MchID]; limited {
		e.Balance = &Balance{t.MchID, left - t.AmountFen}
	}
	return http.StatusOK, transferView(t), s.commit(e)
}

// openName decrypts user_name with the key that Wechatpay-Serial names.
func (s *Server) openName(call *payCall, in *transferBody) *Refusal {
	if in.UserName == "" {
		return nil
	}
	asked := call.r.Header.Get("Wechatpay-Serial")
	if asked == "" {
		return payError("PARAM_ERROR", textAnswerSerial)
	}
	sealed, err := base64.StdEncoding.DecodeString(in.UserName)
	if err == nil {
		var plain []byte
		plain, err = rsa.DecryptOAEP(sha1.New(), rand.Reader, call.signer.key, sealed, nil) //nolint:gosec // as above
		in.UserName = string(plain)
	}
	if err != nil || in.UserName == "" {
		return badField("body", "/user_name", "", "cannot be decrypted")
	}
	return nil
}

func checkTransfer(in transferBody) *Refusal {
	switch {
	case in.Amount < smallestTransfer || in.Amount > largestTransfer:
		return badField("body", "/transfer_amount", "", "out of range")
	case in.Amount >= nameNeededFrom && in.UserName == "":
		return badField("body", "/user_name", "", "required")
	case in.Amount < nameRefusedBelow && in.UserName != "":
		return badField("body", "/user_name", "", "must not be sent")
	}
	wanted, known := sceneReports()[in.SceneID]
	if !known {
		return payError("INVALID_REQUEST", textSceneClosed)
	}
	got := make([]string, 0, len(in.Reports))
	for _, r := range in.Reports {
		got = append(got, r.Type)
	}
	slices.Sort(got)
	slices.Sort(wanted)
	if !slices.Equal(got, wanted) {
		return badField("body", "/transfer_scene_report_infos", "", "does not fit the scene")
	}
	if in.NotifyURL != "" {
		return checkNotifyURL(in.NotifyURL)
	}
	return nil
}

func (s *Server) queryTransfer(call *payCall) (int, any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, known := s.books.transfers[pair{call.keys.MchID, call.r.PathValue("out_trade_no")}]
	if !known {
		return 0, nil, payError("NOT_FOUND")
	}
	return http.StatusOK, transferView(t), nil
}

func (s *Server) queryTransferByBill(call *payCall) (int, any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range s.books.transferOrder {
		if t := s.books.transfers[key]; t.MchID == call.keys.MchID && t.BillNo == call.r.PathValue("transfer_bill_no") {
			return http.StatusOK, transferView(t), nil
		}
	}
	return 0, nil, payError("NOT_FOUND")
}

// cancelTransfer is POST …/cancel: begun at once, done a little later.
func (s *Server) cancelTransfer(call *payCall) (int, any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, known := s.books.transfers[pair{call.keys.MchID, call.r.PathValue("out_trade_no")}]
	switch {
	case !known:
		return 0, nil, payError("NOT_FOUND")
	case t.State == transferSuccess || t.State == transferFail:
		return 0, nil, payError("INVALID_REQUEST", textTransferOver)
	case t.State != transferCanceling && t.State != transferCancelled:
		now := s.now().UTC()
		t.State, t.PackageInfo, t.UpdatedAt, t.DueAt = transferCanceling, "", now, now.Add(s.refundDelay)
		if err := s.commit(entry{Transfer: &t}); err != nil {
			return 0, nil, err
		}
		s.Nudge()
	}
	return http.StatusOK, transferView(t), nil
}

// endTransfer gives a transfer its end and owes the callback. s.mu must be held.
func (s *Server) endTransfer(t Transfer, state, reason string) error {
	t.State, t.FailReason, t.PackageInfo, t.DueAt, t.UpdatedAt = state, reason, "", time.Time{}, s.now().UTC()
	e := entry{Transfer: &t}
	if left, limited := s.books.balances[t.MchID]; limited && state != transferSuccess {
		e.Balance = &Balance{t.MchID, left + t.AmountFen}
	}
	if t.NotifyURL != "" {
		d, err := s.owe(t.NotifyURL, t.MchID, t.OutBillNo, transferEventType, originalTransfer, textTransferEnd, transferNoticeOf(t))
		if err != nil {
			return err
		}
		e.Delivery = d
	}
	return s.commit(e)
}

// dueTransfer ends what ends by itself: unconfirmed for a day, or cancelled.
func (s *Server) dueTransfer(t Transfer) error {
	if t.State == transferCanceling {
		return s.endTransfer(t, transferCancelled, "")
	}
	return s.endTransfer(t, transferFail, "OVERDUE_CLOSE")
}

// ConfirmInput is what wx.requestMerchantTransfer is called with, and by whom.
type ConfirmInput struct {
	MchID   string `json:"mchId"`
	AppID   string `json:"appId"`
	Package string `json:"package"`
	Buyer   string `json:"buyer"`            // whose phone it is
	Fail    string `json:"fail,omitempty"`   // instead: the transfer fails with this fail_reason
	Refuse  bool   `json:"refuse,omitempty"` // the receiver looks and leaves
}

// ConfirmTransfer plays the receiver's phone. Faults: a *Refusal.
func (s *Server) ConfirmTransfer(in ConfirmInput) (Transfer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range s.books.transferOrder {
		t := s.books.transfers[key]
		if t.State != transferWaiting || in.Package == "" || t.PackageInfo != in.Package {
			continue
		}
		switch {
		case t.MchID != in.MchID || t.AppID != in.AppID:
			return Transfer{}, badControl(http.StatusConflict, "PACKAGE_MISMATCH", "the package belongs to another merchant or app")
		case t.OpenID != OpenID(in.AppID, in.Buyer):
			return Transfer{}, badControl(http.StatusConflict, "NOT_THE_RECEIVER", "%s is not who is paid", in.Buyer)
		case in.Refuse:
			return t, nil
		}
		if name := s.books.buyers[t.OpenID].RealName; in.Fail == "" && t.Name != "" && name != "" && name != t.Name {
			in.Fail = "NAME_NOT_CORRECT"
		}
		state := transferSuccess
		if in.Fail != "" {
			state = transferFail
		}
		if err := s.endTransfer(t, state, in.Fail); err != nil {
			return Transfer{}, err
		}
		s.Nudge()
		return s.books.transfers[key], nil
	}
	return Transfer{}, badControl(http.StatusNotFound, "NO_SUCH_PACKAGE", "no transfer waits for this package")
}

// NameBuyer says whose account a buyer's is: a transfer that names somebody else fails when it is
// confirmed.
func (s *Server) NameBuyer(appID, buyer, realName string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, openid, err := s.meet(appID, buyer)
	if err != nil {
		return err
	}
	if e.Buyer == nil {
		known := s.books.buyers[openid]
		e.Buyer = &known
	}
	e.Buyer.RealName = realName
	return s.commit(e)
}

// Balance is what a merchant can pay out; a merchant without one can pay anything.
type Balance struct {
	MchID string    `json:"mchid"`
	Fen   money.Fen `json:"fen"`
}

// SetBalance limits what a merchant can pay out from now on.
func (s *Server) SetBalance(b Balance) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.commit(entry{Balance: &b})
}

// Transfers lists what merchants paid to people, oldest first.
func (s *Server) Transfers() []Transfer {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Transfer, 0, len(s.books.transferOrder))
	for _, key := range s.books.transferOrder {
		out = append(out, s.books.transfers[key])
	}
	return out
}

func (b *books) applyTransfer(t Transfer) {
	key := pair{t.MchID, t.OutBillNo}
	if _, known := b.transfers[key]; !known {
		b.transferOrder = append(b.transferOrder, key)
	}
	b.transfers[key] = t
}

type transferAnswer struct {
	MchID       string    `json:"mch_id"`
	AppID       string    `json:"appid"`
	OutBillNo   string    `json:"out_bill_no"`
	BillNo      string    `json:"transfer_bill_no"`
	State       string    `json:"state"`
	Amount      money.Fen `json:"transfer_amount"`
	Remark      string    `json:"transfer_remark"`
	OpenID      string    `json:"openid"`
	FailReason  string    `json:"fail_reason,omitempty"`
	PackageInfo string    `json:"package_info,omitempty"`
	CreateTime  string    `json:"create_time"`
	UpdateTime  string    `json:"update_time"`
}

func transferView(t Transfer) transferAnswer {
	return transferAnswer{
		MchID: t.MchID, AppID: t.AppID, OutBillNo: t.OutBillNo, BillNo: t.BillNo, State: t.State, Amount: t.AmountFen, Remark: t.Remark, OpenID: t.OpenID,
		FailReason: t.FailReason, PackageInfo: t.PackageInfo, CreateTime: rfc3339(t.CreatedAt), UpdateTime: rfc3339(t.UpdatedAt),
	}
}

// transferNotice is what the callback carries.
type transferNotice struct {
	OutBillNo  string    `json:"out_bill_no"`
	BillNo     string    `json:"transfer_bill_no"`
	State      string    `json:"state"`
	MchID      string    `json:"mch_id"`
	Amount     money.Fen `json:"transfer_amount"`
	OpenID     string    `json:"openid"`
	FailReason string    `json:"fail_reason,omitempty"`
	CreateTime string    `json:"create_time"`
	UpdateTime string    `json:"update_time"`
}

func transferNoticeOf(t Transfer) transferNotice {
	return transferNotice{
		OutBillNo: t.OutBillNo, BillNo: t.BillNo, State: t.State, MchID: t.MchID, Amount: t.AmountFen, OpenID: t.OpenID, FailReason: t.FailReason,
		CreateTime: rfc3339(t.CreatedAt), UpdateTime: rfc3339(t.UpdatedAt),
	}
}

package payments_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"

	"galleria/payments"
	"galleria/payments/alipay"
	"galleria/payments/unionpay"
	"galleria/payments/wechat"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// served is a shop that has such accounts.
type served struct {
	payments.Accounts
	list []payments.Serving
}

func (s served) Serving(context.Context, tenantdb.Querier, string) ([]payments.Serving, error) {
	return s.list, nil
}

// A Mini Program is inside one provider's wallet: its buyers are nobody to another, which is
// neither offered there nor asked.
func TestAMiniProgramPaysAtHome(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.bill("M1")
	ask := payments.MethodsInput{BusinessNo: "M1", AppID: k.appID, MemberID: 7, Home: payments.WeChat, Client: payments.ClientWeChat}
	if found, err := k.service.Methods(t.Context(), k.Tenant.ID, ask); err != nil || len(found.List) != 1 {
		t.Errorf("at home: %+v, %v", found, err)
	}
	ask.Home = payments.Alipay
	if found, err := k.service.Methods(t.Context(), k.Tenant.ID, ask); err != nil || len(found.List) != 0 || !errors.Is(found.None, payments.ErrMethodsElsewhere) {
		t.Errorf("elsewhere: %+v, %v", found, err)
	}
	in := payments.PayInput{BusinessNo: "M1", AppID: k.appID, Payer: k.openID, Home: payments.Alipay}
	if _, err := k.service.Pay(t.Context(), k.Tenant.ID, in); !errors.Is(err, payments.ErrScene) {
		t.Errorf("paid elsewhere: %v", err)
	}
	in.Home = payments.WeChat
	if _, err := k.service.Pay(t.Context(), k.Tenant.ID, in); err != nil {
		t.Errorf("paid at home: %v", err)
	}
}

// What is offered depends on where the buyer is and on what the shop's accounts can do;
// an empty list says why.
func TestMethodsFitTheBuyersPlaceAndTheShopsAccounts(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.bill("M1")
	sandboxes := []payments.Serving{
		{Channel: payments.WeChat, Mode: payments.Sandbox}, {Channel: payments.Alipay, Mode: payments.Sandbox}, {Channel: payments.UnionPay, Mode: payments.Sandbox},
	}
	live := []payments.Serving{{Channel: payments.WeChat, Mode: payments.Live}}
	for name, c := range map[string]struct {
		accounts []payments.Serving
		client   payments.Client
		trial    bool
		want     []string
		none     *fault.Error
	}{
		"inside WeChat":                    {sandboxes, payments.ClientWeChat, false, []string{"wechat_mini_program"}, nil},
		"inside Alipay":                    {sandboxes, payments.ClientAlipay, false, []string{"alipay_mini_program"}, nil},
		"a phone's browser":                {sandboxes, payments.ClientBrowser, false, []string{"wechat_web", "alipay_web", "unionpay_web"}, nil},
		"the shop's app":                   {sandboxes, payments.ClientApp, true, []string{"wechat_app", "alipay_app", "unionpay_app"}, nil},
		"a computer, each code once":       {sandboxes, payments.ClientPC, false, []string{"wechat_pc", "alipay_pc", "alipay_qr", "unionpay_pc", "unionpay_qr"}, nil},
		"an open shop's real account":      {live, payments.ClientWeChat, false, []string{"wechat_mini_program"}, nil},
		"a real account before the shop":   {live, payments.ClientWeChat, true, nil, payments.ErrMethodsPaused},
		"keys that do not open":            {[]payments.Serving{{Channel: payments.WeChat, Mode: payments.Live, Damaged: true}}, payments.ClientWeChat, false, nil, payments.ErrMethodsPaused},
		"nothing bound":                    {nil, payments.ClientBrowser, false, nil, payments.ErrNoAccount},
		"an account of the other provider": {live, payments.ClientAlipay, false, nil, payments.ErrMethodsElsewhere},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := slog.New(slog.DiscardHandler)
			service := payments.New(payments.Deps{
				DB: k.DB, Accounts: served{list: c.accounts}, Bills: k.bills, Now: k.Clock().Now, Log: log, Channels: []payments.Channel{
					wechat.New(wechat.Deps{Now: k.Clock().Now, Log: log, Signers: 1}), alipay.New(alipay.Deps{Now: k.Clock().Now, Log: log, Signers: 1}),
					unionpay.New(unionpay.Deps{Now: k.Clock().Now, Signers: 1}),
				},
			})
			got, err := service.Methods(t.Context(), k.Tenant.ID, payments.MethodsInput{BusinessNo: "M1", AppID: k.appID, MemberID: 7, Client: c.client, Trial: c.trial})
			if err != nil {
				t.Fatal(err)
			}
			codes := []string(nil)
			for _, m := range got.List {
				codes = append(codes, m.Code)
				if m.Name.ZH == "" || m.Name.EN == "" || m.Code != string(m.Channel)+"_"+string(m.Scene) {
					t.Errorf("%+v", m)
				}
			}
			if !slices.Equal(codes, c.want) || (got.None == nil) != (c.none == nil) || (c.none != nil && !errors.Is(got.None, c.none)) {
				t.Errorf("%v, none because %v; want %v, %v", codes, got.None, c.want, c.none)
			}
		})
	}
}

// The accounts are those of the table: bound to the app and enabled.
func TestMethodsReadTheShopsAccounts(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.bill("M2")
	ask := func(memberID int64, appID string) (payments.Methods, error) {
		return k.service.Methods(t.Context(), k.Tenant.ID, payments.MethodsInput{BusinessNo: "M2", AppID: appID, MemberID: memberID, Client: payments.ClientWeChat})
	}
	if got, err := ask(7, k.appID); err != nil || len(got.List) != 1 || got.List[0].Name.ZH != "微信支付" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := ask(8, k.appID); !errors.Is(err, fault.ErrNotFound) { // T028
		t.Errorf("another member's bill: %v", err)
	}
	if err := k.accounts.SetEnabled(t.Context(), k.Tenant.ID, k.account.ID, false, ""); err != nil {
		t.Fatal(err)
	}
	if got, err := ask(7, k.appID); err != nil || !errors.Is(got.None, payments.ErrNoAccount) {
		t.Errorf("disabled: %+v, %v", got, err)
	}
}

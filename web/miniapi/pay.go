package miniapi

import (
	"cmp"
	"context"
	"net/http"
	"strconv"

	"galleria/commerce/order"
	"galleria/payments"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/web/envelope"
)

// Payments begins payments; *payments.Service is one.
type Payments interface {
	Pay(ctx context.Context, id tenant.ID, in payments.PayInput) (payments.ClientParams, error)
	Methods(ctx context.Context, id tenant.ID, in payments.MethodsInput) (payments.Methods, error)
	BuyerRefunds(ctx context.Context, id tenant.ID, businessNo string) ([]payments.BuyerRefund, error)
}

// PayParams is what the buyer's side needs. Which members are there depends on channel
// and scene; each has the name under which the provider's client takes it.
type PayParams struct {
	TimeStamp string `json:"timeStamp,omitempty" doc:"wx.requestPayment: Unix seconds, as text." example:"1795290125"`
	NonceStr  string `json:"nonceStr,omitempty" doc:"wx.requestPayment."`
	Package   string `json:"package,omitempty" doc:"wx.requestPayment; for WeChat Pay's app SDK it is packageValue." example:"prepay_id=wx2119420512345678"`
	SignType  string `json:"signType,omitempty" enum:"RSA" doc:"wx.requestPayment."`
	PaySign   string `json:"paySign,omitempty" doc:"wx.requestPayment; for WeChat Pay's app SDK it is sign."`
	PartnerID string `json:"partnerId,omitempty" doc:"WeChat Pay's app SDK."`
	PrepayID  string `json:"prepayId,omitempty" doc:"WeChat Pay's app SDK."`

	TradeNO     string               `json:"tradeNO,omitempty" doc:"my.tradePay."`
	OrderString string               `json:"orderString,omitempty" doc:"Alipay's app SDK."`
	TN          string               `json:"tn,omitempty" doc:"UnionPay's app SDK and upsdk.pay."`
	CodeURL     string               `json:"codeUrl,omitempty" doc:"To be shown as a QR code."`
	URL         string               `json:"url,omitempty" doc:"The buyer's browser is to open it."`
	Form        *payments.ClientForm `json:"form,omitempty" doc:"The buyer's browser is to post it, in UTF-8."`
}

type payInput struct {
	OrderNo string `path:"order_no" minLength:"8" maxLength:"32" pattern:"^[0-9A-Za-z]+$"`
	Body    *struct {
		Channel   string `json:"channel,omitempty" enum:"wechat,alipay,unionpay" doc:"Default: the provider of the Mini Program."`
		Scene     string `json:"scene,omitempty" enum:"mini_program,web,app,pc,qr" doc:"Where the buyer is. Default: mini_program."`
		ReturnURL string `json:"return_url,omitempty" maxLength:"256" pattern:"^https://[!-~]+$" doc:"Where a browser goes after paying."`
	} `required:"false"`
}

type payOutput struct{ Body PayParams }

func (a *API) payRoutes() {
	add(a, route{
		method: http.MethodPost, path: "/orders/{order_no}/pay", id: "payOrder", tag: tagOrder, member: true, class: classPay,
		summary: "Begin paying an order",
		description: "In a Mini Program, pass the answer to `wx.requestPayment` (or `tradeNO` to `my.tradePay`) as it is. Safe to repeat. " +
			"Another channel or scene than before first closes what was begun. Do not trust the success callback: " +
			"read the order until it is paid. `fail cancel` is no error.",
		errors: []*fault.Error{
			fault.ErrNotFound, order.ErrState, payments.ErrNoAccount, payments.ErrScene, payments.ErrShopNotOpen, payments.ErrAlreadyPaid, payments.ErrBillExpired, payments.ErrState,
			payments.ErrRefused, payments.ErrProviderBusy, payments.ErrBadResponse, payments.ErrTimeout,
		},
	}, a.pay)
	add(a, route{
		method: http.MethodGet, path: "/orders/{order_no}/payment-methods", id: "listPaymentMethods", tag: tagOrder, member: true,
		summary: "How an order can be paid here",
		description: "Best first. Each says the `channel` and `scene` to begin the payment with. The list is empty with a reason under `none` if the shop " +
			"cannot be paid where the buyer is.",
		errors: []*fault.Error{fault.ErrNotFound, order.ErrState, payments.ErrBillExpired},
	}, a.paymentMethods)
	a.refundRoutes()
}

// MethodName is how people call a way to pay.
type MethodName struct {
	ZH string `json:"zh" example:"微信支付"`
	EN string `json:"en" example:"WeChat Pay"`
}

// PaymentMethod is one way to pay.
type PaymentMethod struct {
	Code    string     `json:"code" example:"wechat_mini_program" doc:"Stable. New ones may appear."`
	Channel string     `json:"channel" enum:"wechat,alipay,unionpay"`
	Scene   string     `json:"scene" enum:"mini_program,web,app,pc,qr"`
	Name    MethodName `json:"name"`
}

// NoMethod says why there is no way to pay.
type NoMethod struct {
	Code    string     `json:"code" enum:"PAYMENT_NOT_CONFIGURED,PAYMENT_PAUSED,PAYMENT_ELSEWHERE"`
	Message MethodName `json:"message"`
}

// PaymentMethods is every way to pay an order where the buyer is.
type PaymentMethods struct {
	Items []PaymentMethod `json:"items" nullable:"false"`
	None  *NoMethod       `json:"none,omitempty" doc:"Why items is empty."`
}

type methodsInput struct {
	OrderNo string `path:"order_no" minLength:"8" maxLength:"32" pattern:"^[0-9A-Za-z]+$"`
	Client  string `query:"client" enum:"wechat,alipay,browser,app,pc" doc:"Where the buyer is. Default: inside the Mini Program that asks; one of another provider pays nothing of its orders."`
}

type methodsOutput struct{ Body PaymentMethods }

func (a *API) paymentMethods(ctx context.Context, in *methodsInput) (*methodsOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	found, err := a.d.Payments.Methods(ctx, who.tenant, payments.MethodsInput{
		BusinessNo: in.OrderNo, AppID: who.app.String(), MemberID: who.member, Trial: who.shop.Policy().Storefront == tenant.StorefrontTrial,
		Client: payments.Client(cmp.Or(in.Client, string(who.provider))), Home: payments.Code(who.provider),
	})
	if err != nil {
		return nil, err
	}
	out := PaymentMethods{Items: make([]PaymentMethod, 0, len(found.List))}
	for _, m := range found.List {
		out.Items = append(out.Items, PaymentMethod{Code: m.Code, Channel: string(m.Channel), Scene: string(m.Scene), Name: MethodName(m.Name)})
	}
	if found.None != nil {
		out.None = &NoMethod{Code: found.None.Code(), Message: MethodName{ZH: found.None.Text("zh"), EN: found.None.Text("en")}}
	}
	return &methodsOutput{out}, nil
}

func (a *API) pay(ctx context.Context, in *payInput) (*payOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	ask := payments.PayInput{
		BusinessNo: in.OrderNo, AppID: who.app.String(), Payer: who.openID, MemberID: who.member, Trial: who.shop.Policy().Storefront == tenant.StorefrontTrial,
		Channel: payments.Code(who.provider), Home: payments.Code(who.provider),
	}
	if record := envelope.RecordOf(ctx); record != nil {
		ask.ClientIP = record.ClientIP
	}
	if in.Body != nil {
		ask.Channel = cmp.Or(payments.Code(in.Body.Channel), ask.Channel)
		ask.Scene, ask.ReturnURL = payments.Scene(in.Body.Scene), in.Body.ReturnURL
	}
	params, err := a.d.Payments.Pay(ctx, who.tenant, ask)
	if err != nil {
		return nil, err
	}
	return &payOutput{PayParams(params)}, nil
}

// keyScope binds an idempotency key to the member and the operation.
func keyScope(who caller, operation string) string {
	return "member:" + strconv.FormatInt(who.member, 10) + ":" + operation
}

package handle

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"galleria/commerce/aftersale"
	"galleria/commerce/campaign"
	"galleria/commerce/catalog"
	"galleria/commerce/coupon"
	"galleria/commerce/delivery"
	"galleria/commerce/distribution"
	"galleria/commerce/figures"
	"galleria/commerce/inventory"
	"galleria/commerce/invoice"
	"galleria/commerce/level"
	"galleria/commerce/member"
	"galleria/commerce/notice"
	"galleria/commerce/order"
	"galleria/commerce/picture"
	"galleria/commerce/points"
	"galleria/commerce/port"
	"galleria/commerce/review"
	"galleria/commerce/trial"
	"galleria/jobs"
	"galleria/payments"
	"galleria/payments/transfer"
	"galleria/tenant"
	"galleria/tenant/miniprogram"
	"galleria/tenant/outbox"
	"galleria/tenant/plan"
	"galleria/tenant/signup"
	"galleria/tenant/tenantdb"
	"galleria/tenant/timer"
	"galleria/tenant/vault"
)

// Orders is the part of order.Service that events move.
type Orders interface {
	MarkPaidTx(ctx context.Context, tx tenantdb.Tx, in order.PaidInput) (order.PaidOutcome, error)
	MarkRefundedTx(ctx context.Context, tx tenantdb.Tx, in order.RefundedInput) (counted bool, err error)
	ExpireTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error
	FinishClosingTx(ctx context.Context, tx tenantdb.Tx, orderNo string) (closed bool, err error)
	ReceiveDueTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error
	StatusTx(ctx context.Context, q tenantdb.Querier, orderNo string) (order.Status, error)
	ReceivedByProviderTx(ctx context.Context, tx tenantdb.Tx, orderNo string) (order.Heard, error)
	FinishDueTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error
	ParcelsTx(ctx context.Context, q tenantdb.Querier, orderNo string) ([]order.Parcel, error)
	GoodsTx(ctx context.Context, q tenantdb.Querier, orderNo string) (order.Goods, error)
	MoveParcelTx(ctx context.Context, tx tenantdb.Tx, in order.MoveInput) error
	Buyer(ctx context.Context, q tenantdb.Querier, orderNo string) (order.Buyer, error)
	CountTradesTx(ctx context.Context, tx tenantdb.Tx, memberIDs []int64) error
	GroupFailedTx(ctx context.Context, tx tenantdb.Tx, orderNos []string) error
	GroupCompleteTx(ctx context.Context, tx tenantdb.Tx, orderNos []string) error
	ArrivedTx(ctx context.Context, q tenantdb.Querier, orderNo string) (order.Arrived, error)
	SealReceivers(ctx context.Context, id tenant.ID, limit int) (n int, err error)
}

// Payments is the part of payments.Service that events move.
type Payments interface {
	Query(ctx context.Context, id tenant.ID, outTradeNo string) error
	CountedTx(ctx context.Context, q tenantdb.Querier, businessNo string) (a payments.Attempt, found bool, err error)
	CloseAll(ctx context.Context, id tenant.ID, businessNo string) (payments.CloseOutcome, error)
	MarkSurplusTx(ctx context.Context, tx tenantdb.Tx, outTradeNo string) error
	RequestRefundTx(ctx context.Context, tx tenantdb.Tx, outTradeNo string, reason payments.RefundReason) (string, error)
	ExecuteRefund(ctx context.Context, id tenant.ID, outRefundNo string) error
	CheckSurplus(ctx context.Context, id tenant.ID, outTradeNo string) error
	RefundSourceTx(ctx context.Context, q tenantdb.Querier, outRefundNo string) (payments.Source, error)
	PurgeBodiesTx(ctx context.Context, tx tenantdb.Tx, before time.Time, after int64, limit int) (reached int64, purged int, more bool, err error)
}

// Transfers is the part of transfer.Service that events move.
type Transfers interface {
	Execute(ctx context.Context, id tenant.ID, outBillNo string) error
}

// Accounts is the part of account.Service that timers move.
type Accounts interface {
	CheckExpiry(ctx context.Context, id tenant.ID, accountKey string) error
	DestroyReplaced(ctx context.Context, id tenant.ID, accountID int64) error
}

// Reconciler compares bills with the books.
type Reconciler interface {
	Run(ctx context.Context, id tenant.ID, accountID int64) error
}

// Members finds a buyer's openid, forgets ended sessions and lets members leave.
type Members interface {
	LeaveDueTx(ctx context.Context, tx tenantdb.Tx, memberID int64) error
	PurgeSessionsTx(ctx context.Context, tx tenantdb.Tx, limit int) (int64, error)
	SealAddresses(ctx context.Context, id tenant.ID, limit int) (n int, err error)
	OpenID(ctx context.Context, q tenantdb.Querier, memberID int64, appID string) (string, error)
	Phone(ctx context.Context, id tenant.ID, memberID int64) (vault.Secret, error)
	PhoneIndex(ctx context.Context, id tenant.ID, typed string) ([]byte, error)
}

// Deliveries keeps where parcels are and what the provider was told of them.
type Deliveries interface {
	BeginTx(ctx context.Context, tx tenantdb.Tx, parcelNo, courier, number, phoneTail string) error
	BeginUploadTx(ctx context.Context, tx tenantdb.Tx, in delivery.UploadInput) error
	UploadOf(ctx context.Context, q tenantdb.Querier, orderNo string) (delivery.Upload, error)
	FinishUploadTx(ctx context.Context, tx tenantdb.Tx, u delivery.Upload, complete bool) error
	ForgetPayersTx(ctx context.Context, tx tenantdb.Tx, orderNos []string) error
	NoteLookTx(ctx context.Context, tx tenantdb.Tx, u delivery.Upload, said delivery.ProviderState, mismatch delivery.Mismatch, again bool) error
	UploadAgainTx(ctx context.Context, tx tenantdb.Tx, u delivery.Upload, said delivery.ProviderState) (bool, error)
	FailUploadTx(ctx context.Context, tx tenantdb.Tx, u delivery.Upload, final bool, reason string) error
	Tracking
}

// Shippers tells WeChat what was sent.
type Shippers interface {
	UploadShipping(ctx context.Context, id tenant.ID, app tenant.AppID, in miniprogram.Shipping) error
	ShippingOf(ctx context.Context, id tenant.ID, app tenant.AppID, transactionID string) (miniprogram.ShippingHeld, error)
}

// Messenger sends what notice decided to send.
type Messenger interface {
	SendSubscribeMessage(ctx context.Context, id tenant.ID, app tenant.AppID, m miniprogram.Message) (msgID string, err error)
}

// People are the shops' staff, of whom the platform knows where their mail goes.
type People interface {
	// MailOf is the address that somebody has proven, and the page of the board; both are
	// empty for who has none, or may not see such things in this shop any more.
	MailOf(ctx context.Context, id tenant.ID, accountID int64, permission string) (address, board string, err error)
}

// Signups opens the shops that were applied for.
type Signups interface {
	Advance(ctx context.Context, id tenant.ID) error
}

// Tryouts make the purchases by which shops try themselves out.
type Tryouts interface {
	Run(ctx context.Context, id tenant.ID, purchaseID int64) error
}

// Herald tells people what became of what they wait for.
type Herald interface {
	Applicant(ctx context.Context, id tenant.ID, news signup.News) error
}

// Deps are what the handlers work with.
type Deps struct {
	DB           *tenantdb.DB
	Outbox       *outbox.Outbox
	Orders       Orders
	Cases        Cases
	Reviews      Reviews
	Coupons      Coupons
	Distribution Distribution
	Points       Points
	Levels       Levels
	Campaigns    Campaigns
	Invoices     Invoices
	Stock        Stock
	Content      Content
	// PictureURL is where a provider finds a picture by its address here.
	PictureURL func(address string) string
	Payments   Payments
	Transfers  Transfers
	Accounts   Accounts
	Bills      Reconciler
	Members    Members
	Notices    *notice.Service
	Messenger  Messenger
	Texter     notice.Texter
	Mailer     notice.Mailer
	People     People
	Delivery   Deliveries
	Shippers   Shippers
	Signups    Signups
	Tryouts    Tryouts // nil without a sandbox
	Listings   Listings
	Shelf      Shelf
	Pictures   Pictures
	Figures    Figures
	Ports      Ports
	Herald     Herald
	Plans      *plan.Service
	Timers     *timer.Timers
	Vault      Keys
	Now        func() time.Time
	// BodiesKept is how long the messages of providers are kept.
	BodiesKept time.Duration
	Log        *slog.Logger
}

// Handlers does the effects.
type Handlers struct{ Deps }

// New returns the handlers.
func New(d Deps) *Handlers { return &Handlers{d} }

const (
	patient = 900 // failures; with a limit of five minutes between them, three days
	brief   = 12
)

func kind(topic outbox.Topic, queue jobs.Queue, failures int, delay func(int) time.Duration, f jobs.Handler) jobs.Kind {
	return jobs.Kind{Topic: topic, Queue: queue, MaxFailures: failures, Delay: delay, Handle: f}
}

// recurs marks a shop's work that comes again by itself.
func recurs(k jobs.Kind) jobs.Kind {
	k.Recurs = true
	return k
}

// dated marks a shop's work at moments that were promised.
func dated(k jobs.Kind) jobs.Kind {
	k.Dated = true
	return k
}

// Kinds is the catalogue of everything the platform does in the background. Money
// never becomes a dead letter before three days have passed.
func (h *Handlers) Kinds() (jobs.Kinds, error) {
	quick := jobs.Backoff(time.Second, 5*time.Minute)
	provider := jobs.Backoff(5*time.Second, 5*time.Minute)
	// Whatever finds out about money or gives it back is done in every state of a shop.
	money := func(topic outbox.Topic, delay func(int) time.Duration, f jobs.Handler) jobs.Kind {
		k := kind(topic, jobs.Critical, patient, delay, f)
		k.Money = true
		return k
	}
	// Facts that nothing acts on yet are kinds without a handler.
	return jobs.NewKinds(slices.Concat(h.growth(quick, provider), []jobs.Kind{
		money(payments.TopicSucceeded, quick, h.paymentSucceeded),
		money(payments.TopicRefundRequested, provider, h.refundDue),
		money(payments.TimerRefundQuery, provider, h.refundDue),
		money(payments.TopicRefunded, quick, h.refunded),
		money(payments.TopicRefundEnded, quick, h.refundEnded),
		money(aftersale.TimerDue, quick, h.caseDue),
		money(order.TopicVoucherEnd, quick, h.vouchersDue),
		kind(aftersale.TopicOpened, jobs.Bulk, brief, quick, h.caseOpened),
		kind(aftersale.TopicMoved, jobs.Default, brief, provider, h.caseMoved),
		kind(TopicTell, jobs.Default, brief, provider, h.tellDue),
		kind(notice.TopicTest, jobs.Default, brief, provider, h.testDue),
		kind(TimerSMS, jobs.Default, brief, provider, h.smsDue),
		kind(notice.TopicMailOut, jobs.Bulk, brief, quick, h.mailOut),
		kind(notice.TimerMail, jobs.Default, brief, provider, h.mailDue),
		kind(TimerSMSReceipt, jobs.Bulk, brief, provider, h.smsReceiptDue),
		kind(TimerQuiet, jobs.Default, brief, provider, h.tellDue),
		kind(aftersale.TopicRefunded, jobs.Bulk, patient, quick, h.caseCounted),
		kind(payments.TopicSurplus, jobs.Default, brief, provider, h.paymentSurplus),
		money(payments.TimerSurplus, quick, h.surplusDue),
		money(transfer.TopicDue, provider, h.transferDue),
		money(transfer.TopicEnded, quick, h.transferEnded),
		money(distribution.TopicApproved, provider, h.withdrawalApproved),
		money(payments.TimerQuery, provider, h.paymentQueryDue),
		recurs(jobs.Kind{Topic: payments.TimerBills, Queue: jobs.Bulk, MaxFailures: patient, Delay: provider, Handle: h.billsDue, Money: true}),
		recurs(kind(payments.TimerKeyExpiry, jobs.Bulk, patient, quick, h.keyExpiryDue)),
		kind(payments.TimerKeysDestroy, jobs.Bulk, patient, quick, h.keysDestroyDue),
		{Topic: payments.TopicKeyExpiring},
		kind(figures.TimerDue, jobs.Bulk, patient, quick, h.figuresDue),
		kind(order.TopicPlaced, jobs.Bulk, patient, quick, h.following(nil)),
		kind(order.TopicExpire, jobs.Critical, patient, quick, h.orderExpired),
		kind(order.TopicClosing, jobs.Critical, patient, provider, h.orderClosing),
		kind(order.TopicClosed, jobs.Bulk, patient, quick, h.settling(h.orderClosed)),
		kind(order.TopicShipped, jobs.Default, patient, provider, h.parcelShipped),
		kind(order.TopicParcelChanged, jobs.Default, patient, provider, h.parcelChanged),
		kind(order.TopicReceive, jobs.Default, patient, quick, h.receiveDue),
		dated(kind(order.TopicFinish, jobs.Default, patient, quick, h.finishDue)),
		kind(delivery.TopicUpload, jobs.Default, patient, provider, h.uploadDue),
		dated(kind(delivery.TimerLook, jobs.Bulk, brief, provider, h.lookDue)),
		kind(delivery.TopicFollow, jobs.Default, brief, provider, h.parcelFollow),
		kind(delivery.TopicFollowAll, jobs.Bulk, patient, quick, h.parcelsFollow),
		kind(delivery.TimerAsk, jobs.Bulk, brief, provider, h.parcelAsk),
		kind(delivery.TopicTracked, jobs.Default, patient, quick, h.parcelTracked),
		kind(member.TimerLeave, jobs.Default, patient, quick, h.memberLeaves),
		{Topic: member.TopicMerged},
		{Topic: member.TopicLeft},
		kind(order.TopicReceived, jobs.Default, patient, quick, h.following(h.orderReceived)),
		dated(kind(order.TopicFinished, jobs.Bulk, patient, quick, h.settling(nil))),
		kind(order.TopicPaid, jobs.Default, brief, provider, h.following(h.orderPaid)),
		kind(order.TopicRefunded, jobs.Default, brief, provider, h.settling(h.orderRefunded)),
		kind(signup.Topic, jobs.Default, patient, jobs.Backoff(time.Second, 30*time.Second), h.signupApproved),
		kind(trial.Topic, jobs.Default, brief, quick, h.testPurchase),
		recurs(kind(TimerUpkeep, jobs.Bulk, patient, quick, h.upkeepDue)),
		kind(inventory.TopicScarce, jobs.Bulk, patient, quick, h.stockScarce),
		kind(catalog.TimerShelf, jobs.Default, patient, quick, h.shelfDue),
		kind(catalog.TimerReindex, jobs.Bulk, patient, quick, h.reindexDue),
		kind(picture.TopicUploaded, jobs.Bulk, brief, quick, h.pictureUploaded),
		kind(port.TopicStep, jobs.Bulk, brief, quick, h.portStep),
		kind(port.TimerForget, jobs.Bulk, patient, quick, h.portForget),
		kind(TimerKeyWatch, jobs.Bulk, brief, quick, h.keyWatchDue),
		{Topic: TopicKeyUnusual},
		kind(signup.TopicNews, jobs.Bulk, brief, jobs.Backoff(5*time.Second, 10*time.Minute), h.signupNews),
	})...)
}

// growth are the kinds of what brings buyers back.
func (h *Handlers) growth(quick, provider func(int) time.Duration) []jobs.Kind {
	return []jobs.Kind{
		dated(jobs.Kind{Topic: campaign.TimerGroup, Queue: jobs.Critical, MaxFailures: patient, Delay: quick, Handle: h.groupDue, Money: true}),
		{Topic: campaign.TopicGroupFailed, Queue: jobs.Critical, MaxFailures: patient, Delay: quick, Handle: h.groupFailed, Money: true},
		{Topic: campaign.TopicGroupStopped, Queue: jobs.Critical, MaxFailures: patient, Delay: quick, Handle: h.groupsStopped, Money: true},
		kind(campaign.TopicGroupComplete, jobs.Default, patient, quick, h.groupComplete),
		kind(campaign.TopicBudget, jobs.Bulk, patient, quick, h.campaignBroke),
		kind(coupon.TopicExpiring, jobs.Bulk, brief, provider, h.couponsExpiring),
		kind(coupon.TopicBudget, jobs.Bulk, patient, quick, h.couponMarked),
		dated(kind(campaign.TimerRemind, jobs.Default, brief, quick, h.sessionSoon)),
		dated(kind(coupon.TimerAge, jobs.Bulk, patient, quick, h.couponsAge)),
		dated(kind(points.TimerAge, jobs.Bulk, patient, quick, h.pointsAge)),
		kind(points.TopicExpiring, jobs.Bulk, brief, provider, h.pointsExpiring),
		kind(points.TopicExpired, jobs.Bulk, brief, provider, h.pointsExpired),
		kind(distribution.TopicMoved, jobs.Bulk, patient, quick, h.withdrawalMoved),
		recurs(kind(level.TimerReview, jobs.Bulk, patient, quick, h.levelsReviewed)),
		kind(level.TopicArranged, jobs.Bulk, patient, quick, h.levelsArranged),
		kind(level.TopicChanged, jobs.Bulk, brief, provider, h.levelChanged),
		kind(invoice.TopicMoved, jobs.Bulk, brief, provider, h.invoiceMoved),
		kind(review.TopicCheck, jobs.Default, patient, provider, h.reviewDue),
		kind(review.TimerPictures, jobs.Default, patient, quick, h.reviewSilent),
		kind(review.TimerAuto, jobs.Bulk, patient, quick, h.reviewAuto),
		kind(review.TopicErased, jobs.Bulk, patient, quick, h.reviewErased),
		kind(review.TopicPublished, jobs.Bulk, patient, quick, h.reviewGrew),
	}
}

// payload reads an event's payload.
func payload[T any](ev outbox.Event) (v T, err error) {
	if err := json.Unmarshal(ev.Payload, &v); err != nil {
		return v, fmt.Errorf("payload of %s: %w", ev.Topic, err)
	}
	return v, nil
}

// portions does something, a portion in each transaction, until no more is left of it.
func (h *Handlers) portions(ctx context.Context, id tenant.ID, portion func(ctx context.Context, tx tenantdb.Tx) (more bool, err error)) error {
	for more := true; more; {
		err := h.DB.InTenant(ctx, id, func(tx tenantdb.Tx) (err error) {
			more, err = portion(ctx, tx)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime"

	"galleria/cmd/internal/tryout"
	"galleria/commerce/aftersale"
	"galleria/commerce/campaign"
	"galleria/commerce/card"
	"galleria/commerce/cart"
	"galleria/commerce/catalog"
	"galleria/commerce/coupon"
	"galleria/commerce/delivery"
	"galleria/commerce/distribution"
	"galleria/commerce/figures"
	"galleria/commerce/freight"
	"galleria/commerce/inventory"
	"galleria/commerce/invoice"
	"galleria/commerce/level"
	"galleria/commerce/listing"
	"galleria/commerce/member"
	"galleria/commerce/notice"
	"galleria/commerce/order"
	"galleria/commerce/picture"
	"galleria/commerce/points"
	"galleria/commerce/port"
	"galleria/commerce/review"
	"galleria/commerce/voucher"
	"galleria/console/authz"
	"galleria/console/herald"
	"galleria/console/verify"
	"galleria/jobs"
	"galleria/jobs/handle"
	"galleria/payments"
	"galleria/payments/account"
	"galleria/payments/alipay"
	"galleria/payments/evidence"
	"galleria/payments/ledger"
	"galleria/payments/reconcile"
	"galleria/payments/transfer"
	"galleria/payments/unionpay"
	"galleria/payments/wechat"
	"galleria/tenant"
	"galleria/tenant/egress"
	"galleria/tenant/miniprogram"
	"galleria/tenant/routine"
	"galleria/tenant/signup"
	"galleria/tenant/tenantdb"
	"galleria/web/middleware"
)

// Services is every room of commerce and payments, built on one ground.
type Services struct {
	*Ground
	Catalog     *catalog.Service
	Inventory   *inventory.Service
	Members     *member.Service
	Carts       *cart.Service
	Cards       *card.Service
	Vouchers    *voucher.Service
	Orders      *order.Service
	Cases       *aftersale.Service
	Reviews     *review.Service
	Delivery    *delivery.Service
	Freights    *freight.Service
	Coupons     *coupon.Service
	Campaigns   *campaign.Service
	Distributed *distribution.Service
	Points      *points.Service
	Levels      *level.Service
	Invoices    *invoice.Service
	Notices     *notice.Service
	MiniProgram *miniprogram.Service
	Accounts    *account.Service
	Payments    *payments.Service
	Transfers   *transfer.Service
	Ledger      *ledger.Service
	Reconcile   *reconcile.Service
	Signups     *signup.Service
	Proofs      *verify.Service
	Listings    *listing.Service
	Pictures    *picture.Service
	Figures     *figures.Service
	Ports       *port.Service
	Looks       *figures.Looks
	Evidence    *evidence.Service
	Tryouts     *tryout.Service // nil without a sandbox
	Kinds       jobs.Kinds
	Routines    *routine.Log

	metrics *metrics
	places  *middleware.Places
}

// NewServices builds the rooms.
func NewServices(g *Ground) (*Services, error) {
	s := &Services{
		Ground:  g,
		metrics: newMetrics(),
		places: middleware.NewPlaces(map[middleware.Class]int{
			middleware.ClassAPI: g.Config.APIPlaces, middleware.ClassCallback: g.Config.CallbackPlaces, middleware.ClassConsole: g.Config.ConsolePlaces,
		}),
		Catalog:   catalog.New(catalog.Deps{DB: g.DB, Plans: g.Plans, Timers: g.Timers}),
		Inventory: inventory.New(inventory.Deps{NotifyChannel: catalog.NotifyChannel, Outbox: g.Outbox}),
		Notices:   notice.New(notice.Deps{DB: g.DB, Audit: g.Audit, Outbox: g.Outbox, Vault: g.Vault, Mailer: g.mailer(), Texter: g.texter(), Now: g.Now}), Figures: figures.New(g.DB, g.Timers),
		MiniProgram: miniprogram.New(miniprogram.Deps{DB: g.DB, Vault: g.Vault, Now: g.Now, SandboxBase: egress.Only(g.Config.SandboxURL), Plans: g.Plans}),
		Accounts: account.New(account.Deps{
			DB: g.DB, Vault: g.Vault, Registry: g.Registry, Audit: g.Audit, Outbox: g.Outbox, Timers: g.Timers, Now: g.Now, Rand: rand.Reader,
			SandboxBase: egress.Only(g.Config.SandboxURL),
		}),
	}
	s.Members = member.New(member.Deps{
		DB: g.DB, Now: g.Now, Rand: rand.Reader, Vault: g.Vault, Audit: g.Audit, Outbox: g.Outbox, Timers: g.Timers,
		Belongings: func() []member.Belongings {
			return []member.Belongings{s.Catalog, s.Carts, s.Orders, s.Vouchers, s.Cases, s.Notices, s.Transfers, s.Reviews, s.Coupons, s.Points, s.Levels, s.Campaigns, s.Invoices, s.Distributed, payers{s.Orders, s.Payments, s.Delivery}, s.Figures} // figures move what orders have moved
		},
	})
	s.Looks = figures.NewLooks(figures.LooksDeps{Figures: s.Figures, Now: g.Now, Log: g.Log})
	s.Delivery, s.Freights = s.newDelivery(), freight.New(freight.Deps{DB: g.DB, Audit: g.Audit})
	s.Carts, s.Vouchers = cart.New(cart.Deps{DB: g.DB}), voucher.New(g.DB)
	s.Cards = card.New(card.Deps{DB: g.DB, Stock: s.Inventory, Vault: g.Vault, Audit: g.Audit, Rand: rand.Reader})
	going := &goingBack{}
	s.Coupons = s.newCoupons()
	s.Campaigns = campaign.New(campaign.Deps{DB: g.DB, Audit: g.Audit, Timers: g.Timers, Tell: s.Catalog.TellPricesTx, Outbox: g.Outbox})
	s.Ledger = ledger.New(ledger.Deps{DB: g.DB, Audit: g.Audit})
	s.Points = points.New(points.Deps{DB: g.DB, Outbox: g.Outbox, Timers: g.Timers, Audit: g.Audit, Books: s.Ledger, Coupons: s.Coupons, Now: g.Now})
	s.Levels = level.New(level.Deps{DB: g.DB, Outbox: g.Outbox, Timers: g.Timers, Audit: g.Audit})
	s.Orders = order.New(order.Deps{
		Offers: []order.Offers{s.Coupons, s.Points, s.Levels, s.Campaigns}, Groups: s.Campaigns,
		DB: g.DB, Catalog: s.Catalog, Inventory: s.Inventory, Addresses: s.Members, Carts: s.Carts, Cards: s.Cards, Vouchers: s.Vouchers, Places: g.Places, Figures: s.Figures,
		Stores: s.Delivery, Outbox: g.Outbox, Timers: g.Timers, Audit: g.Audit, Refunds: going,
	})
	channels := s.channels()
	s.Transfers = transfer.New(transfer.Deps{
		DB: g.DB, Accounts: s.Accounts, Channels: channels, Books: s.Ledger, Outbox: g.Outbox, Timers: g.Timers, Vault: g.Vault, Audit: g.Audit,
		Now: g.Now, Rand: rand.Reader, Log: g.Log, PublicURL: g.Config.PublicURL,
	})
	s.Payments = payments.New(payments.Deps{
		DB: g.DB, Accounts: s.Accounts, Bills: bills{s.Orders}, Channels: channels, Books: s.Ledger, Payouts: s.Transfers, Audit: g.Audit, Outbox: g.Outbox, Timers: g.Timers,
		Vault: g.Vault, Now: g.Now, Rand: rand.Reader, Log: g.Log, PublicURL: g.Config.PublicURL,
	})
	going.Service = s.Payments
	s.Cases = s.newCases()
	s.Reviews = s.newReviews()
	s.Reconcile = reconcile.New(reconcile.Deps{
		DB: g.DB, Accounts: s.Accounts, Channels: channels, Payments: s.Payments, Books: s.Ledger, Audit: g.Audit, Timers: g.Timers, Now: g.Now, Log: g.Log,
	})
	s.Listings = listing.New(listing.Deps{DB: g.DB, Catalog: s.Catalog, Inventory: s.Inventory, Audit: g.Audit})
	store, err := g.Config.pictureStore()
	if err != nil {
		return nil, err
	}
	s.Pictures = picture.New(picture.Deps{DB: g.DB, Plans: g.Plans, Outbox: g.Outbox, Store: store, Now: g.Now})
	s.Evidence = evidence.New(evidence.Deps{DB: g.DB, Plans: g.Plans, Audit: g.Audit, Store: picture.Files{Store: store}, Now: g.Now})
	s.Ports, s.Invoices = s.newPorts(store), s.newInvoices(picture.Files{Store: store})
	s.Distributed = s.newDistribution(picture.Files{Store: store})
	s.Tryouts = s.newTryouts()
	s.Proofs = verify.New(verify.Deps{DB: g.DB, Courier: s.Courier, Secret: []byte(g.Config.CookieKey)})
	s.Signups = signup.New(signup.Deps{
		DB: g.DB, Provision: g.Provision, Registry: g.Registry, Audit: g.Audit, Outbox: g.Outbox, Mode: g.Config.SignupMode(),
		Owner: func(ctx context.Context, shop tenant.ID, staffID int64) error {
			return g.Staff.Grant(ctx, shop, staffID, authz.Owner)
		},
	})
	letters, err := herald.New(herald.Deps{
		Signups: s.Signups, Registry: g.Registry, Staff: g.Staff, Courier: g.Courier, BaseURL: g.Config.PublicURL, Log: g.Log,
	})
	if err != nil {
		return nil, err
	}
	if s.Kinds, err = s.newKinds(letters); err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	s.Routines = routine.New(g.DB, s.Kinds.Recurring(), s.Kinds.Dated()...)
	g.Outbox.EndInert(s.Kinds.Inert)
	g.Vault.Watch(s.watchKeys)
	return s, nil
}

func (s *Services) newInvoices(store invoice.Store) *invoice.Service {
	return invoice.New(invoice.Deps{
		DB: s.DB, Vault: s.Vault, Audit: s.Audit, Outbox: s.Outbox, Plans: s.Plans, Store: store, Now: s.Now, Rand: rand.Reader,
	})
}

// newKinds builds what is done in the background.
func (s *Services) newKinds(letters *herald.Herald) (jobs.Kinds, error) {
	return handle.New(handle.Deps{
		DB: s.DB, Outbox: s.Outbox, Orders: s.Orders, Cases: s.Cases, Payments: s.Payments, Transfers: s.Transfers, Accounts: s.Accounts, Bills: s.Reconcile, Members: s.Members, Notices: s.Notices, Messenger: s.MiniProgram, Texter: s.texter(), Mailer: s.mailer(), People: people{s.Ground, authz.New(authz.Deps{DB: s.DB, Now: s.Now})},
		Delivery: s.Delivery, Shippers: s.MiniProgram, Reviews: s.Reviews, Content: s.MiniProgram, PictureURL: s.pictureURL, Coupons: s.Coupons, Points: s.Points, Levels: s.Levels, Campaigns: s.Campaigns, Invoices: s.Invoices, Stock: s.Inventory, Distribution: s.Distributed,
		Signups: s.Signups, Tryouts: s.buyer(), Listings: s.Listings, Shelf: s.Catalog, Pictures: uploads{s.Pictures, s.Evidence, s.Ports, s.Invoices, s.Distributed}, Figures: s.Figures, Ports: s.Ports, Herald: letters, Plans: s.Plans, Timers: s.Timers, Vault: s.Vault, Now: s.Now,
		BodiesKept: s.Config.bodiesKept(), Log: s.Log,
	}).Kinds()
}

// channels are the ways to be paid.
func (s *Services) channels() []payments.Channel {
	signers := max(1, runtime.NumCPU()/2)
	return []payments.Channel{
		wechat.New(wechat.Deps{Keys: s.Accounts, Now: s.Now, Log: s.Log, Signers: signers}),
		alipay.New(alipay.Deps{Now: s.Now, Log: s.Log, Signers: signers}),
		unionpay.New(unionpay.Deps{Now: s.Now, Signers: signers}),
	}
}

// uploads are all files of a shop that are swept, of whatever room.
type uploads struct {
	*picture.Service
	evidence *evidence.Service
	ports    *port.Service
	invoices *invoice.Service
	sold     *distribution.Service
}

func (u uploads) Sweep(ctx context.Context, id tenant.ID) (int, error) {
	n, err := u.Service.Sweep(ctx, id)
	more, evidenceErr := u.evidence.Sweep(ctx, id)
	files, portErr := u.ports.Sweep(ctx, id)
	made, invoiceErr := u.invoices.Sweep(ctx, id)
	promoted, soldErr := u.sold.Sweep(ctx, id)
	return n + more + files + made + promoted, errors.Join(err, evidenceErr, portErr, invoiceErr, soldErr)
}

// goingBack shows orders what goes back of their money. Payments are built after orders,
// whose bills they read.
type goingBack struct{ *payments.Service }

// bills shows payments an order as the bill it is. The two rooms share no type.
type bills struct{ orders *order.Service }

func (b bills) BillTx(ctx context.Context, tx tenantdb.Tx, orderNo string) (payments.Bill, error) {
	bill, err := b.orders.Bill(ctx, tx, orderNo)
	return payments.Bill{
		BusinessNo: bill.OrderNo, Title: bill.Title, AmountFen: bill.AmountFen, ExpiresAt: bill.ExpiresAt, MemberID: bill.MemberID, AppID: bill.AppID,
	}, err
}

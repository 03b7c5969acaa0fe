package tryout

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"galleria/commerce/trial"
	"galleria/payments"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// walk is one purchase as a buyer makes it.
type walk struct {
	*Service
	shop     tenant.ID
	purchase trial.Purchase
	token    string
}

// Run does the steps of a purchase that are still to do. It is the job: safe to repeat, and
// whatever step it died in, the next run goes on there. A step that cannot be done is kept
// with the purchase, for its page, and is no failure of the job: a person starts it again.
func (s *Service) Run(ctx context.Context, shop tenant.ID, purchaseID int64) error {
	p, err := s.Trials.Find(ctx, shop, purchaseID)
	if errors.Is(err, fault.ErrNotFound) {
		return nil // given up
	}
	if err != nil {
		return err
	}
	w := &walk{Service: s, shop: shop, purchase: p}
	for w.purchase.Step != trial.Confirm {
		if err := w.step(ctx); err != nil {
			code, message := reasonOf(err)
			s.Log.WarnContext(ctx, "test purchase stopped", "tenant_id", shop.String(), "step", string(w.purchase.Step), "code", code, "error", err)
			// The job's time may be up; that it stopped must be seen all the same.
			return s.Trials.Stopped(context.WithoutCancel(ctx), shop, w.purchase, code, message)
		}
		if err := s.Trials.Reached(ctx, shop, w.purchase); err != nil {
			return err
		}
		w.purchase.Step = w.purchase.Step.After()
	}
	return nil
}

func (w *walk) step(ctx context.Context) error {
	if w.token == "" { // a run that goes on signs in again: tokens are not kept
		if err := w.signIn(ctx); err != nil {
			return err
		}
	}
	switch w.purchase.Step {
	case trial.SignIn, trial.Confirm:
		return nil
	case trial.Cart:
		return w.fillCart(ctx)
	case trial.Order:
		return w.order(ctx)
	case trial.Pay:
		return w.pay(ctx)
	}
	return nil
}

// api calls this installation as a Mini Program does.
func (w *walk) api(ctx context.Context, method, path string, body, out any, header ...string) error {
	in := request{method: method, url: w.APIURL + "/api/v1" + path, body: body, header: map[string]string{"X-App-Id": w.purchase.AppID}}
	if w.token != "" {
		in.header["Authorization"] = "Bearer " + w.token
	}
	for i := 0; i+1 < len(header); i += 2 {
		in.header[header[i]] = header[i+1]
	}
	got, err := call(ctx, in)
	if err != nil {
		return stop("API_UNREACHABLE", "", err)
	}
	if got.status >= http.StatusMultipleChoices {
		p := got.problem()
		return stop(p.Code, p.Message, nil)
	}
	return got.read(out)
}

func (w *walk) signIn(ctx context.Context) error {
	code, err := w.at.Login(ctx, w.purchase.AppID, buyerName)
	if err != nil {
		return err
	}
	var got struct {
		AccessToken string `json:"access_token"`
	}
	if err := w.api(ctx, http.MethodPost, "/auth/login", map[string]string{"code": code}, &got); err != nil {
		return err
	}
	w.token = got.AccessToken
	return nil
}

// fillCart puts one piece of the newest product that can be bought into the cart, and
// nothing else.
func (w *walk) fillCart(ctx context.Context) error {
	var shelf struct {
		Items []struct {
			SKUs []struct {
				ID         int64  `json:"id"`
				StockState string `json:"stock_state"`
			} `json:"skus"`
		} `json:"items"`
	}
	if err := w.api(ctx, http.MethodGet, "/products?in_stock=true&sort=newest&limit=1", nil, &shelf); err != nil {
		return err
	}
	for _, item := range shelf.Items {
		for _, sku := range item.SKUs {
			if sku.StockState == "sold_out" {
				continue
			}
			if err := w.api(ctx, http.MethodPost, "/cart/select", map[string]any{"all": true, "selected": false}, nil); err != nil {
				return err
			}
			return w.api(ctx, http.MethodPut, "/cart/lines/"+strconv.FormatInt(sku.ID, 10), map[string]any{"qty": 1, "selected": true}, nil)
		}
	}
	return stop("NO_PRODUCT", "", nil)
}

func (w *walk) order(ctx context.Context) error {
	if err := w.fillCart(ctx); err != nil { // an order that was placed has emptied it
		return err
	}
	to, err := w.addressID(ctx)
	if err != nil {
		return err
	}
	var quote struct {
		QuoteHash string `json:"quote_hash"`
	}
	if err := w.api(ctx, http.MethodPost, "/checkout/quote", map[string]any{"address_id": to}, &quote); err != nil {
		return err
	}
	var placed struct {
		OrderNo string `json:"order_no"`
	}
	err = w.api(ctx, http.MethodPost, "/orders", map[string]any{"address_id": to, "quote_hash": quote.QuoteHash, "remark": remark}, &placed,
		"Idempotency-Key", fmt.Sprintf("trial-%s-%d", w.shop, w.purchase.ID))
	if err != nil {
		return err
	}
	w.purchase.OrderNo = placed.OrderNo
	// Before it is paid: a shop that is open has orders that are none.
	return w.Orders.MarkTest(ctx, w.shop, placed.OrderNo)
}

func (w *walk) addressID(ctx context.Context) (int64, error) {
	type entry struct {
		ID int64 `json:"id"`
	}
	var book struct {
		Items []entry `json:"items"`
	}
	if err := w.api(ctx, http.MethodGet, "/addresses", nil, &book); err != nil {
		return 0, err
	}
	if len(book.Items) > 0 {
		return book.Items[0].ID, nil
	}
	var made entry
	err := w.api(ctx, http.MethodPost, "/addresses", address(), &made)
	return made.ID, err
}

// pay begins the payment and confirms it on the buyer's phone. What is paid already was
// paid by a run that did not live to say so.
func (w *walk) pay(ctx context.Context) error {
	var params map[string]any
	err := w.api(ctx, http.MethodPost, "/orders/"+w.purchase.OrderNo+"/pay", nil, &params)
	if err == nil {
		err = w.at.Pay(ctx, params)
	}
	if code, message := reasonOf(err); err != nil && (code == payments.ErrAlreadyPaid.Code() || strings.HasPrefix(message, "ORDERPAID")) {
		return nil
	}
	return err
}

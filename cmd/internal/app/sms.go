package app

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"galleria/commerce/notice"
	"galleria/commerce/notice/aliyun"
	"galleria/console/courier"
	"galleria/tenant/vault"
)

// texters sends a shop's text messages by its own provider. On the desk of a development
// installation they are read and go nowhere.
type texters struct {
	vendor notice.Texter
	desk   *courier.Desk // nil where messages are sent
}

func (g *Ground) texter() notice.Texter { return texters{aliyun.New(g.Now), g.Desk} }

// SendText implements notice.Texter.
func (t texters) SendText(ctx context.Context, key notice.SMSKey, m notice.Text) (string, error) {
	if key.Provider == notice.SMSVendor {
		return t.vendor.SendText(ctx, key, m)
	}
	if t.desk == nil {
		return "", &notice.SMSError{Code: "no_desk", Reason: "this installation sends messages", Broken: true}
	}
	values, err := json.Marshal(m.Values)
	if err != nil {
		return "", err
	}
	return "desk-" + uuid.NewString(), t.desk.Send(ctx, courier.Message{
		Way: courier.SMS, To: string(m.Phone.Reveal()), Kind: "sms", Text: "[" + key.SignName + "] " + m.Template + " " + string(values),
	})
}

// AskText implements notice.Texter.
func (t texters) AskText(ctx context.Context, key notice.SMSKey, phone vault.Secret, providerID string, sentAt time.Time) (notice.Receipt, bool, error) {
	if key.Provider == notice.SMSVendor {
		return t.vendor.AskText(ctx, key, phone, providerID, sentAt)
	}
	return notice.Receipt{ProviderID: providerID, Delivered: true}, true, nil
}

package sandbox

import "time"

// Template is a subscribe-message template of an app: its keywords, such as thing1 or
// amount2, carry their type in their name.
type Template struct {
	AppID      string   `json:"app_id"`
	TemplateID string   `json:"template_id"`
	Title      string   `json:"title,omitempty"`
	Keywords   []string `json:"keywords"`
}

// Consent counts how many messages of a template a buyer still allows.
type Consent struct {
	AppID      string `json:"app_id"`
	OpenID     string `json:"openid"`
	TemplateID string `json:"template_id"`
	Remaining  int    `json:"remaining"`
}

// Message is a subscribe message that was delivered.
type Message struct {
	AppID      string            `json:"app_id"`
	OpenID     string            `json:"openid"`
	TemplateID string            `json:"template_id"`
	Page       string            `json:"page,omitempty"`
	State      string            `json:"miniprogram_state"`
	Data       map[string]string `json:"data"`
	SentAt     time.Time         `json:"sent_at"`
}

// Shipment is the shipping information of a payment.
type Shipment struct {
	AppID         string    `json:"app_id"`
	MchID         string    `json:"mchid"`
	OutTradeNo    string    `json:"out_trade_no"`
	TransactionID string    `json:"transaction_id"`
	OpenID        string    `json:"openid"`
	LogisticsType int       `json:"logistics_type"`
	UploadTime    time.Time `json:"upload_time"`
	Uploads       int       `json:"uploads"`
}

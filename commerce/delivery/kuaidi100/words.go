package kuaidi100

import "galleria/commerce/delivery"

// stateOfWord reads the service's word for a state, for couriers of which it has no codes.
func stateOfWord(word string) (delivery.State, bool) {
	switch word {
	case "揽收", "揽件":
		return delivery.Accepted, true
	case "在途", "干线", "转递", "转投", "清关":
		return delivery.Transit, true
	case "派件", "投柜或驿站":
		return delivery.OutForDelivery, true
	case "签收", "本人签收", "代签", "投柜或站签收", "派件异常后签收":
		return delivery.Delivered, true
	case "退回", "退签", "拒签":
		return delivery.Returned, true
	case "疑难":
		return delivery.Exception, true
	}
	return "", false
}

// Answer implements delivery.Tracker. Anything but a result has the service come again.
func (*Client) Answer(err error) (contentType string, body []byte) {
	contentType = "application/json; charset=utf-8"
	if err == nil {
		return contentType, []byte(`{"result":true,"returnCode":"200","message":"成功"}`)
	}
	return contentType, []byte(`{"result":false,"returnCode":"500","message":"失败"}`)
}

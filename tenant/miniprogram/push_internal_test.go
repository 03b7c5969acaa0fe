package miniprogram

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// What WeChat's documentation gives as an example.
const (
	docToken  = "AAAAA"
	docAppID  = "wxba5fad812f8e6fb9"
	docSealed = "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
)

// TestPushOfTheDocumentation opens and verifies the documented messages, and nothing that
// differs from them.
func TestPushOfTheDocumentation(t *testing.T) {
	t.Parallel()
	key := strings.Repeat("A", aesKeySize)
	if !signedBy("f464b24fc39322e44b38aa78f5edd27bd1441696", docToken, "1714036504", "1514711492") {
		t.Error("the documented greeting is refused")
	}
	if !signedBy("046e02f8204d34f8ba5fa3b1db94908f3df2e9b3", docToken, "1714112445", "415670741", docSealed) {
		t.Error("the documented message is refused")
	}
	if signedBy("046e02f8204d34f8ba5fa3b1db94908f3df2e9b3", docToken, "1714112446", "415670741", docSealed) || signedBy("", docToken) {
		t.Error("another message is signed, too")
	}
	message, err := openPush(key, docAppID, docSealed)
	var said struct{ Event string }
	if err != nil || len(message) != 167 || unmarshalPush(message, &said) != nil || said.Event != "debug_demo" {
		t.Errorf("the documented message is %q, %v", message, err)
	}
	for name, tc := range map[string]struct{ key, app, sealed string }{
		"another app": {key, "wxba5fad812f8e6fb8", docSealed},
		"another key": {strings.Repeat("B", aesKeySize), docAppID, docSealed},
		"half of it":  {key, docAppID, docSealed[:len(docSealed)/2]},
		"one block":   {key, docAppID, "AAAAAAAAAAAAAAAAAAAAAA=="},
		"nothing":     {key, docAppID, ""},
		"no base64":   {key, docAppID, "***"},
		"a bad key":   {"*", docAppID, docSealed},
	} {
		if m, err := openPush(tc.key, tc.app, tc.sealed); !errors.Is(err, errPushSealed) {
			t.Errorf("%s: %q, %v", name, m, err)
		}
	}
}

// TestPushAboutMessages reads what WeChat's documentation gives as examples of events about
// subscribe messages, in JSON and in XML: one entry stands for itself, numbers come as text.
func TestPushAboutMessages(t *testing.T) {
	t.Parallel()
	accepted, refused := MessageNote{TemplateID: "T1", Accepted: true}, MessageNote{TemplateID: "T2"}
	sent := MessageNote{TemplateID: "T1", MsgID: "1864323726461255680", Code: "0", Words: "success"}
	for name, tc := range map[string]struct {
		message, event string
		want           []MessageNote
	}{
		"sent, JSON": {`{"ToUserName":"gh_1","FromUserName":"oX","CreateTime":"1620963428","MsgType":"event","Event":"subscribe_msg_sent_event",
			"List":{"TemplateId":"T1","MsgID":"1864323726461255680","ErrorCode":"0","ErrorStatus":"success"}}`, EventMessageSent, []MessageNote{sent}},
		"sent, numbers": {`{"FromUserName":"oX","Event":"subscribe_msg_sent_event","List":[{"TemplateId":"T1","MsgID":1864323726461255680,"ErrorCode":0,"ErrorStatus":"success"}]}`, EventMessageSent, []MessageNote{sent}},
		"sent, XML": {`<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oX]]></FromUserName><CreateTime>1610969468</CreateTime>
			<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe_msg_sent_event]]></Event><SubscribeMsgSentEvent><List><TemplateId><![CDATA[T1]]></TemplateId>
			<MsgID>1864323726461255680</MsgID><ErrorCode>0</ErrorCode><ErrorStatus><![CDATA[success]]></ErrorStatus></List></SubscribeMsgSentEvent></xml>`, EventMessageSent, []MessageNote{sent}},
		"asked, JSON": {`{"FromUserName":"oX","Event":"subscribe_msg_popup_event","List":[{"TemplateId":"T1","SubscribeStatusString":"accept","PopupScene":"0"},
			{"TemplateId":"T2","SubscribeStatusString":"reject","PopupScene":"0"}]}`, EventMessageAsked, []MessageNote{accepted, refused}},
		"asked, XML": {`<xml><FromUserName>oX</FromUserName><Event>subscribe_msg_popup_event</Event><SubscribeMsgPopupEvent>
			<List><TemplateId>T1</TemplateId><SubscribeStatusString>accept</SubscribeStatusString><PopupScene>2</PopupScene></List>
			<List><TemplateId>T2</TemplateId><SubscribeStatusString>reject</SubscribeStatusString></List></SubscribeMsgPopupEvent></xml>`, EventMessageAsked, []MessageNote{accepted, refused}},
		"changed, XML": {`<xml><FromUserName>oX</FromUserName><Event>subscribe_msg_change_event</Event><SubscribeMsgChangeEvent>
			<List><TemplateId>T2</TemplateId><SubscribeStatusString>reject</SubscribeStatusString></List></SubscribeMsgChangeEvent></xml>`, EventMessageChange, []MessageNote{refused}},
	} {
		got, err := readPush([]byte(tc.message))
		if err != nil || got.Name != tc.event || got.OpenID != "oX" || !slices.Equal(got.Notes, tc.want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for name, message := range map[string]string{
		"no List": `{"FromUserName":"oX","Event":"subscribe_msg_sent_event"}`,
		"a word":  `{"FromUserName":"oX","Event":"subscribe_msg_sent_event","List":"x"}`,
		"nested":  `{"FromUserName":"oX","Event":"subscribe_msg_sent_event","List":[{"MsgID":{}}]}`,
		"many":    `{"FromUserName":"oX","Event":"subscribe_msg_popup_event","List":[` + strings.Repeat(`{"TemplateId":"x"},`, maxNotes) + `{}]}`,
		"whose":   `{"FromUserName":"` + strings.Repeat("o", 129) + `","Event":"subscribe_msg_popup_event","List":{}}`,
	} {
		if got, err := readPush([]byte(message)); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got, err := readPush([]byte(`{"Event":"user_enter_tempsession","List":"of something else"}`)); err != nil || len(got.Notes) != 0 {
		t.Errorf("an event that we have no use for: %+v, %v", got, err)
	}
}

// FuzzReadPush: whatever is said, it is read or refused, not a panic.
func FuzzReadPush(f *testing.F) {
	f.Add(`{"Event":"subscribe_msg_sent_event","List":{"MsgID":1}}`)
	f.Add(`<xml><Event>subscribe_msg_popup_event</Event></xml>`)
	f.Fuzz(func(_ *testing.T, message string) { _, _ = readPush([]byte(message)) })
}

// FuzzOpenPush: whatever comes, it is refused, not a panic.
func FuzzOpenPush(f *testing.F) {
	f.Add(docSealed)
	f.Add("AAAAAAAAAAAAAAAAAAAAAA==")
	f.Fuzz(func(_ *testing.T, sealed string) { _, _ = openPush(strings.Repeat("A", aesKeySize), docAppID, sealed) })
}

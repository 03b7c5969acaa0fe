package expressgw

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"galleria/payments/sandbox/internal/strict"
)

// refusal is the service's no.
type refusal struct{ code, text string }

func (r *refusal) Error() string { return r.code + " " + r.text }

// companies are the couriers the service knows here.
func companies() []string {
	return []string{
		"zhongtong", "yuantong", "yunda", "shentong", "jtexpress", "shunfeng", "jd", "youzhengguonei", "ems", "debangkuaidi",
		"huitongkuaidi", "youshuwuliu", "zhaijisong", "annengwuliu",
	}
}

type verdict struct {
	Result     bool   `json:"result"`
	ReturnCode string `json:"returnCode"`
	Message    string `json:"message"`
}

// serve wraps a call with the form, armed faults and the service's answers, which are HTTP
// 200 whatever they say.
func (g *Gateway) serve(target string, do func(form url.Values) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f := g.faults.Take(target)
		switch {
		case f.Is(ModeDrop):
			panic(http.ErrAbortHandler)
		case f.Is(ModeHTTP500):
			http.Error(w, "internal error", http.StatusInternalServerError)
			return
		case f.Is(ModeGarbage):
			_, _ = io.WriteString(w, "<html><body>502 Bad Gateway</body></html>")
			return
		case f.Is(ModeCode):
			writeJSON(w, http.StatusOK, verdict{false, f.Value, "armed"})
			return
		}
		form, err := readForm(r)
		var answer any
		if err == nil {
			answer, err = do(form)
		}
		if f.Is(ModeCutAfterDoing) {
			panic(http.ErrAbortHandler)
		}
		if no := (*refusal)(nil); errors.As(err, &no) {
			g.log.InfoContext(r.Context(), "kuaidi100 refused a call", "path", r.URL.Path, "code", no.code, "reason", no.text)
			writeJSON(w, http.StatusOK, verdict{false, no.code, no.text})
			return
		}
		if err != nil {
			g.log.ErrorContext(r.Context(), "kuaidi100 failed", "error", err)
			answer = verdict{false, "500", "服务器错误"}
		}
		writeJSON(w, http.StatusOK, answer)
	}
}

func readForm(r *http.Request) (url.Values, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, &refusal{"400", "Content-Type 不是 application/x-www-form-urlencoded"}
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return nil, &refusal{"400", "请求不完整"}
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return nil, &refusal{"400", "请求格式错误"}
	}
	return form, nil
}

// fields demands exactly these fields, once each.
func fields(form url.Values, names ...string) error {
	for name, values := range form {
		if !slices.Contains(names, name) || len(values) != 1 {
			return &refusal{"400", "参数错误：" + name}
		}
	}
	for _, name := range names {
		if form.Get(name) == "" {
			return &refusal{"400", "参数缺失：" + name}
		}
	}
	return nil
}

const longestNumber = 32

func checkNumber(company, no, phone, badNumber string) error {
	switch {
	case !slices.Contains(companies(), company):
		return &refusal{badNumber, "不支持的快递公司：" + company}
	case len(no) < 6 || len(no) > longestNumber:
		return &refusal{badNumber, "快递单号不合法"}
	case company == "shunfeng" && len(phone) < 4:
		return &refusal{"408", "顺丰单号需要收、寄件人电话"}
	}
	return nil
}

// subscribe is poll.
func (g *Gateway) subscribe(form url.Values) (any, error) {
	if err := fields(form, "schema", "param"); err != nil {
		return nil, err
	}
	if form.Get("schema") != "json" {
		return nil, &refusal{"400", "schema 只支持 json"}
	}
	var in struct {
		Company    string `json:"company"`
		Number     string `json:"number"`
		Key        string `json:"key"`
		From       string `json:"from"`
		To         string `json:"to"`
		Parameters struct {
			CallbackURL string `json:"callbackurl"`
			Salt        string `json:"salt"`
			Phone       string `json:"phone"`
			ResultV2    string `json:"resultv2"`
			AutoCom     string `json:"autoCom"`
		} `json:"parameters"`
	}
	if err := strict.Decode(strings.NewReader(form.Get("param")), &in); err != nil {
		return nil, &refusal{"702", "param 格式错误：" + err.Error()}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	customer := g.customerOf(in.Key)
	if customer == "" {
		return nil, &refusal{"600", "您不是合法的订阅者（即授权Key出错）"}
	}
	if err := checkNumber(in.Company, in.Number, in.Parameters.Phone, "701"); err != nil {
		return nil, err
	}
	if u, err := url.Parse(in.Parameters.CallbackURL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, &refusal{"702", "callbackurl 不是合法地址"}
	}
	key := subscriber{customer, number{in.Company, in.Number}}
	if known, ok := g.books.subscriptions[key]; ok && !known.Ended {
		return nil, &refusal{"501", "重复订阅"}
	}
	s := Subscription{
		Customer: customer, Company: in.Company, Number: in.Number, Phone: in.Parameters.Phone, CallbackURL: in.Parameters.CallbackURL, Salt: in.Parameters.Salt,
	}
	e := entry{Subscription: &s}
	if len(g.books.scans[key.number]) > 0 { // what is known already is told at once
		e.Pushes = append(e.Pushes, g.owe(s, "", len(g.books.pushes)))
	}
	if err := g.commit(e); err != nil {
		return nil, err
	}
	g.Nudge()
	return verdict{true, "200", "提交成功"}, nil
}

// customerOf is whose key it is. g.mu must be held.
func (g *Gateway) customerOf(key string) (customer string) {
	for _, a := range g.books.accounts {
		if a.Key == key {
			customer = a.Customer
		}
	}
	return customer
}

// query is poll/query.do.
func (g *Gateway) query(form url.Values) (any, error) {
	if err := fields(form, "customer", "sign", "param"); err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	a, ok := g.books.accounts[form.Get("customer")]
	if !ok {
		return nil, &refusal{"601", "customer 不存在或 KEY 已过期"}
	}
	if form.Get("sign") != sign(form.Get("param"), a.Key, a.Customer) {
		return nil, &refusal{"503", "验证签名失败"}
	}
	var in struct {
		Com      string `json:"com"`
		Num      string `json:"num"`
		Phone    string `json:"phone"`
		From     string `json:"from"`
		To       string `json:"to"`
		ResultV2 string `json:"resultv2"`
		Show     string `json:"show"`
		Order    string `json:"order"`
	}
	if err := strict.Decode(strings.NewReader(form.Get("param")), &in); err != nil {
		return nil, &refusal{"400", "param 格式错误：" + err.Error()}
	}
	if err := checkNumber(in.Com, in.Num, in.Phone, "400"); err != nil {
		return nil, err
	}
	key := number{in.Com, in.Num}
	if len(g.books.scans[key]) == 0 {
		return nil, &refusal{"500", "查询无结果，请隔段时间再查"}
	}
	return g.result(key), nil
}

// trace is a word as the service writes it.
type trace struct {
	Time       string `json:"time"`
	FTime      string `json:"ftime"`
	Context    string `json:"context"`
	Status     string `json:"status"`
	StatusCode string `json:"statusCode"`
	AreaName   string `json:"areaName,omitempty"`
}

type result struct {
	Message   string  `json:"message"`
	Number    string  `json:"nu"`
	IsCheck   string  `json:"ischeck"`
	Condition string  `json:"condition"`
	Company   string  `json:"com"`
	Status    string  `json:"status"`
	State     string  `json:"state"`
	Data      []trace `json:"data"`
}

// result is where a number is, newest word first. g.mu must be held.
func (g *Gateway) result(key number) result {
	scans := g.books.scans[key]
	out := result{Message: "ok", Number: key.no, Company: key.company, Status: "200", IsCheck: "0", Condition: "00", State: "0", Data: []trace{}}
	for _, s := range slices.Backward(scans) {
		at := s.At.In(beijing()).Format(timeLayout)
		out.Data = append(out.Data, trace{at, at, s.Text, word(s.Code), s.Code, s.Place})
	}
	if n := len(scans); n > 0 {
		out.State = basic(scans[n-1].Code)
		if out.State == "3" {
			out.IsCheck = "1"
		}
	}
	return out
}

// basic is the state that a finer one belongs to.
func basic(code string) string {
	if len(code) >= 3 {
		return code[:1]
	}
	return code
}

func word(code string) string {
	words := map[string]string{"0": "在途", "1": "揽收", "2": "疑难", "3": "签收", "4": "退签", "5": "派件", "6": "退回", "7": "转投", "8": "清关", "14": "拒签"}
	return words[basic(code)]
}

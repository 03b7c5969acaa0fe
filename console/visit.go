package console

import (
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/i18n"
	"galleria/console/session"
	"galleria/console/view"
	"galleria/tenant/look"
)

const (
	localeCookie = "galleria_lang"
	themeCookie  = "galleria_theme"
	// schemeCookie is what a script found out about the visitor's system; see theme.js.
	schemeCookie = "galleria_scheme"
)

// visit is what the server knows about one request.
type visit struct {
	text  i18n.Printer
	theme view.Theme
	// autoTheme: neither the visitor nor the browser has said which.
	autoTheme bool
	binding   string           // what form tokens are bound to
	session   *session.Session // nil when signed out
	pending   *session.Pending // a session that still owes its second factor
	ended     bool             // a session came with the request but is over
	shop      *session.Shop    // nil outside a shop
	granted   authz.Granted
	// platform is what the viewer may do on the platform; nil outside its pages.
	platform authz.PlatformGranted
	look     *look.Look // the viewer only looks into the shop; nil for its people
	upload   bool       // the route's form may hold files
}

// begin reads who visits and how he wants to see the pages.
func (s *Console) begin(c *fiber.Ctx) (*visit, error) {
	v := &visit{text: s.texts.Printer(langOf(c))}
	v.theme, v.autoTheme = themeOf(c)
	token := s.cookies.Token(c)
	if token != "" {
		found, err := s.sessions.Find(c.UserContext(), token)
		switch {
		case err == nil:
			v.session, v.binding = &found, token
			return v, nil
		case !errors.Is(err, session.ErrEnded):
			return v, err
		}
		half, err := s.sessions.FindPending(c.UserContext(), token)
		switch {
		case err == nil:
			v.pending, v.binding = &half, token
			return v, nil
		case !errors.Is(err, session.ErrEnded):
			return v, err
		}
		v.ended = true
		s.cookies.ClearToken(c)
	}
	v.binding = s.cookies.KnownVisitor(c)
	return v, nil
}

func langOf(c *fiber.Ctx) i18n.Lang {
	if lang, ok := i18n.ParseLang(c.Cookies(localeCookie)); ok {
		return lang
	}
	return i18n.FromHeader(c.Get(fiber.HeaderAcceptLanguage))
}

// page is the frame of the answer; here is the menu entry that is open.
func (s *Console) page(c *fiber.Ctx, v *visit, title, here string) view.Page {
	if v.session == nil && v.pending == nil {
		v.binding = s.cookies.Visitor(c)
	}
	p := view.Page{
		Text: v.text, Theme: v.theme, AutoTheme: v.autoTheme, CSRF: s.guard.Token(v.binding), Asset: s.Assets.URL,
		Title: title, Back: backTo(c),
	}
	if v.session == nil {
		return p
	}
	p.Person = &view.Person{Name: v.session.Name, Login: v.session.Login}
	p.Shops, p.OnPlatform = len(v.session.Shops), v.session.OnPlatform
	if v.look != nil {
		p.Look = &view.LookBanner{ID: v.look.ID, Ticket: v.look.Ticket, Until: v.look.EndsAt}
	}
	if v.shop != nil {
		p.Shop = &view.Shop{Handle: v.shop.Handle, Name: v.shop.Name, Role: v.roleHere()}
		p.Shop.Notice, p.Shop.NoticeHref = s.shopNotice(v)
		p.Nav = s.menu(c, v, here)
		s.ring(c, v, &p)
	}
	return p
}

// menu lists the pages the viewer may open. A badge that cannot be counted is left
// out: the page itself is worth more.
func (s *Console) menu(c *fiber.Ctx, v *visit, here string) []view.NavItem {
	shop := view.Shop{Handle: v.shop.Handle}
	all := []struct {
		need authz.Permission
		item view.NavItem
	}{
		{authz.DashboardRead, view.NavItem{Key: "nav.dashboard", Icon: "layout-dashboard", Href: shop.URL("")}},
		{authz.FiguresRead, view.NavItem{Key: "nav.figures", Icon: "trending-up", Href: shop.URL("/figures")}},
		{authz.OrderRead, view.NavItem{Key: "nav.orders", Icon: "receipt", Href: shop.URL("/orders")}},
		{authz.OrderVerify, view.NavItem{Key: "nav.pickup", Icon: "building-store", Href: shop.URL("/pickup")}},
		{authz.AfterSaleRead, view.NavItem{Key: "nav.aftersales", Icon: "receipt-refund", Href: shop.URL("/aftersales")}},
		{authz.InvoiceRead, view.NavItem{Key: navInvoices, Icon: "note", Href: shop.URL(invoicesPath)}},
		{authz.CouponRead, view.NavItem{Key: "nav.coupons", Icon: "coin", Href: shop.URL("/coupons")}},
		{authz.CampaignRead, view.NavItem{Key: navCampaigns, Icon: "calendar", Href: shop.URL(campaignsPath)}},
		{authz.DistributionRead, view.NavItem{Key: navDistribution, Icon: "apps", Href: shop.URL(distributionPath)}},
		{authz.PointsRead, view.NavItem{Key: "nav.points", Icon: "coin", Href: shop.URL("/points")}},
		{authz.LevelRead, view.NavItem{Key: navLevels, Icon: "user", Href: shop.URL(levelsPath)}},
		{authz.ReviewRead, view.NavItem{Key: "nav.reviews", Icon: "message", Href: shop.URL("/reviews")}},
		{authz.ProductRead, view.NavItem{Key: "nav.products", Icon: "package", Href: shop.URL("/products")}},
		{authz.StockRead, view.NavItem{Key: "nav.stock", Icon: "box", Href: shop.URL("/stock")}},
		{authz.ImportRun, view.NavItem{Key: "nav.imports", Icon: "note", Href: shop.URL("/imports")}},
		{authz.ExportRun, view.NavItem{Key: "nav.exports", Icon: "books", Href: shop.URL("/exports")}},
		{authz.MemberRead, view.NavItem{Key: "nav.members", Icon: "user", Href: shop.URL("/members")}},
		{authz.LedgerRead, view.NavItem{Key: "nav.whereabouts", Icon: "map-pin", Href: shop.URL("/money"), Group: "nav.money"}},
		{authz.LedgerRead, view.NavItem{Key: "nav.settlement", Icon: "trending-up", Href: shop.URL("/settlement"), Group: "nav.money"}},
		{authz.PaymentRead, view.NavItem{Key: "nav.payments", Icon: "cash", Href: shop.URL("/payments"), Group: "nav.money"}},
		{authz.RefundRead, view.NavItem{Key: "nav.refunds", Icon: "receipt-refund", Href: shop.URL("/refunds"), Group: "nav.money"}},
		{authz.TransferRead, view.NavItem{Key: "nav.transfers", Icon: "trending-down", Href: shop.URL("/transfers"), Group: "nav.money"}},
		{authz.PaymentRead, view.NavItem{Key: "nav.anomalies", Icon: "alert-triangle", Href: shop.URL("/anomalies"), Group: "nav.money"}},
		{authz.LedgerRead, view.NavItem{Key: "nav.books", Icon: "books", Href: shop.URL("/books"), Group: "nav.money"}},
		{authz.ReconcileRead, view.NavItem{Key: "nav.reconcile", Icon: "coin", Href: shop.URL("/reconciliation"), Group: "nav.money"}},
		{authz.AppRead, view.NavItem{Key: "nav.apps", Icon: "apps", Href: shop.URL("/apps"), Group: "nav.settings"}},
		{authz.PaymentAccountRead, view.NavItem{Key: "nav.accounts", Icon: "credit-card", Href: shop.URL("/payment-accounts"), Group: "nav.settings"}},
		{authz.ShopRead, view.NavItem{Key: "nav.delivery", Icon: "truck-delivery", Href: shop.URL("/delivery"), Group: "nav.settings"}},
		{authz.MessageRead, view.NavItem{Key: "nav.messages", Icon: "message", Href: shop.URL("/messages"), Group: "nav.settings"}},
		{authz.StaffRead, view.NavItem{Key: "nav.staff", Icon: "user", Href: shop.URL("/staff"), Group: "nav.settings"}},
		{authz.RoleRead, view.NavItem{Key: "nav.roles", Icon: "shield-lock", Href: shop.URL("/roles"), Group: "nav.settings"}},
		{authz.AuditRead, view.NavItem{Key: "nav.audit", Icon: "note", Href: shop.URL("/audit"), Group: "nav.settings"}},
		{authz.CallbackRead, view.NavItem{Key: "nav.callbacks", Icon: "bell", Href: shop.URL("/callbacks"), Group: "nav.settings"}},
		{authz.PlanRead, view.NavItem{Key: "nav.plan", Icon: "coin", Href: shop.URL("/plan"), Group: "nav.settings"}},
	}
	items, group := make([]view.NavItem, 0, len(all)), ""
	for _, entry := range all {
		if !v.granted[entry.need] {
			continue
		}
		entry.item.Here = entry.item.Key == here
		if entry.item.Group == group { // the heading stands once, above the first the viewer sees
			entry.item.Group = ""
		} else {
			group = entry.item.Group
		}
		if entry.need == authz.OrderRead {
			n, err := s.pages.ToShip(c.UserContext(), v.shop.ID)
			if err != nil {
				s.note(c, v, err)
			}
			entry.item.Badge = n
		}
		items = append(items, entry.item)
	}
	return items
}

// roleHere names what the viewer is in the shop.
func (v *visit) roleHere() string {
	if v.look != nil {
		return v.text.T("look.role")
	}
	return roleName(v.text, v.shop.Role)
}

// roleName prints a preset role in the viewer's language, another by its stored name.
func roleName(text i18n.Printer, role session.Role) string {
	if text.Has("role." + role.Code) {
		return text.T("role." + role.Code)
	}
	return role.Name
}

// localPath returns s if it is an address of the console on this host, else "".
func localPath(s string) string {
	if len(s) > 500 || strings.ContainsAny(s, "\\\r\n\t\x00") || strings.HasPrefix(s, "//") {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return ""
	}
	if u.Path != "/console" && !strings.HasPrefix(u.Path, "/console/") {
		return ""
	}
	if strings.Contains(u.Path, "//") || strings.Contains(u.Path, "/.") {
		return ""
	}
	return u.RequestURI()
}

// schemeHint is how a browser tells, when asked, what its system prefers.
const schemeHint = "Sec-CH-Prefers-Color-Scheme"

// themeOf is the visitor's own choice, or else what the visitor's system prefers. unknown
// says that nobody has told: it is light, until a script has asked the system.
func themeOf(c *fiber.Ctx) (theme view.Theme, unknown bool) {
	for _, told := range []string{c.Cookies(themeCookie), strings.Trim(c.Get(schemeHint), `"`), c.Cookies(schemeCookie)} {
		if theme = view.Theme(told); theme == view.Light || theme == view.Dark {
			return theme, false
		}
	}
	return view.Light, true
}

// backTo is the address that a change of language or theme returns to.
func backTo(c *fiber.Ctx) string {
	if c.Method() != fiber.MethodGet {
		return "/console"
	}
	if path := localPath(c.OriginalURL()); path != "" {
		return path
	}
	return "/console"
}

func preference(name, value string) *fiber.Cookie {
	const year = 365 * 24 * time.Hour
	return &fiber.Cookie{
		Name: name, Value: value, Path: "/console", MaxAge: int(year.Seconds()),
		Secure: true, HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode,
	}
}

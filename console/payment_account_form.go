package console

import (
	"errors"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/payments"
	"galleria/payments/account"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/miniprogram"
	"galleria/tenant/vault"
)

// keyFields are the fields of a channel's form in their order, in groups. What begins with
// "!" must be given when an account is added, what begins with "?" may always be left out.
func keyFields(channel payments.Code) [][]string {
	switch channel {
	case payments.WeChat:
		return [][]string{
			{"!private_key", "?merchant_certificate", "merchant_serial", "!api_v3_key"},
			{"key_mode", "public_key_id", "public_key", "?platform_certificate"},
			{"relation", "sp_mchid", "sp_appid", "?sub_appid"},
		}
	case payments.Alipay:
		return [][]string{
			{"!sign_app_id", "!private_key", "app_certificate"},
			{"key_mode", "public_key", "alipay_certificate", "root_certificate"},
		}
	case payments.UnionPay:
		return [][]string{
			{"pfx", "pfx_password", "?private_key", "?certificate"},
			{"!middle_certificate", "!root_certificate"},
		}
	}
	return nil
}

// keyModes are the ways in which a channel's messages are verified.
func keyModes(channel payments.Code) []payments.KeyMode {
	if channel == payments.WeChat {
		return []payments.KeyMode{payments.KeyModePublicKey, payments.KeyModeCertificate, payments.KeyModeBoth}
	}
	return []payments.KeyMode{payments.KeyModePublicKey, payments.KeyModeCertificate}
}

// keyKind says how a field is asked for: as a file or pasted, only as a file, hidden while
// it is typed, or in plain sight.
func keyKind(name string) string {
	switch name {
	case "private_key", "public_key", "merchant_certificate", "platform_certificate", "app_certificate", "alipay_certificate",
		"root_certificate", "middle_certificate", "certificate":
		return "pem"
	case "pfx":
		return "file"
	case "api_v3_key", "pfx_password":
		return "password"
	case "key_mode", "relation":
		return "select"
	}
	return "text"
}

// keyGroups builds the fields of keys; shown is the account whose keys are replaced, or nil.
func (s *Console) keyGroups(c *fiber.Ctx, v *visit, channel payments.Code, shown *readmodel.Account) []view.KeyGroup {
	groups := []view.KeyGroup{}
	for i, names := range keyFields(channel) {
		g := view.KeyGroup{Title: v.text.T("collect.group." + []string{"own", "provider", "relation"}[i])}
		partner := relationOf(c) == account.ServiceProvider || (shown != nil && shown.SpMchID != "")
		switch {
		case i == relationGroup && shown == nil && relationOf(c) == account.DirectMerchant:
			continue // the page of the other relation asks for it
		case i == relationGroup:
			g.Lead = v.text.T("collect.relation_lead")
		case i == 0 && partner:
			g.Title, g.Lead = v.text.T("collect.group.sp"), v.text.T("collect.sp_keys_lead")
		}
		g.Fields = s.keyGroupFields(c, v, channel, names, shown)
		groups = append(groups, g)
	}
	return groups
}

// keyGroupFields are the fields of these names. A new account's relation was chosen by the
// page, and the app that signs stays for an account's life.
func (s *Console) keyGroupFields(c *fiber.Ctx, v *visit, channel payments.Code, names []string, shown *readmodel.Account) (fields []view.KeyField) {
	for _, name := range names {
		name, required := strings.CutPrefix(name, "!")
		name, optional := strings.CutPrefix(name, "?")
		if (shown != nil && name == "sign_app_id") || (shown == nil && name == "relation") {
			continue
		}
		f := s.keyField(c, v, channel, name, shown)
		f.Required, f.Optional = required && shown == nil, optional
		fields = append(fields, f)
	}
	return fields
}

func (s *Console) keyField(c *fiber.Ctx, v *visit, channel payments.Code, name string, shown *readmodel.Account) view.KeyField {
	f := view.KeyField{Name: name, Kind: keyKind(name), Label: v.text.T("collect.label." + name), Max: "60"}
	if own := "collect.label." + string(channel) + "." + name; v.text.Has(own) { // the channel has its own word
		f.Label = v.text.T(own)
	}
	if key := string(channel) + "." + name; v.text.Has("collect.hint." + key) {
		f.Hint = v.text.T("collect.hint." + key)
	}
	switch f.Kind {
	case "pem":
		if name != "private_key" { // never shown again, whatever is in it
			f.Value = account.PublicText(form(c, name))
		}
	case "select":
		f.Value = form(c, name)
		if f.Value == "" && shown != nil {
			f.Value = shown.KeyMode
		}
		if name == "relation" {
			f.Value, f.Options = string(relationShown(c, shown)), relationOptions(v)
			break
		}
		for _, mode := range keyModes(channel) {
			f.Options = append(f.Options, view.Option{Value: string(mode), Label: v.text.T("collect.mode_of_keys." + string(channel) + "." + string(mode))})
		}
	case "text":
		f.Value = form(c, name)
		if f.Value == "" && shown != nil {
			f.Value = map[string]string{
				"merchant_serial": "", "public_key_id": shown.PublicKeyID, "sp_mchid": shown.SpMchID, "sp_appid": shown.SpAppID, "sub_appid": shown.SubAppID,
			}[name]
		}
	}
	return f
}

// readKeys takes the keys out of the posted form.
func readKeys(c *fiber.Ctx, channel payments.Code) account.Keys {
	secret := func(name string) vault.Secret { return vault.NewSecret([]byte(form(c, name))) }
	mode := payments.KeyMode(form(c, "key_mode"))
	switch channel {
	case payments.WeChat:
		return account.WeChatKeys{
			Relation: account.Relation(form(c, "relation")), SpMchID: form(c, "sp_mchid"), SpAppID: form(c, "sp_appid"), SubAppID: form(c, "sub_appid"),
			PrivateKey: secret("private_key"), APIv3Key: secret("api_v3_key"), Serial: form(c, "merchant_serial"), Certificate: form(c, "merchant_certificate"),
			KeyMode: mode, PublicKeyID: form(c, "public_key_id"), PublicKey: form(c, "public_key"), PlatformCertificate: form(c, "platform_certificate"),
		}
	case payments.Alipay:
		return account.AlipayKeys{
			SignAppID: form(c, "sign_app_id"), PrivateKey: secret("private_key"), KeyMode: mode, PublicKey: form(c, "public_key"),
			AppCertificate: form(c, "app_certificate"), AlipayCertificate: form(c, "alipay_certificate"), RootCertificate: form(c, "root_certificate"),
		}
	case payments.UnionPay:
		return account.UnionPayKeys{
			PFX: secret("pfx"), Password: secret("pfx_password"), PrivateKey: secret("private_key"), Certificate: form(c, "certificate"),
			Middle: form(c, "middle_certificate"), Root: form(c, "root_certificate"),
		}
	}
	return nil
}

// channelOf reads the channel out of the address. Faults: NOT_FOUND.
func channelOf(c *fiber.Ctx) (payments.Code, error) {
	channel := payments.Code(c.Params("channel"))
	if keyFields(channel) == nil {
		return "", fault.ErrNotFound
	}
	return channel, nil
}

// paymentAccountChoose asks for the channel of a new account.
func (s *Console) paymentAccountChoose(c *fiber.Ctx, v *visit) error {
	choice := view.ChannelChoice{}
	for _, channel := range []payments.Code{payments.WeChat, payments.Alipay, payments.UnionPay} {
		choice.Channels = append(choice.Channels, view.ChannelOption{Channel: string(channel), Built: s.Channels.Has(channel)})
		if channel == payments.WeChat {
			choice.Channels = append(choice.Channels, view.ChannelOption{Channel: string(channel), Partner: true, Built: s.Channels.Has(channel)})
		}
	}
	return render(c, view.ChannelChoicePage(s.page(c, v, v.text.T("collect.add"), "nav.accounts"), choice))
}

// paymentAccountNew shows the empty form of a channel.
func (s *Console) paymentAccountNew(c *fiber.Ctx, v *visit) error {
	channel, err := channelOf(c)
	if err != nil {
		return err
	}
	return s.newAccountForm(c, v, channel, view.KeyForm{})
}

func (s *Console) newAccountForm(c *fiber.Ctx, v *visit, channel payments.Code, f view.KeyForm) error {
	shop := view.Shop{Handle: v.shop.Handle}
	f.Channel, f.Built = string(channel), s.Channels.Has(channel)
	f.Title, f.Lead = v.text.T("collect.add_title", v.text.T("channel."+string(channel))), v.text.T("collect.add_lead."+string(channel))
	f.Action, f.Submit = shop.URL("/payment-accounts/new/"+string(channel)), v.text.T("collect.add_submit")
	word := string(channel) // what the merchant number is called
	if channel == payments.WeChat {
		f.Relation = string(relationOf(c))
		if f.Relation == string(account.ServiceProvider) {
			f.Title, f.Lead = v.text.T("collect.add_title", v.text.T("collect.partner")), v.text.T("collect.add_lead.partner")
			word = "partner"
		}
	}
	f.Back, f.BackText = shop.URL("/payment-accounts"), v.text.T("account.title")
	basics := view.KeyGroup{Title: v.text.T("collect.group.basics")}
	if s.SandboxURL != "" {
		mode := form(c, "mode")
		basics.Fields = append(basics.Fields, view.KeyField{
			Name: "mode", Kind: "select", Label: v.text.T("collect.label.mode"), Hint: v.text.T("collect.hint.mode"), Value: mode,
			Options: []view.Option{
				{Value: string(payments.Live), Label: v.text.T("account.mode.live")}, {Value: string(payments.Sandbox), Label: v.text.T("account.mode.sandbox")},
			},
		})
	}
	basics.Fields = append(
		basics.Fields,
		view.KeyField{Name: "name", Kind: "text", Label: v.text.T("collect.label.name"), Hint: v.text.T("collect.hint.name"), Value: form(c, "name"), Required: true, Max: "20"},
		view.KeyField{
			Name: "merchant_no", Kind: "text", Label: v.text.T("collect.number." + word), Hint: v.text.T("collect.number_hint." + word),
			Value: form(c, "merchant_no"), Required: true, Max: "20",
		},
	)
	f.Groups = append([]view.KeyGroup{basics}, s.keyGroups(c, v, channel, nil)...)
	if last := len(f.Groups) - 1; f.Relation == string(account.ServiceProvider) { // who it is comes before what it signs with
		f.Groups = slices.Insert(f.Groups[:last:last], 1, f.Groups[last])
	}
	apps, err := s.freeApps(c, v, channel)
	if err != nil {
		return err
	}
	chosen := formAll(c, "app_id")
	for _, a := range apps {
		f.Apps = append(f.Apps, view.AppChoice{AppID: a.ID.String(), Name: a.Name, Ticked: c.Method() == fiber.MethodGet || slices.Contains(chosen, a.ID.String())})
	}
	return render(c, view.KeyFormPage(s.page(c, v, f.Title, "nav.accounts"), f))
}

// freeApps lists the shop's apps that the channel can serve and no account of it does.
func (s *Console) freeApps(c *fiber.Ctx, v *visit, channel payments.Code) ([]miniprogram.App, error) {
	apps, err := s.MiniPrograms.Apps(c.UserContext(), v.shop.ID)
	if err != nil {
		return nil, err
	}
	accounts, err := s.pages.Accounts(c.UserContext(), v.shop.ID)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(apps, func(a miniprogram.App) bool {
		return !servable(string(channel), a) || server(accounts, string(channel), a.ID.String()) != nil
	}), nil
}

// servable reports that a channel can collect for an app.
func servable(channel string, a miniprogram.App) bool {
	return channel != string(payments.WeChat) || a.Provider == tenant.WeChat
}

// server is the account that serves an app on a channel, or nil.
func server(accounts []readmodel.Account, channel, appID string) *readmodel.Account {
	for i, a := range accounts {
		if a.Channel == channel && slices.Contains(a.AppIDs, appID) {
			return &accounts[i]
		}
	}
	return nil
}

// paymentAccountCreate adds the account, tries its keys at the provider and shows it. The
// keys are kept whatever the provider says: what is wrong with them stands on their page.
func (s *Console) paymentAccountCreate(c *fiber.Ctx, v *visit) error {
	channel, err := channelOf(c)
	if err != nil {
		return err
	}
	in := account.AddInput{
		Mode: payments.Live, Name: strings.TrimSpace(form(c, "name")), MerchantNo: strings.TrimSpace(form(c, "merchant_no")),
		Keys: readKeys(c, channel), Actor: actor(v.session.StaffID),
	}
	if s.SandboxURL != "" && form(c, "mode") == string(payments.Sandbox) {
		in.Mode, in.BaseURL = payments.Sandbox, s.SandboxURL
	}
	for _, text := range formAll(c, "app_id") {
		if appID, ok := tenant.ParseAppID(text); ok {
			in.AppIDs = append(in.AppIDs, appID)
		}
	}
	added, err := s.Accounts.Add(c.UserContext(), v.shop.ID, in)
	if err != nil {
		f, ok := s.keysRefused(c, v, err)
		if !ok {
			return err
		}
		if errors.Is(err, account.ErrMerchantTaken) {
			f.Problems["merchant_no"] = textOf(v, err)
			f.Problem = ""
		}
		return s.newAccountForm(c, v, channel, f)
	}
	s.tryKeys(c, v, added.ID)
	return s.toAccount(c, v, added.ID, "account_added")
}

// keysRefused puts what is wrong with the posted keys next to their fields; ok is false for
// what is no refusal.
func (s *Console) keysRefused(c *fiber.Ctx, v *visit, err error) (f view.KeyForm, ok bool) {
	refusal, ok := errors.AsType[*fault.Error](err)
	if !ok || (refusal.Kind() != fault.Invalid && refusal.Kind() != fault.Conflict) {
		return f, false
	}
	s.note(c, v, err)
	f.Problems = map[string]string{}
	for _, field := range refusal.Fields() {
		path, _, _ := strings.Cut(field.Path, "[")
		if f.Problems[path] == "" {
			f.Problems[path] = field.Text(string(v.text.Lang()))
		}
	}
	f.Problem = v.text.T("collect.refused")
	c.Status(fiber.StatusUnprocessableEntity)
	if len(f.Problems) == 0 {
		f.Problem = textOf(v, err)
		c.Status(fiber.StatusConflict)
	}
	return f, true
}

// paymentAccountKeys shows the form that replaces keys.
func (s *Console) paymentAccountKeys(c *fiber.Ctx, v *visit) error {
	shown, err := s.accountOf(c, v)
	if err != nil {
		return err
	}
	return s.replaceForm(c, v, shown, view.KeyForm{})
}

func (s *Console) replaceForm(c *fiber.Ctx, v *visit, shown readmodel.Account, f view.KeyForm) error {
	base := accountURL(v, shown.ID)
	f.Channel, f.Built, f.Replace = shown.Channel, s.Channels.Has(payments.Code(shown.Channel)), true
	f.Title, f.Lead = v.text.T("collect.replace"), v.text.T("collect.replace_lead")
	f.Action, f.Submit, f.Back, f.BackText = base+"/keys", v.text.T("collect.replace_submit"), base, shown.Name
	f.Groups = s.keyGroups(c, v, payments.Code(shown.Channel), &shown)
	f.Untested = form(c, "untested") == "1"
	return render(c, view.KeyFormPage(s.page(c, v, f.Title, "nav.accounts"), f))
}

// paymentAccountReplace replaces an account's keys once the provider has accepted the new
// ones, or at once where the person says so.
func (s *Console) paymentAccountReplace(c *fiber.Ctx, v *visit) error {
	shown, err := s.accountOf(c, v)
	if err != nil {
		return err
	}
	in := account.ReplaceInput{AccountID: shown.ID, Actor: actor(v.session.StaffID), Keys: readKeys(c, payments.Code(shown.Channel))}
	var found *account.Check
	channel := payments.Code(shown.Channel)
	if form(c, "untested") != "1" && s.Channels.Has(channel) {
		in.Probe = s.trial(channel, &found)
	}
	_, err = s.Accounts.Replace(c.UserContext(), v.shop.ID, in)
	switch {
	case found != nil && err != nil:
		c.Status(fiber.StatusConflict)
		return s.replaceForm(c, v, shown, view.KeyForm{Check: checkView(shown.Channel, *found), Problem: v.text.T("collect.not_replaced")})
	case err != nil:
		f, ok := s.keysRefused(c, v, err)
		if !ok {
			return err
		}
		return s.replaceForm(c, v, shown, f)
	}
	s.tryKeys(c, v, shown.ID)
	return s.toAccount(c, v, shown.ID, "keys_replaced")
}

package tryout

import (
	"context"
	"errors"
	"fmt"

	"galleria/payments"
	"galleria/payments/account"
	"galleria/payments/sandbox"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/miniprogram"
	"galleria/tenant/registry"
	"galleria/tenant/vault"
)

// Rooms are what connecting a shop works with.
type Rooms struct {
	Registry    *registry.Service
	MiniProgram *miniprogram.Service
	Accounts    *account.Service
}

// ConnectInput is a shop's Mini Program and merchant at the sandbox.
type ConnectInput struct {
	Shop        tenant.ID
	AppID       string
	AppName     string
	MchID       string
	AccountName string
	SandboxURL  string
	Actor       string // "staff:7"; "" is "system"
}

// Connect makes the shop a merchant at the sandbox and gives it the keys, as its owner would
// paste them in. Safe to repeat. It returns the provider's side of the merchant and the key
// of the account's callbacks.
func Connect(ctx context.Context, r Rooms, at Provider, in ConnectInput) (merchant sandbox.Merchant, accountKey string, err error) {
	appID, ok := tenant.ParseAppID(in.AppID)
	if !ok {
		return merchant, "", fault.Invalidf("app_id", "%s is no AppID", in.AppID)
	}
	if err := r.Registry.AddApp(ctx, tenant.App{ID: appID, Provider: tenant.WeChat, TenantID: in.Shop, Name: in.AppName, Enabled: true}); err != nil {
		return merchant, "", err
	}
	if merchant, err = at.AddMerchant(ctx, sandbox.MerchantInput{MchID: in.MchID, KeyMode: sandbox.KeyModePublicKey}); err != nil {
		return merchant, "", fmt.Errorf("add merchant: %w", err)
	}
	app, err := at.AddApp(ctx, sandbox.AppInput{AppID: in.AppID, MchIDs: []string{in.MchID}})
	if err != nil {
		return merchant, "", fmt.Errorf("add app: %w", err)
	}
	err = r.MiniProgram.PutCredential(ctx, in.Shop, miniprogram.CredentialInput{
		AppID: appID, Provider: tenant.WeChat, Secret: vault.NewSecret([]byte(app.Secret)), APIBase: in.SandboxURL,
	})
	if err != nil {
		return merchant, "", err
	}
	accountKey, err = connectAccount(ctx, r, in, appID, merchant)
	return merchant, accountKey, err
}

func connectAccount(ctx context.Context, r Rooms, in ConnectInput, appID tenant.AppID, merchant sandbox.Merchant) (string, error) {
	added, err := r.Accounts.Add(ctx, in.Shop, account.AddInput{
		Mode: payments.Sandbox, Name: in.AccountName, MerchantNo: in.MchID, AppIDs: []tenant.AppID{appID}, BaseURL: in.SandboxURL, Actor: in.Actor,
		Keys: account.WeChatKeys{
			PrivateKey: vault.NewSecret([]byte(merchant.PrivateKeyPEM)), APIv3Key: vault.NewSecret([]byte(merchant.APIv3Key)), Serial: merchant.CertificateSerial,
			KeyMode: payments.KeyModePublicKey, PublicKeyID: merchant.PublicKeyID, PublicKey: merchant.PublicKeyPEM,
		},
	})
	if !errors.Is(err, account.ErrMerchantTaken) {
		return added.Key, err
	}
	accounts, err := r.Accounts.List(ctx, in.Shop)
	if err != nil {
		return "", err
	}
	for _, a := range accounts {
		if a.MerchantNo == in.MchID {
			return a.Key, nil
		}
	}
	return "", account.ErrMerchantTaken
}

package account

import "galleria/tenant/fault"

// ErrForeignSandbox is a test account whose provider is not the sandbox that this
// installation has configured; production has none.
var ErrForeignSandbox = fault.New(fault.Unavailable, "SANDBOX_REFUSED", "测试商户号不可用", "Test accounts cannot be used here")

// ErrMerchantTaken is a merchant number that the shop has an account for already.
var ErrMerchantTaken = fault.New(fault.Conflict, "MERCHANT_EXISTS", "该商户号已添加", "This merchant number has been added already")

// What can be wrong with which account serves which app.
var (
	// ErrForeignApp is an AppID that is not of this shop.
	ErrForeignApp = fault.New(fault.Invalid, "APP_NOT_OF_SHOP", "该 AppID 不属于本店", "This AppID is not one of this shop's")
	// ErrAppOfOtherProvider is an AppID that the channel cannot collect for.
	ErrAppOfOtherProvider = fault.New(fault.Invalid, "APP_OF_OTHER_PROVIDER", "微信支付只能绑定微信小程序的 AppID", "WeChat Pay serves WeChat AppIDs only")
	// ErrBindingMoved is a binding that somebody else changed meanwhile.
	ErrBindingMoved = fault.New(fault.Conflict, "BINDING_MOVED", "该 AppID 的收款账户刚刚被其他人更改，请刷新后重试", "Somebody else has just changed which account serves this AppID; please reload")
)

// ErrCheckedJustNow is a live check right after another.
var ErrCheckedJustNow = fault.New(fault.Throttled, "CHECKED_JUST_NOW", "刚刚检测过，请稍候再试", "This was checked a moment ago; please wait")

// What can be wrong with a field of an account; %s and %d are completed at the field.
var (
	errName       = fault.New(fault.Invalid, "NAME_FORM", "请填写名称，最多 20 个汉字（60 字节）", "must have 1 to 60 bytes")
	errChannel    = fault.New(fault.Invalid, "CHANNEL_UNKNOWN", "请选择支付渠道", "is no channel")
	errMode       = fault.New(fault.Invalid, "MODE_UNKNOWN", "请选择正式或沙箱", "must be live or sandbox")
	errAppID      = fault.New(fault.Invalid, "APP_ID_EMPTY", "AppID 不能为空", "is empty")
	errLiveBase   = fault.New(fault.Invalid, "LIVE_ADDRESS", "正式账户只能连接支付渠道本身，不能指定地址", "a live account talks to the provider and nobody else")
	errSandbox    = fault.New(fault.Invalid, "SANDBOX_ADDRESS", "沙箱账户只能连接本系统的沙箱；当前没有开启沙箱", "must be the address of this installation's sandbox")
	errLost       = fault.New(fault.Invalid, "STORED_KEY_DAMAGED", "已保存的这一项无法读取，请重新填写", "the stored one cannot be read and must be given again")
	errMchid      = fault.New(fault.Invalid, "MCHID_FORM", "微信支付商户号是 8 到 10 位数字", "must be 8 to 10 digits")
	errRelation   = fault.New(fault.Invalid, "RELATION_UNKNOWN", "请选择接入方式", "must be direct or partner")
	errDirect     = fault.New(fault.Invalid, "PARTNER_FIELD_UNUSED", "直连商户不填这一项；由服务商代为接入时请选择“服务商模式”", "is used in service-provider mode only")
	errSpMchid    = fault.New(fault.Invalid, "SP_MCHID_FORM", "服务商商户号是 8 到 10 位数字，由服务商提供", "must be the service provider's 8 to 10 digits")
	errSpIsSub    = fault.New(fault.Invalid, "SP_IS_SUB_MERCHANT", "服务商商户号与特约商户号不能相同；如果密钥就是本商户号自己的，请选择“直连商户”", "is the sub-merchant's own number; a merchant that signs itself is a direct one")
	errWeChatApp  = fault.New(fault.Invalid, "WECHAT_APP_ID_FORM", "微信 AppID 以 wx 开头，例如 wx8888888888888888", "must be a WeChat AppID, which begins with wx")
	errSubIsSp    = fault.New(fault.Invalid, "SUB_APP_IS_SP_APP", "与服务商 AppID 相同时请留空", "is the service provider's app; leave it empty")
	errNotServed  = fault.New(fault.Invalid, "APP_NOT_SERVED", "服务商只为 %s 收款，请取消勾选其他 AppID，或将特约商户 AppID 留空", "is not the app that the service provider serves, %s")
	errRelationOn = fault.New(fault.Invalid, "RELATION_IN_USE", "此账户已经发起过收款，接入方式和服务商商户号不能再改。请用新的商户号添加账户", "cannot be changed once the account has collected")
	errPID        = fault.New(fault.Invalid, "PID_FORM", "支付宝商家账号 PID 是 2088 开头的 16 位数字，不是登录邮箱或手机号", "must be the 16 digits of the PID, which begin with 2088")
	errMerID      = fault.New(fault.Invalid, "MERID_FORM", "银联商户号（merId）是 15 位数字", "must be the 15 digits of the merId")
	errSignApp    = fault.New(fault.Invalid, "SIGN_APP_FORM", "请填写支付宝应用的 APPID（16 位数字），应用私钥属于这个应用", "must be the 16 digits of the Alipay application whose key signs")
	errSerial     = fault.New(fault.Invalid, "SERIAL_FORM", "请填写商户 API 证书序列号（十六进制），或提供 apiclient_cert.pem", "must be the hexadecimal serial number of the merchant certificate")
	errSerialCert = fault.New(fault.Invalid, "SERIAL_OF_OTHER_CERTIFICATE", "序列号与所提供的证书不一致，证书的序列号是 %s", "is not the serial number of the certificate, which is %s")
	errNewSerial  = fault.New(fault.Invalid, "NEW_KEY_NEEDS_CERTIFICATE", "新私钥对应新证书，请同时提供新证书或它的序列号", "a new private key has a new certificate: give it or its serial number")
	errAPIv3Key   = fault.New(fault.Invalid, "API_V3_KEY_LENGTH", "APIv3 密钥必须正好 32 个字符，现在是 %d 个。请在商户平台的“API安全”中重新设置并完整复制", "must be exactly 32 bytes, got %d")
	errKeyMode    = fault.New(fault.Invalid, "KEY_MODE", "请选择验签方式", "must be chosen")
	errPubKeyID   = fault.New(fault.Invalid, "PUBLIC_KEY_ID_FORM", "公钥 ID 以 PUB_KEY_ID_ 开头，后面是数字", "must be PUB_KEY_ID_ and digits")
	errUnusedPub  = fault.New(fault.Invalid, "PUBLIC_KEY_UNUSED", "平台证书方式不使用公钥；两者都有时请选择“公钥与平台证书并用”", "is not used in certificate mode; choose both")
	errUnusedCert = fault.New(fault.Invalid, "CERTIFICATE_UNUSED", "公钥方式不使用这个证书，请改选验签方式或清空此项", "is not used in public-key mode")
	errUnusedKey  = fault.New(fault.Invalid, "KEY_UNUSED", "证书方式不使用支付宝公钥，请改选验签方式或清空此项", "is not used in certificate mode")
)

// What can be wrong with a key or a certificate itself.
var (
	errMissing     = fault.New(fault.Invalid, "KEY_MISSING", "请填写或选择文件", "is missing")
	errNotPrivate  = fault.New(fault.Invalid, "NOT_A_PRIVATE_KEY", "读不出私钥。请完整粘贴，或直接选择文件；内容不能缺行或被改动", "is not a private key in PEM or Base64 form")
	errNotPublic   = fault.New(fault.Invalid, "NOT_A_PUBLIC_KEY", "读不出公钥。请完整粘贴，或直接选择文件", "is not a public key in PEM or Base64 form")
	errNotCert     = fault.New(fault.Invalid, "NOT_A_CERTIFICATE", "读不出证书。请完整粘贴，或直接选择文件", "is not a certificate in PEM form")
	errIsPublic    = fault.New(fault.Invalid, "PUBLIC_KEY_GIVEN", "这是公钥，这里需要私钥。请检查两项是否填反", "is a public key, a private key is needed; perhaps the two are exchanged")
	errIsPrivate   = fault.New(fault.Invalid, "PRIVATE_KEY_GIVEN", "这是私钥，这里需要渠道的公钥或证书。请检查两项是否填反，私钥不要发给任何人", "is a private key, not the provider's public key or certificate; perhaps the two are exchanged")
	errIsCert      = fault.New(fault.Invalid, "CERTIFICATE_GIVEN", "这是证书，这里需要密钥文件", "is a certificate, not a key")
	errIsKey       = fault.New(fault.Invalid, "KEY_GIVEN", "这是公钥，这里需要证书文件", "is a public key, not a certificate")
	errIsRequest   = fault.New(fault.Invalid, "REQUEST_GIVEN", "这是证书请求文件（CSR），请使用签发后的证书", "is a certificate request, not what was issued for it")
	errIsP12       = fault.New(fault.Invalid, "P12_GIVEN", "这是 .p12/.pfx 文件（如 apiclient_cert.p12）。请选择同一压缩包里的 %s", "is a .p12 or .pfx file such as apiclient_cert.p12; take %s out of the same archive")
	errEncrypted   = fault.New(fault.Invalid, "PRIVATE_KEY_ENCRYPTED", "私钥带有密码。请使用没有加密的私钥文件", "is protected by a password; a private key without one is needed")
	errNotRSA      = fault.New(fault.Invalid, "NOT_RSA", "这不是 RSA 密钥（可能是国密 SM2 或 ECC），请使用 RSA（RSA2）密钥", "is not an RSA key")
	errSmall       = fault.New(fault.Invalid, "KEY_TOO_SHORT", "密钥只有 %d 位，至少需要 2048 位", "has %d bits, at least 2048 are needed")
	errEnded       = fault.New(fault.Invalid, "CERTIFICATE_ENDED", "证书已于 %s 过期，请更换新证书", "ended on %s")
	errFuture      = fault.New(fault.Invalid, "CERTIFICATE_NOT_YET", "证书从 %s 起才有效", "is not valid before %s")
	errOtherKey    = fault.New(fault.Invalid, "KEY_AND_CERTIFICATE_DIFFER", "私钥与证书不是一对。请使用同一次申请得到的私钥和证书", "does not belong to the certificate")
	errOtherNo     = fault.New(fault.Invalid, "CERTIFICATE_OF_OTHER_MERCHANT", "这张证书属于商户号 %s", "belongs to merchant %s")
	errOwnKey      = fault.New(fault.Invalid, "OWN_KEY_AS_PROVIDERS", "这是商户（应用）自己的公钥，这里需要支付渠道的公钥", "is the merchant's own key, not the provider's")
	errOwnCert     = fault.New(fault.Invalid, "OWN_CERTIFICATE_AS_PROVIDERS", "这是商户（应用）自己的证书，这里需要支付渠道的证书", "is the merchant's own certificate, not the provider's")
	errIsCA        = fault.New(fault.Invalid, "CA_CERTIFICATE_GIVEN", "这是根证书或中级证书，请不要填在这里；两个文件可能选反了", "is a root or intermediate certificate; perhaps two files are exchanged")
	errNotCA       = fault.New(fault.Invalid, "NOT_A_CA_CERTIFICATE", "这里需要根证书或中级证书；两个文件可能选反了", "is not a root or intermediate certificate; perhaps two files are exchanged")
	errNotRoot     = fault.New(fault.Invalid, "NOT_A_ROOT_CERTIFICATE", "这不是根证书；中级证书与根证书可能选反了", "is not a root certificate; the middle and the root certificate may be exchanged")
	errRootSerial  = fault.New(fault.Invalid, "ROOT_WITHOUT_RSA", "文件里没有 RSA 根证书，请下载 alipayRootCert.crt 原文件", "holds no RSA root certificate")
	errChain       = fault.New(fault.Invalid, "CHAIN_BROKEN", "证书不是由所提供的上级证书签发的，两个文件可能来自不同环境", "was not issued by the certificate given as its issuer")
	errTestCert    = fault.New(fault.Invalid, "TEST_CERTIFICATE", "这是测试环境的证书，不能用于正式账户", "is a certificate of the test environment and cannot be used by a live account")
	errPFX         = fault.New(fault.Invalid, "NOT_A_PFX", "读不出 PFX 文件。请选择 CFCA 下载的 .pfx（或 .p12）原文件", "is not a PFX file")
	errPFXPassword = fault.New(fault.Invalid, "PFX_PASSWORD", "PFX 文件的密码不正确", "does not open the PFX file")
)

// serialWord is how WeChat Pay speaks of a wrong certificate serial in SIGN_ERROR.
func serialWord() string { return "序列号" }

// merchantWord is how it speaks of a merchant number that the key is not of.
func merchantWord() string { return "商户号" }

// relationWord is how it speaks of a sub-merchant that the signer may not act for.
func relationWord() string { return "受理关系" }

// providerWord is how it speaks to a service provider that names no sub-merchant.
func providerWord() string { return "sub_mch_id" }

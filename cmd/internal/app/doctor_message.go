package app

import "fmt"

// advice is what a finding says, and how to mend it, in Chinese and English. The verbs
// stand in the order of the finding's arguments; mend takes none.
type advice struct{ zh, en, mendZH, mendEN string }

// Text says a finding in "zh" or "en"; mend is empty for what is in order.
func (f Finding) Text(lang string) (what, mend string) {
	a, ok := advices()[f.Code]
	if !ok {
		return f.Code, ""
	}
	if lang == "zh" {
		return fmt.Sprintf(a.zh, f.args...), a.mendZH
	}
	return fmt.Sprintf(a.en, f.args...), a.mendEN
}

func advices() map[string]advice {
	return map[string]advice{
		"config.ok":          {"配置完整（%s）", "The configuration is complete (%s)", "", ""},
		"config.bad":         {"配置有误：%s", "The configuration is wrong: %s", "改正该变量后重试；所有变量见 .env.example", "Correct that variable and look again; .env.example lists all of them"},
		"config.http":        {"对外地址 %s 没有加密", "The public address %s is not encrypted", "正式使用前换成 https；小程序和微信支付只接受 https", "Use https before going live: Mini Programs and WeChat Pay accept nothing else"},
		"config.proxies":     {"服务在本机监听、对外是 https，说明前面有反向代理，但没有设置可信代理：所有访客会被当成同一个地址，一起被限流", "The server listens on loopback and is public by https, so there is a proxy in front of it, but none is trusted: all visitors count as one address and are throttled together", "把代理的地址写入 GALLERIA_TRUSTED_PROXIES，例如 127.0.0.1", "Put the proxy's address into GALLERIA_TRUSTED_PROXIES, for example 127.0.0.1"},
		"config.proxies_all": {"可信代理 %s 包含所有地址，任何人都能伪造来源地址", "The trusted proxy %s is every address: anybody can forge where he comes from", "只写自己代理的地址", "Name only your own proxies"},

		"disk.ok":     {"本机磁盘剩余 %d MiB", "%d MiB of disk are free on this machine", "", ""},
		"disk.low":    {"本机磁盘只剩 %d MiB（共 %d MiB）", "Only %d MiB of disk are free on this machine, of %d", "清理或扩容；数据库所在磁盘写满时，所有下单和支付都会停止", "Make room: when the database's disk is full, all orders and payments stop"},
		"disk.unread": {"无法查看磁盘空间：%s", "The disk could not be looked at: %s", "检查工作目录的权限", "Check the rights of the working directory"},

		"db.ok":             {"Postgres %s 正常应答", "Postgres %s answers", "", ""},
		"db.away":           {"数据库没有应答：%s", "The database does not answer: %s", "检查 DATABASE_URL 和 Postgres 是否在运行", "Check DATABASE_URL, and whether Postgres is running"},
		"db.app":            {"业务账号无法使用数据库：%s", "The login roles cannot work: %s", "检查 DATABASE_ROLE_SECRET，然后运行 galleria migrate up，它会重设这些账号的密码", "Check DATABASE_ROLE_SECRET, then run `galleria migrate up`, which sets their passwords"},
		"db.old":            {"Postgres %s 太旧，至少需要 %d", "Postgres %s is too old, at least %d is needed", "升级 Postgres", "Upgrade Postgres"},
		"db.setting":        {"Postgres 的 %s 是关闭的：断电时可能丢失已确认的订单", "Postgres has %s off: a power cut may lose acknowledged orders", "在 postgresql.conf 中打开它并重新加载", "Turn it on in postgresql.conf and reload"},
		"db.plain":          {"与数据库的连接没有加密", "The connection to the database is not encrypted", "在 DATABASE_URL 中加上 sslmode=verify-full 或 require", "Add sslmode=verify-full, or require, to DATABASE_URL"},
		"db.superuser":      {"%s 使用的账号 %s 是超级用户，所有隔离对它无效", "%s logs in as %s, a superuser: no wall between shops holds against it", "运行 ALTER ROLE … NOSUPERUSER；所有者只需要 CREATEROLE 和在该库建模式的权限", "Run ALTER ROLE … NOSUPERUSER; the owner needs CREATEROLE, and CREATE on the database, no more"},
		"db.powerful":       {"账号 %s 的权限超出需要", "The role %s may do more than it has to", "运行 ALTER ROLE … NOBYPASSRLS NOCREATEROLE NOCREATEDB", "Run ALTER ROLE … NOBYPASSRLS NOCREATEROLE NOCREATEDB"},
		"db.owns":           {"账号 %s 拥有 %d 个对象，它本不应拥有任何东西", "The role %s owns %d objects and should own nothing", "运行 REASSIGN OWNED BY … TO 所有者", "Run REASSIGN OWNED BY … TO the owner"},
		"db.grants":         {"有 %d 处权限与预期不同：%s", "%d rights are not as they should be: %s", "运行 galleria migrate up；仍有差异时，收回多出的权限", "Run `galleria migrate up`; revoke what is still too much"},
		"db.connections":    {"一个 serve 加一个 worker 最多用 %d 个数据库连接，而服务器只允许 %d 个", "One serve and one worker may open %d connections, the server allows %d", "调大 max_connections，或调小 DATABASE_LANE_CONNS / DATABASE_PLATFORM_CONNS", "Raise max_connections, or lower DATABASE_LANE_CONNS and DATABASE_PLATFORM_CONNS"},
		"db.connections_ok": {"一个 serve 加一个 worker 最多用 %d 个数据库连接，服务器允许 %d 个", "One serve and one worker open at most %d connections, the server allows %d", "", ""},

		"schema.ok":             {"各版本的模式数量：%s", "Schemas by version: %s", "", ""},
		"schema.platform":       {"平台的表结构不可用：%s", "The platform's schema cannot be served: %s", "运行 galleria migrate up", "Run `galleria migrate up`"},
		"schema.behind":         {"有 %d 个店铺的表结构落后于版本 %d", "%d schemas are behind version %d", "运行 galleria migrate up；可以安全地重复", "Run `galleria migrate up`; it may be repeated"},
		"schema.failed":         {"有 %d 个店铺上次升级失败", "%d schemas failed to upgrade last time", "运行 galleria migrate plan 查看原因，处理后再运行 migrate up", "`galleria migrate plan` shows the reasons; mend them and run migrate up"},
		"schema.template_drift": {"模板与迁移文件有 %d 处不同：%s", "The template differs from the migrations in %d places: %s", "有人手工改过模板；改回后再开新店，否则新店会带着同样的差异", "Somebody changed the template by hand; change it back before shops are opened from it"},
		"schema.drift":          {"有 %d 个店铺的表结构与模板不同：%s", "%d schemas differ from the template: %s", "有人手工改过；用 pg_dump --schema-only 与 tenant_template 对比后改回", "Somebody changed them by hand; compare with tenant_template by pg_dump --schema-only and change them back"},
		"schema.unread":         {"无法检查：%s", "Could not look: %s", "用 DATABASE_URL 的账号连接数据库，看看缺什么权限", "Connect as the login of DATABASE_URL and see which right is missing"},

		"keys.ok":           {"主密钥 %s 与已加密的数据相符", "The key-encryption key %s fits what is sealed", "", ""},
		"keys.bad":          {"主密钥不可用：%s", "The key-encryption key cannot be used: %s", "恢复原来的 GALLERIA_KEK", "Restore the GALLERIA_KEK"},
		"keys.other":        {"有 %d 个数据密钥不是由当前主密钥 %s 加密的，商户密钥打不开", "%d data keys were not wrapped by the present key %s: their merchants' keys cannot be opened", "恢复原来的 GALLERIA_KEK，或完成密钥轮换", "Restore the former GALLERIA_KEK, or finish the rotation"},
		"certificate.soon":  {"店铺 %s 的支付平台证书将于 %s 到期", "The provider's certificate of shop %s ends on %s", "在商户平台下载新证书并在后台更新，或改用微信支付公钥", "Fetch the new one from the merchant platform, or change to the WeChat Pay public key"},
		"certificate.ended": {"店铺 %s 的支付平台证书已于 %s 到期，新的回调无法验证", "The provider's certificate of shop %s ended on %s: new callbacks cannot be verified", "立即在后台更新证书，或改用微信支付公钥", "Renew it now, or change to the WeChat Pay public key"},

		"work.dead":      {"有 %d 个后台任务多次失败后被搁置", "%d background tasks were given up", "查看日志中的 event given up，排除原因后重放", "Look for “event given up” in the log, mend the cause and replay them"},
		"work.late":      {"最早的后台任务已等待 %s", "The oldest background task has waited for %s", "检查 worker 是否在运行、Redis 是否可用", "Check that a worker runs and that Redis answers"},
		"work.anomalies": {"店铺 %s 有 %s 条对不上的支付通知待处理", "Shop %s has %s payment notices that fit nothing and wait for a person", "与支付平台的账单核对", "Compare them with the provider's statement"},

		"redis.ok":     {"Redis %s 正常应答", "Redis %s answers", "", ""},
		"redis.away":   {"Redis 没有应答：%s", "Redis does not answer: %s", "检查 REDIS_URL；在它恢复前，后台任务会等待，不会丢失", "Check REDIS_URL; until it is back background work waits and is not lost"},
		"redis.old":    {"Redis %s 太旧，至少需要 %d", "Redis %s is too old, at least %d is needed", "升级 Redis", "Upgrade Redis"},
		"redis.policy": {"Redis 的 maxmemory-policy 是 %s，写满时会悄悄丢任务", "Redis has maxmemory-policy %s and drops tasks in silence when it is full", "设置 maxmemory-policy noeviction", "Set maxmemory-policy noeviction"},
		"redis.aof":    {"Redis 没有打开 AOF，重启后排队中的任务要等待重发", "Redis keeps no append-only file: after a restart queued tasks wait to be sent again", "设置 appendonly yes", "Set appendonly yes"},

		"clock.off": {"%s 的时钟与本机相差 %s；相差超过五分钟时微信支付拒绝签名", "The clock of %s is %s ahead of ours (behind, if negative); WeChat Pay refuses signatures that are five minutes off", "在两台机器上都启用时间同步（chrony 或 systemd-timesyncd）", "Run a time service (chrony, systemd-timesyncd) on both machines"},
	}
}

package viewtest

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/look"
	"galleria/tenant/outbox"
	"galleria/tenant/plan"
	"galleria/tenant/routine"
	"galleria/tenant/vault"
)

// moment is when the samples of the platform's pages happen.
func moment() time.Time { return time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC) }

// platform is the frame of a page of the platform's staff.
func (f Frame) platform(here string) view.Page {
	p := f.page("", f.Text.T(here))
	p.Shop, p.Shops, p.Platform, p.OnPlatform, p.Done = nil, 0, true, true, "saved"
	p.Nav = []view.NavItem{
		{Key: "platform.shops", Icon: "building-store", Href: "/console/platform"},
		{Key: "platform.plans", Icon: "coin", Href: "/console/platform/plans"},
		{Key: "platform.queues", Icon: "hourglass", Href: "/console/platform/queues"},
		{Key: "platform.fleet", Icon: "refresh", Href: "/console/platform/fleet"},
	}
	for i := range p.Nav {
		p.Nav[i].Here = p.Nav[i].Key == here
	}
	return p
}

func applications() view.ApplicationList {
	at := moment()
	row := readmodel.ApplicationRow{ID: sampleShop(), Name: "青瓷小铺", Handle: "qingci", Status: "applied", Person: "李店长", Login: "li@qingci.example", CreatedAt: at, TermsAt: &at}
	stuck := row
	stuck.Name, stuck.Handle, stuck.Status, stuck.StepFailed = "山野咖啡", "shanye", "provisioning", true
	return view.ApplicationList{ApplicationPage: readmodel.ApplicationPage{Rows: []readmodel.ApplicationRow{row, stuck}, Next: sampleShop().String(), Waiting: 1}, OnFirst: true}
}

func application() view.ApplicationShow {
	at := moment()
	return view.ApplicationShow{MayDecide: true, ApplicationDetail: readmodel.ApplicationDetail{
		ApplicationRow: applications().Rows[0], Mail: "li@qingci.example", Network: "203.0.113.9", TermsVersion: "2026-11", Step: "claim",
		UpdatedAt: at, ExpiresAt: at, OfPerson: 1, OfNetwork: 3, Reason: "店名与他人商标相同", StepError: "no spare schema",
	}}
}

func keyAlarms() view.KeyAlarms {
	alarm := func(id int64, kind vault.AlarmKind, subject string, detail map[string]string) view.KeyAlarmRow {
		return view.KeyAlarmRow{Handle: "shanye", Alarm: vault.Alarm{
			ID: id, TenantID: sampleShop(), Owner: "payment_account:a1b2c3", Kind: kind, Subject: subject, Seen: 2, FirstAt: moment(), LastAt: moment(), Detail: detail,
		}}
	}
	hour := moment().Format(time.RFC3339)
	return view.KeyAlarms{MayHandle: true, Rows: []view.KeyAlarmRow{
		alarm(4, vault.Spike, "use", map[string]string{"hour": hour, "uses": "4200", "median": "35"}),
		alarm(3, vault.Idle, "use", map[string]string{"hour": hour, "uses": "2", "rest_days": "31"}),
		alarm(2, vault.Expiry, "merchant_certificate", nil), alarm(1, vault.Damaged, "private_key", nil),
	}}
}

// looking is the frame of a shop's page that is only looked at.
func (f Frame) looking(here, title string) view.Page {
	p := f.page(here, title)
	p.OnPlatform, p.Look = true, &view.LookBanner{ID: 7, Ticket: "CS-20261121-03", Until: moment().Add(look.Lasts)}
	return p
}

func sampleShop() tenant.ID {
	id, _ := tenant.ParseID("t_0123456789ab")
	return id
}

func terms() plan.Terms {
	limits := map[plan.Quota]plan.Limit{
		plan.Staff: {Soft: 4, Hard: 5}, plan.SKUs: {Soft: 800, Hard: 1000}, plan.Orders: {Soft: 4000, Hard: 5000}, plan.Storage: {Soft: 800_000_000, Hard: 1_000_000_000},
	}
	return plan.Terms{
		Plan:   plan.Plan{Code: "starter", Name: "起步版", NameEN: "Starter", Features: []plan.Feature{plan.Coupon, plan.Points}, Limits: limits, Default: true},
		Limits: limits,
	}
}

func uses() []plan.Use {
	t := terms()
	return []plan.Use{
		{Quota: plan.Staff, Used: 5, Limit: t.Limit(plan.Staff)},
		{Quota: plan.SKUs, Used: 812, Limit: t.Limit(plan.SKUs)},
		{Quota: plan.Orders, Used: 1204, Limit: t.Limit(plan.Orders)},
		{Quota: plan.Storage, Used: 120_400_000, Limit: t.Limit(plan.Storage)},
		{Quota: plan.Messages, Used: 90, Limit: plan.NoLimit()},
	}
}

func callbacks() readmodel.CallbackPage {
	row := func(kind string, id int64, verdict string) readmodel.Callback {
		return readmodel.Callback{Kind: kind, ID: id, At: moment(), Account: "1900000201", Channel: "wechat", Verdict: verdict, OutTradeNo: "P20261121000001", Answer: 200, TookMS: 12, Seen: 1, HasBody: true}
	}
	repeated, anomaly, refusal := row("event", 8, "applied"), row("anomaly", 3, "anomaly"), row("refusal", 2, "SIGNATURE_INVALID")
	repeated.Seen = 3
	anomaly.Reason, anomaly.Answer = "amount", 0
	refusal.Answer, refusal.Skipped, refusal.OutTradeNo = 401, 41, ""
	return readmodel.CallbackPage{Rows: []readmodel.Callback{repeated, anomaly, refusal}, More: true, Next: readmodel.CallbackCursor{Event: 8, Anomaly: 3, Refusal: 2}}
}

func tenants() view.TenantList {
	at := moment()
	row := readmodel.TenantRow{ID: sampleShop(), Handle: "shanye", Name: "山野咖啡", Status: "active", SchemaVersion: 8, OpenedAt: &at, LastUsedAt: &at}
	late := row
	late.Handle, late.Name, late.Status, late.SchemaVersion, late.MigrateFailed, late.LastUsedAt, late.Failures, late.Dead = "qingci", "青瓷小铺", "suspended", 5, true, nil, 12, 1000
	return view.TenantList{
		Rows: []view.TenantCard{
			{TenantRow: row, Plan: terms().Plan, Warn: []plan.Quota{plan.SKUs}}, {TenantRow: late, Plan: terms().Plan, Full: []plan.Quota{plan.Staff, plan.Orders}},
		},
		Plans: []plan.Plan{terms().Plan}, Query: "山", Next: "shanye", OnFirst: true, Latest: 8, MayOpen: true,
	}
}

func tenantShow() view.TenantShow {
	at := moment()
	return view.TenantShow{
		TenantDetail: readmodel.TenantDetail{
			TenantRow: tenants().Rows[1].TenantRow, StatusReason: "欠费", MigrateError: "relation is locked",
			Apps: []readmodel.TenantApp{{AppID: "wx8888888888888888", Name: "青瓷", Provider: "wechat", Status: "active", CreatedAt: at}}, Accounts: []readmodel.TenantAccount{{Channel: "wechat", MerchantNo: "1900000201"}},
			People:     []readmodel.TenantPerson{{Name: "李店长", Login: "owner@qingci.example", Roles: []string{"owner", "finance"}, SeenAt: &at}},
			Agreements: []readmodel.Agreement{{Quota: "staff", Reason: "补充协议", UpdatedAt: at}},
			History:    []readmodel.LogEntry{{At: at, Actor: "staff:3", Name: "平台小王", Action: "platform.shop.suspend", Reason: "欠费"}}, Log: []readmodel.LogEntry{{At: at, Actor: "anonymous", Action: "console.login_failed"}},
		},
		Terms: terms(), Uses: uses(), Letters: queues().Letters[:1], Latest: 8,
		Lookers: []look.Person{{Name: "平台小王", Look: look.Look{Ticket: "CS-20261121-03", EndsAt: at}}},
		May:     view.TenantMay{Suspend: false, Resume: true, Close: true, Assign: true, Look: true, Callbacks: true, Queues: true},
	}
}

func queues() view.QueueShow {
	letter := outbox.Letter{DeadLetter: outbox.DeadLetter{
		Event:     outbox.Event{ID: uuid.MustParse("0193f1a0-0000-7000-8000-000000000001"), TenantID: sampleShop(), Topic: "payment.succeeded.v1", Key: "P20261121000001", Payload: json.RawMessage(`{"out_trade_no":"P20261121000001"}`), Failures: 900},
		LastError: "the provider is away", DeadAt: moment(),
	}}
	discarded := letter
	discarded.Discarded = &outbox.Discarding{At: moment(), By: "staff:3", Reason: "手工处理"}
	return view.QueueShow{
		Topics:  []outbox.TopicBacklog{{Topic: "order.closing.v1", Owed: 12, Due: 2, Oldest: 95 * time.Minute}, {Topic: "payment.succeeded.v1", Dead: 1}},
		Letters: []view.LetterRow{{Letter: letter, Handle: "qingci"}, {Letter: discarded, Handle: "qingci"}}, OnFirst: true, Next: letter.ID.String(), MayManage: true,
	}
}

func jobs() view.JobShow {
	at := moment()
	next := at.Add(20 * time.Hour)
	return view.JobShow{
		Shops: []routine.ShopState{
			{Topic: "payments.bills", Waiting: 1204, Late: 2, NextAt: &at, Ran: 1180, LastAt: &at, Mean: 840 * time.Millisecond, Most: 92 * time.Second, Failing: 3},
			{Topic: "shop.upkeep", Waiting: 1204, NextAt: &next, Ran: 1204, LastAt: &at, Mean: 40 * time.Millisecond, Most: 2300 * time.Millisecond},
			{Topic: "payments.key_expiry"},
			{Topic: "coupon.age", Dated: true, Waiting: 90, NextAt: &next, Ran: 88, LastAt: &at, Mean: 12 * time.Millisecond, Most: 640 * time.Millisecond, Failing: 1},
		},
		Platform: []routine.State{
			{Name: "audit.anchor", Every: 5 * time.Minute, NextAt: next, LastAt: &at, Took: 12 * time.Millisecond, Runs: 288},
			{Name: "outbox.purge", Every: 30 * time.Second, NextAt: next},
			{Name: "shop.stock", Every: 30 * time.Second, NextAt: next, LastAt: &at, Took: 2 * time.Second, Error: "refill spare schemas: no space left on device", Failures: 4, Runs: 9},
			{Name: "key.rotation", Every: time.Minute, NextAt: next, Running: true, LastAt: &at, Runs: 2},
		},
		MayRun: true,
	}
}

func jobRuns() view.JobRuns {
	at := moment()
	return view.JobRuns{
		Topic: "payments.bills", OnFirst: true, More: true, MayRun: true,
		Rows: []routine.Run{
			{Shop: sampleShop(), Handle: "qingci", Key: "k7f2m9q4", BeganAt: at, Took: 31 * time.Second, Error: "the provider is away", Failures: 12, NextAt: &at},
			{Shop: sampleShop(), Handle: "shanye", Key: "p1d8x0c3", BeganAt: at, Took: 220 * time.Millisecond},
		},
	}
}

func fleet() view.FleetShow {
	return view.FleetShow{
		Fleet: readmodel.Fleet{
			Versions: []readmodel.VersionCount{{SchemaVersion: 5, Status: "active", Schemas: 1, Failed: 1}, {SchemaVersion: 8, Status: "active", Schemas: 41}},
			Behind:   []readmodel.BehindRow{{ID: "t_0123456789ab", Handle: "qingci", Status: "active", SchemaVersion: 5, LastError: "relation is locked", UpdatedAt: moment()}}, Total: 42, Late: 1,
		},
		Latest: 8, Running: true,
	}
}

// platformPages are the pages of the platform's people.
func (f Frame) platformPages() []Sample {
	return []Sample{
		{"platform_shops", view.TenantListPage(f.platform("platform.shops"), tenants())},
		{"platform_shops_none", view.TenantListPage(f.platform("platform.shops"), view.TenantList{OnFirst: true, MayOpen: true, Latest: 8})},
		{"platform_shop", view.TenantShowPage(f.platform("platform.shops"), tenantShow())},
		{"platform_applications", view.ApplicationListPage(f.platform("platform.applications"), applications())},
		{"platform_applications_none", view.ApplicationListPage(f.platform("platform.applications"), view.ApplicationList{OnFirst: true})},
		{"platform_application", view.ApplicationShowPage(f.platform("platform.applications"), application())},
		{"platform_audit", view.AuditListPage(f.platform("platform.audit"), view.AuditList{Base: "/console/platform/audit", Rows: auditRows()[:2], OnFirst: true, MayExport: true, State: &view.AuditState{
			AnchorDay: "2026-11-20", AnchorChains: 42, AnchorDigest: "0f1e2d3c", Checked: &view.AuditCheck{Rows: 1204, Anchors: 31, Head: "0f1e2d3c"},
		}})},
		{"platform_audit_broken", view.AuditListPage(f.platform("platform.audit"), view.AuditList{Base: "/console/platform/audit", OnFirst: true, State: &view.AuditState{
			Checked: &view.AuditCheck{Seq: 17, Kind: "changed", Note: "its content does not have its hash"},
		}})},
		{"platform_keys", view.KeyAlarmsPage(f.platform("platform.keys"), keyAlarms())},
		{"platform_keys_none", view.KeyAlarmsPage(f.platform("platform.keys"), view.KeyAlarms{})},
		{"platform_plans", view.PlanListPage(f.platform("platform.plans"), view.PlanList{Plans: []plan.Plan{terms().Plan}, MayManage: true})},
		{"platform_plan_refused", view.PlanFormPage(f.platform("platform.plans"), view.PlanForm{
			New: true, Action: "/console/platform/plans", Name: "试用版", Problems: map[string]string{"hard_staff": f.Text.T("platform.problem.number")},
		})},
		{"platform_queues", view.QueuePage(f.platform("platform.queues"), queues())},
		{"platform_queues_none", view.QueuePage(f.platform("platform.queues"), view.QueueShow{OnFirst: true})},
		{"platform_jobs", view.JobPage(f.platform("platform.jobs"), jobs())},
		{"platform_jobs_none", view.JobPage(f.platform("platform.jobs"), view.JobShow{})},
		{"platform_job_runs", view.JobRunPage(f.platform("platform.jobs"), jobRuns())},
		{"platform_job_runs_none", view.JobRunPage(f.platform("platform.jobs"), view.JobRuns{Topic: "shop.upkeep", All: true, OnFirst: true})},
		{"platform_fleet", view.FleetPage(f.platform("platform.fleet"), fleet())},
		{"platform_job_look", view.ActPage(f.platform("platform.jobs"), view.ActForm{
			Title: f.Text.T("platform.job.look_title", f.Text.T("platform.job.name.coupon.age")), Lead: f.Text.T("platform.job.look_lead"), Warning: f.Text.T("platform.job.look_warning"),
			Back: view.JobsURL, BackText: f.Text.T("platform.jobs"), Action: view.JobsURL + "/coupon.age/run", Submit: f.Text.T("platform.job.look"),
			Fields: []view.ActField{{Name: "hours", Label: f.Text.T("platform.job.look_window"), Hint: f.Text.T("platform.job.look_all"), Value: "24", Options: []view.Option{
				{Value: "1", Label: f.Text.T("platform.job.look_hours.1")}, {Value: "24", Label: f.Text.T("platform.job.look_hours.24")},
			}}},
		})},
		{"platform_act_refused", view.ActPage(f.platform("platform.shops"), view.ActForm{
			Title: f.Text.T("platform.move.close", "山野咖啡"), Warning: f.Text.T("platform.move_warning.close"), Danger: true, Back: "/console/platform", BackText: "山野咖啡",
			Action: "/console/platform/shops/t_0123456789ab/close", Submit: f.Text.T("platform.move_submit.close"), Problem: f.Text.T("platform.problem.moved"),
			Fields: []view.ActField{
				{Name: "reason", Label: f.Text.T("platform.field.reason"), Hint: f.Text.T("platform.field.reason_seen"), Long: true, Max: "200"},
				{Name: "confirm", Label: f.Text.T("platform.field.confirm", "shanye"), Value: "shan", Max: "32"},
			}, Problems: map[string]string{"confirm": f.Text.T("platform.problem.confirm")},
		})},
	}
}

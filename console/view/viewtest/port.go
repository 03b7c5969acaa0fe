package viewtest

import (
	"time"

	"galleria/commerce/port"
	"galleria/console/view"
)

// portPages are the pages of files that come in and go out.
func (f Frame) portPages() []Sample {
	in, out := f.page("nav.imports", f.Text.T("import.title")), f.page("nav.exports", f.Text.T("export.title"))
	at := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	job := func(id int64, w port.Way, k port.Kind, s port.State, name string) port.Job {
		return port.Job{ID: id, Way: w, Kind: k, State: s, Name: name, Rows: 248, RowsDone: 120, CreatedAt: at, ExpiresAt: at.Add(port.ExportKept)}
	}
	row := func(line int64, cells map[string]string, changes ...port.Change) *port.Row {
		return &port.Row{Line: line, Cells: cells, Changes: changes}
	}
	mug := map[string]string{"title": "马克杯", "sku_code": "MK-01"}
	ready := view.ImportShow{Report: port.Report{
		Job: job(5, port.Import, port.Products, port.Ready, "十一月新品.xlsx"), Again: 2,
		Counts: map[port.RowState]int64{port.RowGood: 180, port.RowSame: 60, port.RowBad: 8},
		Problems: []*port.Row{
			{Line: 7, Cells: mug, Problems: []port.Problem{
				{Column: "price", Code: "PORT_MONEY", Zh: "“售价”应为金额，最多两位小数", En: "“Price” must be an amount with at most two decimals"},
				{Column: "cover", Code: "PORT_PICTURE", Zh: "“主图”中的图片不在图片库中，请先上传", En: "A picture of “Cover” is not in the library; upload it first"},
			}},
			{Line: 19, Cells: map[string]string{"title": "<script>alert(1)</script>"}, Problems: []port.Problem{{Code: "PORT_TWICE", Zh: "与第 7 行重复", En: "Repeats row 7"}}},
		},
		Changes: []*port.Row{row(2, mug, port.Change{What: "price", From: "49.00", To: "59.90"}, port.Change{What: "shelf", From: "off_shelf", To: "on_shelf"}), row(3, map[string]string{"title": "手冲壶"}, port.Change{What: "new"})},
	}}
	working, done, refused := ready, ready, ready
	working.Job, working.Counts, working.Problems, working.Changes = job(5, port.Import, port.Stock, port.Running, "盘点.csv"), nil, nil, nil
	done.Job, done.Counts = job(5, port.Import, port.Products, port.Done, "十一月新品.xlsx"), map[port.RowState]int64{port.RowDone: 179, port.RowSame: 60, port.RowBad: 8, port.RowFailed: 1}
	refused.Report = port.Report{Job: job(5, port.Import, port.Tracking, port.Refused, "新建 文本文档.txt")}
	refused.Job.Problem = &port.Problem{Code: "PORT_HEAD", Zh: "第一行缺少“快递单号”列，请使用模板并保留表头", En: "The first row has no column “Tracking number”; use the template and keep its head row"}
	history := []port.Job{
		job(5, port.Import, port.Products, port.Ready, "十一月新品.xlsx"), job(4, port.Import, port.Stock, port.Running, "盘点.csv"), job(3, port.Import, port.Tracking, port.Done, "发货 11-20.xlsx"),
		job(2, port.Import, port.Tracking, port.Refused, "新建 文本文档.txt"), job(1, port.Import, port.Products, port.Expired, "首批.csv"),
	}
	exports := []port.Job{job(9, port.Export, port.Orders, port.Running, ""), job(8, port.Export, port.Products, port.Done, ""), job(7, port.Export, port.Stock, port.Expired, "")}
	whole := job(8, port.Export, port.Orders, port.Done, "")
	whole.Options.Reveal = true
	kinds := port.Kinds(port.Import)
	return []Sample{
		{"imports", view.ImportListPage(in, view.PortList{Page: port.Page{Jobs: history, Next: 1}, Kinds: kinds, OnFirst: true})},
		{"imports_none", view.ImportListPage(in, view.PortList{Kinds: kinds, OnFirst: true})},
		{"import_new", view.ImportFormPage(in, view.ImportForm{Kind: port.Products})},
		{"import_new_refused", view.ImportFormPage(in, view.ImportForm{Kind: port.Stock, Count: true, Bad: f.Text.T("import.none_chosen")})},
		{"import_ready", view.ImportShowPage(in, ready)},
		{"import_running", view.ImportShowPage(in, working)},
		{"import_done", view.ImportShowPage(in, done)},
		{"import_refused", view.ImportShowPage(in, refused)},
		{"exports", view.ExportListPage(out, view.PortList{Page: port.Page{Jobs: exports}, Kinds: port.Kinds(port.Export), OnFirst: true, MayReveal: true})},
		{"exports_none", view.ExportListPage(out, view.PortList{Kinds: port.Kinds(port.Export)[:1], OnFirst: true})},
		{"export_running", view.ExportShowPage(out, exports[0], true)},
		{"export_done", view.ExportShowPage(out, whole, true)},
		{"export_expired", view.ExportShowPage(out, exports[2], true)},
	}
}

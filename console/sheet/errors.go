package sheet

import "galleria/tenant/fault"

// ErrTooLong is a table with more rows than a spreadsheet takes.
var ErrTooLong = fault.New(fault.Invalid, "SHEET_TOO_LONG", "行数超过电子表格的上限，请缩小日期范围", "There are more rows than a spreadsheet holds; choose fewer days")

package sheet

import "galleria/tenant/fault"

// ErrTooLong is a table with more rows than a spreadsheet takes.
var ErrTooLong = fault.New(fault.Invalid, "SHEET_TOO_LONG", "行数超过电子表格的上限，请缩小日期范围", "There are more rows than a spreadsheet holds; choose fewer days")

// What can be wrong with a file that is read.
var (
	// ErrNoTable is a file in which no table can be found.
	ErrNoTable = fault.New(fault.Invalid, "SHEET_UNREADABLE", "文件无法识别，请上传 xlsx 或 csv 文件", "The file cannot be read; choose an xlsx or csv file")
	// ErrOldExcel is the format of Excel 97.
	ErrOldExcel = fault.New(fault.Invalid, "SHEET_OLD_EXCEL", "不支持旧版 xls 文件，请在 Excel 中另存为 xlsx 后再上传", "Old xls files are not supported; save it as xlsx first")
	// ErrEncoding is a CSV file in neither UTF-8, UTF-16 nor GBK.
	ErrEncoding = fault.New(fault.Invalid, "SHEET_ENCODING", "文件编码无法识别，请另存为 UTF-8 或 GBK 编码的 csv 文件", "The encoding of the file is unknown; save it as UTF-8")
	// ErrTooMuch is a file that is larger inside than it may be.
	ErrTooMuch = fault.New(fault.Invalid, "SHEET_TOO_MUCH", "文件内容过大，请拆分成几个文件上传", "There is too much in the file; split it")
	// ErrRows is a file with more rows than are taken.
	ErrRows = fault.New(fault.Invalid, "SHEET_ROWS", "行数超过上限，请拆分成几个文件上传", "There are too many rows; split the file")
	// ErrColumns is a file with more columns than are taken.
	ErrColumns = fault.New(fault.Invalid, "SHEET_COLUMNS", "列数超过上限，请使用模板", "There are too many columns; use the template")
	// ErrCell is a cell with more in it than a spreadsheet holds.
	ErrCell = fault.New(fault.Invalid, "SHEET_CELL", "有单元格的内容过长", "A cell holds too much")
)

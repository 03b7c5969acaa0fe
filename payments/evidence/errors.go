package evidence

import "galleria/tenant/fault"

// What can be wrong with a file.
var (
	// ErrType is a file that is neither a JPEG or PNG picture nor a PDF.
	ErrType = fault.New(fault.Unsupported, "EVIDENCE_TYPE", "凭证只支持 JPG、PNG 图片或 PDF 文件", "Only JPG, PNG and PDF files are accepted")
	// ErrTooLarge is a file of more than MaxBytes.
	ErrTooLarge = fault.New(fault.TooLarge, "EVIDENCE_TOO_LARGE", "凭证文件超过 5 MB，请压缩后再上传", "The file is larger than 5 MB")
	// ErrTooMany is more than Most files.
	ErrTooMany = fault.New(fault.Invalid, "EVIDENCE_TOO_MANY", "一次最多上传 3 个凭证文件", "At most 3 files can be uploaded")
	// ErrNoPlace is an installation that keeps no files, or cannot at the moment.
	ErrNoPlace = fault.New(fault.Unavailable, "EVIDENCE_STORE", "凭证暂时无法保存，请稍后再试", "The file cannot be stored at the moment")
)

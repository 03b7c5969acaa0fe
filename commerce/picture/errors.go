package picture

import "galleria/tenant/fault"

var (
	// ErrType is a file that is neither JPEG nor PNG.
	ErrType = fault.New(fault.Unsupported, "PICTURE_TYPE", "只支持 JPG 或 PNG 图片", "Only JPG or PNG pictures are accepted")
	// ErrTooLarge is a file of more than MaxBytes.
	ErrTooLarge = fault.New(fault.TooLarge, "PICTURE_TOO_LARGE", "图片超过 5 MB，请压缩后再上传", "The picture is larger than 5 MB")
	// ErrPixels is a picture of more than MaxPixels or with a side of less than MinSide.
	ErrPixels = fault.New(fault.Invalid, "PICTURE_SIZE", "图片的宽和高都不能小于 100 像素，总像素不能超过 3000 万", "Each side must be at least 100 pixels, and the picture at most 30 megapixels")
	// ErrBroken is a file that begins like a picture and is none.
	ErrBroken = fault.New(fault.Invalid, "PICTURE_BROKEN", "图片已损坏，无法读取", "The picture is damaged and cannot be read")
	// ErrTooMany is one buyer's upload too many within a day.
	ErrTooMany = fault.New(fault.Throttled, "PICTURE_TOO_MANY", "今天上传的图片太多了，请明天再试", "Too many pictures in a day; try tomorrow")
	// ErrUsed is a picture that cannot be deleted: products or the orders of their past show it.
	ErrUsed = fault.New(fault.Conflict, "PICTURE_IN_USE", "商品或历史订单还在使用这张图片", "Products or past orders still show this picture")
	// ErrNoPlace is an installation that keeps no pictures, or cannot at the moment.
	ErrNoPlace = fault.New(fault.Unavailable, "PICTURE_STORE", "图片暂时无法保存，请稍后再试", "The picture cannot be stored at the moment")
)

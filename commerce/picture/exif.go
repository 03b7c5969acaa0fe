package picture

import (
	"bytes"
	"encoding/binary"
)

// orientation reads how the camera was held from a JPEG's Exif, 1 if it does not say.
func orientation(raw []byte) int {
	const exif, startOfScan = 0xe1, 0xda
	for at := 2; at+4 <= len(raw) && raw[at] == 0xff; {
		kind, length := raw[at+1], int(binary.BigEndian.Uint16(raw[at+2:]))
		if kind == startOfScan || length < 2 || at+2+length > len(raw) {
			break
		}
		body := raw[at+4 : at+2+length]
		if tiff, ok := bytes.CutPrefix(body, []byte("Exif\x00\x00")); ok && kind == exif {
			return orientationOf(tiff)
		}
		at += 2 + length
	}
	return 1
}

// orientationOf looks for tag 0x0112 in the first directory.
func orientationOf(tiff []byte) int {
	const head, entry, tag = 8, 12, 0x0112
	if len(tiff) < head {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if bytes.HasPrefix(tiff, []byte("MM")) {
		order = binary.BigEndian
	}
	at := int(order.Uint32(tiff[4:]))
	if at < head || at+2 > len(tiff) {
		return 1
	}
	entries := int(order.Uint16(tiff[at:]))
	for i := range entries {
		from := at + 2 + i*entry
		if from+entry > len(tiff) {
			break
		}
		if order.Uint16(tiff[from:]) == tag {
			return int(order.Uint16(tiff[from+8:]))
		}
	}
	return 1
}

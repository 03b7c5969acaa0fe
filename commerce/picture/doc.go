// Package picture takes the pictures that merchants upload and keeps them where the API's
// /media/shop/ serves them from (web/media).
//
// It owns what a picture must be, how it is stored, its address and the table picture, the
// shop's library; a product names its pictures by address.
//
// Invariants: the type is what the bytes say, never a name or a header; everything is
// decoded and encoded anew, so that neither place and time of a photo nor anything hidden
// in the file reaches a buyer; a photo stands the way its camera was held; no side is longer
// than Longest; an address is random and its file never changes, so it may be cached for ever;
// the same file is kept once; what is kept is counted in the plan's storage in the transaction
// that writes its row, and given back when it is deleted; nothing is deleted that a product, or
// an order's snapshot of one, shows; a shop's pictures lie in a folder of its own, whose name tells nobody
// which shop it is.
//
// Decisions: JPEG and PNG are taken, because the standard library decodes both. A picture
// without transparency becomes a JPEG. Decoding is bounded by the pixels that the header
// announces, and one picture is decoded at a time: a hundred bytes can announce gigabytes.
// The file is written before its row and removed after it, so that a crash leaves a file without
// a row and never a row without a file; Sweep, once a day, removes such files. Thumbnails are
// made by a job; until then, and for a shop without room, the whole picture is served in their
// place. A Store is a folder, which several machines share, or an object store
// (commerce/picture/bucket).
package picture

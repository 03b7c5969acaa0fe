// Package picture takes the pictures that merchants upload and keeps them where the API's
// /media/shop/ serves them from (web/media).
//
// It owns what a picture must be, how it is stored and its address. It owns no table: a
// product names its pictures by address.
//
// Invariants: the type is what the bytes say, never a name or a header; everything is
// decoded and encoded anew, so that neither place and time of a photo nor anything hidden
// in the file reaches a buyer; a photo stands the way its camera was held; no side is longer
// than Longest; an address names its content, so it never changes what it shows and may be
// cached for ever; a shop's pictures lie in a folder of its own, whose name tells nobody
// which shop it is.
//
// Decisions: JPEG and PNG are taken, because the standard library decodes both. A picture
// without transparency becomes a JPEG. Decoding is bounded by the pixels that the header
// announces, and one picture is decoded at a time: a hundred bytes can announce gigabytes.
// Store has two methods, so that an object store takes the folder's place when several
// machines serve; until then they share the folder.
package picture

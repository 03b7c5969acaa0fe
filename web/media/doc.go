// Package media draws the pictures of the demo shops: a flat illustration per
// kind of thing, in one of a few calm palettes, in front of one of a few
// backdrops, as SVG.
//
// It owns the drawings (motif/*.svg), the palettes and the address
// /media/demo/{motif}-{variant}.svg. It does not own pictures that merchants
// upload; it serves those of commerce/picture under /media/shop/.
//
// Decisions: a picture is a pure function of its name, so nothing is stored and
// an address can be cached for ever. Drawings carry colours by role ($main,
// $dark, …), replaced when a picture is drawn; they use presentation attributes
// only, no style, script or font, and are served under a policy that would
// refuse all three. Names that are not spelt exactly so are not found: every
// picture has one address.
package media

package media

import (
	"embed"
	"io/fs"
	"strconv"
	"strings"
)

//go:embed motif/*.svg
var motifs embed.FS

// Variants is how many pictures there are of each motif.
const Variants = 32

// prefix is where Register serves the pictures.
const prefix = "/media/demo/"

// Path is the address of a picture; variants beyond the last start again.
func Path(motif string, variant int) string {
	return prefix + motif + "-" + strconv.Itoa(((variant%Variants)+Variants)%Variants) + ".svg"
}

// Motifs lists the kinds of things that can be drawn, in the order of their names.
func Motifs() []string {
	files, err := fs.ReadDir(motifs, "motif")
	if err != nil {
		return nil // an embedded folder that is not there
	}
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = strings.TrimSuffix(f.Name(), ".svg")
	}
	return names
}

// Draw returns the picture of a name such as "teapot-3" as an SVG document; ok is false if
// there is none. The same name always gives the same bytes.
func Draw(name string) (svg []byte, ok bool) {
	motif, number, found := strings.Cut(name, "-")
	variant, err := strconv.Atoi(number)
	if !found || err != nil || variant < 0 || variant >= Variants || strconv.Itoa(variant) != number || !plain(motif) {
		return nil, false
	}
	drawing, err := motifs.ReadFile("motif/" + motif + ".svg")
	if err != nil {
		return nil, false
	}
	return compose(string(drawing), motif, variant), true
}

// plain keeps everything but names of drawings away from the embedded files.
func plain(motif string) bool {
	for _, c := range []byte(motif) {
		if c < 'a' || c > 'z' {
			return false
		}
	}
	return motif != ""
}

// compose puts the drawing on a table before a backdrop. Within the variants of a motif
// palette and backdrop both change from one to the next, and each pair appears once.
func compose(drawing, motif string, variant int) []byte {
	colours, scenes := palettes(), backdrops()
	shift := 0 // so that equal variants of different motifs do not share a palette
	for _, c := range []byte(motif) {
		shift += int(c)
	}
	p := colours[(variant+shift)%len(colours)]
	scene := scenes[(variant+variant/len(colours)+shift/7)%len(scenes)]

	var b strings.Builder
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" width="800" height="800">`)
	b.WriteString(`<path d="M0 0h400v400H0z" fill="$wall"/>`)
	b.WriteString(scene)
	b.WriteString(`<path d="M0 328h400v72H0z" fill="$floor"/><path d="M0 328h400v3H0z" fill="#fff" opacity=".35"/>`)
	b.WriteString(`<ellipse cx="208" cy="345" rx="136" ry="13" fill="$ink" opacity=".13"/>`)
	b.WriteString(`<g transform="translate(0 28)">`)
	b.WriteString(strings.TrimSpace(drawing))
	b.WriteString("</g></svg>\n")
	return []byte(strings.NewReplacer(
		"$wall", p.wall, "$floor", p.floor, "$main", p.main, "$dark", p.dark, "$light", p.light,
		"$accent", p.accent, "$paper", "#fffdf8", "$ink", "#2f3436",
	).Replace(b.String()))
}

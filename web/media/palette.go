package media

// palette gives a colour to each role of a drawing.
type palette struct {
	wall, floor       string
	main, dark, light string
	accent            string
}

// palettes are muted colours that sit side by side on one page without fighting.
func palettes() []palette {
	return []palette{
		{"#e6ece4", "#d2ddcf", "#8fae9b", "#5f8070", "#c4d7ca", "#d08c60"}, // celadon
		{"#f3e7dc", "#e6d3c2", "#c98b6b", "#9a6148", "#e7bfa6", "#5f7f78"}, // clay
		{"#e4e9ef", "#cfd9e3", "#5b7596", "#3c5371", "#a9bbd0", "#d9a05b"}, // indigo
		{"#f4efe4", "#e5dbc7", "#cdb68c", "#9b8359", "#ebddc0", "#7a8f6a"}, // oat
		{"#f1e6e6", "#e2d0d1", "#a9727a", "#7b4d56", "#d7b1b5", "#c8a15a"}, // plum
		{"#ebeedf", "#d8dfc4", "#7d8f56", "#57673a", "#bdc99a", "#c4774f"}, // moss
		{"#e9e8e4", "#d8d6d0", "#56606a", "#353d45", "#9ba5ae", "#c9a86a"}, // ink
		{"#f6eae2", "#ead6c9", "#d9a08c", "#af705c", "#f0cdbf", "#6e8b8a"}, // rose
	}
}

// backdrops stand behind the thing and below its shadow: a disc, an arch, light through a
// window, and a shelf of stacked steps.
func backdrops() []string {
	return []string{
		`<circle cx="200" cy="186" r="142" fill="$paper" opacity=".55"/>`,
		`<path d="M70 330V176a130 130 0 0 1 260 0v154z" fill="$paper" opacity=".5"/>`,
		`<path d="M150 0h110L120 330H10zM300 0h44L204 330h-44z" fill="$paper" opacity=".42"/>`,
		`<path d="M0 84h400v246H0z" fill="$floor" opacity=".45"/><circle cx="310" cy="92" r="46" fill="$paper" opacity=".65"/>`,
	}
}

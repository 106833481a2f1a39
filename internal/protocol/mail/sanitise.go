package mail

import (
	"net/url"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
)

// MaxLinks is how many links of one message stay links.
const MaxLinks = 5000

// Sanitiser makes a stranger's HTML safe to show: no script, no style, no form, nothing fetched from anywhere. Links stay,
// when they lead to a web page, an address or a telephone, and open outside. It is safe for use at once from anywhere.
type Sanitiser struct{ policy *bluemonday.Policy }

// NewSanitiser makes one; it is costly, keep it.
func NewSanitiser() *Sanitiser {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "div", "span", "b", "i", "u", "s", "em", "strong", "small", "sub", "sup", "ul", "ol", "li", "dl", "dt", "dd",
		"table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th", "blockquote", "pre", "code", "tt", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "center", "address")
	p.AllowAttrs("colspan", "rowspan").Matching(bluemonday.Integer).OnElements("td", "th")
	p.AllowAttrs("dir").Matching(bluemonday.Direction).Globally()
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("alt", "src").OnElements("img")
	p.AllowURLSchemes("http", "https", "mailto", "tel")
	p.AllowDataURIImages()
	p.RequireParseableURLs(true)
	p.AllowRelativeURLs(false)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	return &Sanitiser{p}
}

// Clean gives the safe form of h and the number of remote images that were taken out. image says what stands in for an
// image of the message itself (cid:), as a data: URI; nil or "" takes it out.
func (s *Sanitiser) Clean(h string, image func(contentID string) string) (safe string, blocked int) {
	h = cutString(h, MaxTextBytes)
	var out strings.Builder
	links := 0
	for z := html.NewTokenizer(strings.NewReader(h)); ; {
		if z.Next() == html.ErrorToken {
			break
		}
		t := z.Token()
		switch {
		case t.Data == "img" && (t.Type == html.StartTagToken || t.Type == html.SelfClosingTagToken):
			var remote bool
			if t, remote = localImage(t, image); remote {
				blocked++
			}
		case t.Data == "a" && t.Type == html.StartTagToken:
			if links++; links > MaxLinks {
				t.Attr = nil
			}
			t.Attr = safeLinks(t.Attr)
		}
		out.WriteString(t.String())
	}
	return s.policy.Sanitize(out.String()), blocked
}

// localImage keeps of an image its text and, where it is in the message, its picture.
func localImage(t html.Token, image func(string) string) (_ html.Token, remote bool) {
	var keep []html.Attribute
	for _, a := range t.Attr {
		switch a.Key {
		case "alt":
			keep = append(keep, a)
		case "src":
			src := strings.TrimSpace(a.Val)
			scheme, rest, _ := strings.Cut(src, ":")
			switch strings.ToLower(scheme) {
			case "data":
				keep = append(keep, html.Attribute{Key: "src", Val: src})
			case "cid":
				if id, err := url.PathUnescape(rest); err == nil && image != nil {
					if uri := image(id); uri != "" {
						keep = append(keep, html.Attribute{Key: "src", Val: uri})
					}
				}
			default:
				remote = true
			}
		case "srcset":
			remote = true
		}
	}
	t.Attr = keep
	return t, remote
}

// safeLinks drops an href that would be ours (relative) or could do more than lead somewhere.
func safeLinks(attrs []html.Attribute) []html.Attribute {
	var keep []html.Attribute
	for _, a := range attrs {
		if a.Key != "href" {
			continue
		}
		u, err := url.Parse(strings.TrimSpace(a.Val))
		if err != nil {
			continue
		}
		switch strings.ToLower(u.Scheme) {
		case "http", "https", "mailto", "tel":
			keep = append(keep, html.Attribute{Key: "href", Val: strings.TrimSpace(a.Val)})
		}
	}
	return keep
}

// htmlText makes plain text of HTML by dropping its tags; blocks become lines.
func htmlText(h string) string {
	var out strings.Builder
	skip := 0
	for z := html.NewTokenizer(strings.NewReader(h)); ; {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		name, _ := z.TagName()
		switch tag := string(name); {
		case kind == html.TextToken && skip == 0:
			out.Write(z.Text())
		case kind == html.TextToken:
		case tag == "script" || tag == "style" || tag == "title":
			skip = max(0, skip+step(kind))
		case strings.Contains(" p br div li tr h1 h2 h3 h4 h5 h6 blockquote pre hr table ", " "+tag+" "):
			out.WriteByte('\n')
		}
	}
	return tidy(toUTF8([]byte(out.String())))
}

func step(kind html.TokenType) int {
	switch kind {
	case html.StartTagToken:
		return 1
	case html.EndTagToken:
		return -1
	}
	return 0
}

// tidy joins spaces within lines and empty lines between them.
func tidy(s string) string {
	var out strings.Builder
	blank := true
	for l := range strings.Lines(s) {
		l = strings.Join(strings.Fields(l), " ")
		if l == "" && blank {
			continue
		}
		blank = l == ""
		out.WriteString(l)
		out.WriteByte('\n')
	}
	return strings.TrimSpace(out.String())
}

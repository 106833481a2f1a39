package mail

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func crlf(s string) []byte { return []byte(strings.ReplaceAll(s, "\n", "\r\n")) }

func TestParse(t *testing.T) {
	p := Parse(crlf(`From: =?utf-8?q?J=C3=A4rvinen=2C_Aino?= <aino@customer.example>
To: parks@city.example, "Second, One" <two@b.example>
Cc: three@b.example
Reply-To: <other@customer.example>
Subject: =?iso-8859-1?q?Rikkin=E4inen?= keinu
 puistossa
Date: Mon, 23 Nov 2026 10:00:00 +0200
Message-ID: <1@customer.example>
In-Reply-To: <0@city.example>
References: <a@b> <0@city.example>
Authentication-Results: mx.city.example; spf=pass smtp.mailfrom=aino@customer.example; dkim=fail (bad) header.d=customer.example
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: multipart/alternative; boundary=y

--y
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Hei! Keinu on rikki. =E4=F6
--y
Content-Type: text/html; charset=utf-8

<p>Hei! <b>Keinu</b></p>
--y--
--x
Content-Type: image/png; name="../../keinu.png"
Content-Disposition: inline
Content-ID: <kuva@x>
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--x--
`))
	if p.Raw || len(p.Problems) > 0 {
		t.Fatal(p.Problems)
	}
	if p.Subject != "Rikkinäinen keinu puistossa" || p.From[0].Name != "Järvinen, Aino" || p.From[0].Address.Reveal() != "aino@customer.example" {
		t.Errorf("%q %q", p.Subject, p.From[0].Name)
	}
	if len(p.To) != 2 || p.To[1].Name != "Second, One" || p.Cc[0].Address.Reveal() != "three@b.example" || p.ReplyTo[0].Address.Reveal() != "other@customer.example" {
		t.Error("addresses")
	}
	if p.Text != "Hei! Keinu on rikki. äö" || p.HTML != "<p>Hei! <b>Keinu</b></p>" {
		t.Errorf("%q %q", p.Text, p.HTML)
	}
	if !p.Date.Equal(time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)) || p.MessageID != "<1@customer.example>" || p.InReplyTo[0] != "<0@city.example>" || len(p.References) != 2 {
		t.Errorf("%+v", p)
	}
	if a := p.Attachments[0]; a.Name != "keinu.png" || a.ContentID != "kuva@x" || !a.Inline || a.Size != 8 || !bytes.HasPrefix(p.Content(0), []byte("\x89PNG")) {
		t.Errorf("%+v", a)
	}
	if len(p.Auth) != 2 || p.Auth[0] != (AuthResult{"spf", "pass", "customer.example"}) || p.Auth[1].Value != "fail" {
		t.Errorf("%+v", p.Auth)
	}
	if p.Content(1) != nil || p.Content(-1) != nil {
		t.Error("content out of range")
	}
}

// Each of these once lost its words in somebody's reader.
func TestWordsAreFoundInMalformedMail(t *testing.T) {
	for name, raw := range map[string]string{
		"no headers":                 "words\n",
		"no headers, several lines":  "hello there\nwords\n",
		"no blank line":              "Subject: words",
		"only a body":                "\nwords\n",
		"no final newline":           "Subject: x\n\nwords",
		"bad header line":            "Subject: x\nthis is no field\nTo: a@b\n\nwords\n",
		"mbox line":                  "From a@b Mon Nov 23 10:00:00 2026\nSubject: x\n\nwords\n",
		"8-bit without charset":      "Subject: x\n\nwords \xe4\xf6\n",
		"unknown charset":            "Content-Type: text/plain; charset=klingon\n\nwords\n",
		"wrong charset":              "Content-Type: text/plain; charset=utf-8\n\nwords \xe4\n",
		"NUL":                        "Subject: x\x00y\n\nwo\x00rds\x00\n",
		"broken base64":              "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\nd29yZHM=!!!!\n",
		"part without content type":  "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nwords\n--b--\n",
		"no closing boundary":        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nwords\n",
		"boundary never comes":       "Content-Type: multipart/mixed; boundary=b\n\nwords\n",
		"multipart without boundary": "Content-Type: multipart/mixed\n\nwords\n",
		"html only":                  "Content-Type: text/html\n\n<style>p{}</style><p>wo<b>rds</b></p>\n",
		"bad content type":           "Content-Type: ;;;\n\nwords\n",
		"bad transfer encoding":      "Content-Transfer-Encoding: rot13\n\nwords\n",
		"folded first line":          " folded\nSubject: x\n\nwords\n",
	} {
		t.Run(name, func(t *testing.T) {
			for _, raw := range [][]byte{[]byte(raw), crlf(raw), []byte(strings.ReplaceAll(raw, "\n", "\r\r\n"))} {
				p := Parse(raw)
				if !strings.Contains(p.Text+p.Subject, "words") && !strings.Contains(p.Text, "wo\uFFFDrds") {
					t.Errorf("lost in %q: %q %v", raw, p.Text, p.Problems)
				}
			}
		})
	}
}

func nested(levels int) []byte {
	var b bytes.Buffer
	b.WriteString("Subject: deep\r\n")
	for i := range levels {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	b.WriteString("Content-Type: text/plain\r\n\r\nthe heart\r\n")
	for i := levels - 1; i >= 0; i-- {
		fmt.Fprintf(&b, "--b%d--\r\n", i)
	}
	return b.Bytes()
}

// Nested parts whose boundaries never close took the library time that doubles with each level.
func TestUnclosedNestingEnds(t *testing.T) {
	for _, levels := range []int{5, 25, 29, 50, 2000} {
		whole := nested(levels)
		open := whole[:bytes.Index(whole, []byte("the heart"))+len("the heart\r\n")]
		start := time.Now()
		if p := Parse(open); !strings.Contains(p.Text, "the heart") || time.Since(start) > 5*time.Second {
			t.Errorf("%d levels: %q after %v", levels, p.Text, time.Since(start))
		}
	}
}

func TestDeepAndWideMail(t *testing.T) {
	for _, levels := range []int{1, 10, 29, 50, 199, 1000, 10_000} {
		start := time.Now()
		p := Parse(nested(levels))
		if p.Subject != "deep" || !strings.Contains(p.Text, "the heart") {
			t.Errorf("%d levels: %q", levels, p.Text)
		}
		if p.Raw != (levels > MaxDepth) {
			t.Errorf("%d levels: raw %v", levels, p.Raw)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%d levels took %v", levels, took)
		}
	}
	wide := []byte("Content-Type: multipart/mixed; boundary=b\r\n\r\nx\r\n" + strings.Repeat("--b\r\n\r\npart\r\n", 10_000) + "--b--\r\n")
	if p := Parse(wide); strings.Count(p.Text, "part") != MaxParts-1 || len(p.Problems) == 0 {
		t.Errorf("%d parts shown, %v", strings.Count(p.Text, "part"), p.Problems)
	}
	if p := Parse([]byte("Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\n", 100_000))); !p.Raw {
		t.Error("100,000 parts were read")
	}
}

func TestHugeHeaders(t *testing.T) {
	p := Parse([]byte("To: " + strings.Repeat("a@b.example, ", 100_000) + "\r\nReferences: " + strings.Repeat("<a@b> ", 100_000) + "\r\n\r\nbody"))
	if len(p.To) > MaxAddresses || len(p.References) > MaxReferences {
		t.Fatal(len(p.To), len(p.References))
	}
	p = Parse([]byte("Subject: x\r\n" + strings.Repeat("X-Y: z\r\n", 100_000) + "\r\nbody"))
	if p.Subject != "x" || len(p.Problems) == 0 {
		t.Fatal(p.Problems)
	}
}

func TestAutomaticAndBounces(t *testing.T) {
	for head, want := range map[string]bool{
		"Auto-Submitted: auto-replied": true, "Auto-Submitted: auto-generated; x=y": true, "Auto-Submitted: no": false,
		"Precedence: bulk": true, "Precedence: first-class": false, "X-Autoreply: yes": true, "List-Id: <l.example>": true, "X: y": false,
	} {
		if got := Parse([]byte(head + "\r\n\r\nx")).Auto; got != want {
			t.Errorf("%s: %v", head, got)
		}
	}
	p := Parse(crlf(`From: MAILER-DAEMON@relay.example
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

Sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example
--b
Content-Type: message/rfc822

Message-ID: <ours@city.example>
Subject: answer

text
--b--
`))
	if !p.Bounce || len(p.Reported) != 1 || p.Reported[0] != "<ours@city.example>" || p.Text != "Sorry." {
		t.Fatalf("%+v", p)
	}
}

func TestAddressesSurviveNonsense(t *testing.T) {
	for in, want := range map[string]string{
		"a@b.example": "a@b.example", "<a@b.example": "a@b.example", "Aino Järvinen a@b.example": "a@b.example",
		"Aino (tel. 1) <a@b.example>, ,": "a@b.example", "=?utf-8?b?w6Q=?= <a@b.example>": "a@b.example", "\"x\" <a@b.example> extra": "a@b.example",
	} {
		got := addresses(in)
		if len(got) == 0 || got[0].Address.Reveal() != want {
			t.Errorf("%q: %+v", in, got)
		}
	}
	if got := addresses("no address at all"); len(got) != 1 || !got[0].Address.IsZero() || got[0].Name == "" {
		t.Errorf("%+v", got)
	}
}

func TestSafeName(t *testing.T) {
	for in, want := range map[string]string{
		"": "attachment", "a.pdf": "a.pdf", "/etc/passwd": "passwd", `C:\x\y.exe`: "y.exe", "..": "attachment", "a\u202egpj.exe": "agpj.exe",
		"a\r\nb": "ab", ".bashrc": "bashrc", "ä.txt": "ä.txt", "\xff": "attachment",
	} {
		if got := safeName(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(nested(3))
	f.Add([]byte("From: <a@b>\r\nContent-Type: multipart/alternative; boundary=\"x\"\r\n\r\n--x\r\nContent-Type: text/html; charset=utf-16\r\n\r\n<p>\r\n--x--"))
	f.Add([]byte("Subject: =?utf-8?q?=ff?=\n\n\x00\xff"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p := Parse(raw)
		for _, s := range []string{p.Subject, p.Text, p.HTML, p.MessageID} {
			if s != p.MessageID && !utf8.ValidString(s) {
				t.Fatalf("not UTF-8: %q", s)
			}
		}
		if strings.ContainsAny(p.Subject, "\r\n\x00") {
			t.Fatalf("subject %q", p.Subject)
		}
		for i, a := range p.Attachments {
			if int64(len(p.Content(i))) != a.Size || strings.ContainsAny(a.Name, "/\\\r\n") {
				t.Fatalf("%+v", a)
			}
		}
	})
}

package mail

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"santra/internal/errs"
	"santra/internal/pii"
)

func outgoing() Outgoing {
	return Outgoing{
		From: mailbox("Puistot, Åbo", "parks@city.example"), To: []pii.Address{pii.NewAddress("aino@customer.example")},
		Subject: "Re: Rikkinäinen keinu", Date: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC), MessageID: "<santra.a.b.c@city.example>",
		InReplyTo: "<1@customer.example>", References: []string{"<0@x>", "<1@customer.example>"}, Text: "Hei!\n\n.piste\nFrom here\n", HTML: "<p>Hei ä</p>",
	}
}

func TestComposeIsReadBack(t *testing.T) {
	raw, err := Compose(outgoing())
	if err != nil || !canonical(raw) {
		t.Fatal(err)
	}
	p := Parse(raw)
	if len(p.Problems) > 0 || p.Subject != "Re: Rikkinäinen keinu" || p.From[0].Name != "Puistot, Åbo" || p.From[0].Address.Reveal() != "parks@city.example" ||
		p.To[0].Address.Reveal() != "aino@customer.example" || p.MessageID != "<santra.a.b.c@city.example>" || p.InReplyTo[0] != "<1@customer.example>" ||
		strings.Join(p.References, " ") != "<0@x> <1@customer.example>" || !strings.Contains(p.HTML, "Hei ä") {
		t.Fatalf("%+v\n%s", p, raw)
	}
	if !strings.Contains(p.Text, "Hei!") || !strings.Contains(p.Text, ".piste") || p.Auto {
		t.Fatalf("%q", p.Text)
	}
}

func TestComposeRefusesWhatIsNoAddress(t *testing.T) {
	for _, bad := range []string{"", "x", "a@b>\r\nBcc: <c@d", "a b@c d"} {
		o := outgoing()
		o.To = []pii.Address{pii.NewAddress(bad)}
		if _, err := Compose(o); !errs.Is(err, errs.Invalid) || strings.Contains(err.Error(), "@") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// Whatever an agent or a customer wrote, it stays in its field.
func TestNothingBecomesAHeader(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		o := outgoing()
		evil := rapid.StringOf(rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune("\r\n:B<>\"= ")))).Draw(rt, "text")
		o.Subject, o.InReplyTo, o.From.Name, o.Text = evil+"\r\nBcc: x@y", "<a\r\nBcc: x@y>", "n\r\nBcc: x@y", evil
		o.References = []string{"<" + evil + "\r\nBcc: x@y>"}
		raw, err := Compose(o)
		if err != nil {
			return
		}
		head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
		for line := range strings.SplitSeq(string(head), "\r\n") {
			if strings.HasPrefix(strings.ToLower(line), "bcc:") {
				rt.Fatalf("%q", head)
			}
		}
		if !canonical(raw) {
			rt.Fatal("not canonical")
		}
	})
}

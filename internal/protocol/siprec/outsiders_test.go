package siprec

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/protocol/sdp"
)

// anyExtension draws one that keeps its rules; tokens are of any characters at all that XML can hold.
func anyExtension(t *rapid.T) Extension {
	gate := rapid.StringMatching(`[ -~äöå<&"']{1,60}`)
	n := rapid.IntRange(1, MaxOutsider).Draw(t, "outsiders")
	return Extension{
		Gate: gate.Draw(t, "gate"), Part: rapid.IntRange(1, MaxPart).Draw(t, "part"), Session: id.New(),
		Agency: rapid.StringMatching(`[a-z0-9][a-z0-9-]{0,20}`).Draw(t, "agency"), Queue: "q",
		Seat:     rapid.StringMatching(`[A-Z][0-9]{1,4}`).Draw(t, "seat"),
		Fragment: rapid.StringMatching(`[0-9]{0,4}`).Draw(t, "fragment"), Announcement: "2026-1.b_C", Language: "fi",
		Outsiders: n, Gates: rapid.SliceOfN(gate, n-1, MaxOutsider-1).Draw(t, "gates"),
	}
}

// TestAnyExtensionComesThrough: what one end builds the other reads, to the letter; and it is well-formed XML in which nobody
// but the seat has a name.
func TestAnyExtensionComesThrough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := own()
		m.Extension = anyExtension(t)
		ct, body, err := Build(m, offer)
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := Parse(ct, body)
		if len(m.Extension.Gates) == 0 {
			m.Extension.Gates = nil
		}
		if err != nil || got.Foreign || !reflect.DeepEqual(got.Extension, m.Extension) || !got.Start.Equal(m.Start) {
			t.Fatalf("%+v\n%+v\n%v", got.Extension, m.Extension, err)
		}
		if n := participants(t, document(m)); n != m.Extension.Outside()+1 {
			t.Fatal(n, "participants")
		}
	})
}

// participants reads a document strictly and counts them.
func participants(t *rapid.T, doc []byte) (n int) {
	d := xml.NewDecoder(bytes.NewReader(doc))
	for {
		tok, err := d.Token()
		if err == io.EOF {
			return n
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "nameID" {
			n++
			if aor := e.Attr[0].Value; !strings.HasSuffix(aor, ".invalid") {
				t.Fatal(aor)
			}
		}
	}
}

func TestOutsidersRefused(t *testing.T) {
	call := func(attributes, inner string) string {
		return `<recording><call xmlns="urn:santra:siprec:1" gate="g" part="1" session="` + id.New() +
			`" agency="a" queue="q" seat="A1" fragment="" announcement="1" language="fi"` + attributes + `>` + inner + `</call></recording>`
	}
	for name, c := range map[string]struct {
		doc  string
		kind errs.Kind
	}{
		"none":       {call(` outsiders="0"`, ""), errs.Invalid},
		"negative":   {call(` outsiders="-3"`, ""), errs.Invalid},
		"no number":  {call(` outsiders="two"`, ""), errs.Invalid},
		"too many":   {call(` outsiders="9"`, ""), errs.Invalid},
		"empty gate": {call("", `<also gate=""/>`), errs.Invalid},
		"many gates": {call("", strings.Repeat(`<also gate="x"/>`, MaxOutsider)), errs.TooLarge},
	} {
		if _, _, err := Parse(MetadataType, []byte(c.doc)); !errs.Is(err, c.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
	m, _, err := Parse(MetadataType, []byte(strings.Replace(call("", `<also gate="in"/>`), "</recording>", `<also gate="outside"/></recording>`, 1)))
	if err != nil || fmt.Sprint(m.Extension.Gates) != "[in]" || m.Extension.Outside() != 1 {
		t.Errorf("%+v, %v", m.Extension, err)
	}
}

// TestPauseOffers: a pause and its end change the version and the directions alone, and an answer to them follows.
func TestPauseOffers(t *testing.T) {
	paused, err := Pause(offer, true)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Pause(paused, false)
	if err != nil {
		t.Fatal(err)
	}
	back := bytes.Replace(again, []byte("o=- 1 3 "), []byte("o=- 1 1 "), 1)
	if !bytes.Equal(back, offer) || bytes.Equal(again, offer) {
		t.Errorf("%q", again)
	}
	s, err := sdp.Parse(paused)
	if err != nil || s.Version != 2 || len(s.Media) != 2 || s.Media[0].Direction != sdp.Inactive || s.Media[1].Direction != sdp.Inactive {
		t.Errorf("%+v, %v", s, err)
	}
	for _, bad := range []string{
		"", "v=0\r\na=sendonly\r\n", "o=- 1 x IN IP4 h\r\na=sendonly\r\n", "o=- 1 1 IN IP4 h\r\na=sendrecv\r\n", "o=- 1\na=inactive",
		"o=- 1 1 IN IP4 h\r\no=- 1 1 IN IP4 h\r\na=sendonly\r\n",
	} {
		if _, err := Pause([]byte(bad), true); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzPause(f *testing.F) {
	f.Add(offer, true)
	f.Add([]byte("o=- 1 18446744073709551615 IN IP4 h\na=inactive"), false)
	f.Fuzz(func(t *testing.T, b []byte, on bool) {
		next, err := Pause(b, on)
		if err != nil {
			return
		}
		if bytes.Count(next, []byte("\n")) != bytes.Count(b, []byte("\n")) {
			t.Fatal("lines came or went")
		}
		if _, err := Pause(next, !on); err != nil {
			t.Fatal("what follows can't be followed:", err)
		}
	})
}

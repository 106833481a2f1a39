package play_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/siprec"
	"santra/internal/recorder"
	"santra/internal/remote"
	"santra/internal/token"
)

// heard plays a recording and gives its samples.
func (r *rig) heard(row recorder.Row) []byte {
	r.t.Helper()
	b := r.browser()
	o, code := r.openPlay(b, r.grant(row))
	if code != 200 {
		r.t.Fatal("play:", code)
	}
	_, body, err := r.fetch(b, o.URL, "")
	must(r.t, err)
	wav, err := media.ReadWAV(bytes.NewReader(body))
	must(r.t, err)
	return wav.Data
}

// TestARecordingFromSIPToEar: real SIP over TCP and UDP, real RTP, real encryption, real HTTP; the channels align.
func TestARecordingFromSIPToEar(t *testing.T) {
	r := newRig(t)
	for _, transport := range []string{"tcp", "udp"} {
		e := r.extension("water")
		c, err := r.dial(transport, []string{"PCMA"}, own(e))
		must(t, err)
		c.talk(125)
		c.hangUp()
		row := r.finished("water", e.Session)
		if row.State != recorder.Complete || row.Length != 2500*time.Millisecond || row.Gaps != 0 || row.Hash == "" {
			t.Fatalf("%+v", row)
		}
		aligned(t, r.heard(row), 125)
	}
}

func aligned(t *testing.T, data []byte, packets int) {
	t.Helper()
	if len(data) != packets*frame*2 {
		t.Fatalf("%d bytes", len(data))
	}
	for n := range packets {
		agent := value(1, n)
		if n < 20 {
			agent = media.PCMA.Silence()
		}
		if at := n * frame * 2; data[at] != value(0, n) || data[at+1] != agent {
			t.Fatalf("packet %d: %d and %d", n, data[at], data[at+1])
		}
	}
}

// TestRow holds what it may and is what was signed (M6, M7).
func TestRow(t *testing.T) {
	r := newRig(t)
	row := r.record("water")
	rules, err := recorder.NewRules(6)
	must(t, err)
	day := rules.Day(row.Started)
	if row.ID != day+"-A12-9876" || row.Destroy != rules.DestructionDay(row.Started) || row.Announcement != "2026-1" ||
		row.Language != "fi" || row.Queue != "water-queue" || row.KeyRef != "agency/water/"+row.Destroy || row.Codec != "PCMA" {
		t.Errorf("%+v", row)
	}
	if ok, altered, err := r.s.VerifyAll(t.Context()); ok != 1 || altered != nil || err != nil {
		t.Error(ok, altered, err)
	}
}

func TestULawCall(t *testing.T) {
	r := newRig(t)
	e := r.extension("water")
	c, err := r.dial("tcp", []string{"PCMU"}, own(e))
	must(t, err)
	for n := range 10 {
		c.say(0, n, media.EncodeULaw(8000))
	}
	c.hangUp()
	data := r.heard(r.finished("water", e.Session))
	if v := media.DecodeALaw(data[0]); v < 7500 || v > 8500 {
		t.Error(v)
	}
}

// TestGate: without a good gate token nothing is recorded (M4), and one admits each part once.
func TestGate(t *testing.T) {
	r := newRig(t)
	good := r.extension("water")
	gate := func(d token.Domain, f func(*token.Gate)) siprec.Extension {
		e := r.extension("water")
		g := token.Gate{ID: id.New(), Announcement: "2026-1", Language: "fi", Agency: "water", Queue: "water-queue", Expires: time.Now().Add(time.Hour)}
		f(&g)
		e.Gate = r.sign(d, g)
		return e
	}
	other := good
	other.Session, other.Part = id.New(), 2
	otherAgency := r.extension("water")
	otherAgency.Agency = "parks"
	c, err := r.dial("tcp", nil, own(good))
	must(t, err)
	defer c.hangUp()
	for name, e := range map[string]siprec.Extension{
		"used":           good,
		"another call":   other,
		"another agency": otherAgency,
		"expired":        gate(token.DomainGate, func(g *token.Gate) { g.Expires = time.Now().Add(-time.Second) }),
		"too long":       gate(token.DomainGate, func(g *token.Gate) { g.Expires = time.Now().Add(20 * time.Hour) }),
		"another domain": gate(token.DomainPlay, func(*token.Gate) {}),
		"not announced":  gate(token.DomainGate, func(g *token.Gate) { g.Announcement = "" }),
		"no id":          gate(token.DomainGate, func(g *token.Gate) { g.ID = "" }),
	} {
		_, err := r.dial("tcp", nil, own(e))
		if refused, ok := errors.AsType[*sip.Refused](err); !ok || refused.Code != 403 {
			t.Errorf("%s: %v", name, err)
		}
	}
	second := good
	second.Part = 2
	c2, err := r.dial("tcp", nil, own(second))
	must(t, err)
	c2.hangUp()
	if n := r.entries("recording.refused"); n != 8 {
		t.Error("refusals in the log:", n)
	}
}

func TestRefusals(t *testing.T) {
	r := newRig(t)
	for name, c := range map[string]struct {
		code   int
		codecs []string
		body   func([]byte) (string, []byte)
	}{
		"no metadata": {403, nil, func(offer []byte) (string, []byte) { return "application/sdp", offer }},
		"no body":     {400, nil, func([]byte) (string, []byte) { return "", nil }},
		"garbage":     {400, nil, func([]byte) (string, []byte) { return "multipart/mixed;boundary=x", []byte("--x\r\n\r\n") }},
		"no codec": {488, nil, func(offer []byte) (string, []byte) {
			return own(r.extension("water"))(bytes.ReplaceAll(bytes.ReplaceAll(bytes.ReplaceAll(offer, []byte("RTP/AVP 8 0"), []byte("RTP/AVP 96")),
				[]byte("rtpmap:8 PCMA"), []byte("rtpmap:96 opus")), []byte("rtpmap:0 PCMU"), []byte("rtpmap:97 opus")))
		}},
	} {
		_, err := r.dial("tcp", c.codecs, c.body)
		if refused, ok := errors.AsType[*sip.Refused](err); !ok || refused.Code != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := r.s.Active(); n != 0 {
		t.Error(n, "recordings")
	}
}

// TestNothingSaidLeavesNothing: a session without a packet is no recording.
func TestNothingSaidLeavesNothing(t *testing.T) {
	r := newRig(t)
	c, err := r.dial("tcp", nil, own(r.extension("water")))
	must(t, err)
	c.hangUp()
	await(t, "the session's end", func() bool { return r.s.Active() == 0 })
	rows, err := r.client.Search(t.Context(), remote.Who{}, recorder.Filter{Agency: "water"})
	if err != nil || len(rows) != 0 {
		t.Fatal(rows, err)
	}
	if n := objects(t, r); n != 0 {
		t.Error(n, "objects")
	}
}

func objects(t *testing.T, r *rig) int {
	t.Helper()
	n := 0
	must(t, filepath.WalkDir(filepath.Join(r.cfg.Data, "recordings"), func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	}))
	return n
}

// TestStrangersPacketsAreDropped: only the offer's own ports are heard.
func TestStrangersPacketsAreDropped(t *testing.T) {
	r := newRig(t)
	e := r.extension("water")
	c, err := r.dial("tcp", nil, own(e))
	must(t, err)
	to := c.out[0].RemoteAddr().(*net.UDPAddr)
	stranger, err := net.DialUDP("udp4", nil, to)
	must(t, err)
	defer stranger.Close()
	p := make([]byte, rtp.HeaderLen+frame)
	rtp.Header{PayloadType: 8, Timestamp: 8000}.Put(p)
	for range 10 {
		_, err := stranger.Write(p)
		must(t, err)
	}
	c.talk(50)
	c.hangUp()
	aligned(t, r.heard(r.finished("water", e.Session)), 50)
}

// TestDiskFull: too little room refuses the call with a reason, and says so to who asks.
func TestDiskFull(t *testing.T) {
	r := newRig(t, func(c *recorder.Config) { c.MinFree = 1 << 60 })
	_, err := r.dial("tcp", nil, own(r.extension("water")))
	if refused, ok := errors.AsType[*sip.Refused](err); !ok || refused.Code != 503 {
		t.Error(err)
	}
	if err := r.client.Health(t.Context()); !errs.Is(err, errs.Unavailable) || !strings.Contains(err.Error(), "full") {
		t.Error(err)
	}
	if n := objects(t, r); n != 0 {
		t.Error(n, "objects")
	}
}

// fills is a disk on which an object takes so many bytes and no more.
type fills struct {
	recorder.Blobs
	left atomic.Int64
}

func (f *fills) Append(ctx context.Context, key string, p []byte) error {
	if room := f.left.Add(-int64(len(p))); room < 0 {
		part := max(0, room+int64(len(p)))
		f.left.Store(0)
		return errors.Join(f.Blobs.Append(ctx, key, p[:part]), errs.New(errs.Unavailable, "the disk is full"))
	}
	return f.Blobs.Append(ctx, key, p)
}

func (f *fills) Truncate(ctx context.Context, key string, size int64) error {
	before, err := f.Blobs.Size(ctx, key)
	f.left.Add(before - size)
	return errors.Join(err, f.Blobs.Truncate(ctx, key, size))
}

// TestDiskFillsInMidCall: the call is hung up, what was written stays and can be heard, an alarm goes to the log.
func TestDiskFillsInMidCall(t *testing.T) {
	r := newRig(t)
	r.stop()
	r.wrap = func(b recorder.Blobs) recorder.Blobs {
		f := &fills{Blobs: b}
		f.left.Store(25_000) // a head, a whole piece, half of another
		return f
	}
	r.open()
	must(t, r.s.Start(t.Context()))
	e := r.extension("water")
	c, err := r.dial("tcp", nil, own(e))
	must(t, err)
	c.talk(125)
	<-c.dialog.Ended()
	if c.dialog.Reason() != sip.EndRemote {
		t.Error(c.dialog.Reason())
	}
	row := r.finished("water", e.Session)
	if row.State != recorder.Broken || row.Length != time.Second || !strings.Contains(r.logs.String(), "alarm=true") {
		t.Errorf("%+v", row)
	}
	aligned(t, r.heard(row), 50)
}

// TestStopLosesNothing: a stop in mid-call closes the recording.
func TestStopLosesNothing(t *testing.T) {
	r := newRig(t)
	e := r.extension("water")
	c, err := r.dial("tcp", nil, own(e))
	must(t, err)
	c.talk(100)
	r.restart()
	<-c.dialog.Ended()
	row := r.finished("water", e.Session)
	if row.State != recorder.Complete || row.Length != 2*time.Second {
		t.Errorf("%+v", row)
	}
}

// TestKilled: a copy of the folders, taken in mid-call, is what a killed process leaves. Its start finishes the recording.
func TestKilled(t *testing.T) {
	r := newRig(t)
	e := r.extension("water")
	c, err := r.dial("tcp", nil, own(e))
	must(t, err)
	defer c.hangUp()
	c.talk(125)
	await(t, "two pieces", func() bool { return growing(t, r) > 2*16016 })
	after := r.killed()
	tear(t, after)
	must(t, after.s.Start(t.Context()))
	defer after.stop()
	row := after.finished("water", e.Session)
	if row.State != recorder.Recovered || row.Length != 2*time.Second {
		t.Fatalf("%+v", row)
	}
	aligned(t, after.heard(row), 100)
	if ok, altered, err := after.s.VerifyAll(t.Context()); ok != 1 || altered != nil || err != nil {
		t.Error(ok, altered, err)
	}
}

// growing is the size of the object that grows.
func growing(t *testing.T, r *rig) (size int64) {
	t.Helper()
	for key, err := range r.blobs.Growing(t.Context()) {
		must(t, err)
		if n, err := r.blobs.Size(t.Context(), key); err == nil {
			size = n
		}
	}
	return size
}

// tear leaves a piece half written.
func tear(t *testing.T, r *rig) {
	t.Helper()
	must(t, filepath.WalkDir(filepath.Join(r.cfg.Data, "recordings", "growing"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.Write(make([]byte, 7777))
		return errors.Join(err, f.Close())
	}))
}

// TestTwoRecordersOnOneFolder: the second would take the first one's growing recordings for a dead process's.
func TestTwoRecordersOnOneFolder(t *testing.T) {
	r := newRig(t)
	second := &rig{t: t, dir: r.dir, key: r.key, cfg: r.cfg}
	second.open()
	defer second.stop()
	if err := second.s.Start(t.Context()); !errs.Is(err, errs.Conflict) {
		t.Fatal(err)
	}
}

// TestCallersNumberNeverReachesTheDisk: another maker's metadata with a caller in each place that has one; first without a
// gate, then as what a spoilt centre would send (M7).
func TestCallersNumberNeverReachesTheDisk(t *testing.T) {
	r := newRig(t)
	foreign := `<participant participant_id="` + caller + `"><nameID aor="sip:` + caller + `@x"><name>` + caller + `</name></nameID></participant>` +
		`<stream stream_id="` + caller + `"><label>` + caller + `</label></stream>`
	_, err := r.dial("tcp", nil, func(offer []byte) (string, []byte) {
		return "multipart/mixed;boundary=b", []byte("--b\r\nContent-Type: application/sdp\r\n\r\n" + string(offer) +
			"\r\n--b\r\nContent-Type: application/rs-metadata+xml\r\n\r\n<recording>" + foreign + "</recording>\r\n--b--\r\n")
	})
	if err == nil {
		t.Fatal("a foreign call was recorded")
	}
	e := r.extension("water")
	c, err := r.dial("tcp", nil, func(offer []byte) (string, []byte) {
		ct, body := own(e)(offer)
		return ct, bytes.Replace(body, []byte("</datamode>"), []byte("</datamode>"+foreign), 1)
	})
	must(t, err)
	c.talk(50)
	c.hangUp()
	r.finished("water", e.Session)
	ev, err := r.client.Evidence(t.Context(), remote.Who{Person: "dpo"}, caller)
	must(t, err)
	if n, ok := ev.Canaries["0"]; !ok || n != 0 {
		t.Error("traces on disk:", ev.Canaries)
	}
	if strings.Contains(r.logs.String(), "1239876") {
		t.Error("the number is in the log")
	}
	must(t, os.WriteFile(filepath.Join(r.cfg.Data, "leak"), []byte(caller), 0o600))
	if ev, err = r.client.Evidence(t.Context(), remote.Who{}, caller); err != nil || ev.Canaries["0"] == 0 {
		t.Error("the scan finds nothing at all:", err)
	}
}

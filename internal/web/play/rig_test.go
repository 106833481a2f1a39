package play_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"santra/internal/blob"
	"santra/internal/id"
	"santra/internal/keys"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/siprec"
	"santra/internal/recorder"
	"santra/internal/remote"
	"santra/internal/store"
	catalogue "santra/internal/store/recorder"
	"santra/internal/token"
	"santra/internal/web/play"
)

const (
	centreOrigin = "http://centre.test"
	caller       = "+358401239876" // the canary: only 9876 may be seen
	frame        = 160
)

// rig is a whole recorder on loopback, with the centre's keys and a client that calls it.
type rig struct {
	t      *testing.T
	dir    string
	key    ed25519.PrivateKey
	cfg    recorder.Config
	s      *recorder.Service
	store  *catalogue.Store
	db     *store.DB
	blobs  *blob.Files
	http   *httptest.Server
	client *remote.Recorder
	phone  *sip.Endpoint
	logs   journal
	wrap   func(recorder.Blobs) recorder.Blobs // puts a fault before the blobs
}

// journal is a log that is read while it is written.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.String()
}

func must(t *testing.T, all ...error) {
	t.Helper()
	if err := errors.Join(all...); err != nil {
		t.Fatal(err)
	}
}

func newRig(t *testing.T, change ...func(*recorder.Config)) *rig {
	t.Helper()
	t.Parallel()
	return newSecondRig(t, change...)
}

// newSecondRig is newRig for a test that has one already.
func newSecondRig(t *testing.T, change ...func(*recorder.Config)) *rig {
	t.Helper()
	pub, key, err := ed25519.GenerateKey(nil)
	must(t, err)
	dir := t.TempDir()
	r := &rig{t: t, dir: dir, key: key, cfg: recorder.Config{
		SIP: "127.0.0.1:0", Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys"), Country: "FI",
		Database: "sqlite:" + filepath.Join(dir, "data", "catalogue.db"), CentreKey: base64.StdEncoding.EncodeToString(pub),
	}}
	for _, f := range change {
		f(&r.cfg)
	}
	must(t, os.MkdirAll(r.cfg.Data, 0o700))
	r.open()
	must(t, r.s.Start(t.Context()))
	t.Cleanup(r.stop)
	r.phone, err = sip.Listen(sip.Config{Addr: "127.0.0.1:0"})
	must(t, err)
	r.phone.Serve(nil)
	t.Cleanup(func() { _ = r.phone.Close(context.Background()) })
	return r
}

// open makes the service and its face, without starting it.
func (r *rig) open() {
	t := r.t
	ring, err := keys.Open(r.cfg.Keys)
	must(t, err)
	r.blobs, err = blob.NewFiles(filepath.Join(r.cfg.Data, "recordings"))
	must(t, err)
	r.db, err = store.Open(t.Context(), store.Config{DSN: r.cfg.Database, Migrations: catalogue.Migrations()})
	must(t, err)
	r.store = catalogue.New(r.db)
	var blobs recorder.Blobs = r.blobs
	if r.wrap != nil {
		blobs = r.wrap(blobs)
	}
	r.s, err = recorder.New(recorder.Options{Config: r.cfg, Store: r.store, Blobs: blobs, Keys: ring, Log: slog.New(slog.NewTextHandler(&r.logs, nil))})
	must(t, err)
	r.http = httptest.NewServer(play.New(r.s, play.Config{CentreOrigin: centreOrigin}))
	r.client, err = remote.New(remote.Config{URL: r.http.URL, CentreKey: r.key, RecorderKey: r.s.PublicKey()})
	must(t, err)
}

func (r *rig) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := errors.Join(r.s.Stop(ctx), r.store.Close(), r.blobs.Close()); err != nil {
		r.t.Error(err)
	}
	r.http.CloseClientConnections()
	r.http.Close()
}

// restart is another process on the same folders.
func (r *rig) restart() {
	r.t.Helper()
	r.stop()
	r.open()
	must(r.t, r.s.Start(r.t.Context()))
}

func (r *rig) sign(d token.Domain, claims any) string {
	r.t.Helper()
	text, err := token.Sign(r.key, d, claims)
	must(r.t, err)
	return text
}

// extension is what the centre tells of a call of an agency, with a fresh gate.
func (r *rig) extension(agency string) siprec.Extension {
	gate := token.Gate{ID: id.New(), Announcement: "2026-1", Language: "fi", Agency: agency, Queue: agency + "-queue", Expires: time.Now().Add(time.Hour)}
	return siprec.Extension{
		Gate: r.sign(token.DomainGate, gate), Part: 1, Session: id.New(), Agency: agency, Queue: gate.Queue,
		Seat: "A12", Fragment: "9876", Announcement: gate.Announcement, Language: gate.Language,
	}
}

// call is a recording session as the centre places it.
type call struct {
	r      *rig
	dialog *sip.Dialog
	out    [2]*net.UDPConn
	codec  sdp.Codec
	offer  []byte // the last one
}

func udp(t *testing.T) *net.UDPConn {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func local(c *net.UDPConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

// dial invites the recorder; *sip.Refused where it does not want the call.
func (r *rig) dial(transport string, codecs []string, body func(offer []byte) (string, []byte)) (*call, error) {
	r.t.Helper()
	c := &call{r: r, out: [2]*net.UDPConn{udp(r.t), udp(r.t)}}
	offer := sdp.Offer(sdp.Options{},
		sdp.Stream{Local: local(c.out[0]), Codecs: codecs, Direction: sdp.SendOnly, Label: siprec.LabelCustomer},
		sdp.Stream{Local: local(c.out[1]), Codecs: codecs, Direction: sdp.SendOnly, Label: siprec.LabelAgent})
	c.offer = offer
	ct, content := body(offer)
	to := r.s.SIPAddr()
	if transport == "tls" {
		to = r.s.SIPTLSAddr()
	}
	o, err := r.phone.Invite(r.t.Context(), sip.Target{URI: "sip:recorder@" + to.String(), Route: to, Transport: transport}, sip.InviteOptions{
		FromUser: "centre", ContentType: ct, Body: content, Headers: []sip.Header{{Name: "Require", Value: siprec.OptionTag}},
	})
	if err != nil {
		return nil, err
	}
	if c.dialog, err = o.Wait(r.t.Context()); err != nil {
		return nil, err
	}
	c.connect(offer)
	return c, nil
}

// connect aims the streams at the ports of the answer, customer first.
func (c *call) connect(offer []byte) {
	t := c.r.t
	mine, err1 := sdp.Parse(offer)
	theirs, err2 := sdp.Parse(c.dialog.RemoteBody())
	must(t, err1, err2)
	choices, err := sdp.Accepted(mine, theirs)
	must(t, err)
	if len(choices) != 2 || choices[0].Direction != sdp.SendOnly || choices[0].Remote == choices[1].Remote {
		t.Fatalf("answer: %+v", choices)
	}
	c.codec = choices[0].Codec
	for i, choice := range choices {
		from := local(c.out[i])
		must(t, c.out[i].Close())
		conn, err := net.DialUDP("udp4", net.UDPAddrFromAddrPort(from), net.UDPAddrFromAddrPort(choice.Remote))
		must(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		c.out[i] = conn
	}
}

func own(e siprec.Extension) func([]byte) (string, []byte) {
	return func(offer []byte) (string, []byte) {
		ct, body, err := siprec.Build(siprec.Metadata{Start: time.Now(), Extension: e}, offer)
		if err != nil {
			panic(err)
		}
		return ct, body
	}
}

// say sends packet n of a channel; its bytes are all b.
func (c *call) say(ch, n int, b byte) {
	c.r.t.Helper()
	p := make([]byte, rtp.HeaderLen+frame)
	rtp.Header{PayloadType: c.codec.PT, Sequence: uint16(n), Timestamp: uint32(n * frame), SSRC: uint32(ch + 1)}.Put(p)
	for i := range frame {
		p[rtp.HeaderLen+i] = b
	}
	_, err := c.out[ch].Write(p)
	must(c.r.t, err)
}

// value is what packet n of a channel says.
func value(ch, n int) byte { return byte(n*2 + ch) }

// talk says so many packets on both channels, the agent joining at packet 20.
func (c *call) talk(packets int) {
	for n := range packets {
		c.say(0, n, value(0, n))
		if n >= 20 {
			c.say(1, n, value(1, n))
		}
	}
}

func (c *call) hangUp() {
	c.r.t.Helper()
	ctx, cancel := context.WithTimeout(c.r.t.Context(), 5*time.Second)
	defer cancel()
	must(c.r.t, c.dialog.Bye(ctx))
}

// await waits until a condition holds.
func await(t *testing.T, what string, f func() bool) {
	t.Helper()
	deadline := time.NewTimer(10 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer deadline.Stop()
	defer tick.Stop()
	for !f() {
		select {
		case <-deadline.C:
			t.Fatal("in vain awaited: " + what)
		case <-tick.C:
		}
	}
}

// record makes a whole recording of 2.5 s and gives its row.
func (r *rig) record(agency string) recorder.Row {
	r.t.Helper()
	e := r.extension(agency)
	c, err := r.dial("tcp", nil, own(e))
	must(r.t, err)
	c.talk(125)
	c.hangUp()
	return r.finished(agency, e.Session)
}

// finished waits for the row of a session to be complete.
func (r *rig) finished(agency, session string) (row recorder.Row) {
	r.t.Helper()
	await(r.t, "the recording's end", func() bool {
		rows, err := r.client.Search(r.t.Context(), remote.Who{Person: "p"}, recorder.Filter{Agency: agency})
		must(r.t, err)
		for _, row = range rows {
			if row.Session == session && row.State != recorder.Recording {
				return true
			}
		}
		return false
	})
	return row
}

// browser is a person's, with its cookies.
func (r *rig) browser() *http.Client {
	jar, err := cookiejar.New(nil)
	must(r.t, err)
	return &http.Client{Jar: jar}
}

func (r *rig) grant(row recorder.Row) token.Play {
	return token.Play{ID: id.New(), Recording: row.Key, Agency: row.Agency, Person: "person-1", Purpose: "quality", Audit: "a", Expires: time.Now().Add(token.PlayLife)}
}

// post posts JSON; it gives the status and decodes a good answer.
func (r *rig) post(b *http.Client, path string, body, into any) int {
	r.t.Helper()
	text, err := json.Marshal(body)
	must(r.t, err)
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.http.URL+path, bytes.NewReader(text))
	must(r.t, err)
	req.Header.Set("Origin", centreOrigin)
	res, err := b.Do(req)
	must(r.t, err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	must(r.t, err)
	if into != nil && res.StatusCode == 200 {
		must(r.t, json.Unmarshal(answer, into))
	}
	return res.StatusCode
}

// openPlay opens a play.
func (r *rig) openPlay(b *http.Client, g token.Play) (play.Opened, int) {
	var o play.Opened
	code := r.post(b, "/play", map[string]string{"grant": r.sign(token.DomainPlay, g)}, &o)
	return o, code
}

// fetch gets a path, with a range where one is named.
func (r *rig) fetch(b *http.Client, path, bytesRange string) (*http.Response, []byte, error) {
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, r.http.URL+path, nil)
	must(r.t, err)
	if bytesRange != "" {
		req.Header.Set("Range", bytesRange)
	}
	res, err := b.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return res, body, err
}

// actions are the entries of the recorder's own log, newest first.
func (r *rig) entries(action string) int {
	r.t.Helper()
	var n int
	must(r.t, r.db.Read().QueryRowContext(r.t.Context(), "select count(*) from audit_entry where action = $1", action).Scan(&n))
	return n
}

// Package demo is the demonstration city: the configurations of a contact centre and a recorder on this machine, the two as
// processes of this program, people and customers who are played, and a sink for what goes out. It owns the ready-file, by
// which tools find what runs, and what asks such a city at the command line. It must not know how a server is made: it starts
// the same program that a city would.
package demo

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/goccy/go-yaml"

	"santra/internal/app/config"
	"santra/internal/errs"
	"santra/internal/keys"
	"santra/internal/recorder"
)

// Options are the flags of santra demo.
type Options struct {
	Data      string // folder of everything; kept and used again at the next start
	HTTP      string // addresses; port 0 takes a free one
	SIP       string
	SMTP      string
	Seats     int
	Traffic   bool   // simulated customers and agents
	ReadyFile string // where to write Ready once everything listens; "" for nowhere
	Tuned     Tuning
}

// MaxSeats bounds the demo's seats.
const MaxSeats = 2000

// Ready is the demo's ready-file: addresses as host:port, numbers in E.164, paths absolute.
type Ready struct {
	HTTP         string       `json:"http"`
	RecorderHTTP string       `json:"recorder_http"`
	SIP          string       `json:"sip"`
	PhonesSIP    string       `json:"phones_sip"`
	SMTP         string       `json:"smtp"`
	LMTP         string       `json:"lmtp"`
	OutboxSMTP   string       `json:"outbox_smtp"`
	Outbox       string       `json:"outbox"`
	Data         string       `json:"data"`
	RecorderData string       `json:"recorder_data"`
	PublicURL    string       `json:"public_url"`
	Users        []ReadyUser  `json:"users"`
	Queues       []ReadyQueue `json:"queues"`
	Seats        []ReadySeat  `json:"seats"`
}

// ReadyUser is a person who can log in.
type ReadyUser struct {
	Name     string   `json:"name"`
	Password string   `json:"password"`
	Roles    []string `json:"roles"`
	Agency   string   `json:"agency"` // "" for all
}

// ReadyQueue is a queue with its number and mailbox.
type ReadyQueue struct {
	ID      string `json:"id"`
	Agency  string `json:"agency"`
	Number  string `json:"number"`
	Mailbox string `json:"mailbox"`
}

// ReadySeat is a seat with its phone's account.
type ReadySeat struct {
	Code        string `json:"code"`
	SIPUser     string `json:"sip_user"`
	SIPPassword string `json:"sip_password"`
}

// Run runs a demonstration city until ctx ends: the contact centre and the recorder as two processes of this program on
// loopback, a sink for the mail that goes out and, if wished, simulated traffic.
func Run(ctx context.Context, o Options, out io.Writer, log *slog.Logger) error {
	if o.Seats < 1 || o.Seats > MaxSeats {
		return errs.At(errs.Invalid, "--seats", "want 1 to %d seats", MaxSeats)
	}
	d, err := planDemo(o)
	if err != nil {
		return err
	}
	if err := d.writeConfigs(); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer d.stopAll(stop)
	if err := d.start(ctx, log); err != nil {
		return err
	}
	if err := writeReady(o.ReadyFile, d.ready); err != nil {
		return err
	}
	d.print(out, o)
	if o.Traffic {
		go newTraffic(d.ready, log).run(ctx)
	}
	<-ctx.Done()
	return nil
}

// demonstration is a demonstration city between its plan and its end.
type demonstration struct {
	dir      string
	tuned    Tuning
	ready    Ready
	centre   config.Config
	recorder recorder.Config
	seed     Seed
	outbox   io.Closer
	outward  *operator
	operator string // where the made-up operator answers calls out
	children []*child
}

// planDemo makes or reads what stays the same between starts and picks the addresses.
func planDemo(o Options) (*demonstration, error) {
	dir, err := filepath.Abs(o.Data)
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	d := &demonstration{dir: dir, tuned: o.Tuned}
	for _, sub := range []string{"centre", "recorder", "outbox"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, fmt.Errorf("demo: %w", err)
		}
	}
	if d.seed, err = openSeed(filepath.Join(dir, "demo.json"), o.Seats); err != nil {
		return nil, err
	}
	if err := d.pickAddresses(o); err != nil {
		return nil, err
	}
	if err := d.configure(); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *demonstration) pickAddresses(o Options) error {
	var picker portPicker
	defer picker.release()
	const anyPort = "127.0.0.1:0"
	s, r := &d.centre.Server, &d.ready
	for _, a := range []struct {
		wish string
		to   *string
	}{
		{o.HTTP, &s.HTTP.Listen},
		{o.SIP, &s.SIP.Trunk},
		{o.SMTP, &s.Mail.SMTP},
		{anyPort, &s.SIP.Phones},
		{anyPort, &s.WebRTC.Listen},
		{anyPort, &s.Mail.LMTP},
		{anyPort, &d.recorder.SIP},
		{anyPort, &d.recorder.SIPTLS.Listen},
		{anyPort, &d.recorder.HTTP},
		{anyPort, &r.OutboxSMTP},
		{anyPort, &d.operator},
	} {
		var err error
		if *a.to, err = picker.pick(a.wish); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	r.HTTP, r.SIP, r.PhonesSIP, r.SMTP, r.LMTP, r.RecorderHTTP = s.HTTP.Listen, s.SIP.Trunk, s.SIP.Phones, s.Mail.SMTP, s.Mail.LMTP, d.recorder.HTTP
	r.Data, r.RecorderData, r.Outbox = filepath.Join(d.dir, "centre"), filepath.Join(d.dir, "recorder"), filepath.Join(d.dir, "outbox")
	r.PublicURL = "http://" + r.HTTP
	return nil
}

// configure fills both servers' configurations from the addresses and the seed.
func (d *demonstration) configure() error {
	public, err := keys.EnsurePublic(filepath.Join(d.ready.Data, "keys"), config.GrantKeyName)
	if err != nil {
		return err
	}
	evidence, err := keys.EnsurePublic(filepath.Join(d.ready.RecorderData, "keys"), recorder.SignKeyName)
	if err != nil {
		return err
	}
	s := &d.centre.Server
	s.Data, s.Country, s.Demo = d.ready.Data, "FI", true
	s.HTTP.PublicURL = d.ready.PublicURL
	s.SIP.TrunkCountry = "FI"
	s.SIP.TrunkAllow = []string{"127.0.0.0/8", "::1/128"} // with trunks of its own, nothing else is allowed by itself
	s.SIP.Trunks = []config.Trunk{{Name: "operaattori", Address: d.operator, Country: "FI", Emergency: true}}
	s.Mail.Hostname = Hostname
	s.Mail.Relay = config.Relay{Address: d.ready.OutboxSMTP, Country: "FI", TLS: "none"}
	s.Recorder = config.Recorder{SIP: d.recorder.SIP, HTTP: "http://" + d.recorder.HTTP, Origin: "http://" + d.recorder.HTTP, Country: "FI", PublicKey: base64.StdEncoding.EncodeToString(evidence)}
	if !d.tuned.Secure {
		d.recorder.SIPTLS.Listen = ""
	}
	d.centre.City = demoCity(d.seed.Seats)
	d.tuned.apply(&d.centre.City)
	d.recorder.Data, d.recorder.Country = d.ready.RecorderData, "FI"
	d.recorder.CentreKey = base64.StdEncoding.EncodeToString(public)
	d.recorder.CentreOrigin = d.ready.PublicURL
	if d.tuned.Secure {
		if err := d.secureLink(); err != nil {
			return err
		}
	}
	d.ready.Users, d.ready.Seats = d.seed.users(), d.seed.Seats
	for _, q := range d.centre.City.Queues {
		d.ready.Queues = append(d.ready.Queues, ReadyQueue{q.ID, q.Agency, q.Number, q.Mailbox})
	}
	return nil
}

// Hostname is the demo's name in mail and in the audit log.
const Hostname = "santra.localhost"

// demoMarker is the file by which the recorder knows a folder that the demo made.
const demoMarker = "demo"

func (d *demonstration) centrePath() string   { return filepath.Join(d.dir, "santra.yaml") }
func (d *demonstration) recorderPath() string { return filepath.Join(d.dir, recorderFile) }
func (d *demonstration) peoplePath() string   { return filepath.Join(d.dir, "demo.json") }

func (d *demonstration) writeConfigs() error {
	for path, v := range map[string]any{d.centrePath(): d.centre, d.recorderPath(): d.recorder} {
		text, err := yaml.Marshal(v)
		if err != nil {
			return fmt.Errorf("demo: %w", err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	// The marker lets a person see the destruction of recordings at another time (santra recorder destroy --now).
	return os.WriteFile(filepath.Join(d.ready.RecorderData, demoMarker), nil, 0o600)
}

func (d *demonstration) start(ctx context.Context, log *slog.Logger) error {
	sink, err := startOutbox(d.ready.OutboxSMTP, d.ready.Outbox, log)
	if err != nil {
		return err
	}
	d.outbox = sink
	if d.outward, err = startOperator(ctx, d.operator); err != nil {
		return err
	}
	rec, err := startChild(ctx, log, "recorder", "http://"+d.recorder.HTTP+"/healthz", filepath.Join(d.dir, "recorder.log"),
		"recorder", "--config", d.recorderPath())
	if err != nil {
		return err
	}
	d.children = append(d.children, rec)
	centre, err := startChild(ctx, log, "contact centre", "http://"+d.ready.HTTP+"/healthz", filepath.Join(d.dir, "centre.log"),
		append([]string{"serve", "--config", d.centrePath(), "--demo-people", d.peoplePath()}, d.tuned.flags()...)...)
	if err != nil {
		return err
	}
	d.children = append(d.children, centre)
	return nil
}

// stopAll ends both servers and waits for them; nothing is left running.
func (d *demonstration) stopAll(stop context.CancelFunc) {
	stop()
	for _, c := range d.children {
		<-c.done
	}
	if d.outbox != nil {
		_ = d.outbox.Close()
	}
	if d.outward != nil {
		_ = d.outward.Close()
	}
}

// writeReady writes the ready-file by rename, so that who waits for it never reads half of it.
func writeReady(path string, r Ready) error {
	if path == "" {
		return nil
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	tmp := path + ".new"
	if err := errors.Join(os.WriteFile(tmp, append(text, '\n'), 0o600), os.Rename(tmp, path)); err != nil {
		return fmt.Errorf("demo: ready-file: %w", err)
	}
	return nil
}

// ReadReady reads a ready-file.
func ReadReady(path string) (Ready, error) {
	var r Ready
	text, err := os.ReadFile(path)
	if err != nil {
		return r, fmt.Errorf("ready-file: %w", err)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, errs.New(errs.Invalid, "%s is not a ready-file: %w", path, err)
	}
	if _, err := netip.ParseAddrPort(r.HTTP); err != nil {
		return r, errs.New(errs.Invalid, "%s is not a ready-file: no address under http", path)
	}
	return r, nil
}

// print tells a newcomer where to look and how to log in.
func (d *demonstration) print(out io.Writer, o Options) {
	r := d.ready
	fmt.Fprintf(out, "\nSantra is running: a demonstration city with %d agencies, %d queues and %d seats.\n\n", len(d.centre.City.Agencies), len(r.Queues), len(r.Seats))
	fmt.Fprintf(out, "  Desktop                 %s/\n  Wallboard               %s/wallboard\n  Register description    %s/register\n\n", r.PublicURL, r.PublicURL, r.PublicURL)
	fmt.Fprintf(out, "  Calls from the trunk    sip:%s (UDP, TCP)\n  Agents' phones          sip:%s (UDP, TCP)\n  Mail in                 smtp:%s\n  Mail out (a folder)     %s\n\n", r.SIP, r.PhonesSIP, r.SMTP, r.Outbox)
	fmt.Fprintf(out, "  %-14s %-18s %s\n", "log-in", "password", "role")
	for i, u := range r.Users {
		if i >= demoPrinted {
			fmt.Fprintf(out, "  ... and %d more in %s\n", len(r.Users)-i, d.peoplePath())
			break
		}
		fmt.Fprintf(out, "  %-14s %-18s %s %s\n", u.Name, u.Password, u.Roles[0], u.Agency)
	}
	fmt.Fprintf(out, "\n  queue                   number           mailbox\n")
	for _, q := range r.Queues {
		fmt.Fprintf(out, "  %-23s %-16s %s\n", q.ID, q.Number, q.Mailbox)
	}
	if o.Traffic {
		fmt.Fprint(out, "\nSimulated customers call and write now and then. ")
	}
	fmt.Fprint(out, "Ctrl-C ends it.\n")
}

// demoPrinted is how many log-ins are printed.
const demoPrinted = 16

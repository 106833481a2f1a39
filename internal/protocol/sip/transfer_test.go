package sip

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/errs"
	"santra/internal/memnet"
	"santra/internal/protocol/sip/message"
)

func transfers(c *Config) { c.Extensions = []string{"siprec", "replaces", "join"} }

// A blind transfer between two of us: 202, then 100, 180 and 200 by NOTIFY, each answered; the subscription ends (RFC 3515 2.4).
func TestBlindTransfer(t *testing.T) {
	inBubble(t, memnet.Faults{Delay: 5 * time.Millisecond}, func(t *testing.T, n *memnet.Network) {
		a, b := pair(t, n, "udp")
		go func() {
			r := <-b.Requests()
			tr, err := r.Transfer()
			if err != nil || tr.Target != "sip:100@192.0.2.9" || tr.Attended || tr.ReferredBy != "<sip:maija@192.0.2.2>" {
				t.Errorf("%+v %v", tr, err)
			}
			if err := tr.Accept(); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Second)
			for _, code := range []int{180, 200} {
				if err := tr.Notify(t.Context(), code); err != nil {
					t.Error(err)
				}
			}
			if err := tr.Notify(t.Context(), 200); errs.KindOf(err) != errs.Gone {
				t.Error(err)
			}
		}()
		ref, err := a.Refer(t.Context(), "sip:100@192.0.2.9", ReferOptions{ReferredBy: "<sip:maija@192.0.2.2>"})
		if err != nil {
			t.Fatal(err)
		}
		var codes []int
		for c := range ref.Progress() {
			codes = append(codes, c)
		}
		if !slices.Equal(codes, []int{100, 180, 200}) {
			t.Error(codes)
		}
		_ = a.Bye(t.Context())
		<-b.Ended()
		time.Sleep(time.Minute)
		if s := b.ep.Stats(); s.Calls != 0 || s.Transactions != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// Refused, silent (RFC 4488), never reported, and cut off by BYE.
func TestTransferEndsInEveryWay(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		a, b := pair(t, n, "udp")
		do := make(chan func(*Transfer), 1)
		go func() {
			for r := range b.Requests() {
				tr, err := r.Transfer()
				if err != nil {
					t.Error(err)
				}
				(<-do)(tr)
			}
		}()
		do <- func(tr *Transfer) { _ = tr.Refuse(603) }
		if _, err := a.Refer(t.Context(), "sip:1@h", ReferOptions{}); err == nil || err.Error() != "sip: refused with 603" {
			t.Error(err)
		}
		do <- func(tr *Transfer) {
			_ = tr.Accept()
			if err := tr.Notify(t.Context(), 200); err != nil || !tr.Silent {
				t.Error(err)
			}
		}
		ref, err := a.Refer(t.Context(), "sip:1@h", ReferOptions{Silent: true})
		if err != nil {
			t.Fatal(err)
		}
		if _, open := <-ref.Progress(); open {
			t.Error("a report was not wanted")
		}
		do <- func(tr *Transfer) { _ = tr.Accept() }
		start := time.Now()
		ref, err = a.Refer(t.Context(), "sip:1@h", ReferOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var last int
		for last = range ref.Progress() {
		}
		if last != 408 || time.Since(start) != referralLife {
			t.Error(last, time.Since(start))
		}
		for range maxReferrals {
			do <- func(tr *Transfer) { _ = tr.Accept() }
			if ref, err = a.Refer(t.Context(), "sip:1@h", ReferOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := a.Refer(t.Context(), "sip:1@h", ReferOptions{}); errs.KindOf(err) != errs.Unavailable {
			t.Error(err)
		}
		_ = b.Bye(t.Context())
		for range ref.Progress() { // it ends with the dialog
		}
	})
}

// What a desk phone sends (RFC 3515, RFC 3891), message by message.
func TestReferOfAPhone(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		h := newAnswering()
		e := listen(t, n, "192.0.2.1", h)
		w := newWire(t, n, "192.0.2.2")
		w.send(server, invite)
		ok := w.want("SIP/2.0 200")
		w.send(server, inside("ACK", ok, 1, "ack"))
		d := <-h.dialogs
		second := strings.NewReplacer("call-one", "second@192.0.2.2", "z9hG4bK-one", "z9hG4bK-second", "alpha", "beta")
		w.send(server, second.Replace(invite))
		ok2 := w.want("SIP/2.0 200")
		w.send(server, second.Replace(inside("ACK", ok2, 1, "ack2")))
		d2 := <-h.dialogs
		tag := field(ok2, "To")[strings.Index(field(ok2, "To"), "tag=")+4:]
		refer := func(seq int, hdr string) *Request {
			w.send(server, strings.Replace(inside("REFER", ok, seq, "refer"+strconv.Itoa(seq)), "Max-Forwards", crlfs(hdr)+"\r\nMax-Forwards", 1))
			return <-d.Requests()
		}
		for i, bad := range []string{"X: 1", "Refer-To: <sip:1@h", "Refer-To: <sip:1@h>\nRefer-To: <sip:2@h>", "Refer-To: <sip:1@h;method=BYE>"} {
			r := refer(2+i, bad)
			if _, err := r.Transfer(); errs.KindOf(err) != errs.Invalid {
				t.Errorf("%q: %v", bad, err)
			}
			_ = r.Respond(400, "", nil)
			w.want("SIP/2.0 400")
		}
		r := refer(9, "r: <sip:100@192.0.2.1?Replaces=second%40192.0.2.2%3Bto-tag%3D"+tag+"%3Bfrom-tag%3Dbeta>")
		tr, err := r.Transfer()
		if err != nil || tr.Replaced != d2 || !tr.Attended || tr.Target != "sip:100@192.0.2.1" {
			t.Fatalf("%+v %v", tr, err)
		}
		if err := tr.Accept(); err != nil {
			t.Error(err)
		}
		w.want("SIP/2.0 202")
		m := w.want("NOTIFY ")
		if field(m, "Event") != "refer;id=9" || field(m, "Subscription-State") != "active;expires=180" ||
			field(m, "Content-Type") != "message/sipfrag;version=2.0" || !strings.HasSuffix(m, "\r\n\r\nSIP/2.0 100 Trying\r\n") {
			t.Error(m)
		}
		w.send(server, answerOf(m, "200 OK", ""))
		go func() { _ = tr.Notify(t.Context(), 486) }()
		m = w.want("NOTIFY ")
		if field(m, "Subscription-State") != "terminated;reason=noresource" || !strings.HasSuffix(m, "SIP/2.0 486 Busy Here\r\n") {
			t.Error(m)
		}
		w.send(server, answerOf(m, "200 OK", ""))
		r = refer(10, "Refer-To: <sip:100@192.0.2.7?Replaces=elsewhere%3Bto-tag%3Da%3Bfrom-tag%3Db>")
		if tr, err = r.Transfer(); err != nil || tr.Replaced != nil || tr.Replaces.Value != "elsewhere;to-tag=a;from-tag=b" {
			t.Errorf("%+v %v", tr, err)
		}
		_ = tr.Refuse(603)
		w.want("SIP/2.0 603")
		go func() { _ = e.Close(t.Context()) }()
		w.byes(e)
	})
}

// A NOTIFY that belongs to no REFER of ours goes to the user, as before.
func TestNotifyOfNobody(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		a, b := pair(t, n, "udp")
		go func() {
			r := <-a.Requests()
			if r.Method != message.NOTIFY {
				t.Error(r.Method)
			}
			_ = r.Respond(489, "", nil)
		}()
		res, err := b.Request(t.Context(), message.NOTIFY, "", nil, Header{Name: "Event", Value: "refer"}, Header{Name: "Subscription-State", Value: "active"})
		if err != nil || res.Code != 489 {
			t.Error(res.Code, err)
		}
	})
}

// RFC 3891 3, in the order of its rules; RFC 3911 for Join.
func TestReplacesAndJoin(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		h := newAnswering()
		eb, ea := listen(t, n, "192.0.2.1", h, transfers), listen(t, n, "192.0.2.2", nil, transfers)
		a := call(t, ea, eb, "udp")
		b := <-h.dialogs
		<-h.calls
		try := func(hdr ...Header) (*Incoming, error) {
			o, err := ea.Invite(t.Context(), to(eb, "udp"), InviteOptions{Headers: hdr, Body: []byte(offer)})
			if err != nil {
				t.Fatal(err)
			}
			d, err := o.Wait(t.Context())
			if err != nil {
				return nil, err
			}
			defer d.Bye(t.Context()) //nolint:errcheck // it was taken, that is all
			<-h.dialogs
			return <-h.calls, nil
		}
		in, err := try(a.Replacing(), Header{Name: "Require", Value: "replaces"})
		if err != nil {
			t.Fatal(err)
		}
		if d, early := in.Replaces(); d != b || early || in.Joins() != nil {
			t.Error(d, early)
		}
		in, err = try(Header{Name: "Join", Value: a.Replacing().Value})
		if err != nil {
			t.Fatal(err)
		}
		if d, _ := in.Replaces(); d != nil || in.Joins() != b {
			t.Error("Join is not read")
		}
		if in, err = try(); err != nil {
			t.Fatal(err)
		}
		if d, _ := in.Replaces(); d != nil || in.Joins() != nil {
			t.Error("a call of its own takes a place")
		}
		for _, c := range []struct {
			want string
			hdr  []Header
		}{
			{"400", []Header{a.Replacing(), a.Replacing()}},
			{"400", []Header{a.Replacing(), {Name: "Join", Value: a.Replacing().Value}}},
			{"400", []Header{{Name: "Replaces", Value: "x"}}},
			{"481", []Header{{Name: "Replaces", Value: "x;to-tag=1;from-tag=2"}}},
			{"481", []Header{{Name: "Replaces", Value: strings.Replace(a.Replacing().Value, a.callID, "another", 1)}}},
			{"486", []Header{{Name: "Replaces", Value: a.Replacing().Value + ";early-only"}}},
		} {
			if _, err := try(c.hdr...); err == nil || err.Error() != "sip: refused with "+c.want {
				t.Errorf("%v: %v", c.hdr, err)
			}
		}
	})
}

// A call that rings may be taken by another phone (pick-up); one that rings at us may not (RFC 3891 3).
func TestReplacesAnEarlyDialog(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		a, b, o, in := early(t, n)
		calls := make(waiting, 2)
		for _, e := range []*Endpoint{a.ep, b.ep} {
			e.mu.Lock()
			e.handler, e.cfg.Extensions = calls, []string{"replaces"}
			e.mu.Unlock()
		}
		third := listen(t, n, "192.0.2.3", nil)
		out, err := third.Invite(t.Context(), to(a.ep, "udp"), InviteOptions{Headers: []Header{b.Replacing()}})
		if err != nil {
			t.Fatal(err)
		}
		pick := <-calls
		if d, early := pick.Replaces(); d != a || !early {
			t.Error(d, early)
		}
		pick.Reject(486, "")
		_, _ = out.Wait(t.Context())
		out, err = third.Invite(t.Context(), to(b.ep, "udp"), InviteOptions{Headers: []Header{a.Replacing()}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := out.Wait(t.Context()); err == nil || err.Error() != "sip: refused with 481" {
			t.Error(err)
		}
		o.Cancel()
		<-in.Done()
	})
}

// Reports of two transfers in one dialog go each to its own, by the id of their Event (RFC 3515 2.4.6); one without an id is the
// oldest's.
func TestReportsFindTheirTransfer(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		a, b := pair(t, n, "udp")
		transfers := make(chan *Transfer, 2)
		go func() {
			for r := range b.Requests() {
				tr, err := r.Transfer()
				if err != nil || tr.Accept() != nil {
					t.Error(err)
				}
				transfers <- tr
			}
		}()
		var refs []*Referral
		for range 2 {
			ref, err := a.Refer(t.Context(), "sip:1@h", ReferOptions{})
			if err != nil {
				t.Fatal(err)
			}
			refs = append(refs, ref)
		}
		first, second := <-transfers, <-transfers
		synctest.Wait() // until what Accept reports has come
		_ = second.Notify(t.Context(), 486)
		res, err := b.Request(t.Context(), message.NOTIFY, "message/sipfrag", []byte("SIP/2.0 183 x"), Header{Name: "Event", Value: "refer"}, Header{Name: "Subscription-State", Value: "active"})
		if err != nil || res.Code != 200 {
			t.Error(res.Code, err)
		}
		_ = first.Notify(t.Context(), 200)
		for i, want := range [][]int{{100, 183, 200}, {100, 486}} {
			var got []int
			for code := range refs[i].Progress() {
				got = append(got, code)
			}
			if !slices.Equal(got, want) {
				t.Error(i, got)
			}
		}
	})
}

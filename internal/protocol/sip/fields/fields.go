// Package fields reads and writes the header fields of the extensions to SIP that dialogs need: RAck (RFC 3262), Session-Expires
// (RFC 4028), Refer-To and message/sipfrag (RFC 3515, 3420), Replaces and Join (RFC 3891, 3911), Reason (RFC 3326), Privacy
// (RFC 3323), Subscription-State (RFC 6665). It is pure: text in, values out. It must not know dialogs, sockets or time.
package fields

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// RAck names the provisional response that a PRACK acknowledges (RFC 3262 7.2).
type RAck struct {
	RSeq, CSeq uint32
	Method     string
}

// ParseRAck reads "776656 1 INVITE"; false where it is anything else.
func ParseRAck(v string) (RAck, bool) {
	f := strings.Fields(v)
	if len(f) != 3 {
		return RAck{}, false
	}
	r, ok := ParseSeq(f[0])
	c, err := strconv.ParseUint(f[1], 10, 32)
	return RAck{r, uint32(c), f[2]}, ok && err == nil
}

// String writes it as a header value.
func (r RAck) String() string {
	return strconv.FormatUint(uint64(r.RSeq), 10) + " " + strconv.FormatUint(uint64(r.CSeq), 10) + " " + r.Method
}

// ParseSeq reads an RSeq, 1 to 2^32-1 (RFC 3262 7.1).
func ParseSeq(v string) (uint32, bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(v), 10, 32)
	return uint32(n), err == nil && n > 0
}

// maxDelta bounds the seconds that are read: more than a day says nothing useful and must not overflow a Duration.
const maxDelta = 24 * time.Hour

// Seconds reads the delta-seconds at the start of a field that may have parameters: Min-SE, Retry-After, Expires. A value above
// a day is a day.
func Seconds(v string) (time.Duration, bool) {
	end := strings.IndexFunc(v, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(v)
	}
	if end == 0 || end < len(v) && !strings.ContainsRune(" \t;(", rune(v[end])) {
		return 0, false
	}
	n, err := strconv.ParseUint(v[:end], 10, 64)
	if err != nil || n > uint64(maxDelta/time.Second) {
		return maxDelta, true
	}
	return time.Duration(n) * time.Second, true
}

// Delta writes whole seconds.
func Delta(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }

// MinSession is the least interval of a session that may be asked for (RFC 4028 5).
const MinSession = 90 * time.Second

// SessionExpires is how long a session lasts without a refresh, and who refreshes (RFC 4028 4).
type SessionExpires struct {
	Interval  time.Duration
	Refresher string // "uac" or "uas", of the transaction that carries it; empty: not said
}

// ParseSessionExpires reads "1800;refresher=uac"; false where the interval is missing or the refresher unknown.
func ParseSessionExpires(v string) (SessionExpires, bool) {
	d, ok := Seconds(strings.TrimSpace(v))
	s := SessionExpires{Interval: d}
	s.Refresher = strings.ToLower(parameter(v, "refresher"))
	return s, ok && (s.Refresher == "" || s.Refresher == "uac" || s.Refresher == "uas")
}

// String writes it as a header value.
func (s SessionExpires) String() string {
	if s.Refresher == "" {
		return Delta(s.Interval)
	}
	return Delta(s.Interval) + ";refresher=" + s.Refresher
}

// Replaces names a dialog as its other side sees it (RFC 3891 6.1; Join of RFC 3911 has the same form).
type Replaces struct {
	CallID, ToTag, FromTag string
	EarlyOnly              bool
}

// ParseReplaces reads "id;to-tag=a;from-tag=b;early-only"; both tags must be there (RFC 3891 6.1).
func ParseReplaces(v string) (Replaces, bool) {
	id, _, _ := strings.Cut(v, ";")
	r := Replaces{CallID: strings.TrimSpace(id), ToTag: parameter(v, "to-tag"), FromTag: parameter(v, "from-tag")}
	for _, p := range split(v, ';')[1:] {
		r.EarlyOnly = r.EarlyOnly || strings.EqualFold(strings.TrimSpace(p), "early-only")
	}
	return r, r.CallID != "" && r.ToTag != "" && r.FromTag != "" && !strings.ContainsAny(r.CallID+r.ToTag+r.FromTag, " \t<>\",?&\r\n")
}

// String writes it as a header value.
func (r Replaces) String() string {
	s := r.CallID + ";to-tag=" + r.ToTag + ";from-tag=" + r.FromTag
	if r.EarlyOnly {
		s += ";early-only"
	}
	return s
}

// ReferTo says whom a referred party calls (RFC 3515 2.1).
type ReferTo struct {
	URI      string // without headers, its parameters kept
	Method   string // "INVITE" where the URI names none
	Replaces Replaces
	Attended bool // Replaces is there: the new call takes the place of that dialog
}

// ParseReferTo reads "<sip:x@h?Replaces=id%3Bto-tag%3Da%3Bfrom-tag%3Db>" or a bare URI; false where there is no URI or its
// Replaces is broken. Two Replaces are broken (RFC 3891 3).
func ParseReferTo(v string) (ReferTo, bool) {
	whole, ok := Address(v)
	if !ok {
		return ReferTo{}, false
	}
	uri, headers, _ := strings.Cut(whole, "?")
	t := ReferTo{URI: withoutParameter(uri, "method"), Method: strings.ToUpper(parameter(uri, "method"))}
	if t.Method == "" {
		t.Method = "INVITE"
	}
	for h := range strings.SplitSeq(headers, "&") {
		name, val, _ := strings.Cut(h, "=")
		if !strings.EqualFold(name, "Replaces") {
			continue
		}
		plain, err := url.PathUnescape(val)
		r, valid := ParseReplaces(plain)
		if err != nil || !valid || t.Attended {
			return ReferTo{}, false
		}
		t.Replaces, t.Attended = r, true
	}
	return t, true
}

// String writes it as a header value.
func (t ReferTo) String() string {
	s := "<" + t.URI
	if t.Method != "" && t.Method != "INVITE" {
		s += ";method=" + t.Method
	}
	if t.Attended {
		s += "?Replaces=" + strings.ReplaceAll(url.QueryEscape(t.Replaces.String()), "+", "%20")
	}
	return s + ">"
}

// Reason says why a request or response was sent (RFC 3326 2).
type Reason struct {
	Protocol string // "SIP" or "Q.850"
	Cause    int    // 0: none
	Text     string // of the peer; it may hold anything
}

// maxReasons bounds what is read of one message.
const maxReasons = 4

// ParseReasons reads the Reason fields of a message; broken ones are left out.
func ParseReasons(values []string) []Reason {
	var all []Reason
	for _, v := range values {
		for _, one := range split(v, ',') {
			proto, _, _ := strings.Cut(one, ";")
			r := Reason{Protocol: strings.TrimSpace(proto), Text: parameter(one, "text")}
			r.Cause, _ = strconv.Atoi(parameter(one, "cause"))
			if r.Protocol != "" && r.Cause >= 0 && len(all) < maxReasons {
				all = append(all, r)
			}
		}
	}
	return all
}

// String writes it as a header value.
func (r Reason) String() string {
	s := r.Protocol
	if r.Cause > 0 {
		s += ";cause=" + strconv.Itoa(r.Cause)
	}
	if r.Text != "" {
		s += `;text="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(r.Text) + `"`
	}
	return s
}

// FragmentType is the content type of a status line (RFC 3420).
const FragmentType = "message/sipfrag;version=2.0"

// Fragment writes the body of a NOTIFY that tells how a referred call goes (RFC 3515 2.4.5).
func Fragment(code int, phrase string) []byte {
	return []byte("SIP/2.0 " + strconv.Itoa(code) + " " + phrase + "\r\n")
}

// ParseFragment reads the code of such a body.
func ParseFragment(body []byte) (code int, ok bool) {
	line, _, _ := strings.Cut(string(body), "\n")
	f := strings.Fields(line)
	if len(f) < 2 || f[0] != "SIP/2.0" || len(f[1]) != 3 {
		return 0, false
	}
	code, err := strconv.Atoi(f[1])
	return code, err == nil && code >= 100 && code <= 699
}

// Terminated tells whether a Subscription-State says that no further NOTIFY comes (RFC 6665 8.2.3).
func Terminated(v string) bool {
	state, _, _ := strings.Cut(v, ";")
	return strings.EqualFold(strings.TrimSpace(state), "terminated")
}

// Event takes an Event field apart (RFC 6665 8.2.1): its package and its id, empty without one.
func Event(v string) (pkg, id string) {
	pkg, _, _ = strings.Cut(v, ";")
	return strings.ToLower(strings.TrimSpace(pkg)), parameter(v, "id")
}

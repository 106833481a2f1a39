package siprec

import (
	"bytes"
	"strconv"

	"santra/internal/errs"
)

// Pause gives the offer that follows an offer of a recording client's in the same session (RFC 3264 8): its version is one
// more, and its streams are inactive (on) or sent again, which pauses recording and lets it go on (RFC 7866 7.1.1, RFC 3264
// 8.4). All else stays: ports, codecs, labels, keys. errs.Invalid for what is no offer with sendonly or inactive streams.
//
// A client that pauses stops sending first (rtp.Tap.Pause), then offers; when it goes on it offers first.
func Pause(offer []byte, on bool) ([]byte, error) {
	direction := []byte("a=sendonly")
	if on {
		direction = []byte("a=inactive")
	}
	var out []byte
	origin, streams := false, 0
	for line := range bytes.Lines(offer) {
		text := bytes.TrimRight(line, "\r\n")
		end := line[len(text):]
		switch {
		case bytes.HasPrefix(text, []byte("o=")):
			next, ok := raised(text)
			if !ok || origin {
				return nil, errs.New(errs.Invalid, "siprec: the offer has no origin with a version")
			}
			origin, text = true, next
		case bytes.Equal(text, []byte("a=sendonly")), bytes.Equal(text, []byte("a=inactive")):
			streams++
			text = direction
		}
		out = append(append(out, text...), end...)
	}
	if !origin || streams == 0 {
		return nil, errs.New(errs.Invalid, "siprec: not an offer of streams to record")
	}
	return out, nil
}

// raised gives the o= line with its version one higher: "o=- ID VERSION IN IP4 ADDRESS".
func raised(line []byte) ([]byte, bool) {
	fields := bytes.Split(line, []byte(" "))
	if len(fields) != 6 {
		return nil, false
	}
	version, err := strconv.ParseUint(string(fields[2]), 10, 64)
	if err != nil {
		return nil, false
	}
	fields[2] = strconv.AppendUint(nil, version+1, 10)
	return bytes.Join(fields, []byte(" ")), true
}

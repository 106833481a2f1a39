package exchange

import (
	"github.com/emiago/sipgo/sip"

	"santra/internal/protocol/sip/digest"
	"santra/internal/protocol/sip/message"
)

// credentials answers the strongest challenge of a 401 or 407 that we can (RFC 3261 22.2, RFC 8760 2.4).
func credentials(res *sip.Response, method, uri, user, password string) (h message.Header, stale, ok bool) {
	ask, answer := "WWW-Authenticate", "Authorization"
	if res.StatusCode == 407 {
		ask, answer = "Proxy-Authenticate", "Proxy-Authorization"
	}
	v, stale, ok := digest.Answer(message.Values(res, ask), digest.Request{Method: method, URI: uri, User: user, Password: password})
	return message.Header{Name: answer, Value: v}, stale, ok
}

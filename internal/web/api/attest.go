package api

import "time"

// Attestation says of each promise whether it holds (M25).
type Attestation struct {
	At       time.Time        `json:"at"`
	Promises []PromiseAttests `json:"promises"`
}

// PromiseAttests is one promise's row.
type PromiseAttests struct {
	ID       string `json:"id"`
	State    string `json:"state" enum:"holds,fails,vouched"`
	Evidence string `json:"evidence"`
}

type attestOutput struct{ Body Attestation }

func (a *API) attestRoutes() {
	register(a, op{method: "POST", path: "/api/attest", id: "attest", tag: "attest", action: "attest.run", scope: scopeAny,
		doc: "Check every promise on the running system."}, soon[none, attestOutput])
}

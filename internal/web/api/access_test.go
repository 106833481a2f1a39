package api

import (
	"net/http"
	"strings"
	"testing"

	"santra/internal/identity"
	"santra/internal/web/api/frame"
)

// fill puts something in the place of path parameters.
func fill(path string) string {
	return strings.NewReplacer("{id}", "x", "{mid}", "y", "{index}", "0").Replace(path)
}

// TestOperationsByRoles asks every operation as every role, as nobody, and as somebody whose training has expired.
func TestOperationsByRoles(t *testing.T) {
	h := newHouse(t, nil)
	for _, r := range identity.Roles() {
		agency := "parks"
		switch r {
		case identity.PrivacyOfficer, identity.Controller, identity.Administrator:
			agency = ""
		}
		h.person(string(r), r, agency)
	}
	h.untrained("untrained")
	d, _ := described(t)
	for path, methods := range d.Paths {
		for method, o := range methods {
			if o.ID == "logout" || o.ID == "set-my-password" {
				continue // they would end the sessions of this test
			}
			for _, r := range append([]identity.Role{"", "untrained"}, identity.Roles()...) {
				h.checkAccess(strings.ToUpper(method), path, o, r)
			}
		}
	}
}

func (h *house) untrained(name string) {
	h.t.Helper()
	p := must[identity.Person](h.t)(h.people.CreatePerson(h.t.Context(), identity.Operator("test"), identity.NewPerson{
		Name: name, Display: name, Password: password, Roles: []identity.RoleGrant{{Role: identity.Agent, Agency: "parks"}},
	}))
	h.ids[name] = p.ID
	h.login(name)
}

func (h *house) checkAccess(method, path string, o operation, r identity.Role) {
	h.t.Helper()
	var body any
	if o.Body != nil {
		body = "{}"
	}
	res := h.send(string(r), method, fill(path), body)
	_ = res.Body.Close() // the event stream would not end
	switch want := expectation(o, r); {
	case want != 0 && res.StatusCode != want:
		h.t.Errorf("%s as %q: %d, want %d", o.ID, r, res.StatusCode, want)
	case want == 0 && (res.StatusCode == http.StatusUnauthorized || res.StatusCode >= http.StatusInternalServerError):
		h.t.Errorf("%s as %q: %d", o.ID, r, res.StatusCode)
	case want == 0 && res.StatusCode == http.StatusForbidden && o.Scope != "agency" && o.Scope != "room":
		h.t.Errorf("%s as %q: refused", o.ID, r)
	}
	if cc := res.Header.Get("Cache-Control"); cc != "no-store" {
		h.t.Errorf("%s as %q: Cache-Control %q", o.ID, r, cc)
	}
}

// expectation is the status that must come, 0 where the role may ask.
func expectation(o operation, r identity.Role) int {
	switch {
	case o.Scope == "public":
		return 0
	case r == "":
		return http.StatusUnauthorized
	case o.Scope == "self":
		return 0
	}
	for _, rule := range identity.Table() {
		for _, may := range rule.Roles {
			if rule.Action == identity.Action(o.Action) && may == r {
				return 0
			}
		}
	}
	return http.StatusForbidden
}

func TestCookieAndBearer(t *testing.T) {
	h := newHouse(t, nil)
	h.person("anna", identity.Agent, "parks")
	res := h.send("", "POST", "/api/login", LoginRequest{"anna", password})
	_ = res.Body.Close()
	c := res.Cookies()[0]
	if c.Name != frame.SessionCookie || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Secure {
		t.Errorf("%+v", c)
	}
	h.do("", "GET", "/api/me", nil, "Cookie", c.Name+"="+c.Value).want(http.StatusOK)
	h.do("", "GET", "/api/me", nil, "Authorization", "Basic "+c.Value).want(http.StatusUnauthorized)
	h.do("", "GET", "/api/me", nil, "Authorization", "Bearer nonsense", "Cookie", c.Name+"="+c.Value).want(http.StatusUnauthorized)
	out := h.do("", "POST", "/api/logout", nil, "Cookie", c.Name+"="+c.Value).want(http.StatusNoContent)
	if !strings.Contains(out.header.Get("Set-Cookie"), "Max-Age=0") {
		t.Error(out.header)
	}
	h.do("", "GET", "/api/me", nil, "Cookie", c.Name+"="+c.Value).want(http.StatusUnauthorized)
	h.do("anna", "GET", "/api/me", nil).want(http.StatusOK) // the other session lives
	h.do("", "POST", "/api/login", LoginRequest{"anna", "wrong password!"}).want(http.StatusUnauthorized)
	secure := &API{deps: Deps{Secure: true}}
	if k := secure.cookie("x"); !k.Secure {
		t.Error("over HTTPS the cookie must be Secure")
	}
}

func TestOtherSitesAreRefused(t *testing.T) {
	h := newHouse(t, nil)
	h.person("anna", identity.Agent, "parks")
	cookie := frame.SessionCookie + "=" + h.tokens["anna"]
	for _, hd := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}} {
		h.do("", "POST", "/api/logout", nil, append(hd, "Cookie", cookie)...).want(http.StatusForbidden)
	}
	h.do("", "GET", "/api/me", nil, "Cookie", cookie).want(http.StatusOK)
}

func TestPasswordChangeEndsEverySession(t *testing.T) {
	h := newHouse(t, nil)
	h.person("anna", identity.Agent, "parks")
	h.do("anna", "PUT", "/api/me/password", PasswordChange{"wrong wrong wrong", "uusi pitkä salasana"}).want(http.StatusForbidden)
	h.do("anna", "PUT", "/api/me/password", PasswordChange{password, "uusi pitkä salasana"}).want(http.StatusNoContent)
	h.do("anna", "GET", "/api/me", nil).want(http.StatusUnauthorized)
	h.do("", "POST", "/api/login", LoginRequest{"anna", "uusi pitkä salasana"}).want(http.StatusOK)
}

func TestPeopleAreManaged(t *testing.T) {
	h := newHouse(t, nil)
	h.person("admin", identity.Administrator, "")
	var made Person
	h.do("admin", "POST", "/api/people", NewPerson{
		Name: "bo", Display: "Bo", Password: password, Roles: []Role{{"agent", "parks"}},
		Skills: []Skill{{"parks", 4}}, Languages: []string{"sv"},
	}).want(http.StatusOK).into(&made)
	h.login("bo")
	h.do("bo", "GET", "/api/queues", nil).want(http.StatusForbidden) // M24: no training yet
	h.do("admin", "PUT", "/api/people/"+made.ID+"/training", `{"passed":"2026-01-01T00:00:00Z","until":"2020-01-01T00:00:00Z"}`).want(http.StatusUnprocessableEntity)
	var trained Person
	h.do("admin", "PUT", "/api/people/"+made.ID+"/training", `{"passed":"2025-01-01T00:00:00Z","until":"2028-01-01T00:00:00Z"}`).want(http.StatusOK).into(&trained)
	if !trained.TrainingValid || trained.TrainedUntil == nil || trained.Skills[0].Level != 4 {
		t.Errorf("%+v", trained)
	}
	h.do("bo", "GET", "/api/queues", nil).want(http.StatusOK)
	h.do("admin", "PUT", "/api/people/"+made.ID+"/roles", `{"roles":[{"role":"manager","agency":"ports"}]}`).want(http.StatusOK)
	h.do("bo", "POST", "/api/me/wrapup/done", nil).want(http.StatusForbidden) // at once
	h.do("admin", "PUT", "/api/people/"+h.ids["admin"]+"/roles", `{"roles":[]}`).want(http.StatusForbidden)
	h.do("admin", "PUT", "/api/people/"+made.ID+"/password", NewPassword{"jokin muu salasana"}).want(http.StatusNoContent)
	h.do("bo", "GET", "/api/me", nil).want(http.StatusUnauthorized)
	var all struct{ People []Person }
	h.do("admin", "GET", "/api/people", nil).want(http.StatusOK).into(&all)
	if len(all.People) != 2 {
		t.Errorf("%+v", all)
	}
}

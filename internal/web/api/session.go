package api

import (
	"context"
	"net/http"
)

// SessionCookie is the log-in cookie: HttpOnly, SameSite=Strict, for this host alone.
const SessionCookie = "santra_session"

// LoginRequest is a personal name and password (M19).
type LoginRequest struct {
	Name     string `json:"name" minLength:"1" maxLength:"100"`
	Password string `json:"password" minLength:"1" maxLength:"1024"`
}

// LoginAnswer gives the session's token for Bearer; a browser has it in the cookie already.
type LoginAnswer struct {
	Token  string `json:"token"`
	Person Person `json:"person"`
}

type loginInput struct{ Body LoginRequest }

type loginOutput struct {
	Cookie http.Cookie `header:"Set-Cookie"`
	Body   LoginAnswer
}

type logoutOutput struct {
	Cookie http.Cookie `header:"Set-Cookie"`
}

// PasswordChange is what a person needs to set an own password.
type PasswordChange struct {
	Old string `json:"old" minLength:"1" maxLength:"1024"`
	New string `json:"new" minLength:"12" maxLength:"1024"`
}

func (a *API) sessionRoutes() {
	register(a, op{method: "POST", path: "/api/login", id: "login", tag: "session", scope: scopePublic,
		doc: "Log in with a personal name and password. Sets the cookie and gives the same token for Bearer."}, soon[loginInput, loginOutput])
	register(a, op{method: "POST", path: "/api/logout", id: "logout", tag: "session", scope: scopeSelf,
		doc: "End the session; its event stream closes."}, soon[none, logoutOutput])
	register(a, op{method: "PUT", path: "/api/me/password", id: "set-my-password", tag: "session", scope: scopeSelf,
		doc: "Change the own password; other sessions of the person end."}, soon[passwordInput, none])
}

type passwordInput struct{ Body PasswordChange }

// none is an input or output without anything.
type none struct{}

func soon[I, O any](context.Context, *caller, *I) (*O, error) { return nil, unavailable() }

package api

import (
	"context"
	"net/http"

	"santra/internal/web/api/frame"
)

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
	New string `json:"new" minLength:"12" maxLength:"128"`
}

type passwordInput struct{ Body PasswordChange }

func (a *API) sessionRoutes() {
	frame.Register(a.frame, frame.Op{
		Method: "POST", Path: "/api/login", ID: "login", Tag: "session", Scope: frame.ScopePublic,
		Doc: "Log in with a personal name and password. Sets the cookie and gives the same token for Bearer.",
	}, a.login)
	frame.Register(a.frame, frame.Op{
		Method: "POST", Path: "/api/logout", ID: "logout", Tag: "session", Scope: frame.ScopeSelf,
		Doc: "End the session; its event stream closes and the seat is left.",
	}, a.logout)
	frame.Register(a.frame, frame.Op{
		Method: "PUT", Path: "/api/me/password", ID: "set-my-password", Tag: "session", Scope: frame.ScopeSelf,
		Doc: "Change the own password; every session of the person ends.",
	}, a.setPassword)
}

func (a *API) login(ctx context.Context, c *frame.Caller, in *loginInput) (*loginOutput, error) {
	token, p, err := a.deps.People.Login(ctx, in.Body.Name, in.Body.Password, c.Remote.String())
	if err != nil {
		return nil, err
	}
	person, err := a.deps.People.Lookup(ctx, p.Person)
	if err != nil {
		return nil, err
	}
	return &loginOutput{Cookie: a.cookie(token), Body: LoginAnswer{Token: token, Person: personOf(person)}}, nil
}

func (a *API) logout(ctx context.Context, c *frame.Caller, _ *frame.None) (*logoutOutput, error) {
	if err := a.deps.People.Logout(ctx, c.Token); err != nil {
		return nil, err
	}
	a.leaveDesk(c.Person)
	if a.deps.Live != nil {
		a.deps.Live.EndSession(c.Session)
	}
	return &logoutOutput{Cookie: a.cookie("")}, nil
}

func (a *API) setPassword(ctx context.Context, c *frame.Caller, in *passwordInput) (*logoutOutput, error) {
	if err := a.deps.People.SetPassword(ctx, c.Principal, c.Person, in.Body.Old, in.Body.New); err != nil {
		return nil, err
	}
	a.endStreams(c.Person)
	return &logoutOutput{Cookie: a.cookie("")}, nil
}

// cookie holds the token for this host alone until the browser closes; an empty token ends it.
func (a *API) cookie(token string) http.Cookie {
	k := http.Cookie{Name: frame.SessionCookie, Value: token, Path: "/", HttpOnly: true, Secure: a.deps.Secure, SameSite: http.SameSiteStrictMode}
	if token == "" {
		k.MaxAge = -1
	}
	return k
}

func (a *API) endStreams(person string) {
	if a.deps.Live != nil {
		a.deps.Live.EndPerson(person)
	}
}

package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"santra/internal/errs"
)

// client is a person who uses the HTTP API: the demo's simulated people and the attestation from outside.
type client struct {
	base  string // "http://127.0.0.1:8080"
	token string
	http  *http.Client
}

// clientTimeout bounds one request. An attestation places calls, so it takes longest.
const (
	clientTimeout = 60 * time.Second
	clientBody    = 8 << 20 // bytes of an answer that are read
)

// logIn opens a session.
func logIn(ctx context.Context, base, name, password string) (*client, error) {
	c := &client{base: base, http: &http.Client{Timeout: clientTimeout}}
	var answer struct {
		Token string `json:"token"`
	}
	if err := c.do(ctx, http.MethodPost, "/api/login", map[string]string{"name": name, "password": password}, &answer); err != nil {
		return nil, err
	}
	c.token = answer.Token
	return c, nil
}

// do sends body as JSON (nil for none) and reads the answer into out (nil to drop it).
func (c *client) do(ctx context.Context, method, path string, body, out any) error {
	var send io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		send = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, send)
	if err != nil {
		return err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return errs.New(errs.Unavailable, "%s %s: %w", method, path, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, clientBody))
	if err != nil {
		return err
	}
	if res.StatusCode >= http.StatusBadRequest {
		return refused(method, path, res.StatusCode, text)
	}
	if out == nil || len(text) == 0 {
		return nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

func refused(method, path string, status int, body []byte) error {
	var problem struct {
		Title  string `json:"title"`
		Detail string `json:"detail"`
	}
	_ = json.Unmarshal(body, &problem)
	kind := map[int]errs.Kind{400: errs.Invalid, 401: errs.Unauthenticated, 403: errs.Denied, 404: errs.NotFound, 409: errs.Conflict, 410: errs.Gone}[status]
	return errs.New(kind, "%s %s: %d %s %s", method, path, status, problem.Title, problem.Detail)
}

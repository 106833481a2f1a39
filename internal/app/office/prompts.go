package office

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"santra/internal/agency"
	"santra/internal/agency/prompts"
	"santra/internal/app/config"
	"santra/internal/errs"
	"santra/internal/protocol/media/studio"
)

// PromptOffice is the city's own prompts at the command line, beside the running server or without one. Each change is logged in the
// operator's name; a running server takes it over within config.CityPoll.
type PromptOffice struct {
	office  *office
	prompts *prompts.Service
	out     io.Writer
}

// WithPrompts opens the prompts of a configuration's database for one command.
func WithPrompts(ctx context.Context, configPath, by string, out io.Writer, log *slog.Logger, f func(PromptOffice) error) error {
	o, err := openOffice(ctx, configPath, by, log)
	if err != nil {
		return err
	}
	defer o.close()
	city := func() *agency.City { return o.city() }
	s := prompts.New(prompts.Config{Store: o.store.Prompts(), Speech: o.config.Server.Speech, City: city})
	return f(PromptOffice{o, s, out})
}

// List prints every version.
func (p PromptOffice) List(ctx context.Context) error {
	all, err := p.prompts.List(ctx)
	if err != nil {
		return err
	}
	for _, v := range all {
		heard := " "
		if v.Heard {
			heard = "*"
		}
		at := v.At.In(p.office.city().Location()).Format(time.DateTime)
		if _, err := fmt.Fprintf(p.out, "%s %-32s %s  %-26s %6.1fs  %-6s  %-20s  %s\n", heard, string(v.Lang)+"/"+v.Name, at, v.ID, v.Length.Seconds(), v.Source, v.By, v.Text); err != nil {
			return err
		}
	}
	return nil
}

// Upload keeps the WAV file at a path as a new version of a prompt.
func (p PromptOffice) Upload(ctx context.Context, lang, name, text, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	wav, err := io.ReadAll(io.LimitReader(f, studio.MaxBytes+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return p.kept(p.prompts.Upload(ctx, p.office.by.Person, agency.Lang(lang), name, text, wav))
}

// Speak keeps what the speech command makes of a text as a new version of a prompt.
func (p PromptOffice) Speak(ctx context.Context, lang, name, text string) error {
	return p.kept(p.prompts.Speak(ctx, p.office.by.Person, agency.Lang(lang), name, text))
}

// kept prints what came of a file.
func (p PromptOffice) kept(v prompts.Version, r studio.Report, err error) error {
	if err != nil {
		return err
	}
	limited := ""
	if r.Limited {
		limited = ", quieter than others: it has peaks or is very quiet; record it again"
	}
	_, err = fmt.Fprintf(p.out, "%s: %s/%s, %.1f s, brought from %.1f dB to %.1f dB%s\nit is not heard yet: santra prompt play, then santra prompt hear\n",
		v.ID, v.Lang, v.Name, v.Length.Seconds(), r.Level, r.Level+r.Gain, limited)
	return err
}

// Play writes a version as a WAV file, which must not be there yet.
func (p PromptOffice) Play(ctx context.Context, version, path string) error {
	wav, err := p.prompts.Play(ctx, version)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(wav)
	return errors.Join(err, f.Close())
}

// Hear makes a version the one that is played.
func (p PromptOffice) Hear(ctx context.Context, version string) error {
	if err := p.prompts.Hear(ctx, p.office.by.Person, version); err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.out, "heard; a running server takes it over within %s\n", config.CityPoll)
	return err
}

// Unhear makes the built-in prompt heard again.
func (p PromptOffice) Unhear(ctx context.Context, lang, name string) error {
	return p.prompts.Unhear(ctx, p.office.by.Person, agency.Lang(lang), name)
}

// Remove removes a version that is not heard.
func (p PromptOffice) Remove(ctx context.Context, version string) error {
	if version == "" {
		return errs.At(errs.Invalid, "version", "name one: santra prompt list")
	}
	return p.prompts.Remove(ctx, p.office.by.Person, version)
}

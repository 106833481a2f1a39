package main

import (
	"context"
	"os"

	"santra/internal/app/office"
)

type promptCmd struct {
	List   promptListCmd   `cmd:"" help:"List the city's own prompts; * is heard."`
	Upload promptUploadCmd `cmd:"" help:"Keep a WAV file as a new version of a prompt."`
	Speak  promptSpeakCmd  `cmd:"" help:"Have a new version spoken by the command of server.speech."`
	Play   promptPlayCmd   `cmd:"" help:"Write a version to a WAV file, to listen to."`
	Hear   promptHearCmd   `cmd:"" help:"Let callers hear a version from now on."`
	Unhear promptUnhearCmd `cmd:"" help:"Let callers hear the built-in prompt again."`
	Remove promptRemoveCmd `cmd:"" help:"Remove a version that is not heard."`
}

// with runs one command.
func (f centreFlags) with(ctx context.Context, do func(office.PromptOffice) error) error {
	return office.WithPrompts(ctx, f.Config, f.name(), os.Stdout, logger(), do)
}

// promptName is what a prompt is called.
type promptName struct {
	Lang string `arg:"" help:"fi, sv or en."`
	Name string `arg:"" help:"The prompt: welcome, closed, or a name that a flow uses."`
}

type promptListCmd struct{ centreFlags }

func (c promptListCmd) Run(ctx context.Context) error {
	return c.with(ctx, func(p office.PromptOffice) error { return p.List(ctx) })
}

type promptUploadCmd struct {
	promptName
	File string `arg:"" type:"existingfile" help:"A WAV file, 8 to 48 kHz, mono or stereo."`
	Text string `help:"What it says, for who reads flows."`
	centreFlags
}

// Help gives an example.
func (promptUploadCmd) Help() string {
	return `Silence at its ends is cut off and its loudness brought to that of the others. It is not heard before "prompt hear".

  santra prompt upload fi welcome tervetuloa.wav --text "Tervetuloa." --config /etc/santra/santra.yaml`
}

func (c promptUploadCmd) Run(ctx context.Context) error {
	return c.with(ctx, func(p office.PromptOffice) error { return p.Upload(ctx, c.Lang, c.Name, c.Text, c.File) })
}

type promptSpeakCmd struct {
	promptName
	Text string `arg:"" help:"What is to be spoken."`
	centreFlags
}

func (c promptSpeakCmd) Run(ctx context.Context) error {
	return c.with(ctx, func(p office.PromptOffice) error { return p.Speak(ctx, c.Lang, c.Name, c.Text) })
}

// promptVersion is one version.
type promptVersion struct {
	Version string `arg:"" help:"Its id, as prompt list shows it."`
}

type promptPlayCmd struct {
	promptVersion
	File string `arg:"" type:"path" help:"The WAV file to make."`
	centreFlags
}

func (c promptPlayCmd) Run(ctx context.Context) error {
	return c.with(ctx, func(p office.PromptOffice) error { return p.Play(ctx, c.Version, c.File) })
}

type promptHearCmd struct {
	promptVersion
	centreFlags
}

func (c promptHearCmd) Run(ctx context.Context) error {
	return c.with(ctx, func(p office.PromptOffice) error { return p.Hear(ctx, c.Version) })
}

type promptUnhearCmd struct {
	promptName
	centreFlags
}

func (c promptUnhearCmd) Run(ctx context.Context) error {
	return c.with(ctx, func(p office.PromptOffice) error { return p.Unhear(ctx, c.Lang, c.Name) })
}

type promptRemoveCmd struct {
	promptVersion
	centreFlags
}

func (c promptRemoveCmd) Run(ctx context.Context) error {
	return c.with(ctx, func(p office.PromptOffice) error { return p.Remove(ctx, c.Version) })
}

package prompts

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/protocol/media/studio"
)

// Limits of a speech command.
const (
	MaxWords   = 50               // of the command
	SpeakTime  = 20 * time.Second // of its run; then it and what it started are killed
	waitDelay  = time.Second      // for its pipes to close afterwards
	maxFile    = 256 << 20        // bytes of a file that it makes; speakers map shared memory of 64 MiB
	maxComment = 500              // bytes of what it says when it fails
)

// What a word of a command may hold.
const (
	wordLang = "{lang}" // fi, sv or en
	wordOut  = "{out}"  // path of the WAV file that it is to make; without it the WAV comes from standard output
	wordText = "{text}" // the text; without it the text goes to standard input
)

// Command is a program with its words, that speaks texts: [espeak-ng, -v, {lang}, -w, {out}, {text}]. It is run without a shell, in an
// empty folder, with no environment but PATH and LANG.
type Command []string

// Check refuses a command that can't be run; field is its name in the configuration.
func (c Command) Check(field string) error {
	switch {
	case len(c) == 0:
		return nil
	case len(c) > MaxWords:
		return errs.At(errs.Invalid, field, "has over %d words", MaxWords)
	case c[0] == "" || strings.Contains(c[0], "{"):
		return errs.At(errs.Invalid, field, "must begin with a program; for example [espeak-ng, -v, {lang}, -w, {out}, {text}], in quotes where there are braces")
	case slices.ContainsFunc(c, func(w string) bool { return strings.Contains(w, "\x00") }):
		return errs.At(errs.Invalid, field, "has a word that no program takes")
	}
	return nil
}

// Speak runs the command and gives its WAV file. errs.Unavailable where none is configured, or it fails, with what it said.
func (c Command) Speak(ctx context.Context, lang agency.Lang, text string) ([]byte, error) {
	if len(c) == 0 {
		return nil, errs.New(errs.Unavailable, "no speech command is configured: name one in server.speech, or upload a WAV file")
	}
	if first, _ := utf8.DecodeRuneInString(text); !unicode.IsLetter(first) && !unicode.IsDigit(first) { // no option of the program
		return nil, errs.At(errs.Invalid, "text", "must begin with a letter or a digit")
	}
	dir, err := os.MkdirTemp("", "santra-speech-")
	if err != nil {
		return nil, errs.New(errs.Unavailable, "speech: %w", err)
	}
	wav, err := c.run(ctx, dir, lang, text)
	return wav, errors.Join(err, os.RemoveAll(dir))
}

func (c Command) run(ctx context.Context, dir string, lang agency.Lang, text string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, SpeakTime)
	defer cancel()
	path := filepath.Join(dir, "speech.wav")
	words := c.filled(lang, text, path)
	out, comment := &limited{most: studio.MaxBytes}, &limited{most: maxComment}
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, []string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "HOME=" + dir}, out, comment
	cmd.SysProcAttr, cmd.WaitDelay = &syscall.SysProcAttr{Setpgid: true}, waitDelay
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // what it started, too
	if !c.has(wordText) {
		cmd.Stdin = strings.NewReader(text)
	}
	if err := cmd.Start(); err != nil {
		return nil, errs.New(errs.Unavailable, "the speech command can't be started: %w", err)
	}
	bound(cmd.Process.Pid)
	if err := cmd.Wait(); err != nil {
		return nil, errs.New(errs.Unavailable, "the speech command failed (%w): %s", err, strings.ToValidUTF8(strings.TrimSpace(string(comment.kept)), "?"))
	}
	if c.has(wordOut) {
		return readWAV(path)
	}
	return out.kept, nil
}

// bound limits the files of a process, so that it can't fill the disk. A process that is over already needs no bound.
func bound(pid int) {
	_ = unix.Prlimit(pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: maxFile, Max: maxFile}, nil)
}

func (c Command) has(word string) bool {
	return slices.ContainsFunc(c, func(w string) bool { return strings.Contains(w, word) })
}

// filled gives the words with what stands for them; each stays one word, whatever the text is.
func (c Command) filled(lang agency.Lang, text, path string) []string {
	r := strings.NewReplacer(wordLang, string(lang), wordOut, path, wordText, text)
	words := make([]string, len(c))
	for i, w := range c {
		words[i] = r.Replace(w)
	}
	return words
}

func readWAV(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, errs.New(errs.Unavailable, "the speech command made no file {out}: %w", err)
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, studio.MaxBytes+1))
}

// limited keeps the first bytes of what is written to it and drops the rest.
type limited struct {
	kept []byte
	most int
}

// Write never fails, so that the program is not stopped by it.
func (l *limited) Write(b []byte) (int, error) {
	l.kept = append(l.kept, b[:min(len(b), l.most-len(l.kept))]...)
	return len(b), nil
}

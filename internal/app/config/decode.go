package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"santra/internal/errs"
)

// decode reads YAML strictly: an unknown word is an error that shows file, line, column, the line with a caret and the word
// that was likely meant.
func decode(path string, text []byte, v any) error {
	err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(v)
	if err == nil {
		return wholeNumbers(path, text, reflect.TypeOf(v))
	}
	if errors.Is(err, io.EOF) && len(bytes.TrimSpace(text)) == 0 {
		return nil
	}
	var at yaml.Error
	if !errors.As(err, &at) {
		return unplaced(path, text, reflect.TypeOf(v), err)
	}
	where := path
	if tok := at.GetToken(); tok != nil && tok.Position != nil {
		where = fmt.Sprintf("%s:%d:%d", path, tok.Position.Line, tok.Position.Column)
	}
	message := plain(at)
	if word, unknown := unknownField(message); unknown {
		message = fmt.Sprintf("unknown word %q", word)
		if likely := nearest(word, words(reflect.TypeOf(v), map[reflect.Type]bool{})); likely != "" {
			message += fmt.Sprintf(": did you mean %q?", likely)
		}
	}
	_, shown, _ := strings.Cut(yaml.FormatError(err, false, true), "\n")
	return errs.New(errs.Invalid, "%s: %s\n%s", where, message, shown)
}

// wholeNumbers refuses a number with a fraction where a whole one is wanted.
func wholeNumbers(path string, text []byte, t reflect.Type) error {
	if n, stands := find(text, t, fraction); n != nil {
		return misread(path, n, fmt.Sprintf("want %s; have %s", wanted(stands), n.GetToken().Value))
	}
	return nil
}

// misread is an error about a single value.
func misread(path string, n ast.ScalarNode, message string) error {
	tok := n.GetToken()
	return errs.New(errs.Invalid, "%s:%d:%d: %s\n%s", path, tok.Position.Line, tok.Position.Column, message, show(tok))
}

// plain says in plain words what is wrong and what would be right.
func plain(err yaml.Error) string {
	if e, ok := errors.AsType[*yaml.TypeError](err); ok {
		return "want " + wanted(e.DstType)
	}
	if e, ok := errors.AsType[*yaml.OverflowError](err); ok {
		return fmt.Sprintf("want %s; have %s", wanted(e.DstType), e.SrcNum)
	}
	if e, ok := errors.AsType[*yaml.UnexpectedNodeTypeError](err); ok {
		switch e.Expected.YAMLName() {
		case "sequence":
			return "want a list: [one, another]"
		case "mapping":
			return "want named values: {name: value}, or a line for each below"
		}
	}
	return err.GetMessage()
}

// wanted describes what a value of a type looks like.
func wanted(t reflect.Type) string {
	if t == reflect.TypeFor[time.Duration]() {
		return wantedTime
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Uint16:
		return "a whole number from 0 to 65535"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.String:
		return "one text"
	case reflect.Slice:
		return "a list: [one, another]"
	}
	return "named values: {name: value}, or a line for each below"
}

const wantedTime = "a time with its unit: 20s, 1m30s"

// unplaced is an error of a value's own reader, to which YAML gives no place: package time's.
func unplaced(path string, text []byte, t reflect.Type, err error) error {
	if n, _ := find(text, t, noTime); n != nil {
		return misread(path, n, fmt.Sprintf("want %s; have %q", wantedTime, n.GetToken().Value))
	}
	return errs.New(errs.Invalid, "%s: %w", path, err)
}

func unknownField(message string) (string, bool) {
	_, rest, ok := strings.Cut(message, `unknown field "`)
	word, _, _ := strings.Cut(rest, `"`)
	return word, ok
}

// words lists every key that a type knows.
func words(t reflect.Type, seen map[reflect.Type]bool) (all []string) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return words(t.Elem(), seen)
	case reflect.Struct:
	default:
		return nil
	}
	if seen[t] {
		return nil
	}
	seen[t] = true
	for f := range t.Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); name != "" && name != "-" {
			all = append(all, name)
		}
		all = append(all, words(f.Type, seen)...)
	}
	return all
}

// nearest gives the known word within a third of its letters of a typo, or "".
func nearest(word string, known []string) string {
	best, within := "", max(1, len(word)/3)+1
	slices.Sort(known)
	for _, k := range known {
		if d := distance(word, k); d < within {
			best, within = k, d
		}
	}
	return best
}

// distance is Levenshtein's, with an exchange of neighbours as one step.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

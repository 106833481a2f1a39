package simulate

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"santra/internal/errs"
)

// Bounds of what is read from a CSV file.
const (
	// MaxRows bounds the rows of a file of calls or shifts.
	MaxRows = 2_000_000
	// MaxShownErrors is how many bad rows are told at once.
	MaxShownErrors = 10
)

// sheet is a CSV file being read: RFC 4180, or with semicolons and decimal commas as spreadsheets write here. The first line names
// the columns, in any order; lines that begin with # are left out.
type sheet struct {
	name    string
	reader  *csv.Reader
	decimal bool // commas in numbers
	columns map[string]int
	row     []string
	line    int
	errors  []error
	more    int // errors not kept
}

// openSheet reads the first line and refuses unknown columns, and the lack of all of the needed ones.
func openSheet(name string, in io.Reader, known, needed []string) (*sheet, error) {
	text := bufio.NewReaderSize(in, 1<<16)
	if mark, err := text.Peek(3); err == nil && bytes.Equal(mark, []byte("\ufeff")) {
		_, _ = text.Discard(len(mark)) // what Excel begins a file with
	}
	s := &sheet{name: name, columns: map[string]int{}}
	first, _ := text.Peek(text.Buffered())
	first, _, _ = bytes.Cut(first, []byte("\n"))
	s.reader = csv.NewReader(text)
	s.reader.Comment, s.reader.TrimLeadingSpace, s.reader.ReuseRecord = '#', true, true
	if bytes.Count(first, []byte(";")) > bytes.Count(first, []byte(",")) {
		s.reader.Comma, s.decimal = ';', true
	}
	header, err := s.reader.Read()
	if err != nil {
		return nil, errs.New(errs.Invalid, "%s: want a first line with the names of the columns: %s", name, strings.Join(known, ","))
	}
	return s, s.header(header, known, needed)
}

func (s *sheet) header(header, known, needed []string) error {
	for i, c := range header {
		c = strings.ToLower(strings.TrimSpace(c))
		switch _, twice := s.columns[c]; {
		case twice:
			return errs.New(errs.Invalid, "%s:1: column %q is there twice", s.name, c)
		case !slices.Contains(known, c):
			return errs.New(errs.Invalid, "%s:1: unknown column %q: the columns are %s", s.name, c, strings.Join(known, ", "))
		}
		s.columns[c] = i
	}
	for _, c := range needed {
		if !s.has(c) {
			return errs.New(errs.Invalid, "%s:1: column %q is missing; there are %s", s.name, c, strings.Join(header, ", "))
		}
	}
	return nil
}

func (s *sheet) has(column string) bool {
	_, ok := s.columns[column]
	return ok
}

// next goes to the next row; false at the end, or where no further row is of use.
func (s *sheet) next() bool {
	for rows := 0; ; rows++ {
		row, err := s.reader.Read()
		if errors.Is(err, io.EOF) {
			return false
		}
		if err == nil {
			s.row = row
			s.line, _ = s.reader.FieldPos(0)
			if s.line > MaxRows {
				s.bad("", "is over the limit of %d rows", MaxRows)
				return false
			}
			return true
		}
		parse, ok := errors.AsType[*csv.ParseError](err)
		if !ok {
			s.errors = append(s.errors, fmt.Errorf("%s: %w", s.name, err))
			return false
		}
		s.line = parse.StartLine
		if !errors.Is(err, csv.ErrFieldCount) {
			s.bad("", "%v", parse.Err)
			return false // quotes that don't close: what follows can't be told apart
		}
		s.bad("", "has %d columns, the first line %d", len(row), len(s.columns))
	}
}

// bad keeps an error of the present row.
func (s *sheet) bad(column, format string, args ...any) {
	if len(s.errors) >= MaxShownErrors {
		s.more++
		return
	}
	where := fmt.Sprintf("%s:%d", s.name, s.line)
	if column != "" {
		where += ": " + column
	}
	s.errors = append(s.errors, errs.New(errs.Invalid, "%s: %s", where, fmt.Sprintf(format, args...)))
}

// err gives all errors as one, by line.
func (s *sheet) err() error {
	if len(s.errors) == 0 {
		return nil
	}
	if s.more > 0 {
		s.errors = append(s.errors, errs.New(errs.Invalid, "%s: and %d further errors", s.name, s.more))
	}
	return errs.New(errs.Invalid, "%w", errors.Join(s.errors...))
}

// text gives a field of the row; "" where the file has no such column.
func (s *sheet) text(column string) string {
	if i, ok := s.columns[column]; ok && i < len(s.row) {
		return strings.TrimSpace(s.row[i])
	}
	return ""
}

// seconds reads a field; 0 where it is empty.
func (s *sheet) seconds(column string) (time.Duration, bool) {
	x, ok := s.number(column, 24*60*60)
	return time.Duration(x * float64(time.Second)), ok
}

// number reads a field from 0 to limit; 0 where it is empty. What is wrong is kept.
func (s *sheet) number(column string, limit float64) (float64, bool) {
	text := s.text(column)
	if text == "" {
		return 0, true
	}
	plain := text
	if s.decimal {
		plain = strings.ReplaceAll(text, ",", ".")
	}
	x, err := strconv.ParseFloat(plain, 64)
	if err != nil || !(x >= 0 && x <= limit) {
		s.bad(column, "want a number from 0 to %.0f; have %q", limit, text)
		return 0, false
	}
	return x, true
}

// whole reads a whole number from 0 to limit; 0 where it is empty.
func (s *sheet) whole(column string, limit int) (int, bool) {
	x, ok := s.number(column, float64(limit))
	if ok && x != math.Trunc(x) {
		s.bad(column, "want a whole number; have %q", s.text(column))
		return 0, false
	}
	return int(x), ok
}

// clock reads a time of the day.
func (s *sheet) clock(column string) (time.Duration, bool) {
	d, ok := parseClock(s.text(column))
	if !ok {
		s.bad(column, "want a time of the day like 08:00; have %q", s.text(column))
	}
	return d, ok
}

package config

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/printer"
	"github.com/goccy/go-yaml/token"

	"santra/internal/errs"
)

// Pointed adds to an error that names a field of a YAML text the file, line and column of that field, and shows the line with
// a caret. An error without a field, or whose field is not in the text, gets the file's name alone.
func Pointed(path string, text []byte, err error) error {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok {
		return fmt.Errorf("%s: %w", path, err)
	}
	if tok := whereIs(text, e.Field); tok != nil {
		return errs.New(e.Kind, "%s:%d:%d: %w\n%s", path, tok.Position.Line, tok.Position.Column, err, show(tok))
	}
	return fmt.Errorf("%s: %w", path, err)
}

// show gives the lines around a token with a caret under it.
func show(tok *token.Token) string {
	return strings.TrimRight(new(printer.Printer).PrintErrorToken(tok, false), " \n")
}

// whereIs finds where a field like "city.queues[2].number" stands; a last word that is missing is where its table begins.
func whereIs(text []byte, field string) *token.Token {
	file, err := parser.ParseBytes(text, 0)
	if err != nil || field == "" || len(file.Docs) == 0 {
		return nil
	}
	node, at := file.Docs[0].Body, (*token.Token)(nil)
	for _, word := range segments(field) {
		node = unwrapped(node)
		next, tok := step(node, word)
		if tok == nil {
			if _, table := node.(ast.MapNode); !table {
				return nil
			}
			return at
		}
		node, at = next, tok
	}
	return at
}

// segments cuts "a.b[2].c" into a, b, [2], c.
func segments(field string) []string {
	return strings.FieldsFunc(strings.ReplaceAll(field, "[", ".["), func(r rune) bool { return r == '.' })
}

// unwrapped is what an anchor names.
func unwrapped(node ast.Node) ast.Node {
	for {
		a, ok := node.(*ast.AnchorNode)
		if !ok {
			return node
		}
		node = a.Value
	}
}

// step is the value of a word, or of an index like "[2]", with the place to point at: a single value's own, else its word's.
func step(node ast.Node, word string) (ast.Node, *token.Token) {
	if index, ok := strings.CutPrefix(word, "["); ok {
		i, err := strconv.Atoi(strings.TrimSuffix(index, "]"))
		if one, ok := node.(ast.ScalarNode); ok && err == nil && i == 0 { // spans may be one, without brackets
			return one, one.GetToken()
		}
		list, isList := node.(*ast.SequenceNode)
		if !isList || err != nil || i < 0 || i >= len(list.Values) {
			return nil, nil
		}
		return list.Values[i], first(list.Values[i])
	}
	table, ok := node.(ast.MapNode)
	if !ok {
		return nil, nil
	}
	for all := table.MapRange(); all.Next(); {
		if all.Key().String() == word {
			if scalar, ok := all.Value().(ast.ScalarNode); ok {
				return scalar, scalar.GetToken()
			}
			return all.Value(), all.Key().GetToken()
		}
	}
	return nil, nil
}

// first is the token with which a value begins.
func first(node ast.Node) *token.Token {
	if table, ok := node.(ast.MapNode); ok {
		if all := table.MapRange(); all.Next() {
			return all.Key().GetToken()
		}
	}
	return node.GetToken()
}

// visit goes through the single values of a YAML text with the types that they stand for, until see says that it is enough.
func visit(node ast.Node, t reflect.Type, see func(ast.ScalarNode, reflect.Type) bool) bool {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch n := unwrapped(node).(type) {
	case ast.ScalarNode:
		return see(n, t)
	case *ast.SequenceNode:
		for _, v := range n.Values {
			if visit(v, element(t), see) {
				return true
			}
		}
	case ast.MapNode:
		for all := n.MapRange(); all.Next(); {
			if visit(all.Value(), valueOf(t, all.Key().String()), see) {
				return true
			}
		}
	}
	return false
}

// element is the type of a list's elements; that of anything where t is no list.
func element(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Slice {
		return t.Elem()
	}
	return reflect.TypeFor[any]()
}

// valueOf is the type of what a word of a structure or map stands for; that of anything where there is none.
func valueOf(t reflect.Type, word string) reflect.Type {
	switch t.Kind() {
	case reflect.Map:
		return t.Elem()
	case reflect.Struct:
		for f := range t.Fields() {
			if name, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); name == word {
				return f.Type
			}
		}
	}
	return reflect.TypeFor[any]()
}

// find gives the first single value that stands for a type and is wrong.
func find(text []byte, t reflect.Type, wrong func(ast.ScalarNode, reflect.Type) bool) (found ast.ScalarNode, stands reflect.Type) {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, nil
	}
	for _, doc := range file.Docs {
		ok := visit(doc.Body, t, func(n ast.ScalarNode, t reflect.Type) bool {
			found, stands = n, t
			return wrong(n, t)
		})
		if ok {
			return found, stands
		}
	}
	return nil, nil
}

// fraction tells whether a number with a fraction stands for a whole one: the decoder would cut it without a word.
func fraction(n ast.ScalarNode, t reflect.Type) bool {
	_, isFloat := n.(*ast.FloatNode)
	return isFloat && (t.Kind() == reflect.Int || t.Kind() == reflect.Int64 || t.Kind() == reflect.Uint16)
}

// noTime tells whether a text stands for a time and is none.
func noTime(n ast.ScalarNode, t reflect.Type) bool {
	text, isText := n.(*ast.StringNode)
	if !isText || t != reflect.TypeFor[time.Duration]() {
		return false
	}
	_, err := time.ParseDuration(text.Value)
	return err != nil
}

package transaction

import "maps"

// shrinkingLeast is how many things it may have had before its memory is worth making anew.
const shrinkingLeast = 1024

// shrinking is a map that gives its memory back when most of what was in it has gone: a map by itself keeps that of its fullest moment for ever.
type shrinking[V any] struct {
	all  map[string]V
	most int // in all, since it was made
}

func newShrinking[V any]() shrinking[V] { return shrinking[V]{all: map[string]V{}} }

func (t *shrinking[V]) put(key string, v V) {
	t.all[key] = v
	t.most = max(t.most, len(t.all))
}

func (t *shrinking[V]) drop(key string) {
	delete(t.all, key)
	if t.most <= shrinkingLeast || len(t.all) > t.most/8 {
		return
	}
	was := t.all
	t.all, t.most = make(map[string]V, len(was)), len(was)
	maps.Copy(t.all, was)
}

package transaction

import (
	"runtime"
	"strconv"
	"testing"
)

// TestAMapGivesItsMemoryBack, and keeps what is still in it.
func TestAMapGivesItsMemoryBack(t *testing.T) {
	const many, kept = 200_000, 100
	held := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	all := newShrinking[*int]()
	before := held()
	for i := range many {
		all.put(strconv.Itoa(i), nil)
	}
	full := held() - before
	for i := kept; i < many; i++ {
		all.drop(strconv.Itoa(i))
	}
	if left := int64(held()) - int64(before); left > int64(full)/20 {
		t.Errorf("%d bytes of %d are still held", left, full)
	}
	if _, ok := all.all["0"]; !ok || len(all.all) != kept {
		t.Error("lost:", len(all.all))
	}
}

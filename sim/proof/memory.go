package proof

import (
	"runtime"
	"runtime/metrics"
	"testing"
)

const (
	// memoryFactor and memoryBase bound what a decoder allocates: a value in memory is larger than on the wire, but never by more
	// than this, whatever lengths the input declares.
	memoryFactor = 64
	memoryBase   = 64 << 10
)

// Memory fails t when work, which reads an input of size bytes, allocates more than 64 bytes for each of them and 64 KiB. work is run
// again when it seems to have done so, and must do the same then.
func Memory(t testing.TB, size int, work func()) {
	t.Helper()
	MemoryWithin(t, size, memoryFactor*size+memoryBase, work)
}

// MemoryWithin is Memory with another limit, for what honestly takes more: what inflates or compiles its input.
func MemoryWithin(t testing.TB, size, limit int, work func()) {
	t.Helper()
	if roughly(work) <= uint64(limit) {
		return
	}
	if got := exactly(work); got > uint64(limit) {
		t.Errorf("an input of %d bytes costs %d bytes of memory, want at most %d", size, got, limit)
	}
}

// roughly returns how much work allocates by a figure that costs a microsecond. Small objects count when the block they lie in is
// full, so that it may be some KiB off either way.
func roughly(work func()) uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	before := sample[0].Value.Uint64()
	work()
	metrics.Read(sample)
	return sample[0].Value.Uint64() - before
}

// exactly is roughly to the byte, for which it stops the program.
func exactly(work func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	work()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

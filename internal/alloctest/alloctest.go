// Package alloctest measures for tests how much memory a function allocates.
package alloctest

import "runtime/metrics"

// Bytes returns the number of bytes that f, and whatever runs at the same time, allocates on the heap, freed or not.
// Small objects are counted when their span is released: the number is right to some kilobytes.
func Bytes(f func()) uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	before := sample[0].Value.Uint64()
	f()
	metrics.Read(sample)
	return sample[0].Value.Uint64() - before
}

package data

// slice is one process's part of the stream: of every ranks*batch images in a row, the batch images that begin at
// rank*batch. A process that is alone has the whole stream.
type slice struct{ rank, ranks, batch int64 }

func newSlice(c LoaderConfig) slice {
	return slice{int64(c.Rank), int64(max(1, c.Ranks)), int64(c.Batch)}
}

// place returns the position in the stream of the slice's k-th image.
func (s slice) place(k int64) int64 { return s.next(k) + s.rank*s.batch }

// next returns the Position.Next of a process whose next image is the slice's k-th. Without bad files it is the same in
// all processes after each batch: the number of images that they took together.
func (s slice) next(k int64) int64 { return k/s.batch*s.ranks*s.batch + k%s.batch }

// first is the inverse of next. From a position that another number of processes or another batch left, it returns the
// slice's next whole batch.
func (s slice) first(next int64) int64 {
	together := s.ranks * s.batch
	return next/together*s.batch + min(next%together, s.batch)
}

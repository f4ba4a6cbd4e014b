package data

// Spread returns n images spread evenly over ds, or ds itself if it has no more.
func Spread(ds Dataset, n int) Dataset {
	if ds.Len() <= n {
		return ds
	}
	s := &subset{Dataset: ds, kept: make([]int, n)}
	for i := range s.kept {
		s.kept[i] = i * ds.Len() / n
	}
	return s
}

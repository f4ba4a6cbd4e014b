package trainer

import (
	"fmt"
	"path/filepath"
	"slices"

	"simgan/cgo"
	"simgan/models"
	"simgan/trainer/simgan"
)

// Each of several processes has a history of its own. Process 0 writes and reads them all.

// historyFile names the file of a process's history in a checkpoint. That of process 0 is in state.safetensors.
func historyFile(rank int) string {
	if rank == 0 {
		return simgan.StateFile
	}
	return fmt.Sprintf("history-process-%d.safetensors", rank)
}

// sendHistory gives the history to process 0, which calls receiveHistories.
func (r *run) sendHistory() error {
	images, err := r.model.History()
	if err != nil || r.group.Rank() == 0 || images.T == nil {
		return err
	}
	info, err := cgo.Info(images)
	if err != nil || info.Shape[0] == 0 {
		return err
	}
	return r.group.Send(images, 0)
}

// receiveHistories writes the histories of the other processes into a checkpoint's folder.
func (r *run) receiveHistories(folder string, others []share) error {
	own, err := r.model.History()
	if err != nil || own.T == nil {
		return err
	}
	for i, other := range others {
		err := cgo.Within(func(s *cgo.Scope) error {
			images := s.Zeros(cgo.Float32, cgo.CPU, r.historyShape(other.Held)...)
			if s.Err() != nil {
				return s.Err()
			}
			if other.Held > 0 {
				if err := r.group.Receive(images, i+1); err != nil {
					return err
				}
			}
			return r.saveTensors(filepath.Join(folder, historyFile(i+1)),
				[]models.Param{{Name: simgan.HistoryTensor, Tensor: images}})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *run) historyShape(n int) []int64 {
	image := r.synthetic.Set.Info()
	return []int64{int64(n), int64(image.C), int64(image.H), int64(image.W)}
}

// dealHistories gives each process its part of a checkpoint's histories: its own one, or an equal part of all if another
// number of processes wrote them. folder is the checkpoint, in process 0.
func (r *run) dealHistories(folder string, st state) error {
	held := []int{st.Held}
	for _, other := range st.Others {
		held = append(held, other.Held)
	}
	size := r.group.Size()
	if size == 1 && len(held) == 1 || r.config.Train.History == 0 {
		return nil
	}
	bounds, maps := dealt(held, size), historyMaps(st)
	for rank := range size {
		from, to := bounds[rank], bounds[rank+1]
		if err := r.deal(rank, from, to, held, maps[min(from, len(maps)):min(to, len(maps))], folder); err != nil {
			return err
		}
	}
	return nil
}

// historyMaps returns the maps of data.weights of the images of all histories, one after the other; nil without them.
func historyMaps(st state) []int64 {
	maps := slices.Clone(st.Maps)
	for _, other := range st.Others {
		maps = append(maps, other.Maps...)
	}
	return maps
}

// dealt returns where the parts of n processes begin, and end, among the images of all histories.
func dealt(held []int, n int) []int {
	bounds, total := []int{0}, 0
	for _, k := range held {
		total += k
		bounds = append(bounds, total)
	}
	if len(held) == n {
		return bounds
	}
	bounds = bounds[:0]
	for rank := range n + 1 {
		bounds = append(bounds, rank*total/n)
	}
	return bounds
}

// deal gives the images from..to of all histories, and their maps, to a process.
func (r *run) deal(rank, from, to int, held []int, maps []int64, folder string) error {
	if r.group.Rank() != 0 && r.group.Rank() != rank {
		return nil
	}
	return cgo.Within(func(s *cgo.Scope) (err error) {
		images := s.Zeros(cgo.Float32, cgo.CPU, r.historyShape(to-from)...)
		if s.Err() != nil {
			return s.Err()
		}
		if r.group.Rank() == 0 {
			err = r.loadHistories(s, images, from, held, folder)
		}
		switch {
		case err != nil || rank == 0 || from == to:
		case r.group.Rank() == 0:
			err = r.group.Send(images, rank)
		default:
			err = r.group.Receive(images, 0)
		}
		if err != nil || r.group.Rank() != rank {
			return err
		}
		return r.model.PutHistory(s, images, maps)
	})
}

// loadHistories fills images with those of a checkpoint's histories, one after the other, from the image from on.
func (r *run) loadHistories(s *cgo.Scope, images cgo.Tensor, from int, held []int, folder string) error {
	shape := s.Shape(images)
	if shape == nil {
		return s.Err()
	}
	to, start := from+int(shape[0]), 0
	for rank, n := range held {
		first, last := max(from, start), min(to, start+n)
		if first < last {
			rows, err := models.LoadRows(s, filepath.Join(folder, historyFile(rank)), simgan.HistoryTensor,
				first-start, last-first)
			if err != nil {
				return err
			}
			place := s.Narrow(images, 0, int64(first-from), int64(last-first))
			if s.Err() != nil {
				return s.Err()
			}
			if err := cgo.Copy(place, rows); err != nil {
				return err
			}
		}
		start += n
	}
	return nil
}

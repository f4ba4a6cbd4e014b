package trainer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

	"simgan/data"
	"simgan/models"
	"simgan/trainer/rundir"
	"simgan/trainer/simgan"
)

// restoreLatest continues from the newest checkpoint, if there is one, and returns its state, or the zero state. taught
// reports whether the checkpoint has the network that sees labels. Process 0 reads it and gives the others their parts.
func (r *run) restoreLatest() (st state, taught bool, err error) {
	folder := ""
	if r.group.Rank() == 0 {
		if folder, st, err = r.readLatest(); err != nil {
			return st, false, err
		}
	}
	found, err := r.group.Decide(folder != "")
	if err != nil || !found {
		return st, false, err
	}
	if st, err = r.broadcastState(st); err != nil {
		return st, false, err
	}
	own := r.part(st)
	if err := r.model.Restore(own.State); err != nil {
		return st, false, fmt.Errorf("%s: %w", rundir.StatePath(folder), err)
	}
	if folder != "" {
		if taught, err = r.loadTensors(folder); err != nil {
			return st, false, err
		}
	}
	if taught, err = r.group.Decide(taught); err != nil {
		return st, false, err
	}
	if err := r.dealHistories(folder, st); err != nil {
		return st, false, err
	}
	if st.Guards != nil { // checkpoints from before there were guards have none
		r.guards = st.Guards
	}
	st.Synthetic, st.Real = own.Synthetic, own.Real
	return st, taught, nil
}

// readLatest returns the newest checkpoint and its state, whose files are whole; "" if there is none.
func (r *run) readLatest() (folder string, st state, err error) {
	if folder, err = rundir.LatestCheckpoint(r.dir); err != nil {
		return "", st, err
	}
	if folder == "" {
		return "", st, r.refuseLost()
	}
	files, err := r.model.Files()
	if err != nil {
		return "", st, err
	}
	delete(files, simgan.EstimatorFile) // a run that had no labels, or no agreement, has none
	st, err = readState(folder, slices.Collect(maps.Keys(files))...)
	return folder, st, err
}

// loadTensors fills the model, whose history holds as many images as its state says. taught is false if the checkpoint
// lacks the network that sees labels: the run had no labels, or no train.agreement.
func (r *run) loadTensors(folder string) (taught bool, err error) {
	files, err := r.model.Files()
	if err != nil {
		return false, err
	}
	taught = true
	for name, params := range files {
		err := models.Load(filepath.Join(folder, name), params)
		if name == simgan.EstimatorFile && errors.Is(err, fs.ErrNotExist) {
			taught = false
			continue
		}
		if err != nil && name == simgan.EstimatorFile {
			err = fmt.Errorf("%w; if the synthetic images have other labels now, add --set train.agreement=0", err)
		}
		if err != nil {
			return false, err
		}
	}
	return taught, nil
}

// broadcastState returns process 0's state in all processes.
func (r *run) broadcastState(st state) (state, error) {
	if r.group == nil {
		return st, nil
	}
	text, err := json.Marshal(st)
	if err == nil {
		text, err = r.group.BroadcastBytes(text)
	}
	if err != nil {
		return st, err
	}
	var got state
	return got, json.Unmarshal(text, &got)
}

// part returns this process's part of a checkpoint, with the history that this process had before dealHistories. If
// another number of processes wrote it, the orders of images continue, sums of the log window are shared out, and a
// process that is new has noise and choices of its own.
func (r *run) part(st state) share {
	all := append([]share{{st.State, st.Synthetic, st.Real}}, st.Others...)
	rank, size := r.group.Rank(), r.group.Size()
	if size == len(all) {
		return all[rank]
	}
	r.log("the run goes on with %d process(es), it had %d: histories are dealt again, orders of images continue; "+
		"it does not end in the bytes of one with %d", size, len(all), len(all))
	own := all[0]
	if rank < len(all) {
		own.Noise, own.Random, own.Held, own.Maps = all[rank].Noise, all[rank].Random, all[rank].Held, all[rank].Maps
	} else if fresh, err := r.model.State(); err == nil { // a model that made no step has a state
		own.Noise, own.Random, own.Held, own.Maps = fresh.Noise, fresh.Random, 0, nil
	}
	own.Window = map[string]simgan.Total{}
	for name, total := range st.Window {
		sum := float32(0)
		for _, s := range all {
			sum += s.Window[name].Sum
		}
		own.Window[name] = simgan.Total{Sum: sum / float32(len(all)), Count: total.Count}
	}
	for _, s := range all[1:] {
		own.Synthetic.Skipped = union(own.Synthetic, s.Synthetic)
		own.Real.Skipped = union(own.Real, s.Real)
	}
	return own
}

func union(a, b data.Position) []int {
	both := append(slices.Clone(a.Skipped), b.Skipped...)
	slices.Sort(both)
	return slices.Compact(both)
}

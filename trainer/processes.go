package trainer

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"simgan/cgo"
	"simgan/internal/ranks"
	"simgan/trainer/simgan"
)

// What several processes of a run do together beside training. With one process all of it does nothing.

// screen is where progress is shown: by process 0.
func (r *run) screen() io.Writer {
	if r.group.Rank() > 0 {
		return io.Discard
	}
	return r.out
}

// same returns the tensors that are the same in all processes, by name: all but the history.
func (r *run) same() (map[string]cgo.Tensor, error) {
	files, err := r.model.Files()
	if err != nil {
		return nil, err
	}
	tensors := map[string]cgo.Tensor{}
	for file, params := range files {
		for _, p := range params {
			if p.Name != simgan.HistoryTensor {
				tensors[file+" "+p.Name] = p.Tensor
			}
		}
	}
	return tensors, nil
}

// sameWeights gives all processes the tensors of process 0.
func (r *run) sameWeights() error {
	if r.group == nil {
		return nil
	}
	tensors, err := r.same()
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(tensors)) {
		if err := r.group.Broadcast(tensors[name]); err != nil {
			return err
		}
	}
	return nil
}

// digest returns a hash of the tensors that are the same in all processes.
func (r *run) digest() (string, error) {
	tensors, err := r.same()
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(tensors)) {
		values, err := cgo.Read(tensors[name])
		if err != nil {
			return "", err
		}
		for _, v := range values {
			hash.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(v)))
		}
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// report is what a process tells process 0 at a checkpoint.
type report struct {
	Share  share
	Digest string
}

// gather returns the shares of the other processes, in process 0. It is an error if their networks, averages or
// optimizers differ.
func (r *run) gather(own share) (others []share, err error) {
	if r.group == nil {
		return nil, nil
	}
	mine := report{Share: own}
	if mine.Digest, err = r.digest(); err != nil {
		return nil, err
	}
	text, err := json.Marshal(mine)
	if err != nil {
		return nil, err
	}
	texts, err := r.group.Gather(text)
	if err != nil || len(texts) == 0 {
		return nil, err
	}
	for rank, text := range texts[1:] {
		var got report
		if err := json.Unmarshal(text, &got); err != nil {
			return nil, err
		}
		if got.Digest != mine.Digest {
			return nil, fmt.Errorf("%s: its networks, average or optimizers differ from those of process 0, so no checkpoint "+
				"was written: its machine computes otherwise, or has a fault", ranks.Name(rank+1, r.group.Size()))
		}
		others = append(others, got.Share)
	}
	return others, nil
}

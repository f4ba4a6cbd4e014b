package trainer

import (
	"fmt"

	"simgan/cgo"
	"simgan/internal/amount"
	"simgan/internal/exit"
	"simgan/internal/memory"
	"simgan/trainer/config"
)

// checkNeeds notes what a run in the folder will take of memory and disk. It warns if that may be too much, and refuses
// a run whose checkpoint cannot be written.
func (r *run) checkNeeds(dir string) error {
	n, device := r.model.Needs(), r.model.Device()
	free, err := cgo.FreeMemory(device)
	if err != nil {
		return err
	}
	disk, err := memory.FreeDisk(existing(dir))
	if err != nil {
		return err
	}
	count := mostCheckpoints(r.config)
	r.log("takes about %s of memory on %s (feature maps %s, history %s, networks %s, images %s), "+
		"%s of disk (%d checkpoints of %s)", amount.Bytes(n.Maps+n.History+n.Networks+r.resident), device,
		amount.Bytes(n.Maps), amount.Bytes(n.History), amount.Bytes(n.Networks), amount.Bytes(r.resident),
		amount.Bytes(int64(count)*n.Checkpoint), count, amount.Bytes(n.Checkpoint))
	still := n.Maps // on a GPU all but the maps has been taken
	if device == cgo.CPU {
		still += n.History
	}
	if err := memory.Fits(fmt.Sprintf("the run on %s", device), float64(still), free,
		"lower train.batch or train.history if it runs out"); err != nil {
		r.log("warning: %v", err)
	}
	if n.Checkpoint > disk {
		return exit.Usagef("run folder %s: a checkpoint takes %s, %s of disk are free: make room, "+
			"lower train.history (it takes %s of them), or choose another --run",
			dir, amount.Bytes(n.Checkpoint), amount.Bytes(disk), amount.Bytes(n.History))
	}
	if int64(count)*n.Checkpoint > disk {
		r.log("warning: %s of disk are free: lower log.keep or train.history", amount.Bytes(disk))
	}
	return nil
}

// mostCheckpoints returns how many checkpoints lie in the run's folder at most: log.keep of them, the best, and one that
// is being written.
func mostCheckpoints(c config.Config) int {
	all := 2 // of the pretraining, of the end
	if every := c.Log.CheckpointEvery; every > 0 {
		all += c.Train.Steps / every
	}
	if c.Log.Keep == 0 {
		return all
	}
	kept := c.Log.Keep + 1
	if c.Eval.Every > 0 {
		kept++
	}
	return min(all, kept)
}

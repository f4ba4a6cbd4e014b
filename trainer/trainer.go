package trainer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"simgan/cgo"
	"simgan/data"
	"simgan/models"
)

// Options are what one call of Run is given beside the config.
type Options struct {
	Dir    string    // the run folder
	Resume bool      // go on from the newest checkpoint
	Until  int       // pause after this step of Algorithm 1, saved, as if stopped by a signal; 0: go to the end
	Out    io.Writer // progress and log lines
}

// Trainer is one run: its networks, data, history and folder.
type Trainer struct {
	*networks
	config    Config
	info      data.Info
	psi       models.Psi
	features  *models.GazeEstimator
	until     int                        // Options.Until
	samples   struct{ x, y *data.Batch } // images of the sample grids
	synthetic *stream
	real      *stream
	history   *history
	meter     *meter
	inputs    *inputs   // made by the first step
	captures  *captures // as inputs
	folder    *runFolder
	progress  *progress
	state     state
}

// Run trains as the config says and fills the run folder; DONE is its last file. Where ctx is cancelled it saves a
// checkpoint and returns ctx's cause.
func Run(ctx context.Context, c Config, o Options) (err error) {
	folder, err := openFolder(o.Dir, o.Resume, o.Out)
	if err != nil {
		return err
	}
	defer folder.Close()
	if o.Resume {
		if over, err := folder.over(c.Train.Steps); over || err != nil {
			return err
		}
	}
	if err := cgo.Start(c.Threads); err != nil {
		return err
	}
	t, err := newTrainer(ctx, c, folder)
	if err != nil {
		return err
	}
	defer t.Close()
	t.until = o.Until
	if err := t.begin(o.Resume); err != nil {
		return err
	}
	start := time.Now()
	if err := t.algorithm1(ctx); err != nil {
		return t.leave(err)
	}
	if err := t.save(); err != nil {
		return t.leave(err)
	}
	folder.say("done: %s, %.0f s", o.Dir, time.Since(start).Seconds())
	return folder.finish(time.Since(start).Seconds())
}

// newTrainer opens the data and builds everything that the config describes.
func newTrainer(ctx context.Context, c Config, folder *runFolder) (t *Trainer, err error) {
	t = &Trainer{config: c, folder: folder, meter: newMeter(), state: newState()}
	defer func() {
		if err != nil {
			t.Close()
		}
	}()
	if t.synthetic, err = openStream(ctx, c, "data.synthetic", c.Data.Synthetic, c.Seed+syntheticStream, folder); err != nil {
		return t, err
	}
	if t.real, err = openStream(ctx, c, "data.real", c.Data.Real, c.Seed+realStream, folder); err != nil {
		return t, err
	}
	t.info = t.synthetic.set.Info()
	if r := t.real.set.Info(); r.C != t.info.C || r.H != t.info.H || r.W != t.info.W {
		return t, fmt.Errorf("%w: synthetic images are %dx%dx%d (channels, height, width), real ones %dx%dx%d; add size=HxW (or grey=true) to one of the SPECs",
			ErrConfig, t.info.C, t.info.H, t.info.W, r.C, r.H, r.W)
	}
	if t.networks, err = newNetworks(c, t.info); err != nil {
		return t, err
	}
	if err = t.openPsi(); err != nil {
		return t, err
	}
	if c.Train.History > 0 {
		if t.history, err = newHistory(c.Train.History, c.Seed, t.device, t.info.C, t.info.H, t.info.W); err != nil {
			return t, err
		}
	}
	if err = t.loadSamples(); err != nil {
		return t, err
	}
	taken, err := t.synthetic.place(t.device, c.Data.Resident, 0)
	if err == nil {
		_, err = t.real.place(t.device, c.Data.Resident, taken)
	}
	return t, err
}

func (t *Trainer) openPsi() (err error) {
	c := t.config.Train
	if c.Psi == "learned" && c.PsiWeights != "" {
		if t.features, err = models.NewGazeEstimator(t.info.C, t.info.H, t.info.W, 3); err != nil {
			return err
		}
		if err = models.Load(c.PsiWeights, t.features.Params()); err != nil {
			return fmt.Errorf("train.psi_weights: %w", err)
		}
		if err = errors.Join(t.features.To(t.device), t.features.Freeze(true)); err != nil {
			return err
		}
	}
	t.psi, err = models.ParsePsi(c.Psi, t.features)
	return err
}

// begin restores the newest checkpoint, if asked and there is one, and starts the folder's files and the streams.
func (t *Trainer) begin(resume bool) error {
	if resume {
		if err := t.folder.mend(); err != nil {
			return err
		}
		latest, err := LatestCheckpoint(t.folder.dir)
		if err != nil {
			return err
		}
		if latest != "" {
			if err := t.restore(latest); err != nil {
				return err
			}
		}
	}
	if err := t.config.write(t.folder.path("config.yaml")); err != nil {
		return err
	}
	if err := t.folder.begin(t.state.Metrics, int64(t.state.Step)); err != nil {
		return err
	}
	if resume {
		t.folder.say("resumed at %s step %d", t.state.Phase, t.state.Step)
	}
	if err := t.synthetic.start(t.state.Synthetic); err != nil {
		return err
	}
	if err := t.real.start(t.state.Real); err != nil {
		return err
	}
	t.announce()
	t.progress = newProgress(t.folder.out, t.config, t.state)
	if t.state.Phase == PhaseRefiner && t.state.Step == 0 {
		return t.drawSamples(0)
	}
	return nil
}

func (t *Trainer) announce() {
	f, c := t.folder, t.config
	f.say("synthetic %s: %d images of %dx%dx%d, %s; real %s: %d images, %s", c.Data.Synthetic, t.synthetic.set.Len(),
		t.info.C, t.info.H, t.info.W, t.synthetic.where(), c.Data.Real, t.real.set.Len(), t.real.where())
	h, w := t.D.Map(t.info.H, t.info.W)
	f.say("refiner %d parameters, discriminator %d parameters, %dx%d patches; %s, %s, %d threads", models.Count(t.R.Params()),
		models.Count(t.D.Params()), w, h, t.device, c.Train.Precision, threads(c.Threads))
	t.tell(f.say)
}

func threads(n int) int {
	if n == 0 {
		return runtime.NumCPU()
	}
	return n
}

// stopped tells, between two iterations, whether the run was asked to stop.
func (t *Trainer) stopped(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if t.until > 0 && t.state.Phase == PhaseTrain && t.state.Step >= t.until {
		return errPaused
	}
	return nil
}

// after does what is due behind an iteration: log, samples, checkpoint.
func (t *Trainer) after(steps int) error {
	l, step := t.config.Log, t.state.Step
	last := step == steps
	t.progress.step(t.state)
	if due(step, l.Every, last) {
		if err := t.measure(); err != nil {
			return err
		}
	}
	if t.state.Phase == PhaseTrain && due(step, l.SamplesEvery, last) {
		if err := t.drawSamples(step); err != nil {
			return err
		}
	}
	if due(step, l.CheckpointEvery, false) && !last {
		return t.save()
	}
	return nil
}

func due(step, every int, last bool) bool {
	return last || every > 0 && step%every == 0
}

// located puts phase and step before an error.
func (t *Trainer) located(err error) error {
	return fmt.Errorf("%s step %d: %w", t.state.Phase, t.state.Step, err)
}

// Close frees everything.
func (t *Trainer) Close() {
	if t.captures != nil {
		_ = t.captures.Close() // the device's error is its next user's
	}
	if t.inputs != nil {
		t.inputs.Close()
	}
	for _, s := range []*stream{t.synthetic, t.real} {
		if s != nil {
			s.Close()
		}
	}
	if t.networks != nil {
		t.networks.Close()
	}
	if t.features != nil {
		t.features.Close()
	}
	if t.history != nil {
		t.history.Close()
	}
	t.meter.Close()
}

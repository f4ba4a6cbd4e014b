// Package trainer makes a run: it opens the data and the run folder, has trainer/simgan train, and does what is due
// between two iterations: logs, guards, samples, checkpoints.
package trainer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"simgan/cgo"
	"simgan/data"
	"simgan/models"
	"simgan/parallel"
	"simgan/trainer/config"
	"simgan/trainer/rundir"
	"simgan/trainer/simgan"
)

// Options are what Run takes beside the config.
type Options struct {
	Dir    string          // the run folder
	Resume bool            // continue from the newest checkpoint
	Until  int             // pause after this step of Algorithm 1, saved, as if stopped by a signal; 0: train to the end
	Notes  []string        // logged when the run has begun
	Out    io.Writer       // progress and log lines
	Group  *parallel.Group // of the processes that train as one; nil: this one alone. All call Run with the same config
	Stuck  func(error)     // ends the process, if Run waits on a GPU for another process that is lost

	Teach Teach // which a run with train.agreement needs at its start

	Process rundir.Process         // version, commit and command of this process; Run adds the rest
	Page    func(dir string) error // writes the run's page, after each sample grid and at the end; nil: no page
}

// Teach trains the network that sees labels, and returns how far off it is on images that are held out, in standard
// deviations of the labels.
type Teach func(ctx context.Context, c config.Config, e *models.ImageEstimator) (off float64, err error)

// run is one run: its model, data and folder.
type run struct {
	dir       string
	out       io.Writer
	group     *parallel.Group
	config    config.Config // of all processes together
	until     int           // Options.Until
	threads   int
	model     *simgan.Model
	synthetic *simgan.Stream
	real      *simgan.Stream
	resident  int64                       // bytes of images on the device
	samples   struct{ x, y *data.Pixels } // images of the sample grids
	realism   *realism                    // nil if eval.every is 0, and in the other processes
	folder    book
	progress  *progress
	guards    map[string]int  // log windows in a row in which a guard saw its failure
	changes   []config.Change // of the run's config, when it is resumed
	notes     []string        // from before there was a log
	process   rundir.Process  // Options.Process
	page      page
}

// Run trains as the config says and fills the run folder; DONE is its last file. If ctx is cancelled, Run saves a
// checkpoint and returns ctx's cause. If a process of the group is asked to stop, all are.
func Run(ctx context.Context, c config.Config, o Options) error {
	r := &run{
		dir: o.Dir, out: o.Out, group: o.Group, config: c, until: o.Until, folder: noBook{}, guards: map[string]int{},
		notes: slices.Clone(o.Notes),
	}
	over := false
	if r.group.Rank() == 0 {
		folder, err := rundir.Open(o.Dir, o.Resume, o.Out)
		if err != nil {
			return err
		}
		defer folder.Close()
		r.folder, r.page.make = folder, o.Page
		if o.Resume {
			if over, err = r.nothingLeft(folder); err != nil {
				return err
			}
		}
	}
	if over, err := r.group.Decide(over); over || err != nil {
		return err
	}
	r.process = o.Process
	defer r.close()
	if err := r.open(ctx); err != nil {
		return err
	}
	if err := r.begin(ctx, o); err != nil {
		r.end(err)
		return err
	}
	defer r.group.Guard(time.Duration(c.Train.Timeout)*time.Second, o.Stuck)()
	hooks := simgan.Hooks{Before: func() error { return r.stopped(ctx) }, After: r.after}
	work := ctx
	if r.group != nil {
		work = context.WithoutCancel(ctx) // all processes stop together, between two iterations
	}
	if err := r.model.Algorithm1(work, r.synthetic, r.real, hooks); err != nil {
		return r.leave(err)
	}
	if err := r.save(); err != nil {
		return r.leave(err)
	}
	r.end(nil)
	seconds, err := r.folder.Seconds()
	if err != nil {
		return err
	}
	trained := time.Duration(seconds * float64(time.Second))
	r.folder.Logf("done: %s, trained for %s", o.Dir, trained.Round(time.Second))
	return r.folder.Finish(trained.Seconds())
}

// open opens the data and builds the model.
func (r *run) open(ctx context.Context) (err error) {
	c := r.config
	if r.threads, err = cgo.Start(c.Threads); err != nil {
		return err
	}
	if err = r.group.SetTimeout(time.Duration(c.Train.Timeout) * time.Second); err != nil {
		return err
	}
	warn := func(err error) { r.folder.Logf("warning: skipped: %v", err) }
	if r.group.Rank() > 0 { // process 0's log does not have it
		warn = func(err error) { fmt.Fprintf(r.out, "warning: skipped: %v\n", err) }
	}
	if r.synthetic, r.real, err = simgan.OpenStreams(ctx, c, warn); err != nil {
		return err
	}
	if err = r.checkData(ctx); err != nil {
		return err
	}
	c.Train.ResolveHistory(r.synthetic.Set.Len())
	r.config.Train.History = c.Train.History
	weights, err := simgan.LoadWeights(ctx, c.Data.Weights, r.synthetic.Set)
	if err != nil {
		return err
	}
	r.synthetic.ShareWith(r.group)
	r.real.ShareWith(r.group)
	o := simgan.Options{Log: r.log, Weights: weights, Group: r.group}
	if r.model, err = simgan.NewModel(c, r.synthetic.Set.Info(), o); err != nil {
		return err
	}
	if err = r.loadSamples(); err != nil {
		return err
	}
	if err = r.loadRealism(); err != nil {
		return err
	}
	if r.resident, err = r.synthetic.Place(r.model.Device(), c.Data.Resident, 0); err == nil {
		r.resident, err = r.real.Place(r.model.Device(), c.Data.Resident, r.resident)
	}
	return err
}

// log logs a note of the model's, or keeps it until the run has begun: a run that cannot begin leaves no log.
func (r *run) log(format string, args ...any) {
	if r.progress == nil {
		r.notes = append(r.notes, fmt.Sprintf(format, args...))
		return
	}
	r.folder.Logf(format, args...)
}

// begin restores the newest checkpoint, if asked and there is one, and starts the folder's files and the streams. A run
// that starts is saved at once: so a run with metrics always has a checkpoint, and a full disk is noticed now.
func (r *run) begin(ctx context.Context, o Options) error {
	st, resume, taught := state{}, o.Resume, false
	if err := r.folder.RemoveLeftovers(); err != nil { // also of a process that was killed before it wrote the config
		return err
	}
	if resume {
		var err error
		if st, taught, err = r.restoreLatest(); err != nil {
			return err
		}
	}
	if err := r.checkNeeds(r.dir); err != nil {
		return err
	}
	text, err := r.config.YAML()
	if err != nil {
		return err
	}
	if err := r.folder.Start(text, st.Metrics, int64(r.model.Step)); err != nil {
		return err
	}
	if err := r.record(r.process); err != nil {
		return err
	}
	if resume {
		r.folder.Logf("resumed at %s step %d", r.model.Phase, r.model.Step)
		for _, c := range r.changes {
			r.folder.Logf("changed: %v", c)
		}
	}
	if err := errors.Join(r.synthetic.Start(st.Synthetic), r.real.Start(st.Real)); err != nil {
		if resume {
			err = fmt.Errorf("run folder %s: its newest checkpoint: %w", r.dir, err)
		}
		return err
	}
	r.announce()
	if !taught {
		if err := r.teach(ctx, o.Teach); err != nil {
			return err
		}
	}
	if err := r.sameWeights(); err != nil {
		return err
	}
	r.progress = newProgress(r.screen(), r.config.Train, r.model)
	if r.model.Phase != config.PhaseRefiner || r.model.Step > 0 {
		return nil
	}
	if err := r.save(); err != nil {
		return err
	}
	return r.drawSamples(0)
}

// teach trains the network that sees labels, if the config asks for it and there are labels. Each process trains its
// own, so that none waits for another; then all take process 0's.
func (r *run) teach(ctx context.Context, train Teach) error {
	if r.config.Train.Agreement == 0 {
		return nil
	}
	return r.model.Teach(func(e *models.ImageEstimator) error {
		if train == nil {
			return errors.New("train.agreement: nothing trains the network that sees labels")
		}
		begun := time.Now()
		off, err := train(ctx, r.config, e)
		if err == nil {
			r.folder.Logf("labels learned in %s, for l_label: off by %.2f standard deviations in adapted images that are "+
				"held out", time.Since(begun).Round(time.Second), off)
		}
		return err
	})
}

func (r *run) announce() {
	f, c, image := r.folder, r.config, r.synthetic.Set.Info()
	f.Logf("synthetic %s: %d images of %dx%dx%d, %s; real %s: %d images, %s", c.Data.Synthetic, r.synthetic.Set.Len(),
		image.C, image.H, image.W, r.synthetic.Where(), c.Data.Real, r.real.Set.Len(), r.real.Where())
	h, w := r.model.D.Map(image.H, image.W)
	f.Logf("refiner %d parameters, discriminator %d parameters, %dx%d patches; %s, %s, %d threads",
		models.Count(r.model.R.Params()), models.Count(r.model.D.Params()), w, h,
		r.model.Device(), c.Train.Precision, r.threads)
	if k, _ := image.Labels(); c.Train.Agreement > 0 && k == 0 {
		f.Logf("train.agreement is without effect: %s has no labels that are numbers or classes", c.Data.Synthetic)
	}
	if c.Train.Diversity > 0 && !c.RefinesTwice() {
		f.Logf("train.diversity is without effect: refiner.noise.kind is %s", c.Refiner.Noise.Kind)
	}
	if n := r.group.Size(); n > 1 {
		f.Logf("%d processes, %d of the %d images of a step each", n, c.Train.Batch/n, c.Train.Batch)
	}
	if r.realism != nil {
		f.Logf("realism_distance of synthetic images from real ones: %.3g (0: not to be told apart, 1: each surely told)",
			r.realism.synthetic)
	}
	for _, n := range r.notes {
		f.Logf("%s", n)
	}
}

// stopped reports, between two iterations, whether the run was asked to stop.
func (r *run) stopped(ctx context.Context) error {
	if err := r.group.Stopped(ctx); err != nil {
		return err
	}
	if r.until > 0 && r.model.Phase == config.PhaseTrain && r.model.Step >= r.until {
		return errPaused
	}
	return nil
}

// after does what is due after an iteration: log, samples, checkpoint.
func (r *run) after() error {
	l, step := r.config.Log, r.model.Step
	last := step == r.config.Train.StepsOf(r.model.Phase)
	r.progress.step(r.model)
	if isDue(step, l.Every, last) {
		if err := r.endWindow(); err != nil {
			return err
		}
	}
	if r.model.Phase == config.PhaseTrain && isDue(step, l.SamplesEvery, last) {
		if err := r.drawSamples(step); err != nil {
			return err
		}
	}
	if isDue(step, l.CheckpointEvery, false) && !last {
		return r.save()
	}
	return nil
}

func isDue(step, every int, last bool) bool { return last || every > 0 && step%every == 0 }

// close frees everything but the folder.
func (r *run) close() {
	r.model.Close() // its graphs and inputs refer to the streams
	r.realism.close()
	r.synthetic.Close()
	r.real.Close()
}

package eval

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"simgan/cgo"
	"simgan/data"
	"simgan/internal/exit"
	"simgan/models"
	"simgan/models/architecture"
	"simgan/trainer"
	"simgan/trainer/config"
)

// FlickerOptions are what Flicker takes.
type FlickerOptions struct {
	Run        string // the run folder whose refiner is used
	Checkpoint string // best, latest or a step; "": latest
	Data       string // SPEC of rendered clips with motion; "": the run's built-in eyes in clips
	Real       string // SPEC of real clips with motion; "": the run's built-in eyes in clips, or none
	Estimator  string // weights of a gaze estimator, as eval gaze --save writes them; "": no jitter
	Device     cgo.Device
	Progress   func(what, unit string, done, total int)
}

// FlickerResult holds the JSON of `eval flicker`.
type FlickerResult struct {
	Run   string       `json:"run"`
	Data  string       `json:"data"`
	Real  string       `json:"real,omitempty"`
	Clips int          `json:"clips"` // rendered
	Pairs int          `json:"pairs"` // of consecutive rendered images
	Rows  []FlickerRow `json:"rows"`
}

// FlickerRow holds the figures of one kind of clips, in levels of 8 bits.
type FlickerRow struct {
	Name string `json:"name"` // rendered, refined, refined, noise held per clip, real
	// Flicker is mean |a(t+1) - T a(t)| over the pixels that both images show, where T is the scene's motion.
	Flicker float64    `json:"flicker"`
	CI95    [2]float64 `json:"ci95"` // over clips
	// Detail is the mean difference of a pixel to the one on its right. A refiner that blurs flickers little and has
	// little detail.
	Detail float64 `json:"detail"`
	// Jitter is the estimator's: the root of the mean squared angle, in degrees, between its gaze in an image and its mean
	// gaze in the clip, in which the true gaze stands still.
	Jitter *float64 `json:"jitter_degrees,omitempty"`
}

// Flicker measures on clips of known motion how much refined images change beside their scene: with noise that is
// independent per image, and with noise that is held per clip.
func Flicker(ctx context.Context, o FlickerOptions) (*FlickerResult, error) {
	l, err := trainer.LoadCheckpoint(o.Run, o.Checkpoint, o.Device)
	if err != nil {
		return nil, err
	}
	r, c := l.Refiner, l.Config
	defer r.Close()
	if o.Data = cmp.Or(o.Data, inClips(c.Data.Synthetic)); o.Data == "" {
		return nil, exit.Usagef("--data is missing: the run's data.synthetic is not of built-in eyes, so name clips with " +
			"motion.csv (simulate eyes --clips writes such ones)")
	}
	o.Real = cmp.Or(o.Real, inClips(c.Data.Real))
	rendered, err := openClips(ctx, o.Data, r.Channels)
	if err != nil {
		return nil, err
	}
	var real *clips
	if o.Real != "" {
		if real, err = openClips(ctx, o.Real, r.Channels); err != nil {
			return nil, fmt.Errorf("real: %w", err)
		}
		if o.Estimator != "" && (real.H != rendered.H || real.W != rendered.W) {
			return nil, exit.Usagef("real: images of %s are %dx%d, those of %s %dx%d: --estimator needs one size; "+
				"add size=HxW to the SPEC", o.Real, real.H, real.W, o.Data, rendered.H, rendered.W)
		}
	}
	f := &flicker{options: o}
	if err := f.loadEstimator(rendered); err != nil {
		return nil, err
	}
	defer f.estimator.Close()
	result := &FlickerResult{Run: o.Run, Data: o.Data, Real: o.Real}
	result.Clips, result.Pairs = rendered.count()
	if err := f.rendered(ctx, r, c, rendered, result); err != nil || real == nil {
		return result, err
	}
	return result, f.add(result, "real", real, real.set)
}

// inClips returns built-in eyes in clips, without the light that differs from image to image; "" for other data sets.
func inClips(spec string) string {
	s, err := data.ParseSpec(spec)
	if err != nil || s.Kind != "simulated" || s.Path != "eyes" {
		return ""
	}
	delete(s.Params, "light")
	s.Params["n"], s.Params["frames"], s.Params["seed"] = "320", "16", "5"
	delete(s.Params, "labels")
	return s.String()
}

// flicker measures clips.
type flicker struct {
	options   FlickerOptions
	estimator *models.GazeEstimator // nil: no jitter
}

func (f *flicker) loadEstimator(c *clips) (err error) {
	if f.options.Estimator == "" {
		return nil
	}
	if f.estimator, err = models.NewGazeEstimator(c.C, c.H, c.W, 3); err != nil {
		return err
	}
	if err = models.Load(f.options.Estimator, f.estimator.Params()); err != nil {
		return exit.Usagef("--estimator: %w", err)
	}
	return f.estimator.To(f.options.Device)
}

// rendered adds the rows of the rendered clips and of their refined versions.
func (f *flicker) rendered(
	ctx context.Context, r *models.Refiner, c config.Config, x *clips, result *FlickerResult,
) error {
	if err := f.add(result, "rendered", x, x.set); err != nil {
		return err
	}
	progress := func(done, total int) { f.options.Progress("refining", "images", done, total) }
	images := make([]string, x.N)
	for i := range images {
		images[i] = strconv.Itoa(i)
	}
	for i, kind := range []struct {
		name  string
		share []string // images with the same text share their noise
	}{{"refined", images}, {"refined, noise held per clip", x.names}} {
		if i > 0 && r.Config.Noise.Kind == architecture.NoNoise {
			return nil
		}
		named := *x.Batch
		named.Names = kind.share
		refined, err := (refiner{r, c.Seed}).refine(ctx, set{&named, x.scenes}, 1, progress)
		if err != nil {
			return err
		}
		if err := f.add(result, kind.name, x, refined); err != nil {
			return err
		}
	}
	return nil
}

// add adds a row: images that move as the clips do.
func (f *flicker) add(result *FlickerResult, name string, c *clips, images set) error {
	row := FlickerRow{Name: name, Detail: detail(images)}
	row.Flicker, row.CI95 = interval(c.flicker(images), 1)
	if f.estimator != nil {
		gaze, err := f.gaze(images)
		if err != nil {
			return err
		}
		jitter := c.jitter(gaze)
		row.Jitter = &jitter
	}
	result.Rows = append(result.Rows, row)
	return nil
}

// gaze returns the estimator's gaze in every image.
func (f *flicker) gaze(images set) (gaze [][]float32, err error) {
	gaze = make([][]float32, images.N)
	err = estimate(images,
		func(s *cgo.Scope, index []int) cgo.Tensor {
			return f.estimator.Forward(s, images.images(s, index, f.options.Device))
		},
		func(index []int, v []float32) {
			for k, i := range index {
				gaze[i] = append([]float32(nil), v[3*k:3*k+3]...)
			}
		})
	return gaze, err
}

// Table returns the result as text for a terminal.
func (r *FlickerResult) Table() string {
	var t strings.Builder
	fmt.Fprintf(&t, "%d clips of %s, %d pairs of images; levels of 8 bits, 95 %% CI over clips\n\n",
		r.Clips, r.Data, r.Pairs)
	fmt.Fprintf(&t, "%-30s  %-22s  %s\n", "", "flicker", "detail")
	for _, row := range r.Rows {
		flicker := fmt.Sprintf("%5.2f%s", row.Flicker, printed(row.CI95, " (%5.2f to %5.2f)", 1))
		fmt.Fprintf(&t, "%-30s  %-22s  %6.2f", row.Name, flicker, row.Detail)
		if row.Jitter != nil {
			fmt.Fprintf(&t, "  jitter %.2f degrees", *row.Jitter)
		}
		t.WriteByte('\n')
	}
	return t.String()
}

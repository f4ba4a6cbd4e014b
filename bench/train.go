package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"simgan/cgo"
	"simgan/data"
	"simgan/internal/exit"
	"simgan/models/architecture"
	"simgan/trainer/config"
)

// TrainOptions are what Train takes.
type TrainOptions struct {
	Presets            []string // NAME[,KEY=VALUE...]
	Settings           []string // KEY=VALUE over every preset
	Device             string
	Rounds, Iterations int
	Python, Script     string // PyTorch's contestant; no Python: simgan alone
	JSON, Markdown     string // files for the figures; "": none
	Only               string // print one thing as JSON: simgan's turn in this precision, "peak" or "device"
	Scaling            string // instead, how time and memory grow: SVG file for the plot; "": none
	workload
}

// workload is what a config does not say of a turn, or what bench sets otherwise.
type workload struct {
	Side      int  // of square images in pixels; 0: those that the config's D is made for
	History   int  // train.history
	Unchecked bool // without the losses of the first steps
}

// alike are the settings with which simgan does what the script does.
var alike = []string{
	"train.ema=0", "train.r1=0", "refiner.noise.kind=none",
	"train.agreement=0", "train.diversity=0", "train.reg_limit=0",
	"train.psi=identity", "train.lr_decay=none", "train.lambda=0.02",
	"train.k_g=2", "train.k_d=1", "refiner.normalization=none", "discriminator.normalization=none",
}

// rates are the script's learning rates, by optimizer.
var rates = map[config.Optimizer][]string{
	config.SGD:  {"train.lr_refiner=1e-3", "train.lr_discriminator=1e-3"},
	config.Adam: {"train.lr_refiner=5e-4", "train.lr_discriminator=2e-4", "train.beta1=0.5", "train.beta2=0.999"},
}

// config returns the config of a preset with the settings of the script.
func (o TrainOptions) config(preset string) (config.Config, error) {
	name, own, _ := strings.Cut(preset, ",")
	settings := slices.Clone(o.Settings)
	if own != "" {
		settings = append(strings.Split(own, ","), settings...)
	}
	settings = append(append(settings, alike...), "device="+o.Device, fmt.Sprintf("train.history=%d", o.History))
	c, err := config.Load(name, "", settings)
	if err != nil {
		return c, err
	}
	return config.Load(name, "", append(settings, rates[c.Train.Optimizer]...))
}

// sizeFor returns the height and width of the images: by default those that the config's D is made for.
func (o workload) sizeFor(c config.Config) (h, w int) {
	if o.Side > 0 {
		return o.Side, o.Side
	}
	if c.Discriminator.Layers == architecture.HandLayers {
		return data.HandSize, data.HandSize
	}
	return data.GazeHeight, data.GazeWidth
}

// Train times Algorithm 1 on images in memory, simgan and PyTorch alternately. It fails if their losses differ.
func Train(ctx context.Context, o TrainOptions, out io.Writer) error {
	if o.Rounds < 1 || o.Iterations < 1 || len(o.Presets) < 1 {
		return exit.Usagef("--rounds and --iterations must be 1 or more")
	}
	device, err := cgo.ParseDevice(o.Device)
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	if o.Only != "" {
		return o.one(device, out)
	}
	here, err := placeOf(device)
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	if o.Scaling != "" {
		return o.scale(ctx, here, out)
	}
	file := &figures{place: here, Date: time.Now().Format(time.DateOnly), Settings: o.Settings}
	for _, preset := range o.Presets { // report a mistake in the last before the first takes minutes
		if _, err := o.config(preset); err != nil {
			return err
		}
	}
	var failed error
	if err := lastJSON(ctx, here.environment, o.ourselves("peak", o.Presets[0], here), &file.Peak); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		file.NoPeak = err.Error()
		failed = err
	}
	watch := watchGPU(ctx, here.UUID)
	defer watch.stop()
	for _, preset := range o.Presets {
		result, err := o.run(ctx, preset, watch, file, out)
		if err != nil {
			return err
		}
		failed = errors.Join(failed, failures(result.Contestants), result.unequal)
	}
	fmt.Fprint(out, "\n", file.table())
	return failed
}

// run lets the contestants of one preset take their turns, and saves the figures so far after each turn.
func (o TrainOptions) run(
	ctx context.Context, preset string, watch *gpuWatch, file *figures, out io.Writer,
) (*presetFigures, error) {
	c, err := o.config(preset)
	if err != nil {
		return nil, err
	}
	result := &presetFigures{Preset: preset, config: c, Contestants: o.contestants(preset, c, file.place)}
	file.Presets = append(file.Presets, result)
	fmt.Fprintf(out, "preset %s\n", preset)
	return result, takeTurns(ctx, result.Contestants, o.Rounds, out, trainSpeed, func() error {
		result.judge(watch)
		return saveFigures(o.Markdown, file.table(), o.JSON, file)
	})
}

// judge adds to the turns so far what is known only outside of their processes.
func (r *presetFigures) judge(watch *gpuWatch) {
	for _, c := range r.Contestants {
		for i, turn := range c.Turns {
			if turn.Idle == nil {
				c.Turns[i].Idle = watch.idle(turn.From, turn.To)
			}
		}
	}
	if r.unequal = sameLosses(r.Contestants); r.unequal != nil {
		r.Unequal = r.unequal.Error()
	}
}

// one prints what a parent asks a child for.
func (o TrainOptions) one(device cgo.Device, out io.Writer) error {
	var answer any
	var err error
	switch o.Only {
	case "device":
		answer, err = placeOf(device)
	case "peak":
		answer, err = measurePeak(device)
	default:
		var c config.Config
		if c, err = o.config(o.Presets[0]); err != nil {
			return err
		}
		c.Train.Precision = config.Precision(o.Only)
		h, w := o.sizeFor(c)
		image := data.Info{C: 1, H: h, W: w, Bits: 8}
		answer, err = measureTraining(c, image, o.Iterations, o.warmUp(device), !o.Unchecked)
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(answer)
}

// warmUp returns the number of iterations before those that are timed.
func (o workload) warmUp(device cgo.Device) int {
	if o.Unchecked && device == cgo.CPU {
		return 1
	}
	if device == cgo.CPU {
		return 2
	}
	return 12 // cuDNN tries its algorithms, graphs are captured
}
